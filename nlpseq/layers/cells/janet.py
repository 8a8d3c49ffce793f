"""JANET: of the LSTM's gates, the forget gate alone."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nlpseq.layers.cells.stepper import Stepper, backwards, rows, steps, tanh_

_BETA = torch.tensor(1.0, device="cpu")


class JANET(Stepper):
    """Just another network (van der Westhuizen and Lasenby 2018, section 3; named in deck 001)::

        s_t = W_f x_t + U_f h_{t-1} + b_f           C̃_t = tanh(W_C x_t + U_C h_{t-1} + b_C)
        C_t = σ(s_t) * C_{t-1} + (1 - σ(s_t - β)) * C̃_t      h_t = C_t

    with the paper's β = 1, which lets more in than is forgotten; with β = 0 it would be the GRU
    without its reset gate. b_f starts at 1. The order of the weights is f, C̃.
    """

    gates = reads_x = reads_h = 2

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size, hidden)
        nn.init.ones_(self.bias.data[:hidden])

    @staticmethod
    def _ahead(a: Tensor, s: Tensor, weights: Sequence[Tensor]) -> None:
        U = weights[0].t()
        f, k = torch.empty_like(s[0]), torch.empty_like(s[0])
        pre, c = a.chunk(2, 2)
        for a_t, pre_t, c_t, h, h_t in steps(a, pre, c, s[:-1], s[1:]):
            a_t.addmm_(h, U)
            tanh_(c_t)
            torch.sigmoid(pre_t, out=f)
            torch.sub(_BETA, pre_t, out=k).sigmoid_()  # 1 - σ(s_t - β)
            torch.mul(f, h, out=h_t).addcmul_(k, c_t)

    @staticmethod
    def _back(
        a: Tensor, s: Tensor, ds: Tensor, weights: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Tensor:
        (U,), (dU,) = weights, gradients
        h_before, (pre, c) = s[:-1], a.chunk(2, 2)
        f, k = pre.sigmoid(), (_BETA - pre).sigmoid()
        da = torch.cat([f * (1 - f) * h_before - k * (1 - k) * c, k * (1 - c * c)], dim=2)
        by_gate = da.view(*f.shape[:2], 2, -1)
        for da_t, by_gate_t, f_t, dh, dh_before in backwards(da, by_gate, f, ds[1:], ds[:-1]):
            by_gate_t.mul_(dh.unsqueeze(1))
            dh_before.addcmul_(dh, f_t).addmm_(da_t, U)
        dU.addmm_(rows(da).t(), rows(h_before))
        return da
