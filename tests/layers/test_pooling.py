import numpy as np
import pytest
import torch

from nlpseq.layers.pooling import Pool

LENGTHS = torch.tensor([3, 1, 5])
STEPS = 6


def make(how, directions=1, side="post"):
    torch.manual_seed(2)
    return Pool(how, 4, directions=directions, steps=STEPS, side=side).double()


@pytest.fixture
def states():
    torch.manual_seed(1)
    x = torch.randn(3, 5, 4, dtype=torch.float64)
    x[0, 3:] = 0
    x[1, 1:] = 0
    return x


def attention(pool):
    W, b, v = (p.detach().numpy() for p in pool.attention.parameters())

    def oracle(h):
        score = np.tanh(h @ W.T + b) @ v[0]
        a = np.exp(score) / np.exp(score).sum()
        return a @ h

    return oracle


ORACLES = {
    "mean": lambda h: h.mean(axis=0),
    "max": lambda h: h.max(axis=0),
    "last": lambda h: h[-1],
    "cls": lambda h: h[0],
    "flatten": lambda h: np.concatenate([h.ravel(), np.zeros((STEPS - len(h)) * 4)]),
}


@pytest.mark.parametrize("how", [*ORACLES, "attention"])
def test_pooling_sees_a_row_to_its_length(states, how):
    pool = make(how)
    pooled = pool(states, LENGTHS).detach().numpy()
    oracle = attention(pool) if how == "attention" else ORACLES[how]
    assert pooled.shape == (3, pool.size)
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(pooled[row], oracle(states[row, :length].numpy()))


def test_the_largest_of_negative_states_is_not_the_padding(states):
    pooled = make("max")(-states.abs(), LENGTHS)
    assert (pooled < 0).all()


def test_flattened_states_end_at_the_end_where_the_head_was_cut_off(states):
    pooled = make("flatten", side="pre")(states, LENGTHS).view(3, STEPS, 4)
    for row, length in enumerate(LENGTHS):
        assert torch.equal(pooled[row, STEPS - length :], states[row, :length])
        assert not pooled[row, : STEPS - length].any()


def test_last_of_a_bidirectional_layer_has_read_everything(states):
    pooled = make("last", directions=2)(states, LENGTHS)
    for row, length in enumerate(LENGTHS):
        assert torch.equal(pooled[row, :2], states[row, length - 1, :2])
        assert torch.equal(pooled[row, 2:], states[row, 0, 2:])


@pytest.mark.parametrize("how", ["mean", "max", "attention", "flatten", "cls"])
def test_other_pooling_does_not_depend_on_direction(states, how):
    assert torch.equal(make(how, 2)(states, LENGTHS), make(how)(states, LENGTHS))
