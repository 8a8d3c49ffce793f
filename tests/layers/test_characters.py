import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from nlpseq.layers.characters import Characters

IDS = torch.tensor([[2, 3, 4, 3, 5], [6, 0, 0, 0, 0], [5, 5, 2, 0, 0]])
LENGTHS = torch.tensor([5, 1, 3])
KINDS = pytest.mark.parametrize("kind", ["cnn", "lstm"])


def make(kind, pad=0):
    torch.manual_seed(2)
    return Characters(kind, 7, 4, 6, pad=pad).double()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cnn(layer, x):
    """max_i relu(W [c_(i-1), c_i, c_(i+1)] + b) of one word, shape (characters, dim)."""
    [filters] = layer.convolution.layers[0].filters
    W, b = (p.detach().numpy() for p in (filters.weight.squeeze(2), filters.bias))
    around = np.pad(x, ((1, 1), (0, 0)))
    states = [b + np.einsum("odk,kd->o", W, around[i : i + 3]) for i in range(len(x))]
    return np.maximum(0, states).max(axis=0)


def lstm(layer, x):
    """[h→_n, h←_1] of one word."""
    ends = []
    for cells, steps in (
        (layer.recurrent.forward_cells, x),
        (layer.recurrent.backward_cells, x[::-1]),
    ):
        [cell] = cells
        W, U, b = (p.detach().numpy() for p in (cell.weight_input, cell.weight_hidden, cell.bias))
        h = C = np.zeros(cell.hidden)
        for c in steps:
            i, f, new, o = np.split(W @ c + U @ h + b, 4)
            C = sigmoid(f) * C + sigmoid(i) * np.tanh(new)
            h = sigmoid(o) * np.tanh(C)
        ends.append(h)
    return np.concatenate(ends)


@KINDS
def test_a_word_is_that_of_the_equation(kind):
    layer = make(kind)
    E = layer.embedding.weight.detach().numpy()
    oracle = {"cnn": cnn, "lstm": lstm}[kind]
    wanted = [oracle(layer, E[ids[:n]]) for ids, n in zip(IDS.numpy(), LENGTHS, strict=True)]
    got = layer(IDS, LENGTHS)
    assert got.shape == (3, layer.size) and layer.size == 6
    np.testing.assert_allclose(got.detach().numpy(), wanted, rtol=1e-10, atol=1e-12)


@KINDS
@pytest.mark.parametrize("filling", [0, 3])
def test_neither_padding_nor_other_words_change_one(kind, filling):
    layer = make(kind)
    wide = torch.full((3, 9), filling)
    for row, n in enumerate(LENGTHS):
        wide[row, :n] = IDS[row, :n]
    together = layer(wide, LENGTHS)
    for row, n in enumerate(LENGTHS):
        alone = layer(IDS[row : row + 1, :n], LENGTHS[row : row + 1])
        torch.testing.assert_close(alone[0], together[row])


@KINDS
def test_padding_learns_nothing(kind):
    layer = make(kind)
    layer(IDS, LENGTHS).sum().backward()
    moved = layer.embedding.weight.grad.abs().sum(1) > 0
    assert moved.nonzero().flatten().tolist() == [2, 3, 4, 5, 6]


@KINDS
def test_gradient_equals_finite_differences(kind):
    layer = make(kind)
    E = layer.embedding.weight.detach().clone().requires_grad_()

    def run(E):
        return torch.func.functional_call(layer, {"embedding.weight": E}, (IDS, LENGTHS))

    if kind == "lstm":
        assert gradcheck(run, E)
        return
    run(E).sum().backward()  # a maximum has no derivative where two are equal
    direction = torch.randn_like(E)
    direction[0] = 0
    step = 1e-6
    with torch.no_grad():
        slope = (run(E + step * direction) - run(E - step * direction)).sum() / (2 * step)
    torch.testing.assert_close((E.grad * direction).sum(), slope, rtol=1e-6, atol=1e-8)


def test_characters_start_as_ma_and_hovy_have_them():
    weight = Characters("cnn", 500, 30, 5, pad=0).embedding.weight
    limit = (3 / 30) ** 0.5
    assert 0.99 * limit < weight.abs().max() <= limit
