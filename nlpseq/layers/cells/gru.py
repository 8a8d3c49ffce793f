"""Gated recurrent units: the reset gate before the product, and after it."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nlpseq.layers.cells import fused
from nlpseq.layers.cells.stepper import Stepper, backwards, rows, steps, tanh_


class GRU(Stepper):
    """The gated recurrent unit of its paper (Cho et al. 2014, section 2.3; decks 001 and 004)::

        r_t = σ(W_r x_t + U_r h_{t-1} + b_r)        z_t = σ(W_z x_t + U_z h_{t-1} + b_z)
        h̃_t = tanh(W_h x_t + U_h (r_t * h_{t-1}) + b_h)
        h_t = z_t * h_{t-1} + (1 - z_t) * h̃_t

    The decks write 1 - z_t for z_t: the same cell, with W_z, U_z and b_z negated. The order of
    the weights is r, z, h̃.
    """

    gates = reads_x = reads_h = 3

    @staticmethod
    def _ahead(a: Tensor, s: Tensor, weights: Sequence[Tensor]) -> None:
        H = s.shape[2]
        U_rz, U_h = (U.t() for U in torch.split(weights[0], [2 * H, H]))
        rz, (r, z, c) = a[..., : 2 * H], a.chunk(3, 2)
        rh = torch.empty_like(s[0])
        for rz_t, r_t, z_t, c_t, h, h_t in steps(rz, r, z, c, s[:-1], s[1:]):
            rz_t.addmm_(h, U_rz).sigmoid_()
            torch.mul(r_t, h, out=rh)
            tanh_(c_t.addmm_(rh, U_h))
            torch.lerp(c_t, h, z_t, out=h_t)

    @staticmethod
    def _back(
        a: Tensor, s: Tensor, ds: Tensor, weights: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Tensor:
        H = s.shape[2]
        U_rz, U_h = torch.split(weights[0], [2 * H, H])
        h_before, (r, z, c) = s[:-1], a.chunk(3, 2)
        not_z = 1 - z
        da = torch.cat(
            [r * (1 - r) * h_before, z * not_z * (h_before - c), not_z * (1 - c * c)], dim=2
        )
        da_rz, (da_r, da_z, da_c) = da[..., : 2 * H], da.chunk(3, 2)
        drh = torch.empty_like(s[0])
        for drz, dr, dz, dc, r_t, z_t, dh, dh_before in backwards(
            da_rz, da_r, da_z, da_c, r, z, ds[1:], ds[:-1]
        ):
            dz.mul_(dh)
            torch.mm(dc.mul_(dh), U_h, out=drh)
            dr.mul_(drh)
            dh_before.addcmul_(dh, z_t).addcmul_(drh, r_t).addmm_(drz, U_rz)
        dU_rz, dU_h = torch.split(gradients[0], [2 * H, H])
        dU_rz.addmm_(rows(da_rz).t(), rows(h_before))
        dU_h.addmm_(rows(da_c).t(), rows(r * h_before))
        return da


class TorchGRU(Stepper):
    """The gated recurrent unit of torch's and Keras' kernels, ``variant: torch``: r_t comes after
    the product with U_h, so that one product is enough::

        r_t = σ(W_r x_t + b_r + U_r h_{t-1} + b'_r)  z_t = σ(W_z x_t + b_z + U_z h_{t-1} + b'_z)
        h̃_t = tanh(W_h x_t + b_h + r_t * (U_h h_{t-1} + b'_h))
        h_t = z_t * h_{t-1} + (1 - z_t) * h̃_t

    The order of the weights is r, z, h̃, as torch has it; Keras has z, r, h̃.

    :param biases: 2 learns b' (``bias_hidden``) too, as torch and Keras do; with 1 it is zero
    """

    gates = reads_x = reads_h = 3

    def __init__(self, size: int, hidden: int, *, biases: int = 1) -> None:
        super().__init__(size, hidden)
        self.bias_hidden = nn.Parameter(torch.zeros(3 * hidden)) if biases == 2 else None

    def weights(self) -> list[Tensor]:
        """W, b, U and b'."""
        b2 = torch.zeros_like(self.bias) if self.bias_hidden is None else self.bias_hidden
        return [*super().weights(), b2]

    def forward(self, x: Tensor) -> Tensor:
        """All states, shape (batch, length, hidden): by the loops on a CPU, where they win."""
        return super().forward(x) if x.device.type == "cpu" else self.fused(x)

    def fused(self, x: Tensor) -> Tensor:
        """The same by torch's kernel."""
        W, b, U, b2 = self.weights()
        return fused.run(torch.gru, x, W, U, b, b2)

    @staticmethod
    def _ahead(a: Tensor, s: Tensor, weights: Sequence[Tensor]) -> None:
        U, b = weights
        U, H = U.t(), s.shape[2]
        u = a.new_empty(a.shape[1:])  # U h_{t-1} + b'
        u_rz, u_h = torch.split(u, [2 * H, H], 1)
        rz, (r, z, c) = a[..., : 2 * H], a.chunk(3, 2)
        for rz_t, r_t, z_t, c_t, h, h_t in steps(rz, r, z, c, s[:-1], s[1:]):
            torch.addmm(b, h, U, out=u)
            rz_t.add_(u_rz).sigmoid_()
            tanh_(c_t.addcmul_(r_t, u_h))
            torch.lerp(c_t, h, z_t, out=h_t)

    @staticmethod
    def _back(
        a: Tensor, s: Tensor, ds: Tensor, weights: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Tensor:
        (U, b), (dU, db), H = weights, gradients, s.shape[2]
        h_before, (r, z, c) = s[:-1], a.chunk(3, 2)
        u_h = torch.addmm(b[2 * H :], rows(h_before), U[2 * H :].t()).view_as(h_before)
        not_z = 1 - z
        slope_c = not_z * (1 - c * c)
        du = torch.cat(  # of U h_{t-1} + b'
            [r * (1 - r) * u_h * slope_c, z * not_z * (h_before - c), r * slope_c], dim=2
        )
        du_by_gate = du.view(*du.shape[:2], 3, H)
        for du_t, by_gate_t, z_t, dh, dh_before in backwards(du, du_by_gate, z, ds[1:], ds[:-1]):
            by_gate_t.mul_(dh.unsqueeze(1))
            dh_before.addcmul_(dh, z_t).addmm_(du_t, U)
        dU.addmm_(rows(du).t(), rows(h_before))
        db += rows(du).sum(0)
        return torch.cat([du[..., : 2 * H], slope_c * ds[1:]], dim=2)
