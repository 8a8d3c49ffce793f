"""Products with matrices: by oneDNN where that is faster than what torch would take.

For float32 on a CPU torch takes MKL, which leaves AVX-512 aside on processors of AMD's; oneDNN,
which comes with torch too, does not. From Zen 5 on, whose registers are as wide as their names, it
is twice as fast. Before, it wins with matrices that were laid out for it; and nowhere with few rows
and small matrices, as in the steps of recurrent cells.

oneDNN compiles a product for each number of rows, and each takes half a megabyte. So numbers of
rows are rounded up, to one of sixteen between a power of two and the next.
"""

import contextlib
import platform
import re
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable
from torch.nn.functional import linear, pad
from torch.optim.optimizer import register_optimizer_step_post_hook

_FEW = 8  # rows that are not rounded up
_SMALL = 1 << 16  # numbers of a matrix that one thread multiplies by one row the sooner
_ROWS = 64  # oneDNN is told for how many a matrix is laid out; right for 2 to 1,000
_ZEN_5 = 26  # the family of a processor of AMD's with registers of full width


def _family() -> int:
    """The family of a processor of AMD's, 0 of others."""
    told = platform.processor()  # on Windows: AMD64 Family 26 Model …, AuthenticAMD
    with contextlib.suppress(OSError):
        told += Path("/proc/cpuinfo").read_text(encoding="utf-8")[:4096]
    found = re.search(r"family\s*:?\s*(\d+)", told, re.IGNORECASE)
    return int(found[1]) if found and "AuthenticAMD" in told else 0


#: whether this torch has the products
THERE = bool(torch.backends.mkldnn.is_available()) and hasattr(  # type: ignore[no-untyped-call]
    torch.ops.mkldnn, "_linear_pointwise"
)
_LINEAR: Any = torch.ops.mkldnn._linear_pointwise if THERE else None
_FAMILY = _family() if THERE else 0
_LAYS = _FAMILY > 0
_WINS = _FAMILY >= _ZEN_5

_steps = 0  # of all optimisers: that of a fused one is not to be seen on a matrix


def _count(*_: object) -> None:
    global _steps
    _steps += 1


register_optimizer_step_post_hook(_count)


def lays(W: Tensor) -> bool:
    """Whether oneDNN is to multiply by a matrix like this once it is laid out."""
    return _LAYS and _has(W)


def _takes(W: Tensor) -> bool:
    """Whether it is to multiply by it as it is."""
    return _WINS and _has(W)


def _has(W: Tensor) -> bool:
    return (
        W.dtype == torch.float32 and W.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
    )


def product(x: Tensor, W: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b, shape (rows, features).

    :param x: shape (rows, size)
    :param W: shape (features, size)
    """
    if not _takes(W) or not len(x):  # of no rows oneDNN has no product
        return linear(x, W, bias)
    y: Tensor
    if torch.is_grad_enabled():
        y = _Learned.apply(x, W, bias)  # type: ignore[no-untyped-call]
    else:
        y = _times(_filled(x), W, bias)[: len(x)]
    return y


def matrix_gradient(dy: Tensor, x: Tensor) -> Tensor:
    """dW = dyᵀ x of y = x Wᵀ, shape (features, size).

    :param dy: shape (rows, features)
    :param x: shape (rows, size)
    """
    if not _takes(x) or not len(x):
        return dy.t() @ x
    return _times(_filled(dy).t(), _filled(x).t())


def _times(x: Tensor, W: Tensor, bias: Tensor | None = None) -> Tensor:
    y: Tensor = _LINEAR.default(_dense(x), _dense(W), bias, "none", [], "")
    return y


def _filled(x: Tensor) -> Tensor:
    """x with rows of zeros, so that their number is one of few."""
    rows = len(x)
    step = max(16, (1 << rows.bit_length()) >> 5) if rows > _FEW else 1
    return pad(x, (0, 0, 0, -rows % step)) if rows % step else x


def _dense(x: Tensor) -> Tensor:
    """x, or a copy if it is the transpose of what has gaps: with that oneDNN takes seconds."""
    return x if x.stride(1) == 1 or x.t().is_contiguous() else x.contiguous()


class _Learned(Function):
    """x Wᵀ + b, and its gradients: dx = dy W, dW = dyᵀ x, db = Σ dy."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, W: Tensor, bias: Tensor | None) -> Tensor:
        filled = _filled(x)
        ctx.save_for_backward(filled, W)
        return _times(filled, W, bias)[: len(x)]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        filled, W = ctx.saved_tensors
        wants_x, wants_W, wants_b = ctx.needs_input_grad
        d = _filled(dy)
        return (
            _times(d, W.t())[: len(dy)] if wants_x else None,
            matrix_gradient(d, filled) if wants_W else None,
            dy.sum(0) if wants_b else None,
        )


class Matrix(NamedTuple):
    """W, and in oneDNN's layout where that is to multiply by it."""

    plain: Tensor
    laid: Tensor | None


def multiply(
    x: Tensor,
    W: Matrix,
    bias: Tensor | None = None,
    *,
    add: Tensor | None = None,
    relu: bool = False,
) -> Tensor:
    """x Wᵀ + b, shape (rows, features), without gradients.

    :param x: shape (rows, size)
    :param W: of shape (features, size), as :class:`Layout` gives it
    :param add: what is added, shape as the answer's
    :param relu: max(0, …) of it, in place of ``add``
    """
    y: Tensor
    plain, laid = W
    if laid is None or (len(x) == 1 and plain.numel() <= _SMALL):
        y = linear(x, plain, bias)
        return y.add_(add) if add is not None else y.relu_() if relu else y
    rows, x = len(x), _filled(x)
    if add is not None and len(x) == rows:
        y = _LINEAR.binary(x, add, laid, bias, "add")
        return y
    y = _LINEAR.default(x, laid, bias, "relu" if relu else "none", [], "")[:rows]
    return y if add is None else y.add_(add)


class Layout(nn.Module):
    """A matrix, or several one below the other, as :func:`multiply` takes it: laid out as oneDNN
    likes it for few rows. It is made once.

    It is made again after a step of an optimiser, and for matrices that are others, or were
    written to by torch's functions.
    """

    def __init__(self) -> None:
        super().__init__()
        self._made: Matrix | None = None
        self._marks: list[tuple[int, int, int]] = []

    def forward(self, *matrices: Tensor) -> Matrix:
        """The layout of W.

        :param matrices: each of shape (any, size)
        """
        marks = [(W.data_ptr(), 0 if W.is_inference() else W._version, _steps) for W in matrices]
        if self._made is None or marks != self._marks:
            W = (matrices[0] if len(matrices) == 1 else torch.cat(matrices)).detach()
            laid = torch.ops.mkldnn._reorder_linear_weight(W, _ROWS) if lays(W) else None
            self._made, self._marks = Matrix(W, laid), marks
        return self._made

    def __deepcopy__(self, memo: object) -> "Layout":
        return Layout()  # one is no memory that can be copied
