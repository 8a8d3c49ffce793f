"""Long short-term memory."""

import torch
from torch import Tensor, nn

from nlpseq.layers.cells import fused
from nlpseq.layers.cells.stepper import initialise


class LSTM(nn.Module):
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et
    al. 2000; the form of all decks, as in deck 001, "LSTM network")::

        f_t = σ(W_f x_t + U_f h_{t-1} + b_f)        i_t = σ(W_i x_t + U_i h_{t-1} + b_i)
        o_t = σ(W_o x_t + U_o h_{t-1} + b_o)        C̃_t = tanh(W_C x_t + U_C h_{t-1} + b_C)
        C_t = f_t * C_{t-1} + i_t * C̃_t             h_t = o_t * tanh(C_t)

    Parameters, in the order i, f, C̃, o: ``weight_input``: W, shape (4 * hidden, size);
    ``weight_hidden``: U, shape (4 * hidden, hidden); ``bias``: b, shape (4 * hidden,).
    b_f starts at 1 (Jozefowicz et al. 2015).

    :param size: features of an input
    :param hidden: features of h_t
    :param biases: 1, as the course and Keras have it; 2 adds ``bias_hidden`` to b, as torch has it
    """

    def __init__(self, size: int, hidden: int, *, biases: int = 1) -> None:
        super().__init__()
        self.size, self.hidden = size, hidden
        self.weight_input = nn.Parameter(torch.empty(4 * hidden, size))
        self.weight_hidden = nn.Parameter(torch.empty(4 * hidden, hidden))
        self.bias = nn.Parameter(torch.zeros(4 * hidden))
        self.bias_hidden = nn.Parameter(torch.zeros(4 * hidden)) if biases == 2 else None
        initialise(self.weight_input, self.weight_hidden)
        nn.init.ones_(self.bias.data[hidden : 2 * hidden])

    def forward(self, x: Tensor) -> Tensor:
        """All states, shape (batch, length, hidden).

        :param x: shape (batch, length, size)
        """
        W, U, b, b2 = self.weight_input, self.weight_hidden, self.bias, self.bias_hidden
        return fused.run(torch.lstm, x, W, U, b, b2)
