"""LSTMs whose gates see the cell."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from nlpseq.layers.cells.stepper import Stepper, backwards, initialise, rows, steps, tanh_


class Peephole(Stepper):
    """LSTM with peepholes (Gers and Schmidhuber 2000; Gers, Schraudolph and Schmidhuber 2002,
    section 3)::

        i_t = σ(W_i x_t + U_i h_{t-1} + p_i * C_{t-1} + b_i)
        f_t = σ(W_f x_t + U_f h_{t-1} + p_f * C_{t-1} + b_f)
        C̃_t = tanh(W_C x_t + U_C h_{t-1} + b_C)
        C_t = f_t * C_{t-1} + i_t * C̃_t
        o_t = σ(W_o x_t + U_o h_{t-1} + p_o * C_t + b_o)
        h_t = o_t * tanh(C_t)

    b_f starts at 1, the peepholes (``weight_cell``, shape (3, hidden): p_i, p_f, p_o) at 0. The
    order of the other weights is i, f, o, C̃.
    """

    gates = reads_x = reads_h = 4
    memory = 2

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size, hidden)
        self.weight_cell = nn.Parameter(torch.zeros(3, hidden))
        nn.init.ones_(self.bias.data[hidden : 2 * hidden])

    def weights(self) -> list[Tensor]:
        """W, b, U and p."""
        return [*super().weights(), self.weight_cell]

    @staticmethod
    def _ahead(a: Tensor, s: Tensor, weights: Sequence[Tensor]) -> None:
        U, (p_i, p_f, p_o) = weights[0].t(), weights[1]
        i, f, o, c = a.chunk(4, 2)
        i_f = a[..., : 2 * len(p_i)]
        h, C = s.chunk(2, 2)
        for a_t, if_t, i_t, f_t, o_t, c_t, h_before, C_before, h_t, C_t in steps(
            a, i_f, i, f, o, c, h[:-1], C[:-1], h[1:], C[1:]
        ):
            a_t.addmm_(h_before, U)
            i_t.addcmul_(p_i, C_before)
            f_t.addcmul_(p_f, C_before)
            if_t.sigmoid_()
            tanh_(c_t)
            torch.mul(f_t, C_before, out=C_t).addcmul_(i_t, c_t)
            o_t.addcmul_(p_o, C_t).sigmoid_()
            tanh_(h_t.copy_(C_t)).mul_(o_t)

    @staticmethod
    def _back(
        a: Tensor, s: Tensor, ds: Tensor, weights: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Tensor:
        (U, (p_i, p_f, p_o)), (dU, dp) = weights, gradients
        i, f, o, c = a.chunk(4, 2)
        h, C = s.chunk(2, 2)
        C_before, tanh_C = C[:-1], C[1:].tanh()
        da = torch.cat(
            [i * (1 - i) * c, f * (1 - f) * C_before, o * (1 - o) * tanh_C, i * (1 - c * c)], dim=2
        )
        da_i, da_f, da_o, da_c = da.chunk(4, 2)
        by_h = o * (1 - tanh_C * tanh_C)
        dh, dC = ds.chunk(2, 2)
        for da_t, di, df, do, dc, f_t, by_h_t, dh_t, dC_t, dh_before, dC_before in backwards(
            da, da_i, da_f, da_o, da_c, f, by_h, dh[1:], dC[1:], dh[:-1], dC[:-1]
        ):
            do.mul_(dh_t)
            dC_t.addcmul_(dh_t, by_h_t).addcmul_(do, p_o)
            di.mul_(dC_t)
            df.mul_(dC_t)
            dc.mul_(dC_t)
            dC_before.addcmul_(dC_t, f_t).addcmul_(di, p_i).addcmul_(df, p_f)
            dh_before.addmm_(da_t, U)
        dU.addmm_(rows(da).t(), rows(h[:-1]))
        dp[0] += (da_i * C_before).sum((0, 1))
        dp[1] += (da_f * C_before).sum((0, 1))
        dp[2] += (da_o * C[1:]).sum((0, 1))
        return da


class DeckPeephole(Stepper):
    """LSTM with peepholes as the slide writes it (deck 002, "LSTM peep-hole"), ``variant: deck``:
    the gates read [h, C] and not x, o_t the old C as well, each through a full matrix::

        i_t = σ(U_i h_{t-1} + V_i C_{t-1} + b_i)     f_t = σ(U_f h_{t-1} + V_f C_{t-1} + b_f)
        o_t = σ(U_o h_{t-1} + V_o C_{t-1} + b_o)     C̃_t = tanh(W_C x_t + U_C h_{t-1} + b_C)
        C_t = f_t * C_{t-1} + i_t * C̃_t              h_t = o_t * tanh(C_t)

    b_f starts at 1. The order of the weights is i, f, o, C̃; of W there is W_C alone, V is
    ``weight_cell``, shape (3 * hidden, hidden).
    """

    gates = reads_h = 4
    reads_x = 1
    memory = 2

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size, hidden)
        self.weight_cell = nn.Parameter(torch.empty(3 * hidden, hidden))
        initialise(self.weight_input, self.weight_hidden, self.weight_cell)
        nn.init.ones_(self.bias.data[hidden : 2 * hidden])

    def weights(self) -> list[Tensor]:
        """W and b, and [U, V] with zeros where x or C is not read."""
        H = self.hidden
        W = pad(self.weight_input, (0, 0, 3 * H, 0))
        V = pad(self.weight_cell, (0, 0, 0, H))
        return [W, self.bias, torch.cat([self.weight_hidden, V], dim=1)]

    @staticmethod
    def _ahead(a: Tensor, s: Tensor, weights: Sequence[Tensor]) -> None:
        UV = weights[0].t()
        i, f, o, c = a.chunk(4, 2)
        ifo = a[..., : 3 * i.shape[2]]
        h, C = s.chunk(2, 2)
        for a_t, ifo_t, i_t, f_t, o_t, c_t, s_before, C_before, h_t, C_t in steps(
            a, ifo, i, f, o, c, s[:-1], C[:-1], h[1:], C[1:]
        ):
            a_t.addmm_(s_before, UV)
            ifo_t.sigmoid_()
            tanh_(c_t)
            torch.mul(f_t, C_before, out=C_t).addcmul_(i_t, c_t)
            tanh_(h_t.copy_(C_t)).mul_(o_t)

    @staticmethod
    def _back(
        a: Tensor, s: Tensor, ds: Tensor, weights: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Tensor:
        (UV,), (dUV,) = weights, gradients
        i, f, o, c = a.chunk(4, 2)
        C = s.chunk(2, 2)[1]
        tanh_C = C[1:].tanh()
        da = torch.cat(
            [i * (1 - i) * c, f * (1 - f) * C[:-1], o * (1 - o) * tanh_C, i * (1 - c * c)], dim=2
        )
        da_i, da_f, da_o, da_c = da.chunk(4, 2)
        by_h = o * (1 - tanh_C * tanh_C)
        dh, dC = ds.chunk(2, 2)
        for da_t, di, df, do, dc, f_t, by_h_t, dh_t, dC_t, ds_before, dC_before in backwards(
            da, da_i, da_f, da_o, da_c, f, by_h, dh[1:], dC[1:], ds[:-1], dC[:-1]
        ):
            do.mul_(dh_t)
            dC_t.addcmul_(dh_t, by_h_t)
            di.mul_(dC_t)
            df.mul_(dC_t)
            dc.mul_(dC_t)
            dC_before.addcmul_(dC_t, f_t)
            ds_before.addmm_(da_t, UV)
        dUV.addmm_(rows(da).t(), rows(s[:-1]))
        return da
