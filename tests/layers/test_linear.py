"""The linear layer beside torch's."""

import pytest
import torch

from nlpseq.layers.linear import Linear


@pytest.mark.parametrize("shape", [(7,), (4, 7), (2, 3, 7), (0, 7)])
@pytest.mark.parametrize("bias", [True, False])
def test_it_is_torchs_with_and_without_gradients(shape, bias):
    ours, torchs = Linear(7, 5, bias=bias), torch.nn.Linear(7, 5, bias=bias)
    torchs.load_state_dict(ours.state_dict())
    x = torch.randn(*shape, generator=torch.Generator().manual_seed(1))
    found, wanted = ours(x), torchs(x)
    torch.testing.assert_close(found, wanted)
    found.square().sum().backward()
    wanted.square().sum().backward()
    torch.testing.assert_close(ours.weight.grad, torchs.weight.grad)
    with torch.inference_mode():
        torch.testing.assert_close(ours(x), wanted)


def test_it_computes_in_bfloat16_where_it_is_told_to():
    layer = Linear(7, 5)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(torch.ones(2, 7))
    assert y.dtype == torch.bfloat16
    y.sum().backward()
    assert layer.weight.grad.dtype == torch.float32
