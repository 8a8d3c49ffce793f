"""What the cells share whose steps are written out here: weights, spans, and the gradient."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable

#: Steps × rows of a span: so few that all that a step touches is still in the processor's cache.
ROWS = 4096


class Stepper(nn.Module, ABC):
    """A cell as two loops over steps, :meth:`_ahead` and :meth:`_back`, in its own equations.

    Parameters, with the gates and the candidate in the order that the cell's docstring gives:

    - ``weight_input``: W, shape (reads_x * hidden, size)
    - ``weight_hidden``: U, shape (reads_h * hidden, hidden)
    - ``bias``: b, shape (gates * hidden,)

    The loops see a span of steps, time first. What needs no earlier state is one product for the
    whole span: W x_t + b, and the gradients of x, W and U. Only training keeps what the gradient
    needs. All is written in place or into what is there, which also keeps autocast out: a cell
    computes in the type of its weights.

    :param size: features of an input
    :param hidden: features of a state
    """

    gates: ClassVar[int]  #: vectors computed at each step: gates and candidate
    reads_x: ClassVar[int]  #: how many of them read x_t
    reads_h: ClassVar[int]  #: how many of them read h_{t-1}
    memory: ClassVar[int] = 1  #: vectors carried from step to step, h first

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.size, self.hidden = size, hidden
        self.weight_input = nn.Parameter(torch.empty(self.reads_x * hidden, size))
        self.weight_hidden = nn.Parameter(torch.empty(self.reads_h * hidden, hidden))
        self.bias = nn.Parameter(torch.zeros(self.gates * hidden))
        initialise(self.weight_input, self.weight_hidden)

    def forward(self, x: Tensor) -> Tensor:
        """All states, shape (batch, length, hidden).

        :param x: shape (batch, length, size)
        """
        W, b, *weights = self.weights()
        x = x.to(W.dtype).transpose(0, 1)  # (length, batch, size)
        keep = torch.is_grad_enabled()
        states: Tensor = _Run.apply(self, keep, x, W, b, *weights)  # type: ignore[no-untyped-call]
        return states.transpose(0, 1)

    def look_up(self, rows: Tensor, words: Tensor) -> Tensor:
        """The states of x_t = rows[word_t], without gradients: W x + b is taken once for each row.

        :param rows: shape (V, size)
        :param words: shape (batch, length)
        """
        W, b, *weights = self.weights()
        table = W.new_empty(len(rows), len(W))
        torch.addmm(b, rows.to(W.dtype), W.t(), out=table)
        words = words.t().contiguous()
        length, batch = words.shape

        def read(start: int, stop: int, out: Tensor) -> None:
            torch.index_select(table, 0, words[start:stop].flatten(), out=out)

        _, s = self._all_steps(read, length, batch, table, weights, keep=False)
        return s[1:, :, : self.hidden].contiguous().transpose(0, 1)

    def _all_steps(
        self,
        read: Callable[[int, int, Tensor], None],
        length: int,
        batch: int,
        like: Tensor,
        weights: Sequence[Tensor],
        *,
        keep: bool,
    ) -> tuple[Tensor, Tensor]:
        """a and s of all steps, as :meth:`_ahead` has them; without ``keep`` a is of one span.

        :param read: writes W x_t + b of the steps from start to stop, one below the other
        :param like: of the type and on the device that a and s are to be
        """
        span = _span(batch)
        s = like.new_empty(length + 1, batch, self.memory * self.hidden)
        s[0] = 0
        a = like.new_empty(length if keep else min(span, length), batch, self.gates * self.hidden)
        for start in range(0, length, span):
            stop = min(start + span, length)
            here = a[start:stop] if keep else a[: stop - start]
            read(start, stop, rows(here))
            self._ahead(here, s[start : stop + 1], weights)
        return a, s

    def weights(self) -> list[Tensor]:
        """W, shape (gates * hidden, size), b, and the weights that the loops take."""
        return [self.weight_input, self.bias, self.weight_hidden]

    @staticmethod
    @abstractmethod
    def _ahead(a: Tensor, s: Tensor, weights: Sequence[Tensor]) -> None:
        """Compute the states of a span.

        :param a: W x_t + b, to be overwritten by what :meth:`_back` needs of each step; shape
            (steps, batch, gates * hidden)
        :param s: the states, to be written but for the first, which is the one before the span;
            shape (steps + 1, batch, memory * hidden)
        :param weights: those of :meth:`weights` after W and b
        """

    @staticmethod
    @abstractmethod
    def _back(
        a: Tensor, s: Tensor, ds: Tensor, weights: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> Tensor:
        """The gradient of W x_t + b over a span, shape (steps, batch, gates * hidden).

        In the cells, dv is the gradient of v. da starts as what no later step has a part in, all
        steps at once: the derivatives of gates and candidate. The loop multiplies it by dh_t.

        :param a: as :meth:`_ahead` left it
        :param ds: the gradient of s from outside the span; what comes from inside is added
        :param gradients: of the weights; what comes from this span is added
        """


class _Run(Function):
    @staticmethod
    def forward(
        ctx: Any, cell: Stepper, keep: bool, x: Tensor, W: Tensor, b: Tensor, *weights: Tensor
    ) -> Tensor:
        length, batch, size = x.shape

        def read(start: int, stop: int, out: Tensor) -> None:
            torch.addmm(b, x[start:stop].reshape(-1, size), W.t(), out=out)

        a, s = cell._all_steps(read, length, batch, x, weights, keep=keep)
        if keep:
            ctx.cell = cell
            ctx.save_for_backward(a, s, x, W, *weights)
        states = s[1:, :, : cell.hidden]
        return states if keep else states.contiguous()  # without what else a step carries

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        cell: Stepper = ctx.cell
        a, s, x, W, *weights = ctx.saved_tensors
        length, batch, size = x.shape
        dx = x.new_empty(length, batch, size) if ctx.needs_input_grad[2] else None
        dW, db = torch.zeros_like(W), W.new_zeros(len(W))
        gradients = [torch.zeros_like(weight) for weight in weights]
        after = torch.zeros_like(s[0])  # the gradient of the span's last state from later spans
        span = _span(batch)
        for start in reversed(range(0, length, span)):
            stop = min(start + span, length)
            ds = s.new_zeros(stop - start + 1, *after.shape)
            ds[1:, :, : cell.hidden] = gradient[start:stop]
            ds[-1] += after
            da = rows(cell._back(a[start:stop], s[start : stop + 1], ds, weights, gradients))
            after = ds[0]
            dW.addmm_(da.t(), x[start:stop].reshape(-1, size))
            db += da.sum(0)
            if dx is not None:
                torch.mm(da, W, out=rows(dx[start:stop]))
        return None, None, dx, dW, db, *gradients


def initialise(weight_input: Tensor, *recurrent: Tensor) -> None:
    """Input weights as Glorot and Bengio (2010), recurrent ones orthogonal gate by gate."""
    with torch.no_grad():
        nn.init.xavier_uniform_(weight_input)
        for weight in recurrent:
            for gate in torch.split(weight, weight.shape[1]):
                nn.init.orthogonal_(gate)


def _span(batch: int) -> int:
    """How many steps of a batch are a span."""
    return max(1, ROWS // max(1, batch))


def steps(*spans: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The first step of each, the second of each, …"""
    return zip(*(span.unbind() for span in spans), strict=True)


def backwards(*spans: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The last step of each, the last but one of each, …"""
    return zip(*(span.unbind()[::-1] for span in spans), strict=True)


def rows(span: Tensor) -> Tensor:
    """(steps, batch, features) → (steps * batch, features), for one product over all of them."""
    return span.flatten(0, 1)


_MINUS_ONE = torch.tensor(-1.0, device="cpu")


def tanh_(x: Tensor) -> Tensor:
    """tanh x = 2 σ(2x) - 1, in place: on a CPU torch's own takes two to four times as long."""
    return torch.add(_MINUS_ONE, x.add_(x).sigmoid_(), alpha=2, out=x)
