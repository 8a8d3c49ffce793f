import pytest
import torch

from nlpseq.layers.recurrent import CELLS, TWO_BIASES, FeatureDropout, Recurrent, reverse

LENGTHS = [2, 5, 1]
EVERY = [(cell, variant) for cell in CELLS for variant in CELLS[cell]]
every_cell = pytest.mark.parametrize(("cell", "variant"), EVERY)


def make(cell, size, hidden, **options):
    torch.manual_seed(3)
    return Recurrent(cell, size, hidden, **options).double().eval()


def padded(size, lengths=LENGTHS):
    torch.manual_seed(5)
    return torch.randn(len(lengths), max(lengths), size, dtype=torch.float64), torch.tensor(lengths)


def by_hand(layer, sequence):
    """One sequence without padding, shape (length, size), by the layer's cells."""
    x = sequence.unsqueeze(0)
    for depth, cell in enumerate(layer.forward_cells):
        states = cell(x)
        if layer.directions == 2:
            back = layer.backward_cells[depth](x.flip(1)).flip(1)
            states = torch.cat([states, back], dim=2)
        x = states
    return x[0]


@every_cell
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_states_are_those_of_the_cells_run_row_by_row(cell, variant, bidirectional, layers):
    layer = make(cell, 3, 4, layers=layers, bidirectional=bidirectional, variant=variant)
    x, n = padded(3)
    states, lengths = layer(x, n)
    assert states.shape == (3, 5, layer.size) and layer.size == 4 * layer.directions
    assert lengths is n
    for row, length in enumerate(LENGTHS):
        torch.testing.assert_close(states[row, :length], by_hand(layer, x[row, :length]))
        assert not states[row, length:].any()


def test_directions_have_weights_of_their_own():
    layer = make("gru", 3, 4)
    x, n = padded(3, [3])
    states = layer(x, n)[0]
    assert not torch.allclose(states[..., :4].flip(1), states[..., 4:])


@every_cell
def test_inference_gives_the_states_of_training(cell, variant):
    layer = make(cell, 3, 4, layers=2, variant=variant)
    x, n = padded(3)
    with torch.inference_mode():
        states = layer(x, n)[0]
    torch.testing.assert_close(states, layer(x, n)[0])


@every_cell
@pytest.mark.parametrize("bidirectional", [False, True])
def test_words_looked_up_give_the_states_of_their_vectors(cell, variant, bidirectional):
    layer = make(cell, 3, 4, layers=2, bidirectional=bidirectional, variant=variant)
    rows = torch.randn(7, 3, dtype=torch.float64)
    ids, n = (
        torch.tensor([[6, 2, 0, 0, 0], [2, 2, 1, 5, 6], [3, 0, 0, 0, 0]]),
        torch.tensor(LENGTHS),
    )
    with torch.inference_mode():
        states, lengths = layer.look_up(rows, ids, n)
        torch.testing.assert_close(states, layer(rows[ids], n)[0])
    assert lengths is n


@every_cell
def test_words_are_looked_up_under_autocast(cell, variant):
    layer = make(cell, 3, 4, variant=variant).float()
    ids, n = torch.tensor([[4, 1, 2], [3, 0, 0]]), torch.tensor([3, 1])
    rows = torch.randn(5, 3)
    with torch.inference_mode():
        wanted = layer.look_up(rows, ids, n)[0]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = layer.look_up(rows, ids, n)[0]
    torch.testing.assert_close(states.float(), wanted, rtol=0.05, atol=0.02)


@pytest.mark.parametrize("cell", ["rnn", "gru"])
def test_beyond_a_cpu_words_become_vectors_for_the_devices_own_kernels(cell, monkeypatch):
    layer = Recurrent(cell, 3, 4).to("meta")
    monkeypatch.setattr(layer, "forward", lambda x, lengths: (x, lengths))
    rows = torch.empty(7, 3, device="meta")
    ids = torch.zeros(2, 5, dtype=torch.int64, device="meta")
    assert layer.look_up(rows, ids, torch.tensor([5, 2]))[0].shape == (2, 5, 3)


@every_cell
def test_inference_leaves_its_input_as_it_is(cell, variant):
    layer = make(cell, 3, 4, variant=variant)
    x, n = padded(3)
    before = x.clone()
    with torch.inference_mode():
        layer(x, n)
    assert torch.equal(x, before)


@every_cell
def test_gradient_equals_finite_differences(cell, variant):
    layer = make(cell, 2, 2, variant=variant)
    x, n = padded(2, [3, 2])
    x.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layer(x, n)[0], x)


@every_cell
@pytest.mark.parametrize("filling", [0.0, 9.0, float("inf"), float("nan")])
def test_padding_and_batch_mates_change_no_answer_and_no_gradient(cell, variant, filling):
    layer = make(cell, 2, 3, layers=2, variant=variant)
    x, n = padded(2)
    alone = layer(x[:1, :2], n[:1])[0]
    alone.sum().backward()
    wanted = [p.grad.clone() for p in layer.parameters()]
    layer.zero_grad()
    beside = x.clone()
    beside[0, 2:] = filling
    beside[2, 1:] = filling
    states = layer(beside, n)[0]
    torch.testing.assert_close(states[:1, :2], alone)
    assert not states[0, 2:].any()
    states[0].sum().backward()
    for parameter, gradient in zip(layer.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)
    with torch.inference_mode():
        assert torch.equal(layer(beside, n)[0].isfinite(), torch.ones_like(states).bool())


def test_no_gradient_reaches_padding():
    layer = make("lstm", 2, 3)
    x, n = padded(2)
    x.requires_grad_()
    layer(x, n)[0].sum().backward()
    for row, length in enumerate(LENGTHS):
        assert x.grad[row, :length].all() and not x.grad[row, length:].any()


def second_input(layer, x, n):
    """What the second layer read, over what the first one wrote."""
    seen = {}
    first, second = layer.forward_cells
    first.register_forward_hook(lambda _, inputs, states: seen.update(first=states.detach()))
    second.register_forward_hook(lambda _, inputs, states: seen.update(second=inputs[0].detach()))
    torch.manual_seed(0)
    layer(x, n)
    return seen["second"] / seen["first"]


@pytest.mark.parametrize("variational", [False, True])
def test_dropout_stands_between_layers(variational):
    layer = make(
        "gru", 2, 40, layers=2, bidirectional=False, dropout=0.5, variational=variational
    ).train()
    x, n = padded(2, [6, 6])
    mask = second_input(layer, x, n)
    torch.testing.assert_close(mask.unique(), torch.tensor([0.0, 2.0], dtype=torch.float64))
    shared = bool((mask == mask[:, :1]).all())
    assert shared == variational  # the same features at all steps of a row
    assert not torch.equal(mask[0, 0], mask[1, 0])  # but not of all rows


def test_no_dropout_in_a_single_layer_nor_in_evaluation():
    x, n = padded(2)
    single = make("gru", 2, 3, dropout=0.9).train()
    assert torch.equal(single(x, n)[0], single(x, n)[0])
    stacked = make("gru", 2, 3, layers=2, dropout=0.9, variational=True)
    assert torch.equal(stacked(x, n)[0], stacked(x, n)[0])


def test_feature_dropout_keeps_the_mean():
    torch.manual_seed(0)
    x = torch.ones(200, 3, 50)
    assert FeatureDropout(0.4).train()(x).mean().item() == pytest.approx(1, abs=0.02)
    assert FeatureDropout(0.4).eval()(x) is x


def test_the_lstm_of_the_course_has_8320_parameters():
    layer = Recurrent("lstm", 32, 32, bidirectional=False)
    assert sum(p.numel() for p in layer.parameters()) == 4 * (32 * 32 + 32 * 32 + 32) == 8320


def test_names_of_the_weights():
    layer = Recurrent("lstm", 2, 3, layers=2, biases=2)
    cells = [f"{way}_cells.{depth}" for way in ("forward", "backward") for depth in (0, 1)]
    names = ["weight_input", "weight_hidden", "bias", "bias_hidden"]
    assert list(layer.state_dict()) == [f"{cell}.{name}" for cell in cells for name in names]


@pytest.mark.parametrize(("cell", "variant"), [("gru", "deck"), ("lstm", "torch"), ("rnn", "deck")])
def test_a_variant_that_the_cell_lacks(cell, variant):
    with pytest.raises(ValueError, match=f"{cell} has no variant '{variant}'; it has: paper"):
        Recurrent(cell, 2, 3, variant=variant)


@every_cell
def test_two_biases_where_there_are_two(cell, variant):
    if (cell, variant) in TWO_BIASES:
        layer = Recurrent(cell, 2, 3, variant=variant, biases=2)
        assert "forward_cells.0.bias_hidden" in layer.state_dict()
    else:
        with pytest.raises(ValueError, match="cannot have 2 biases"):
            Recurrent(cell, 2, 3, variant=variant, biases=2)


def test_made_without_memory_for_loading():
    with torch.device("meta"):
        empty = Recurrent("peephole", 2, 3, variant="deck")
    full = make("peephole", 2, 3, variant="deck")
    empty.load_state_dict(full.state_dict(), assign=True)
    x, n = padded(2)
    assert torch.equal(empty.eval()(x, n)[0], full(x, n)[0])


@pytest.mark.parametrize("lengths", [[3, 1, 4], [2, 2]])
def test_reverse_is_its_own_inverse_and_leaves_padding(lengths):
    x, n = padded(2, lengths)
    back = reverse(x, n)
    for row, length in enumerate(lengths):
        assert torch.equal(back[row, :length], x[row, :length].flip(0))
        assert torch.equal(back[row, length:], x[row, length:])
    assert torch.equal(reverse(back, n), x)
