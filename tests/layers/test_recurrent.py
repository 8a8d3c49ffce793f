import numpy as np
import pytest
import torch

from nlpseq.layers.recurrent import LSTM, reverse


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_oracle(x, W, U, b):
    """The equations of the docstring, float64, one sequence: x (length, size) -> (length, H)."""
    H = U.shape[1]
    W_i, W_f, W_C, W_o = W.reshape(4, H, -1)
    U_i, U_f, U_C, U_o = U.reshape(4, H, H)
    b_i, b_f, b_C, b_o = b.reshape(4, H)
    h, C, states = np.zeros(H), np.zeros(H), []
    for x_t in x:
        f = sigmoid(W_f @ x_t + U_f @ h + b_f)
        i = sigmoid(W_i @ x_t + U_i @ h + b_i)
        o = sigmoid(W_o @ x_t + U_o @ h + b_o)
        C_new = np.tanh(W_C @ x_t + U_C @ h + b_C)
        C = f * C + i * C_new
        h = o * np.tanh(C)
        states.append(h)
    return np.array(states).reshape(-1, H)


def weights(cell):
    W, U, b1, b2 = (p.detach().numpy() for p in cell.parameters())
    return W, U, b1 + b2


def make(size, hidden, **options):
    torch.manual_seed(3)
    return LSTM(size, hidden, **options).double().eval()


def padded(size, lengths):
    torch.manual_seed(5)
    return torch.randn(len(lengths), max(lengths), size, dtype=torch.float64), torch.tensor(lengths)


@pytest.mark.parametrize("hidden", [1, 3, 5])
@pytest.mark.parametrize("lengths", [[1], [4, 1, 3]])
def test_one_direction_equals_the_equations(hidden, lengths):
    layer = make(3, hidden, bidirectional=False)
    x, n = padded(3, lengths)
    states = layer(x, n).detach().numpy()
    for row, length in enumerate(lengths):
        wanted = lstm_oracle(x[row, :length].numpy(), *weights(layer.forward_cells[0]))
        np.testing.assert_allclose(states[row, :length], wanted, atol=1e-12)
        assert not states[row, length:].any()


def test_bidirectional_equals_two_one_way_runs():
    lengths = [5, 2, 1]
    layer = make(3, 4)
    x, n = padded(3, lengths)
    states = layer(x, n).detach().numpy()
    for row, length in enumerate(lengths):
        sequence = x[row, :length].numpy()
        ahead = lstm_oracle(sequence, *weights(layer.forward_cells[0]))
        back = lstm_oracle(sequence[::-1], *weights(layer.backward_cells[0]))[::-1]
        np.testing.assert_allclose(
            states[row, :length], np.concatenate([ahead, back], axis=1), atol=1e-12
        )


def test_stacked_layers_read_the_states_below():
    lengths = [4, 3]
    layer = make(3, 2, layers=2)
    x, n = padded(3, lengths)
    states = layer(x, n).detach().numpy()
    for row, length in enumerate(lengths):
        sequence = x[row, :length].numpy()
        for ahead_cell, back_cell in zip(layer.forward_cells, layer.backward_cells, strict=True):
            ahead = lstm_oracle(sequence, *weights(ahead_cell))
            back = lstm_oracle(sequence[::-1], *weights(back_cell))[::-1]
            sequence = np.concatenate([ahead, back], axis=1)
        np.testing.assert_allclose(states[row, :length], sequence, atol=1e-12)


def test_gradient_equals_finite_differences():
    layer = make(2, 3)
    x, n = padded(2, [3, 2])
    x.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layer(x, n), x)


@pytest.mark.parametrize("filling", [0.0, 9.0, float("inf")])
def test_padding_changes_no_answer(filling):
    layer = make(2, 3)
    x, n = padded(2, [2, 4])
    alone = layer(x[:1, :2], n[:1])
    beside = x.clone()
    beside[0, 2:] = filling
    states = layer(beside, n)
    torch.testing.assert_close(states[0, :2], alone[0])


def test_reverse_is_its_own_inverse_and_leaves_padding():
    x, n = padded(2, [3, 1, 4])
    back = reverse(x, n)
    assert torch.equal(back[0, :3], x[0, :3].flip(0))
    assert torch.equal(back[0, 3:], x[0, 3:])
    assert torch.equal(reverse(back, n), x)


def test_forget_gate_starts_open():
    cell = make(2, 3).forward_cells[0]
    assert (cell.bias_ih_l0 + cell.bias_hh_l0).tolist() == [0] * 3 + [1] * 3 + [0] * 6
