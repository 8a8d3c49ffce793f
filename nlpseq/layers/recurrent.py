"""Recurrent layers over padded batches, never packed: packing is many times slower on a CPU."""

import torch
from torch import Tensor, nn


def reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Each row backwards within its length; what lies beyond stays. Its own inverse.

    :param x: shape (batch, length, features)
    :param lengths: shape (batch,)
    """
    steps = torch.arange(x.shape[1], device=x.device)  # (length,)
    last = lengths.unsqueeze(1) - 1  # (batch, 1)
    index = torch.where(steps <= last, last - steps, steps)  # (batch, length)
    return x.gather(1, index.unsqueeze(2).expand_as(x))


class LSTM(nn.Module):
    """Long short-term memory (Hochreiter and Schmidhuber 1997; the form of deck 000, "LSTM"),
    bidirectional and stacked on request.

    With * elementwise and x_t, h_t, C_t the input, the output and the cell at step t::

        f_t = σ(W_f x_t + U_f h_{t-1} + b_f)        i_t = σ(W_i x_t + U_i h_{t-1} + b_i)
        o_t = σ(W_o x_t + U_o h_{t-1} + b_o)        C̃_t = tanh(W_C x_t + U_C h_{t-1} + b_C)
        C_t = f_t * C_{t-1} + i_t * C̃_t             h_t = o_t * tanh(C_t)

    The bias is torch's sum of two. The forget gate's starts at 1 (Jozefowicz et al. 2015).

    :param size: features of an input
    :param hidden: features of h_t, in each direction
    :param layers: how many are stacked
    :param dropout: share of the features dropped between two layers
    """

    def __init__(
        self,
        size: int,
        hidden: int,
        *,
        layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.directions = 2 if bidirectional else 1
        sizes = [size] + [hidden * self.directions] * (layers - 1)
        self.forward_cells = nn.ModuleList(self._cell(n, hidden) for n in sizes)
        self.backward_cells = nn.ModuleList(self._cell(n, hidden) for n in sizes if bidirectional)
        self.dropout = nn.Dropout(dropout)

    @staticmethod
    def _cell(size: int, hidden: int) -> nn.LSTM:
        cell = nn.LSTM(size, hidden, batch_first=True)
        with torch.no_grad():
            for name, parameter in cell.named_parameters():
                if name.startswith("weight_ih"):
                    nn.init.xavier_uniform_(parameter)
                elif name.startswith("weight_hh"):
                    for gate in torch.split(parameter, hidden):
                        nn.init.orthogonal_(gate)
                else:
                    nn.init.zeros_(parameter)
                    if name.startswith("bias_ih"):
                        parameter[hidden : 2 * hidden] = 1  # torch's order is i, f, C̃, o
        return cell

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """All states, shape (batch, length, hidden * directions); zeros beyond a row's length.

        :param x: shape (batch, length, size)
        :param lengths: shape (batch,)
        """
        steps = torch.arange(x.shape[1], device=x.device)
        inside = (steps < lengths.unsqueeze(1)).unsqueeze(2)  # (batch, length, 1)
        for depth, cell in enumerate(self.forward_cells):
            if depth:
                x = self.dropout(x)
            states = cell(x)[0]
            if self.directions == 2:
                backward = self.backward_cells[depth](reverse(x, lengths))[0]
                states = torch.cat([states, reverse(backward, lengths)], dim=2)
            x = states * inside
        return x
