import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from nlpseq.layers.positions import Learned, Sinusoidal, rotate, sinusoidal


def sinusoidal_oracle(length, size):
    p = np.zeros((length, size))
    for pos in range(length):
        for feature in range(size):
            i = feature // 2
            angle = pos / 10000 ** (2 * i / size)
            p[pos, feature] = np.cos(angle) if feature % 2 else np.sin(angle)
    return p


def rotary_oracle(x):
    """Each row times the matrix of equation 15, blocks of [[cos, -sin], [sin, cos]]."""
    length, d = x.shape
    turned = np.zeros_like(x)
    for m in range(length):
        R = np.zeros((d, d))
        for i in range(d // 2):
            theta = 10000 ** (-2 * i / d)
            c, s = np.cos(m * theta), np.sin(m * theta)
            R[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, -s], [s, c]]
        turned[m] = R @ x[m]
    return turned


def randn(*shape):
    torch.manual_seed(7)
    return torch.randn(*shape, dtype=torch.float64)


@pytest.mark.parametrize("size", [1, 2, 5, 8])
@pytest.mark.parametrize("length", [1, 11])
def test_sinusoidal_positions_equal_their_equation(length, size):
    x = randn(2, length, size)
    np.testing.assert_allclose(sinusoidal(x), sinusoidal_oracle(length, size), atol=1e-12)
    torch.testing.assert_close(Sinusoidal()(x), x + sinusoidal(x))


def test_sinusoidal_positions_are_true_far_out_and_in_half_precision():
    far = sinusoidal(torch.zeros(1, 3000, 4))
    np.testing.assert_allclose(far, sinusoidal_oracle(3000, 4), atol=5e-4)
    half = sinusoidal(torch.zeros(1, 3000, 4, dtype=torch.bfloat16))
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), far, atol=5e-3, rtol=0)


@pytest.mark.parametrize("size", [2, 6])
@pytest.mark.parametrize("length", [1, 5])
def test_rotary_positions_equal_their_equation(length, size):
    x = randn(2, 3, length, size)
    turned = rotate(x)
    for batch in range(2):
        for head in range(3):
            wanted = rotary_oracle(x[batch, head].numpy())
            np.testing.assert_allclose(turned[batch, head], wanted, atol=1e-12)


def test_products_of_rotated_vectors_know_their_distance_alone():
    q, k = randn(1, 6).expand(9, 6), randn(2, 6)[1:].expand(9, 6)
    products = rotate(q) @ rotate(k).T
    for distance in range(-8, 9):
        along = products.diagonal(distance)
        torch.testing.assert_close(along, along[:1].expand_as(along))


def test_rotation_has_the_gradient_of_finite_differences():
    assert gradcheck(rotate, randn(2, 4, 6).requires_grad_())


def test_learned_positions_are_rows_added():
    layer = Learned(3, longest=4).double()
    x = randn(2, 3, 3)
    torch.testing.assert_close(layer(x), x + layer.p[:3])
    layer(x).sum().backward()
    assert layer.p.grad.tolist() == [[2.0] * 3] * 3 + [[0.0] * 3]


def test_learned_positions_end():
    with pytest.raises(ValueError, match=r"a sequence of 5 steps, .* learned for 4 alone"):
        Learned(3, longest=4)(torch.zeros(1, 5, 3))
