"""Gated recurrent units with one gate."""

from collections.abc import Sequence

import torch
from torch import Tensor

from nlpseq.layers.cells.stepper import Stepper, backwards, rows, steps, tanh_


class MinimalGRU(Stepper):
    """The minimal gated unit (Zhou et al. 2016, section 3), whose gate is both of the GRU's::

        f_t = σ(W_f x_t + U_f h_{t-1} + b_f)
        h̃_t = tanh(W_h x_t + U_h (f_t * h_{t-1}) + b_h)
        h_t = (1 - f_t) * h_{t-1} + f_t * h̃_t

    The order of the weights is f, h̃.
    """

    gates = reads_x = reads_h = 2

    @staticmethod
    def _ahead(a: Tensor, s: Tensor, weights: Sequence[Tensor]) -> None:
        U_f, U_h = (U.t() for U in weights[0].chunk(2))
        f, c = a.chunk(2, 2)
        fh = torch.empty_like(s[0])
        for f_t, c_t, h, h_t in steps(f, c, s[:-1], s[1:]):
            f_t.addmm_(h, U_f).sigmoid_()
            torch.mul(f_t, h, out=fh)
            tanh_(c_t.addmm_(fh, U_h))
            torch.lerp(h, c_t, f_t, out=h_t)

    @staticmethod
    def _back(
        a: Tensor, s: Tensor, ds: Tensor, weights: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Tensor:
        U_f, U_h = weights[0].chunk(2)
        h_before, (f, c) = s[:-1], a.chunk(2, 2)
        not_f = 1 - f
        slope_f = f * not_f
        da = torch.cat([slope_f * (c - h_before), f * (1 - c * c)], dim=2)
        da_f, da_c = da.chunk(2, 2)
        slope_fh = slope_f * h_before
        dfh = torch.empty_like(s[0])
        for df, dc, f_t, not_f_t, slope_fh_t, dh, dh_before in backwards(
            da_f, da_c, f, not_f, slope_fh, ds[1:], ds[:-1]
        ):
            torch.mm(dc.mul_(dh), U_h, out=dfh)
            df.mul_(dh).addcmul_(dfh, slope_fh_t)
            dh_before.addcmul_(dh, not_f_t).addcmul_(dfh, f_t).addmm_(df, U_f)
        dU_f, dU_h = gradients[0].chunk(2)
        dU_f.addmm_(rows(da_f).t(), rows(h_before))
        dU_h.addmm_(rows(da_c).t(), rows(f * h_before))
        return da


class DeckGRU(Stepper):
    """The simplified GRU as the slide writes it (deck 002, "GRU simplificada"), ``variant: deck``:
    its candidate does not read h::

        z_t = σ(W_z x_t + U_z h_{t-1} + b_z)
        h̃_t = tanh(W_h x_t + b_h)
        h_t = (1 - z_t) * h_{t-1} + z_t * h̃_t

    The order of the weights is z, h̃; of U there is U_z alone.
    """

    gates = reads_x = 2
    reads_h = 1

    @staticmethod
    def _ahead(a: Tensor, s: Tensor, weights: Sequence[Tensor]) -> None:
        U = weights[0].t()
        z, c = a.chunk(2, 2)
        tanh_(c)
        for z_t, c_t, h, h_t in steps(z, c, s[:-1], s[1:]):
            z_t.addmm_(h, U).sigmoid_()
            torch.lerp(h, c_t, z_t, out=h_t)

    @staticmethod
    def _back(
        a: Tensor, s: Tensor, ds: Tensor, weights: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Tensor:
        (U,), (dU,) = weights, gradients
        h_before, (z, c) = s[:-1], a.chunk(2, 2)
        not_z = 1 - z
        da_z = z * not_z * (c - h_before)
        for dz, not_z_t, dh, dh_before in backwards(da_z, not_z, ds[1:], ds[:-1]):
            dh_before.addcmul_(dh, not_z_t).addmm_(dz.mul_(dh), U)
        dU.addmm_(rows(da_z).t(), rows(h_before))
        return torch.cat([da_z, z * (1 - c * c) * ds[1:]], dim=2)
