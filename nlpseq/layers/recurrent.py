"""Recurrent layers over padded batches, never packed: packing is many times slower on a CPU."""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable
from torch.nn.functional import dropout, embedding

from nlpseq.layers.cells.gru import GRU, TorchGRU
from nlpseq.layers.cells.janet import JANET
from nlpseq.layers.cells.lstm import LSTM
from nlpseq.layers.cells.minimal_gru import DeckGRU, MinimalGRU
from nlpseq.layers.cells.peephole import DeckPeephole, Peephole
from nlpseq.layers.cells.rnn import RNN
from nlpseq.layers.cells.stepper import Stepper
from nlpseq.layers.masks import inside

Cell = Literal["rnn", "gru", "minimal-gru", "lstm", "peephole", "janet"]

#: paper: the equations of the cell's paper; deck: the slide's; torch: those of torch's kernel
Variant = Literal["paper", "deck", "torch"]

#: cell → the variants that it has → its layer, whose docstring has the equations
CELLS: Mapping[Cell, Mapping[Variant, type[nn.Module]]] = {
    "rnn": {"paper": RNN},
    "gru": {"paper": GRU, "torch": TorchGRU},
    "minimal-gru": {"paper": MinimalGRU, "deck": DeckGRU},
    "lstm": {"paper": LSTM},
    "peephole": {"paper": Peephole, "deck": DeckPeephole},
    "janet": {"paper": JANET},
}

#: what can have two biases a gate
TWO_BIASES: frozenset[tuple[Cell, Variant]] = frozenset({("lstm", "paper"), ("gru", "torch")})


def reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Each row backwards within its length; what lies beyond stays. Its own inverse.

    :param x: shape (batch, length, features)
    :param lengths: shape (batch,)
    """
    return _taken(x, _mirror(lengths, x.shape[1]))


class FeatureDropout(nn.Module):
    """Dropout with one mask a row: a feature is dropped at all steps or at none (Gal and
    Ghahramani 2016, section 4).

    :param share: of the features, dropped
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """:param x: shape (batch, length, features)"""
        if not self.training:
            return x
        return x * dropout(x.new_ones(len(x), 1, x.shape[2]), self.share)


class Recurrent(nn.Module):
    """A recurrent layer, bidirectional and stacked on request: an encoder.

    With two directions, a state is [h→_t, h←_t], where h← reads the row from its last true step
    to its first (Schuster and Paliwal 1997).

    :param cell: what computes a state from the one before and x_t
    :param size: features of x_t
    :param hidden: features of h_t, in each direction
    :param layers: how many are stacked; each reads the states of the one below
    :param dropout: share dropped of the input of every layer but the first, in training
    :param variational: that dropout has one mask for all steps of a row (:class:`FeatureDropout`)
        in place of one a step. Gal and Ghahramani drop what goes from h_{t-1} to h_t too; here
        that is always whole: the fast kernels have no place for a mask
    :param biases: 2: a second bias, as torch has it; see the layers in :data:`TWO_BIASES`
    :param variant: of the cell's equations; see :data:`CELLS`
    :raises ValueError: for a variant or a second bias that the cell does not have
    """

    def __init__(
        self,
        cell: Cell,
        size: int,
        hidden: int,
        *,
        layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        variational: bool = False,
        biases: int = 1,
        variant: Variant = "paper",
    ) -> None:
        super().__init__()
        if variant not in CELLS[cell]:
            there = ", ".join(CELLS[cell])
            raise ValueError(f"{cell} has no variant {variant!r}; it has: {there}")
        options = {"biases": biases} if (cell, variant) in TWO_BIASES else {}
        if biases not in (1, 2) or (biases == 2 and not options):
            raise ValueError(f"{cell}, variant {variant!r}, cannot have {biases} biases")
        self.directions = 2 if bidirectional else 1
        self.size = hidden * self.directions  #: features of a state
        kind = CELLS[cell][variant]
        sizes = [size] + [self.size] * (layers - 1)
        self.forward_cells = nn.ModuleList(kind(n, hidden, **options) for n in sizes)
        self.backward_cells = nn.ModuleList(
            kind(n, hidden, **options) for n in sizes if bidirectional
        )
        self.dropout = FeatureDropout(dropout) if variational else nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """All states, shape (batch, length, size), zeros beyond a row's length; and lengths.

        :param x: shape (batch, length, features); what lies beyond a row's length is not read
        :param lengths: shape (batch,), each at least 1
        """
        x = x.transpose(0, 1).contiguous().transpose(0, 1)  # as the cells' states lie in memory
        outside = _outside(lengths, x.shape[1])
        if torch.is_grad_enabled():
            x = _cleared(x, outside)  # no state reads what comes after it, but its gradient would
        mirror = self._backwards(lengths, x.shape[1])
        for depth in range(len(self.forward_cells)):
            x = self._layer(depth, x, mirror)
        return _cleared(x, outside), lengths

    def look_up(self, rows: Tensor, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """``forward(rows[ids], lengths)`` without gradients, faster on a CPU where the cells' steps
        are ours: the first layer's products with x_t are taken once for each distinct word. Other
        devices have kernels of their own.

        :param rows: an embedding's, shape (V, size)
        :param ids: shape (batch, length)
        """
        first = self.forward_cells[0]
        if not isinstance(first, Stepper) or rows.device.type != "cpu":
            states: tuple[Tensor, Tensor] = self(embedding(ids, rows), lengths)
            return states
        distinct, words = torch.unique(ids, return_inverse=True)
        rows, mirror = rows[distinct], self._backwards(lengths, ids.shape[1])
        x = first.look_up(rows, words)
        if mirror is not None:
            other: Stepper = self.backward_cells[0]  # type: ignore[assignment]
            x = _joined(x, other.look_up(rows, _taken(words, mirror)), mirror)
        for depth in range(1, len(self.forward_cells)):
            x = self._layer(depth, x, mirror)
        return _cleared(x, _outside(lengths, ids.shape[1])), lengths

    def _backwards(self, lengths: Tensor, length: int) -> Tensor | None:
        return _mirror(lengths, length) if self.directions == 2 else None

    def _layer(self, depth: int, x: Tensor, mirror: Tensor | None) -> Tensor:
        """The states of one layer, shape (batch, length, size)."""
        x = self.dropout(x) if depth else x
        states: Tensor = self.forward_cells[depth](x)
        if mirror is not None:
            states = _joined(states, self.backward_cells[depth](_taken(x, mirror)), mirror)
        return states


# The cells' states lie in memory step by step, (length, batch, features). To copy whole rows of
# features from there is several times faster than what knows of batch and length.


def _mirror(lengths: Tensor, length: int) -> Tensor:
    """For each row of (length * batch, features) the one in whose place it comes."""
    steps = torch.arange(length, device=lengths.device).unsqueeze(1)  # (length, 1)
    last = lengths - 1  # (batch,)
    mirrored = torch.where(steps <= last, last - steps, steps)  # (length, batch)
    return (mirrored * len(lengths) + torch.arange(len(lengths), device=steps.device)).flatten()


class _Exchanged(Function):
    """Rows in the order of an index that is its own inverse. So the gradient takes them back by
    the same index; torch, which cannot know, adds them up one by one.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, index: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        return rows.index_select(0, index)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (index,) = ctx.saved_tensors
        return gradient.index_select(0, index), None


def _taken(x: Tensor, mirror: Tensor) -> Tensor:
    """Rows of (length * batch, features) in the order of :func:`_mirror`."""
    rows: Tensor = _Exchanged.apply(x.transpose(0, 1).flatten(0, 1), mirror)  # type: ignore[no-untyped-call]
    return _batches(rows, len(x))


def _joined(ahead: Tensor, back: Tensor, mirror: Tensor) -> Tensor:
    """The states of both directions, (batch, length, size); ``back`` is as its cell gave it."""
    both = [ahead.transpose(0, 1), _taken(back, mirror).transpose(0, 1)]
    return torch.cat(both, dim=2).transpose(0, 1)


def _outside(lengths: Tensor, length: int) -> Tensor:
    """The rows of (length * batch, features) that lie beyond a row's length."""
    return (~inside(lengths, length)).transpose(0, 1).flatten().nonzero().squeeze(1)


def _cleared(x: Tensor, index: Tensor) -> Tensor:
    """The rows of ``index`` set to zero; without gradients in x itself."""
    if not len(index):
        return x
    rows = x.transpose(0, 1).flatten(0, 1)
    fill = rows.index_fill if torch.is_grad_enabled() else rows.index_fill_
    return _batches(fill(0, index, 0), len(x))


def _batches(rows: Tensor, batch: int) -> Tensor:
    """(length * batch, features) → (batch, length, features)."""
    return rows.view(-1, batch, *rows.shape[1:]).transpose(0, 1)
