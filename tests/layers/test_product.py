"""Products by oneDNN, beside NumPy's in float64."""

import copy

import numpy as np
import pytest
import torch

from nlpseq.layers import product as module
from nlpseq.layers.product import Layout, matrix_gradient, multiply, product

SIZE, FEATURES = 7, 3


@pytest.fixture(params=["oneDNN", "torch"])
def by(request, monkeypatch):
    """Each test by both, whatever the processor, where there are both."""
    if request.param == "oneDNN" and not module.THERE:
        pytest.skip("no oneDNN here")
    for name in ("_LAYS", "_WINS"):
        monkeypatch.setattr(module, name, request.param == "oneDNN")
    return request.param


#: as they are; and rounded up to 16, 48 and 288
@pytest.fixture(params=[5, 9, 48, 273])
def rows(request):
    return request.param


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def oracle(x, W, b=0):
    x, W, b = (np.asarray(torch.as_tensor(each).detach(), np.float64) for each in (x, W, b))
    return x @ W.T + b


def assert_close(found, wanted):
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
def test_it_and_its_gradients_equal_their_equations(by, rows, bias):
    x, W, dy = numbers(rows, SIZE), numbers(FEATURES, SIZE, seed=1), numbers(rows, FEATURES, seed=2)
    b = numbers(FEATURES, seed=3).requires_grad_() if bias else None
    x.requires_grad_(), W.requires_grad_()
    y = product(x, W, b)
    assert_close(y, oracle(x, W, 0 if b is None else b))
    y.backward(dy)
    assert_close(x.grad, oracle(dy, W.T))
    assert_close(W.grad, oracle(dy.T, x.T))
    if b is not None:
        assert_close(b.grad, oracle(dy.T, np.ones((1, rows)))[:, 0])


def test_gradients_of_what_has_gaps_in_memory(by, rows):
    x = numbers(rows, 4, SIZE)[:, 1].requires_grad_()
    W = numbers(FEATURES, 2 * SIZE, seed=1)[:, :SIZE].requires_grad_()
    dy = numbers(rows, 3, FEATURES, seed=2)[:, 2]
    y = product(x, W)
    assert_close(y, oracle(x, W))
    y.backward(dy)
    assert_close(x.grad, oracle(dy, W.T))
    assert_close(W.grad, oracle(dy.T, x.T))


@torch.no_grad()
@pytest.mark.parametrize("features", [3, 8004])
def test_the_gradient_of_a_matrix_alone(by, rows, features):
    dy, x = numbers(rows, features), numbers(rows, SIZE, seed=1)
    assert_close(matrix_gradient(dy, x), oracle(dy.T, x.T))
    assert_close(matrix_gradient(dy[:0], x[:0]), np.zeros((features, SIZE)))


def test_only_wanted_gradients_are_given(by, rows):
    x, W = numbers(rows, SIZE), numbers(FEATURES, SIZE, seed=1).requires_grad_()
    product(x, W).sum().backward()
    assert x.grad is None
    assert_close(W.grad, oracle(np.ones((FEATURES, rows)), x.T))


def test_other_types_are_torchs():
    x, W = numbers(5, SIZE).double().requires_grad_(), numbers(FEATURES, SIZE).double()
    assert torch.autograd.gradcheck(product, (x, W.requires_grad_()))
    with torch.autocast("cpu", torch.bfloat16):
        assert product(x.float(), W.float()).dtype == torch.bfloat16


@pytest.fixture
def matrices():
    return [torch.nn.Parameter(numbers(n, SIZE, seed=n)) for n in (3, 1)]


@torch.no_grad()
def test_several_matrices_one_below_the_other(by, rows, matrices):
    x, b, add = numbers(rows, SIZE), numbers(4, seed=5), numbers(rows, 4, seed=6)
    whole, given = torch.cat(matrices), add.clone()
    W = Layout()(*matrices)
    assert_close(multiply(x, W), oracle(x, whole))
    assert_close(multiply(x, W, b), oracle(x, whole, b))
    assert_close(multiply(x, W, b, add=add), oracle(x, whole, b) + add.numpy())
    assert_close(multiply(x, W, b, relu=True), np.maximum(0, oracle(x, whole, b)))
    assert torch.equal(add, given)
    assert multiply(x[:0], W, b).shape == (0, 4)


@torch.no_grad()
def test_a_matrix_that_has_changed_is_laid_out_again(by, rows, matrices):
    x, layout = numbers(rows, SIZE), Layout()
    W = layout(*matrices)
    assert layout(*matrices) is W
    matrices[1].add_(1)
    assert_close(multiply(x, layout(*matrices)), oracle(x, torch.cat(matrices)))
    assert_close(multiply(x, layout(matrices[0])), oracle(x, matrices[0]))
    matrices[0] = matrices[0] + 1
    assert_close(multiply(x, layout(*matrices)), oracle(x, torch.cat(matrices)))


def test_a_step_of_a_fused_optimiser_is_seen(by, rows, matrices):
    x, layout = numbers(rows, SIZE), Layout()
    layout(*matrices)
    for W in matrices:
        W.grad = torch.ones_like(W)
    torch.optim.Adam(matrices, 0.1, fused=True).step()
    with torch.no_grad():
        assert_close(multiply(x, layout(*matrices)), oracle(x, torch.cat(matrices)))


def test_copies_and_matrices_made_in_inference_mode(by, rows, matrices):
    with torch.inference_mode():
        x, W = numbers(rows, SIZE), matrices[0] * 2
        layout = Layout()
        assert_close(multiply(x, layout(W)), oracle(x, W))
        other = copy.deepcopy(layout)
        assert_close(multiply(x, other(*matrices)), oracle(x, torch.cat(matrices)))
    assert not layout.state_dict()
