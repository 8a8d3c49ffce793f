"""Each cell against its equations in NumPy, float64, one sequence and one step at a time."""

import numpy as np
import pytest
import torch

from nlpseq.layers.cells import stepper
from nlpseq.layers.cells.gru import GRU, TorchGRU
from nlpseq.layers.cells.janet import JANET
from nlpseq.layers.cells.lstm import LSTM
from nlpseq.layers.cells.minimal_gru import DeckGRU, MinimalGRU
from nlpseq.layers.cells.peephole import DeckPeephole, Peephole
from nlpseq.layers.cells.rnn import RNN


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn(x, p):
    W, U, b = p["weight_input"], p["weight_hidden"], p["bias"]
    h = np.zeros(len(U))
    for x_t in x:
        h = np.tanh(W @ x_t + U @ h + b)
        yield h


def gru(x, p):
    W_r, W_z, W_h = np.split(p["weight_input"], 3)
    U_r, U_z, U_h = np.split(p["weight_hidden"], 3)
    b_r, b_z, b_h = np.split(p["bias"], 3)
    h = np.zeros(len(b_r))
    for x_t in x:
        r = sigmoid(W_r @ x_t + U_r @ h + b_r)
        z = sigmoid(W_z @ x_t + U_z @ h + b_z)
        candidate = np.tanh(W_h @ x_t + U_h @ (r * h) + b_h)
        h = z * h + (1 - z) * candidate
        yield h


def deck_001_gru(x, p):
    """z_t of the decks is 1 - z_t of the paper."""
    negated = {name: p[name].copy() for name in p}
    for weight in negated.values():
        np.split(weight, 3)[1][:] *= -1
    W_r, W_z, W_h = np.split(negated["weight_input"], 3)
    U_r, U_z, U_h = np.split(negated["weight_hidden"], 3)
    b_r, b_z, b_h = np.split(negated["bias"], 3)
    h = np.zeros(len(b_r))
    for x_t in x:
        h_x = np.concatenate([h, x_t])
        z = sigmoid(np.hstack([U_z, W_z]) @ h_x + b_z)
        r = sigmoid(np.hstack([U_r, W_r]) @ h_x + b_r)
        candidate = np.tanh(np.hstack([U_h, W_h]) @ np.concatenate([r * h, x_t]) + b_h)
        h = (1 - z) * h + z * candidate
        yield h


def torch_gru(x, p):
    W_r, W_z, W_h = np.split(p["weight_input"], 3)
    U_r, U_z, U_h = np.split(p["weight_hidden"], 3)
    b_r, b_z, b_h = np.split(p["bias"], 3)
    c_r, c_z, c_h = np.split(p.get("bias_hidden", np.zeros_like(p["bias"])), 3)
    h = np.zeros(len(b_r))
    for x_t in x:
        r = sigmoid(W_r @ x_t + b_r + U_r @ h + c_r)
        z = sigmoid(W_z @ x_t + b_z + U_z @ h + c_z)
        candidate = np.tanh(W_h @ x_t + b_h + r * (U_h @ h + c_h))
        h = z * h + (1 - z) * candidate
        yield h


def minimal_gru(x, p):
    W_f, W_h = np.split(p["weight_input"], 2)
    U_f, U_h = np.split(p["weight_hidden"], 2)
    b_f, b_h = np.split(p["bias"], 2)
    h = np.zeros(len(b_f))
    for x_t in x:
        f = sigmoid(W_f @ x_t + U_f @ h + b_f)
        candidate = np.tanh(W_h @ x_t + U_h @ (f * h) + b_h)
        h = (1 - f) * h + f * candidate
        yield h


def deck_gru(x, p):
    W_z, W_h = np.split(p["weight_input"], 2)
    U_z = p["weight_hidden"]
    b_z, b_h = np.split(p["bias"], 2)
    h = np.zeros(len(b_z))
    for x_t in x:
        z = sigmoid(np.hstack([U_z, W_z]) @ np.concatenate([h, x_t]) + b_z)
        candidate = np.tanh(W_h @ x_t + b_h)
        h = (1 - z) * h + z * candidate
        yield h


def janet(x, p, beta=1):
    W_f, W_c = np.split(p["weight_input"], 2)
    U_f, U_c = np.split(p["weight_hidden"], 2)
    b_f, b_c = np.split(p["bias"], 2)
    h = c = np.zeros(len(b_f))
    for x_t in x:
        s = W_f @ x_t + U_f @ h + b_f
        candidate = np.tanh(W_c @ x_t + U_c @ h + b_c)
        h = c = sigmoid(s) * c + (1 - sigmoid(s - beta)) * candidate
        yield h


def lstm(x, p):
    W_i, W_f, W_c, W_o = np.split(p["weight_input"], 4)
    U_i, U_f, U_c, U_o = np.split(p["weight_hidden"], 4)
    b_i, b_f, b_c, b_o = np.split(p["bias"] + p.get("bias_hidden", 0), 4)
    h = c = np.zeros(len(b_i))
    for x_t in x:
        f = sigmoid(W_f @ x_t + U_f @ h + b_f)
        i = sigmoid(W_i @ x_t + U_i @ h + b_i)
        candidate = np.tanh(W_c @ x_t + U_c @ h + b_c)
        c = f * c + i * candidate
        o = sigmoid(W_o @ x_t + U_o @ h + b_o)
        h = o * np.tanh(c)
        yield h


def peephole(x, p):
    W_i, W_f, W_o, W_c = np.split(p["weight_input"], 4)
    U_i, U_f, U_o, U_c = np.split(p["weight_hidden"], 4)
    b_i, b_f, b_o, b_c = np.split(p["bias"], 4)
    p_i, p_f, p_o = p["weight_cell"]
    h = c = np.zeros(len(b_i))
    for x_t in x:
        i = sigmoid(W_i @ x_t + U_i @ h + p_i * c + b_i)
        f = sigmoid(W_f @ x_t + U_f @ h + p_f * c + b_f)
        candidate = np.tanh(W_c @ x_t + U_c @ h + b_c)
        c = f * c + i * candidate
        o = sigmoid(W_o @ x_t + U_o @ h + p_o * c + b_o)  # the new c
        h = o * np.tanh(c)
        yield h


def deck_peephole(x, p):
    W_c = p["weight_input"]
    U_i, U_f, U_o, U_c = np.split(p["weight_hidden"], 4)
    V_i, V_f, V_o = np.split(p["weight_cell"], 3)
    b_i, b_f, b_o, b_c = np.split(p["bias"], 4)
    h = c = np.zeros(len(b_i))
    for x_t in x:
        h_c = np.concatenate([h, c])
        candidate = np.tanh(np.hstack([U_c, W_c]) @ np.concatenate([h, x_t]) + b_c)
        i = sigmoid(np.hstack([U_i, V_i]) @ h_c + b_i)
        f = sigmoid(np.hstack([U_f, V_f]) @ h_c + b_f)
        o = sigmoid(np.hstack([U_o, V_o]) @ h_c + b_o)  # the old c
        c = f * c + i * candidate
        h = o * np.tanh(c)
        yield h


CELLS = [
    pytest.param(RNN, {}, rnn, id="rnn"),
    pytest.param(GRU, {}, gru, id="gru"),
    pytest.param(GRU, {}, deck_001_gru, id="gru-deck-001"),
    pytest.param(TorchGRU, {}, torch_gru, id="gru-torch"),
    pytest.param(TorchGRU, {"biases": 2}, torch_gru, id="gru-torch-2"),
    pytest.param(MinimalGRU, {}, minimal_gru, id="minimal-gru"),
    pytest.param(DeckGRU, {}, deck_gru, id="minimal-gru-deck"),
    pytest.param(JANET, {}, janet, id="janet"),
    pytest.param(LSTM, {}, lstm, id="lstm"),
    pytest.param(LSTM, {"biases": 2}, lstm, id="lstm-2"),
    pytest.param(Peephole, {}, peephole, id="peephole"),
    pytest.param(DeckPeephole, {}, deck_peephole, id="peephole-deck"),
]


def make(kind, size, hidden, **options):
    """A cell none of whose weights is zero or one, in float64."""
    torch.manual_seed(3)
    cell = kind(size, hidden, **options).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return cell


@pytest.fixture(params=[4, 4096], ids=["spans", "one-span"])
def spans(request, monkeypatch):
    monkeypatch.setattr(stepper, "ROWS", request.param)


@pytest.mark.usefixtures("spans")
@pytest.mark.parametrize(("kind", "options", "oracle"), CELLS)
class TestCell:
    @pytest.mark.parametrize(("size", "hidden", "length"), [(3, 1, 1), (2, 3, 5), (4, 5, 3)])
    def test_states_equal_the_equations(self, kind, options, oracle, size, hidden, length):
        cell = make(kind, size, hidden, **options)
        weights = {name: p.detach().numpy() for name, p in cell.named_parameters()}
        x = torch.randn(2, length, size, dtype=torch.float64)
        states = cell(x)
        assert states.shape == (2, length, hidden)
        for row, sequence in zip(states.detach().numpy(), x.numpy(), strict=True):
            np.testing.assert_allclose(row, list(oracle(sequence, weights)), atol=1e-12)

    def test_gradients_equal_finite_differences(self, kind, options, oracle):
        cell = make(kind, 2, 2, **options)
        names = [name for name, _ in cell.named_parameters()]
        x = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)

        def run(x, *parameters):
            named = dict(zip(names, parameters, strict=True))
            return torch.func.functional_call(cell, named, x)

        assert torch.autograd.gradcheck(run, (x, *cell.parameters()))

    def test_inference_gives_the_states_of_training(self, kind, options, oracle):
        cell = make(kind, 2, 3, **options)
        x = torch.randn(3, 7, 2, dtype=torch.float64)
        with torch.inference_mode():
            states = cell(x)
        torch.testing.assert_close(states, cell(x), atol=1e-14, rtol=0)


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        (RNN(32, 32), 2_080),  # these as Keras counts them
        (LSTM(32, 32), 8_320),
        (GRU(32, 32), 6_240),  # Keras' reset_after=False
        (TorchGRU(32, 32, biases=2), 6_336),  # Keras' reset_after=True, its default
        (LSTM(32, 32, biases=2), 8_448),
        (TorchGRU(32, 32), 6_240),
        (MinimalGRU(32, 32), 2 * 2_080),
        (DeckGRU(32, 32), 2 * 2_080 - 32 * 32),
        (JANET(32, 32), 2 * 2_080),
        (Peephole(32, 32), 8_320 + 3 * 32),
        (DeckPeephole(32, 32), 8_320),  # three V in the place of three W
    ],
)
def test_parameters(cell, count):
    assert sum(p.numel() for p in cell.parameters()) == count
    assert all(key in dict(cell.named_parameters()) for key in cell.state_dict())


def test_second_bias_of_zeros_changes_nothing():
    for kind in (LSTM, TorchGRU):
        one, two = make(kind, 2, 3), make(kind, 2, 3, biases=2)
        two.load_state_dict({**one.state_dict(), "bias_hidden": torch.zeros_like(one.bias)})
        x = torch.randn(2, 4, 2, dtype=torch.float64)
        torch.testing.assert_close(one(x), two(x))


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        (RNN, torch.nn.RNN(3, 5, batch_first=True)),
        (TorchGRU, torch.nn.GRU(3, 5, batch_first=True)),
        (LSTM, torch.nn.LSTM(3, 5, batch_first=True)),
    ],
)
def test_states_and_gradients_are_those_of_torchs_layer(kind, reference):
    W, U, b, b2 = reference.parameters()
    if kind is RNN:
        cell = RNN(3, 5)
        weights = {"bias": b + b2}
    else:
        cell = kind(3, 5, biases=2)
        weights = {"bias": b, "bias_hidden": b2}
    cell.load_state_dict({"weight_input": W, "weight_hidden": U, **weights})
    x = torch.randn(4, 9, 3, requires_grad=True)
    ours, theirs = cell(x), reference(x)[0]
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
    with torch.inference_mode():
        torch.testing.assert_close(cell(x), theirs, atol=1e-6, rtol=0)
    ours_dx, ours_dU = torch.autograd.grad(ours.sin().sum(), (x, cell.weight_hidden))
    theirs_dx, theirs_dU = torch.autograd.grad(theirs.sin().sum(), (x, U))
    torch.testing.assert_close(ours_dx, theirs_dx, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(ours_dU, theirs_dU, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kind", [RNN, TorchGRU])
def test_loops_and_fused_kernel_agree(kind):
    torch.manual_seed(1)
    cell = kind(3, 5)
    x = torch.randn(4, 9, 3)
    torch.testing.assert_close(cell(x), cell.fused(x), atol=1e-6, rtol=0)
    with torch.inference_mode():
        torch.testing.assert_close(cell(x), cell.fused(x), atol=1e-6, rtol=0)


def test_forget_gates_start_open():
    assert LSTM(2, 3).bias.tolist() == [0] * 3 + [1] * 3 + [0] * 6  # i, f, c, o
    assert Peephole(2, 3).bias.tolist() == [0] * 3 + [1] * 3 + [0] * 6  # i, f, o, c
    assert DeckPeephole(2, 3).bias.tolist() == [0] * 3 + [1] * 3 + [0] * 6
    assert JANET(2, 3).bias.tolist() == [1] * 3 + [0] * 3  # f, c


@pytest.mark.parametrize("weight", ["weight_hidden", "weight_cell"])
def test_recurrent_weights_start_orthogonal(weight):
    for gate in getattr(DeckPeephole(2, 5), weight).detach().split(5):
        torch.testing.assert_close(gate @ gate.T, torch.eye(5), atol=1e-5, rtol=0)


def test_inference_keeps_one_span_of_gates(monkeypatch):
    monkeypatch.setattr(stepper, "ROWS", 4)
    sizes = []

    def ahead(a, s, weights):
        sizes.append(a.untyped_storage().nbytes() // a.element_size())
        s.zero_()

    monkeypatch.setattr(GRU, "_ahead", staticmethod(ahead))
    cell = GRU(2, 3)
    x = torch.randn(2, 10, 2)
    with torch.no_grad():
        cell(x)
    assert sizes == [2 * 2 * 9] * 5  # two steps of two rows, five times
    sizes.clear()
    cell(x)
    assert sizes == [10 * 2 * 9] * 5


def test_the_graph_can_be_walked_twice():
    cell = make(Peephole, 2, 3)
    x = torch.randn(2, 4, 2, dtype=torch.float64, requires_grad=True)
    loss = cell(x).square().sum()
    (first,) = torch.autograd.grad(loss, x, retain_graph=True)
    (second,) = torch.autograd.grad(loss, x)
    assert torch.equal(first, second)


@pytest.mark.parametrize("kind", [GRU, LSTM])
def test_training_in_bfloat16_gives_gradients_of_the_weights_type(kind):
    cell = kind(2, 3)
    with torch.autocast("cpu", torch.bfloat16):
        states = cell(torch.randn(2, 4, 2).bfloat16())
    states.float().sum().backward()
    assert all(p.grad.dtype == torch.float32 and p.grad.isfinite().all() for p in cell.parameters())


def test_tanh():
    x = torch.tensor([-torch.inf, -100, -3, -1e-6, 0, 1e-6, 0.5, 3, 100, torch.inf])
    torch.testing.assert_close(stepper.tanh_(x.clone()), x.tanh(), atol=2e-7, rtol=0)
