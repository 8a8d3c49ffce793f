"""The simple recurrent layer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from nlpseq.layers.cells import fused
from nlpseq.layers.cells.stepper import Stepper, backwards, rows, steps, tanh_


class RNN(Stepper):
    """SimpleRNN (Elman 1990; deck 000, "RNN em numpy"; deck 002, "Simple RNN")::

        h_t = tanh(W x_t + U h_{t-1} + b)

    Deck 000 calls h_t ``state_t``, deck 002 first a_t and W, U W_ax, W_aa.
    """

    gates = reads_x = reads_h = 1

    def forward(self, x: Tensor) -> Tensor:
        """All states, shape (batch, length, hidden): by the loops on a CPU, where they win."""
        return super().forward(x) if x.device.type == "cpu" else self.fused(x)

    def fused(self, x: Tensor) -> Tensor:
        """The same by torch's kernel."""
        return fused.run(torch.rnn_tanh, x, self.weight_input, self.weight_hidden, self.bias, None)

    @staticmethod
    def _ahead(a: Tensor, s: Tensor, weights: Sequence[Tensor]) -> None:
        U = weights[0].t()
        for a_t, h, h_t in steps(a, s[:-1], s[1:]):
            tanh_(torch.addmm(a_t, h, U, out=h_t))

    @staticmethod
    def _back(
        a: Tensor, s: Tensor, ds: Tensor, weights: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Tensor:
        (U,), (dU,) = weights, gradients
        da = 1 - s[1:] ** 2
        for da_t, dh, dh_before in backwards(da, ds[1:], ds[:-1]):
            da_t.mul_(dh)
            dh_before.addmm_(da_t, U)
        dU.addmm_(rows(da).t(), rows(s[:-1]))
        return da
