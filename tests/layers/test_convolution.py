from copy import deepcopy

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from nlpseq.layers.convolution import CNN, TCN

LENGTHS = [7, 1, 4]


def relu(x):
    return np.maximum(0, x)


def at(x, t):
    """x_t, and zeros where there is no step t."""
    return x[t] if 0 <= t < len(x) else np.zeros(x.shape[1])


def convolution(x, W, b, steps):
    """y_t = b + Σ_k W_k x_{t + steps_k}, one sequence; W is (width, hidden, size)."""
    return np.array(
        [
            b + sum(W_k @ at(x, t + s) for W_k, s in zip(W, steps, strict=True))
            for t in range(len(x))
        ]
    )


def weights(filters):
    """W (width, hidden, size) and b."""
    W = filters.weight.detach().squeeze(2).permute(2, 0, 1).numpy()
    return W, filters.bias.detach().numpy()


def cnn_oracle(cnn, x):
    for depth, layer in enumerate(cnn.layers):
        if depth:
            starts = range(0, len(x), cnn.pool)
            x = np.array([x[t : t + cnn.pool].max(axis=0) for t in starts])
        found = []
        for filters in layer.filters:
            W, b = weights(filters)
            left = (len(W) - 1) // 2
            found.append(convolution(x, W, b, range(-left, len(W) - left)))
        x = relu(np.concatenate(found, axis=1))
    return x


def tcn_oracle(tcn, x):
    for i, block in enumerate(tcn.blocks):
        d, y = 2**i, x
        for filters in (block.first, block.second):
            W, b = weights(filters)
            y = relu(convolution(y, W[::-1], b, [-d * k for k in range(len(W))]))
        around = block.around
        if isinstance(around, torch.nn.Linear):
            x = x @ around.weight.detach().numpy().T + around.bias.detach().numpy()
        x = relu(x + y)
    return x


def make(kind, size, hidden, **options):
    torch.manual_seed(3)
    encoder = kind(size, hidden, **options).double().eval()
    for name, parameter in encoder.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter)  # so that what reads padding shows
    return encoder


def padded(size, lengths, filling=0.0):
    torch.manual_seed(5)
    x = torch.randn(len(lengths), max(lengths), size, dtype=torch.float64)
    for row, length in zip(x, lengths, strict=True):
        row[length:] = filling
    return x, torch.tensor(lengths)


CNNS = [
    {"widths": [1]},
    {"widths": [2]},
    {"widths": [9]},
    {"widths": [3, 2, 5]},
    {"widths": [3, 4], "layers": 3},
    {"widths": [7], "layers": 2, "pool": 5},
    {"widths": [2, 3], "layers": 3, "pool": 2},
]
TCNS = [{"width": 3, "layers": 1}, {"width": 2, "layers": 3}, {"width": 1, "layers": 2}]
ENCODERS = [(CNN, options) for options in CNNS] + [(TCN, options) for options in TCNS]


@pytest.mark.parametrize("options", CNNS)
def test_a_cnn_equals_its_equations(options):
    cnn = make(CNN, 3, 2, **options)
    x, n = padded(3, LENGTHS)
    states, lengths = cnn(x, n)
    for row, length in enumerate(LENGTHS):
        wanted = cnn_oracle(cnn, x[row, :length].numpy())
        assert lengths[row] == len(wanted)
        np.testing.assert_allclose(states[row, : len(wanted)].detach(), wanted, atol=1e-12)
        assert not states[row, len(wanted) :].any()
    assert states.shape == (3, max(lengths), cnn.size)


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("options", TCNS)
def test_a_tcn_equals_its_equations(size, options):
    tcn = make(TCN, size, 2, **options)
    x, n = padded(size, LENGTHS)
    states, lengths = tcn(x, n)
    assert lengths.tolist() == LENGTHS
    for row, length in enumerate(LENGTHS):
        wanted = tcn_oracle(tcn, x[row, :length].numpy())
        np.testing.assert_allclose(states[row, :length].detach(), wanted, atol=1e-12)
        assert not states[row, length:].any()


@pytest.mark.parametrize(("kind", "options"), ENCODERS)
def test_gradients_are_those_of_finite_differences(kind, options):
    encoder = make(kind, 2, 2, **options)
    x, n = padded(2, [3, 1])
    x.requires_grad_()
    assert gradcheck(lambda x, *_: encoder(x, n)[0], (x, *encoder.parameters()))


@pytest.mark.parametrize("filling", [9.0, float("inf"), float("nan")])
@pytest.mark.parametrize(("kind", "options"), ENCODERS)
def test_padding_and_other_rows_change_nothing(kind, options, filling):
    encoder = make(kind, 3, 2, **options)
    x, n = padded(3, LENGTHS, filling)
    states, lengths = encoder(x, n)
    states.sum().backward()
    assert all(p.grad.isfinite().all() for p in encoder.parameters())
    for row, length in enumerate(LENGTHS):
        alone, steps = encoder(x[row : row + 1, :length], n[row : row + 1])
        assert steps == lengths[row]
        torch.testing.assert_close(states[row, : lengths[row]], alone[0])


@pytest.mark.parametrize("options", CNNS)
def test_looking_words_up_equals_convolving_their_vectors(options):
    cnn = make(CNN, 3, 2, **options)
    ids = torch.tensor([[4, 2, 4, 4, 1, 0, 2], [0, 0, 5, 5, 5, 5, 5], [2, 3, 4, 2, 0, 0, 0]])
    n = torch.tensor(LENGTHS)
    rows = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    other, other_rows = deepcopy(cnn), rows.detach().clone().requires_grad_()
    states, lengths = cnn(rows[ids], n)
    found, found_lengths = other.look_up(other_rows, ids, n)
    assert torch.equal(found_lengths, lengths)
    torch.testing.assert_close(found, states)
    seen = torch.randn_like(states)
    (states * seen).sum().backward()
    (found * seen).sum().backward()
    torch.testing.assert_close(other_rows.grad, rows.grad)
    for ours, theirs in zip(other.parameters(), cnn.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def test_gradients_of_a_look_up_are_those_of_finite_differences():
    cnn = make(CNN, 2, 2, widths=[3, 2])
    ids, n = torch.tensor([[1, 2, 1], [3, 0, 0]]), torch.tensor([3, 1])
    rows = torch.randn(4, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda rows, *_: cnn.look_up(rows, ids, n)[0], (rows, *cnn.parameters()))


def test_the_network_of_the_book_has_as_many_parameters_as_in_keras():
    cnn = CNN(128, 32, widths=(7,), layers=2, pool=5)
    count = sum(parameter.numel() for parameter in cnn.parameters())
    assert count == 128 * 7 * 32 + 32 + 32 * 7 * 32 + 32


def test_a_cnn_has_a_feature_for_each_filter_of_each_width():
    assert CNN(5, 4, widths=[2, 3, 4], layers=2).size == 12


@pytest.mark.parametrize(("width", "layers"), [(2, 1), (3, 2), (2, 3)])
def test_a_tcn_sees_its_receptive_field_and_no_later_step(width, layers):
    tcn = make(TCN, 2, 2, width=width, layers=layers)
    for parameter in tcn.parameters():
        torch.nn.init.constant_(parameter, 0.1)  # no unit is dead
    reach = 1 + 2 * (width - 1) * (2**layers - 1)
    steps = reach + 4
    x = torch.rand(1, steps, 2, dtype=torch.float64, requires_grad=True)
    t = steps - 2
    tcn(x, torch.tensor([steps]))[0][0, t].sum().backward()
    seen = x.grad[0].any(dim=1).nonzero().flatten().tolist()
    assert (seen[0], seen[-1]) == (t - reach + 1, t)


@pytest.mark.parametrize("kind", [CNN, TCN])
def test_dropout_acts_in_training_alone(kind):
    options = {"widths": [3]} if kind is CNN else {"width": 3}
    encoder = make(kind, 3, 8, layers=2, dropout=0.5, **options)
    x, n = padded(3, LENGTHS)
    assert torch.equal(encoder(x, n)[0], encoder(x, n)[0])
    encoder.train()
    assert not torch.equal(encoder(x, n)[0], encoder(x, n)[0])
