import pytest
import torch
from torch.autograd import gradcheck
from torch.nn import functional

from nlpseq.models.translate import objective


def given(rows=7, features=3, words=5):
    torch.manual_seed(2)
    shapes = [(rows, features), (words, features), (words,)]
    states, W, b = (torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes)
    return states, W, b, torch.randint(words, (rows,))


@pytest.mark.parametrize("numbers", [1, 11, 1 << 20])  # of a row each, of two rows, of all
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_it_is_the_cross_entropy_of_torch(monkeypatch, smoothing, numbers):
    monkeypatch.setattr(objective, "_NUMBERS", numbers)
    states, W, b, targets = given()
    ours = objective.cross_entropy(states, W, b, targets, smoothing)
    logits = functional.linear(states, W, b)
    theirs = functional.cross_entropy(logits, targets, label_smoothing=smoothing)
    torch.testing.assert_close(ours, theirs)
    wanted = torch.autograd.grad(3 * theirs, (states, W, b))
    torch.testing.assert_close(torch.autograd.grad(3 * ours, (states, W, b)), wanted)
    with torch.no_grad():
        torch.testing.assert_close(
            objective.cross_entropy(states, W, b, targets, smoothing), theirs.detach()
        )


def test_gradients_are_those_of_finite_differences():
    *inputs, targets = given(3)
    assert gradcheck(lambda s, W, b: objective.cross_entropy(s, W, b, targets, 0.2), inputs)


def test_a_frozen_matrix_has_no_gradient():
    states, W, b, targets = given()
    W = W.detach()
    objective.cross_entropy(states, W, b, targets, 0.1).backward()
    assert W.grad is None
    assert states.grad.isfinite().all()
    assert b.grad.isfinite().all()


def test_with_bfloat16_products_it_is_nearly_the_same():
    states, W, b, targets = (t.detach().float() if t.is_floating_point() else t for t in given())
    for tensor in (states, W, b):
        tensor.requires_grad_()
    exact = objective.cross_entropy(states, W, b, targets, 0.1)
    gradient = torch.autograd.grad(exact, states)
    with torch.autocast("cpu", torch.bfloat16):
        rough = objective.cross_entropy(states, W, b, targets, 0.1)
    torch.testing.assert_close(rough, exact, rtol=0.05, atol=0.05)
    torch.testing.assert_close(torch.autograd.grad(rough, states), gradient, rtol=0.1, atol=0.05)
