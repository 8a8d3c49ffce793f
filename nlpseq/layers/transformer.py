"""The Transformer's encoder and decoder (Vaswani et al. 2017; deck 001, "Arquitetura
Transformer").
"""

import math
from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from nlpseq.layers.attention import Attended, Memory, MultiHeadAttention
from nlpseq.layers.linear import Linear
from nlpseq.layers.masks import inside
from nlpseq.layers.positions import Learned, Sinusoidal

#: where layers are normalised: before what is added (steady without a warm-up), or after, as
#: Vaswani et al. have it
Norm = Literal["pre", "post"]

Positions = Literal["sinusoidal", "learned", "rotary"]


class Residual(nn.Module):
    """A sublayer F, and the way around it (Vaswani et al. 2017, section 3.1; Xiong et al. 2020,
    table 1)::

        post:  x ↦ LayerNorm(x + Dropout(F(x)))
        pre:   x ↦ x + Dropout(F(LayerNorm(x)))

    :param size: features of a state
    """

    def __init__(self, size: int, norm: Norm, dropout: float) -> None:
        super().__init__()
        self.pre = norm == "pre"
        self.norm, self.dropout = nn.LayerNorm(size), nn.Dropout(dropout)

    def forward(self, x: Tensor, F: Callable[[Tensor], Tensor]) -> Tensor:
        """Shape (batch, length, size), as x."""
        if self.pre:
            added: Tensor = self.dropout(F(self.norm(x)))
            return x + added
        normal: Tensor = self.norm(x + self.dropout(F(x)))
        return normal


class FeedForward(nn.Module):
    """FFN(x) = max(0, x W_1 + b_1) W_2 + b_2 (Vaswani et al. 2017, section 3.3, equation 2).

    The paper's ReLU and not GELU, which takes a block some 6 % longer and is not exact in int8.

    :param size: features of a state
    :param hidden: features between the two products
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.W_1, self.W_2 = Linear(size, hidden), Linear(hidden, size)
        for layer in (self.W_1, self.W_2):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (batch, length, size), as x."""
        y: Tensor = self.W_2(self.W_1(x).relu())
        return y


class Entry(nn.Module):
    """Vectors w to inputs e = Dropout(√size · w + p) (Vaswani et al. 2017, sections 3.4, 5.4).

    Rotary positions are not added here: attention turns its queries and keys.
    """

    def __init__(self, size: int, positions: Positions, dropout: float, longest: int) -> None:
        super().__init__()
        self.scale = math.sqrt(size)
        self.positions: nn.Module = nn.Identity()
        if positions == "sinusoidal":
            self.positions = Sinusoidal()
        elif positions == "learned":
            self.positions = Learned(size, longest)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """e, shape (batch, length, size), finite whatever stands beyond a row's length."""
        x = torch.where(inside(lengths, x.shape[1]), x, 0)
        e: Tensor = self.dropout(self.positions(self.scale * x))
        return e


class EncoderBlock(nn.Module):
    """Self-attention over all true states, then a feed-forward network for each.

    :param size: features of a state
    """

    def __init__(
        self, size: int, *, heads: int, feed_forward: int, norm: Norm, dropout: float, rotary: bool
    ) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(size, heads, rotary=rotary)
        self.feed_forward = FeedForward(size, feed_forward)
        self.around_attention = Residual(size, norm, dropout)
        self.around_feed_forward = Residual(size, norm, dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Shape (batch, length, size), as x.

        :param lengths: shape (batch,)
        """

        def attend(x: Tensor) -> Tensor:
            context: Tensor = self.attention(x, self.attention.remember(x, lengths)).context
            return context

        x = self.around_attention(x, attend)
        states: Tensor = self.around_feed_forward(x, self.feed_forward)
        return states


class DecoderBlock(nn.Module):
    """Self-attention over what came before, attention to the source, a feed-forward network.

    :param size: features of a state
    """

    def __init__(
        self, size: int, *, heads: int, feed_forward: int, norm: Norm, dropout: float, rotary: bool
    ) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(size, heads, rotary=rotary)
        self.source_attention = MultiHeadAttention(size, heads)
        self.feed_forward = FeedForward(size, feed_forward)
        self.around_attention = Residual(size, norm, dropout)
        self.around_source = Residual(size, norm, dropout)
        self.around_feed_forward = Residual(size, norm, dropout)

    def forward(
        self, x: Tensor, lengths: Tensor, source: Memory, *, weights: bool = False
    ) -> Attended:
        """States, shape (batch, length, size), as x; state t sees x up to t.

        :param lengths: shape (batch,)
        :param source: of ``source_attention``
        :param weights: give those of the source too, shape (batch, heads, length, source length)
        """
        seen: list[Tensor | None] = []

        def attend(x: Tensor) -> Tensor:
            memory = self.attention.remember(x, lengths)
            context: Tensor = self.attention(x, memory, causal=True).context
            return context

        def attend_source(x: Tensor) -> Tensor:
            attended: Attended = self.source_attention(x, source, weights=weights)
            seen.append(attended.weights)
            return attended.context

        x = self.around_attention(x, attend)
        x = self.around_source(x, attend_source)
        states: Tensor = self.around_feed_forward(x, self.feed_forward)
        return Attended(states, seen[0])


class _Stack(nn.Module):
    """Inputs, blocks one on the other, and with ``norm="pre"`` a last normalisation (Xiong et al.
    2020, table 1): what encoder and decoder share.
    """

    block: ClassVar[type[EncoderBlock] | type[DecoderBlock]]

    def __init__(
        self,
        size: int,
        *,
        heads: int,
        feed_forward: int,
        layers: int,
        norm: Norm,
        positions: Positions,
        dropout: float,
        longest: int,
    ) -> None:
        super().__init__()
        self.size = size
        self.entry = Entry(size, positions, dropout, longest)
        self.blocks = nn.ModuleList(
            self.block(
                size,
                heads=heads,
                feed_forward=feed_forward,
                norm=norm,
                dropout=dropout,
                rotary=positions == "rotary",
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(size) if norm == "pre" else nn.Identity()


class TransformerEncoder(_Stack):
    """Blocks of self-attention: each state sees all true states of its row.

    With ``norm="pre"`` the sum that comes out is normalised once more (Xiong et al. 2020, table
    1).

    :param size: features of an input and of a state, a multiple of ``heads``
    :param feed_forward: features inside the feed-forward networks
    :param layers: how many blocks
    :param dropout: share of features dropped of the inputs and of what each sublayer adds
    :param longest: of a row, with learned positions
    :raises ValueError: for sizes that do not divide
    """

    block = EncoderBlock
    directions = 1

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """States, shape (batch, length, size), zeros beyond a row's length, and the lengths.

        :param x: shape (batch, length, size)
        :param lengths: shape (batch,), each at least 1
        """
        true = inside(lengths, x.shape[1])
        x = self.entry(x, lengths)
        for block in self.blocks:
            x = block(x, lengths)
        return self.norm(x) * true, lengths


class TransformerDecoder(_Stack):
    """Blocks that read what was written so far and attend to the states of a source.

    In training all steps run at once: the input is the true target, moved by one (teacher
    forcing, deck 001), and state t sees it up to t.

    :param size: features of an input, of a state and of the source's, a multiple of ``heads``
    :param feed_forward: features inside the feed-forward networks
    :param layers: how many blocks
    :param dropout: share of features dropped of the inputs and of what each sublayer adds
    :param longest: of a row, with learned positions
    :raises ValueError: for sizes that do not divide
    """

    block = DecoderBlock

    def forward(self, x: Tensor, lengths: Tensor, source: Tensor, source_lengths: Tensor) -> Tensor:
        """States, shape (batch, length, size), zeros beyond a row's length.

        :param x: shape (batch, length, size)
        :param lengths: shape (batch,), each at least 1
        :param source: states of an encoder, shape (batch, source length, size)
        :param source_lengths: shape (batch,), each at least 1
        """
        return self.attend(x, lengths, source, source_lengths).context

    def attend(
        self, x: Tensor, lengths: Tensor, source: Tensor, source_lengths: Tensor, *,
        weights: bool = False,
    ) -> Attended:  # fmt: skip
        """The states, and on request the weights of the last block's attention to the source,
        shape (batch, heads, length, source length); parameters as ``forward``.
        """
        true = inside(lengths, x.shape[1])
        x, seen = self.entry(x, lengths), None
        for depth, block in enumerate(self.blocks, 1):
            assert isinstance(block, DecoderBlock)
            memory = block.source_attention.remember(source, source_lengths)
            x, seen = block(x, lengths, memory, weights=weights and depth == len(self.blocks))
        return Attended(self.norm(x) * true, seen)
