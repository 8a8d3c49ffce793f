import numpy as np
import pytest
import torch

from nlpseq.layers.pooling import pool, pool_directions

LENGTHS = [3, 1, 5]


@pytest.fixture
def states():
    torch.manual_seed(1)
    x = torch.randn(3, 5, 4, dtype=torch.float64)
    x[0, 3:] = 99  # padding must not be seen
    x[1, 1:] = -99
    return x


@pytest.mark.parametrize(
    ("how", "oracle"),
    [
        ("mean", lambda h: h.mean(axis=0)),
        ("max", lambda h: h.max(axis=0)),
        ("last", lambda h: h[-1]),
    ],
)
def test_pooling_sees_a_row_to_its_length(states, how, oracle):
    pooled = pool(states, torch.tensor(LENGTHS), how).numpy()
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(pooled[row], oracle(states[row, :length].numpy()))


def test_last_of_a_bidirectional_layer_has_read_everything(states):
    pooled = pool_directions(states, torch.tensor(LENGTHS), "last")
    for row, length in enumerate(LENGTHS):
        assert torch.equal(pooled[row, :2], states[row, length - 1, :2])
        assert torch.equal(pooled[row, 2:], states[row, 0, 2:])


@pytest.mark.parametrize("how", ["mean", "max"])
def test_other_pooling_does_not_depend_on_direction(states, how):
    n = torch.tensor(LENGTHS)
    assert torch.equal(pool_directions(states, n, how), pool(states, n, how))
