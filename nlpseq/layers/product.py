"""Products with matrices: by oneDNN where that is faster than what torch would take.

For float32 on a CPU torch takes MKL. oneDNN, which comes with torch too and which Keras takes, is
as fast on processors of Intel's and about twice as fast on AMD's.
"""

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable
from torch.nn.functional import linear

_THERE = bool(torch.backends.mkldnn.is_available()) and hasattr(  # type: ignore[no-untyped-call]
    torch.ops.mkldnn, "_linear_pointwise"
)
_ROWS = 64  # oneDNN is told for how many a matrix is laid out; right for 2 to 1,000


def takes(W: Tensor) -> bool:
    """Whether oneDNN has a product for a matrix like this."""
    return (
        _THERE
        and W.dtype == torch.float32
        and W.device.type == "cpu"
        and not torch.is_autocast_enabled("cpu")
    )


def product(x: Tensor, W: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b, shape (rows, features).

    :param x: shape (rows, size)
    :param W: shape (features, size)
    """
    if not takes(W) or not len(x):  # of no rows oneDNN has no product
        return linear(x, W, bias)
    y: Tensor
    if torch.is_grad_enabled():
        y = _Learned.apply(x, W, bias)  # type: ignore[no-untyped-call]
    else:
        y = torch.ops.mkldnn._linear_pointwise.default(_dense(x), _dense(W), bias, "none", [], "")
    return y


def _dense(x: Tensor) -> Tensor:
    """x, or a copy if it is the transpose of what has gaps: with that oneDNN takes seconds."""
    return x if x.stride(1) == 1 or x.t().is_contiguous() else x.contiguous()


class _Learned(Function):
    """x Wᵀ + b, and its gradients: dx = dy W, dW = dyᵀ x, db = Σ dy."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, W: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, W)
        return product(x, W, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        x, W = ctx.saved_tensors
        wants_x, wants_W, wants_b = ctx.needs_input_grad
        return (
            product(dy, W.t()) if wants_x else None,
            product(dy.t(), x.t()) if wants_W else None,
            dy.sum(0) if wants_b else None,
        )


class Product(nn.Module):
    """x ↦ x Wᵀ + b, W one matrix or several one below the other; without gradients, and for few
    rows: W is laid out as oneDNN likes it, which is done once.

    The layout is made again after :meth:`train` and ``eval``, since a fused optimiser's step is
    not to be seen on a matrix, and for matrices that are others, or were written to by torch's
    functions.
    """

    def __init__(self) -> None:
        super().__init__()
        self._made: Tensor | None = None
        self._marks: list[tuple[int, int]] = []

    def forward(
        self,
        x: Tensor,
        matrices: Sequence[Tensor],
        bias: Tensor | None = None,
        *,
        add: Tensor | None = None,
        relu: bool = False,
    ) -> Tensor:
        """Shape (rows, all rows of the matrices).

        :param x: shape (rows, size)
        :param matrices: W, each of shape (any, size)
        :param add: what is added, shape as the answer's
        :param relu: max(0, …) of it, in place of ``add``
        """
        W = self._of(matrices)
        y: Tensor
        kernel = torch.ops.mkldnn._linear_pointwise
        if not W.is_mkldnn:
            y = linear(x, W, bias)
            y = y + add if add is not None else y.relu_() if relu else y
        elif add is not None:
            y = kernel.binary(x, add, W, bias, "add")
        else:
            y = kernel.default(x, W, bias, "relu" if relu else "none", [], "")
        return y

    def _of(self, matrices: Sequence[Tensor]) -> Tensor:
        marks = [(W.data_ptr(), 0 if W.is_inference() else W._version) for W in matrices]
        if self._made is None or marks != self._marks:
            W = (matrices[0] if len(matrices) == 1 else torch.cat(list(matrices))).detach()
            if takes(W):
                W = torch.ops.mkldnn._reorder_linear_weight(W, _ROWS)
            self._made, self._marks = W, marks
        return self._made

    def __deepcopy__(self, memo: object) -> "Product":
        return Product()  # a layout is no memory that can be copied

    def train(self, mode: bool = True) -> Self:
        """As any module; and the matrices may be others from now on."""
        self._made = None
        return super().train(mode)
