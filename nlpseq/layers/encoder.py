"""Encoders by name: from the vectors of a sequence to its states."""

from collections.abc import Mapping
from typing import Any, Literal, Self, cast

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from nlpseq.layers.convolution import CNN, TCN
from nlpseq.layers.masks import inside
from nlpseq.layers.recurrent import CELLS, TWO_BIASES, Cell, Recurrent, Variant
from nlpseq.layers.transformer import Norm, Positions, TransformerEncoder
from nlpseq.settings import Settings

Kind = Literal[
    "flatten", "mean", "rnn", "gru", "minimal-gru", "lstm", "peephole", "janet",
    "cnn", "cnn-rnn", "tcn", "transformer",
]  # fmt: skip

_RECURRENT = ("hidden", "layers", "bidirectional", "variant", "variational")
_CONVOLUTION = ("hidden", "layers", "widths")

#: encoder → the options that it reads, beside ``dropout``
READS: Mapping[str, tuple[str, ...]] = {
    "flatten": (),
    "mean": (),
    **dict.fromkeys(CELLS, _RECURRENT),
    "lstm": (*_RECURRENT, "biases"),
    "gru": (*_RECURRENT, "biases"),
    "cnn": (*_CONVOLUTION, "pool"),
    "cnn-rnn": (*_CONVOLUTION, "pool", "cell", "bidirectional"),
    "tcn": _CONVOLUTION,
    "transformer": ("hidden", "layers", "heads", "feed_forward", "norm", "positions"),
}


class EncoderSettings(Settings):
    """Which encoder, and its sizes. An option that the encoder does not read is an error."""

    encoder: Kind = Field("lstm", description="what reads the sequence; flatten and mean do not")
    hidden: int = Field(
        64, ge=1, le=4096, description="features of a state, for each direction or filter width"
    )
    layers: int = Field(1, ge=1, le=16, description="stacked one on the other")
    bidirectional: bool = Field(True, description="read from both ends")
    variant: Variant = Field("paper", description="of the cell's equations")
    biases: Literal[1, 2] = Field(1, description="vectors of a gate: 1 as Keras, 2 as torch")
    variational: bool = Field(False, description="dropout drops the same features at each step")
    widths: list[int] | None = Field(
        None, min_length=1, description="of the filters, in tokens; null: 3, 4, 5, of a tcn 3"
    )
    pool: int = Field(1, ge=1, le=64, description="states of which a convolution keeps the largest")
    cell: Cell = Field("gru", description="what reads the convolutions of cnn-rnn")
    heads: int = Field(4, ge=1, le=64, description="of the attention")
    feed_forward: int | None = Field(None, ge=1, le=16384, description="null: 4 × hidden")
    norm: Norm = Field("pre", description="before (pre) or after (post) what is added")
    positions: Positions = Field("sinusoidal", description="how a state knows its place")
    dropout: float = Field(0.3, ge=0, lt=1, description="before, between and after the layers")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name, why in self.idle().items():
            if name in self.model_fields_set and getattr(self, name) is not None:
                raise ValueError(f"{name} has no effect {why}")
        if any(not 1 <= width <= 64 for width in self.filters):
            raise ValueError("widths are from 1 to 64 tokens")
        if self.encoder == "tcn" and len(self.filters) > 1:
            raise ValueError("a tcn has filters of one width")
        if self.encoder == "transformer" and self.hidden % self.heads:
            raise ValueError(f"hidden {self.hidden} is not a multiple of heads {self.heads}")
        if self.positions == "rotary" and self.hidden // self.heads % 2:
            raise ValueError("rotary positions need an even number of features for each head")
        variants = CELLS.get(cast(Cell, self.encoder))
        if variants is not None and self.variant not in variants:
            raise ValueError(
                f"{self.encoder} has no variant {self.variant!r}; it has: {', '.join(variants)}"
            )
        if self.biases == 2 and (self.encoder, self.variant) not in TWO_BIASES:
            raise ValueError(f"{self.encoder}, variant {self.variant!r}, has one bias")
        return self

    @property
    def filters(self) -> list[int]:
        """The widths that are meant."""
        return self.widths or ([3] if self.encoder == "tcn" else [3, 4, 5])

    def idle(self) -> dict[str, str]:
        """The options that have no effect, and why."""
        every = {name: None for names in READS.values() for name in names}
        why = f"with the encoder {self.encoder}"
        return {name: why for name in every if name not in READS[self.encoder]}

    def effective(self) -> dict[str, Any]:
        """The options that have an effect beside the others, name → value."""
        return self.model_dump(exclude=set(self.idle()))


class NoEncoder(nn.Module):
    """The states are the vectors themselves, for ``flatten`` and ``mean``."""

    directions = 1

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """x without what lies beyond a row's length, shape (batch, length, size), and lengths."""
        return x.masked_fill(~inside(lengths, x.shape[1]), 0), lengths


class ConvolutionThenRecurrence(nn.Module):
    """Convolutions shorten the sequence, a recurrent layer reads what is left (Chollet 2018,
    Deep Learning with Python, section 6.4.4; deck 000).
    """

    def __init__(self, convolution: CNN, recurrent: Recurrent) -> None:
        super().__init__()
        self.convolution, self.recurrent = convolution, recurrent
        self.size, self.directions = recurrent.size, recurrent.directions

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """States and lengths, of the shortened sequence."""
        states: tuple[Tensor, Tensor] = self.recurrent(*self.convolution(x, lengths))
        return states


class Projected(nn.Module):
    """An encoder of another size than the vectors: x_t ↦ W x_t + b, then the encoder."""

    directions = 1

    def __init__(self, size: int, encoder: TransformerEncoder) -> None:
        super().__init__()
        self.projection, self.encoder = nn.Linear(size, encoder.size), encoder
        self.size = encoder.size

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """States, shape (batch, length, size), and lengths."""
        x = torch.where(inside(lengths, x.shape[1]), x, 0)
        states: tuple[Tensor, Tensor] = self.encoder(self.projection(x), lengths)
        return states


def build(settings: EncoderSettings, size: int, *, longest: int) -> nn.Module:
    """The encoder of some settings.

    Its ``forward(x, lengths)`` takes vectors, shape (batch, length, size), and lengths, shape
    (batch,), and gives states, shape (batch, length', features), zeros beyond a row's length,
    with their lengths. ``encoder.size`` is the number of features, ``encoder.directions`` 2
    where the second half of them was read backwards.

    :param longest: tokens of the longest sequence that it will see
    """
    kind, hidden, layers, dropout = (
        settings.encoder, settings.hidden, settings.layers, settings.dropout,
    )  # fmt: skip
    if kind in ("flatten", "mean"):
        return NoEncoder(size)
    if kind == "tcn":
        width = settings.filters[0]
        return TCN(size, hidden, width=width, layers=layers, dropout=dropout)
    if kind == "transformer":
        encoder = TransformerEncoder(
            hidden,
            heads=settings.heads,
            feed_forward=settings.feed_forward or 4 * hidden,
            layers=layers,
            norm=settings.norm,
            positions=settings.positions,
            dropout=dropout,
            longest=longest,
        )
        return encoder if size == hidden else Projected(size, encoder)
    if kind in ("cnn", "cnn-rnn"):
        convolution = CNN(
            size,
            hidden,
            widths=settings.filters,
            layers=layers,
            pool=settings.pool,
            dropout=dropout,
        )
        if kind == "cnn":
            return convolution
        recurrent = Recurrent(
            settings.cell, convolution.size, hidden, bidirectional=settings.bidirectional
        )
        return ConvolutionThenRecurrence(convolution, recurrent)
    return Recurrent(
        cast(Cell, kind),
        size,
        hidden,
        layers=layers,
        bidirectional=settings.bidirectional,
        dropout=dropout,
        variational=settings.variational,
        biases=settings.biases,
        variant=settings.variant,
    )
