import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from nlpseq.layers.decoder import RecurrentDecoder

SIZE, HIDDEN, SOURCE, LENGTHS, STEPS = 3, 4, 6, [5, 1, 3], 4
CELLS = ["lstm", "gru"]
ATTENTIONS = ["dot", "general", "additive"]


def make(cell="gru", attention="general", feeding=True, layers=1, source=SOURCE, dropout=0.0):
    torch.manual_seed(3)
    decoder = RecurrentDecoder(
        cell,
        SIZE,
        HIDDEN,
        HIDDEN if attention == "dot" else source,
        layers=layers,
        attention=attention,
        input_feeding=feeding,
        dropout=dropout,
    )
    for name, parameter in decoder.named_parameters():
        if "bias" in name:
            torch.nn.init.normal_(parameter)  # as after training, so that each term shows
    return decoder.double().eval()


def given(attention="general", filling=0.0):
    torch.manual_seed(5)
    size = HIDDEN if attention == "dot" else SOURCE
    source = torch.randn(len(LENGTHS), max(LENGTHS), size, dtype=torch.float64)
    for row, length in zip(source, LENGTHS, strict=True):
        row[length:] = filling
    y = torch.randn(len(LENGTHS), STEPS, SIZE, dtype=torch.float64)
    return y, source, torch.tensor(LENGTHS)


def run(decoder, y, source, lengths):
    memory = decoder.attention.remember(source, lengths)
    return decoder(y, decoder.start(source, lengths), memory)


def sigma(x):
    return 1 / (1 + np.exp(-x))


def number(parameter):
    return parameter.detach().numpy()


def cell_step(cell, x, h, c):
    W, U, b = (number(p) for p in (cell.weight_input, cell.weight_hidden, cell.bias))
    if len(W) == 4 * HIDDEN:
        i, f, g, o = np.split(W @ x + U @ h + b, 4)
        c = sigma(f) * c + sigma(i) * np.tanh(g)
        return sigma(o) * np.tanh(c), c
    (W_r, W_z, W_h), (U_r, U_z, U_h), (b_r, b_z, b_h) = (np.split(m, 3) for m in (W, U, b))
    r, z = sigma(W_r @ x + U_r @ h + b_r), sigma(W_z @ x + U_z @ h + b_z)
    candidate = np.tanh(W_h @ x + b_h + r * (U_h @ h))
    return z * h + (1 - z) * candidate, None


def alignment(attention, kind, s, h):
    if kind == "dot":
        return s @ h
    if kind == "general":
        return s @ number(attention.W.weight) @ h
    W, U, v = (number(layer.weight) for layer in (attention.W, attention.U, attention.v))
    return v[0] @ np.tanh(W @ s + U @ h)


def oracle(decoder, kind, y, source):
    """One row: y (steps, SIZE), source (length, features) -> h̃, a."""
    half = source.shape[1] // 2
    end = np.concatenate([source[-1, :half], source[0, half:]])
    first = np.tanh(number(decoder.bridge.weight) @ end + number(decoder.bridge.bias))
    parts = np.split(first, decoder.memories * len(decoder.cells))
    s, c = parts[: len(decoder.cells)], parts[len(decoder.cells) :] or [None] * len(decoder.cells)
    fed, found = np.zeros(HIDDEN), []
    for y_i in y:
        x = np.concatenate([y_i, fed]) if decoder.feeds else y_i
        for depth, cell in enumerate(decoder.cells):
            s[depth], c[depth] = cell_step(cell, x, s[depth], c[depth])
            x = s[depth]
        scores = np.array([alignment(decoder.attention, kind, x, h) for h in source])
        a = np.exp(scores - scores.max())
        a /= a.sum()
        fed = np.tanh(number(decoder.W_c.weight) @ np.concatenate([a @ source, x]))
        found.append((fed, a))
    return tuple(map(np.array, zip(*found, strict=True)))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("feeding", [True, False])
@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("cell", CELLS)
def test_it_equals_its_equations(cell, attention, feeding, layers):
    decoder = make(cell, attention, feeding, layers)
    y, source, lengths = given(attention)
    context, weights = run(decoder, y, source, lengths)
    assert context.shape == (3, STEPS, HIDDEN)
    for row, length in enumerate(LENGTHS):
        wanted, a = oracle(decoder, attention, y[row].numpy(), source[row, :length].numpy())
        np.testing.assert_allclose(context[row].detach(), wanted, atol=1e-12)
        np.testing.assert_allclose(weights[row, :, :length].detach(), a, atol=1e-12)
        assert not weights[row, :, length:].any()


@pytest.mark.parametrize("cell", CELLS)
def test_the_quick_way_without_feeding_is_the_way_step_by_step(cell):
    decoder = make(cell, feeding=False, layers=2)
    y, source, lengths = given()
    whole, _ = run(decoder, y, source, lengths)
    carried, memory = decoder.start(source, lengths), decoder.attention.remember(source, lengths)
    for t in range(STEPS):
        attended, carried = decoder.step(y[:, t], carried, memory)
        torch.testing.assert_close(attended.context, whole[:, t])


@pytest.mark.parametrize("cell", CELLS)
def test_several_rows_look_at_one_source(cell):
    decoder = make(cell)
    y, source, lengths = given()
    twice = torch.arange(3).repeat_interleave(2)
    carried, memory = decoder.start(source, lengths), decoder.attention.remember(source, lengths)
    once, _ = decoder.step(y[:, 0], carried, memory)
    both, _ = decoder.step(y[twice, 0], carried.take(twice), memory)
    torch.testing.assert_close(both.context, once.context[twice])
    torch.testing.assert_close(both.weights, once.weights[twice])


@pytest.mark.parametrize("feeding", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_those_of_finite_differences(cell, feeding):
    decoder = make(cell, feeding=feeding, layers=2)
    y, source, lengths = given()
    y, source = y[:2, :2].clone().requires_grad_(), source[:2].clone().requires_grad_()
    inputs = (y, source, *decoder.parameters())
    assert gradcheck(lambda y, source, *_: run(decoder, y, source, lengths[:2]), inputs)


@pytest.mark.parametrize("filling", [9.0, float("inf"), float("nan")])
@pytest.mark.parametrize("feeding", [True, False])
def test_padding_and_other_rows_change_nothing(feeding, filling):
    decoder = make(feeding=feeding)
    y, source, lengths = given(filling=filling)
    context, _ = run(decoder, y, source, lengths)
    context.sum().backward()
    assert all(p.grad.isfinite().all() for p in decoder.parameters())
    for row, length in enumerate(LENGTHS):
        one = slice(row, row + 1)
        alone, _ = run(decoder, y[one], source[one, :length], lengths[one])
        torch.testing.assert_close(context[row], alone[0])


@pytest.mark.parametrize("feeding", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_what_is_written_later_changes_no_earlier_state(cell, feeding):
    decoder = make(cell, feeding=feeding, layers=2)
    y, source, lengths = given()
    before, _ = run(decoder, y, source, lengths)
    for t in range(STEPS):
        later = y.clone()
        later[:, t] += 1
        after, _ = run(decoder, later, source, lengths)
        assert torch.equal(after[:, :t], before[:, :t])
        assert (after[:, t:] != before[:, t:]).any(dim=2).all()


@pytest.mark.parametrize("feeding", [True, False])
def test_what_goes_from_layer_to_layer_is_dropped_in_training_alone(feeding):
    decoder = make(feeding=feeding, layers=2, dropout=0.5)
    settled = run(decoder, *given())[0]
    assert torch.equal(run(decoder, *given())[0], settled)
    assert not torch.equal(run(decoder.train(), *given())[0], settled)


def test_sizes_that_a_dot_product_cannot_multiply_are_told():
    with pytest.raises(ValueError, match="no dot product of 4 features with 6"):
        RecurrentDecoder("gru", SIZE, HIDDEN, SOURCE, attention="dot")
