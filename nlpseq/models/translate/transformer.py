"""The Transformer as a translator, and its decoder step by step."""

from typing import Any

import torch
from torch import Tensor, layer_norm, nn
from torch.nn.functional import scaled_dot_product_attention

from nlpseq.layers.attention import Attended, Memory
from nlpseq.layers.positions import Learned, sinusoidal
from nlpseq.layers.product import Layout, multiply
from nlpseq.layers.transformer import DecoderBlock, TransformerDecoder, TransformerEncoder
from nlpseq.models.translate.network import Decoding, Rows, TranslatorNetwork
from nlpseq.models.translate.settings import TranslatorSettings
from nlpseq.text.vocabulary import Vocabulary

_READ = 16  # rows that are read together
_ROOM = 16  # steps for which memory is taken at first; then twice as many


class TransformerNetwork(TranslatorNetwork):
    """Embedding → encoder; embedding → decoder → output (Vaswani et al. 2017, figure 1)."""

    def __init__(
        self, settings: TranslatorSettings, source: Vocabulary, target: Vocabulary, rows: Rows
    ) -> None:
        super().__init__(settings, source, target, rows)
        hidden = settings.hidden
        #: from the embeddings' features to the states'
        self.source_projection, self.target_projection = (
            nn.Identity() if self.dim == hidden else nn.Linear(self.dim, hidden) for _ in range(2)
        )
        options: dict[str, Any] = {
            "heads": settings.heads,
            "feed_forward": settings.feed_forward or 4 * hidden,
            "layers": settings.layers,
            "norm": settings.norm,
            "positions": settings.positions,
            "dropout": settings.dropout,
            "longest": settings.max_length + 1,  # the end of a source, the start of a target
        }
        self.encoder = TransformerEncoder(hidden, **options)
        self.decoder = TransformerDecoder(hidden, **options)
        self.layouts = nn.ModuleList(_Layouts() for _ in self.decoder.blocks)

    def _read(self, source: Tensor, lengths: Tensor) -> Tensor:
        x = self.source_projection(self.source_embedding(source))
        states: Tensor = self.encoder(x, lengths)[0]
        return states

    def forward(
        self, source: Tensor, source_lengths: Tensor, target: Tensor, target_lengths: Tensor,
        weights: bool = False,
    ) -> Attended:  # fmt: skip
        """As the base says; weights are the last block's, the mean of its heads."""
        states = self._read(source, source_lengths)
        y = self.target_projection(self.target_embedding(target))
        attended = self.decoder.attend(y, target_lengths, states, source_lengths, weights=weights)
        if attended.weights is None:
            return attended
        return attended._replace(weights=attended.weights.mean(1))

    def start(self, source: Tensor, lengths: Tensor) -> Decoding:
        """As the base says."""
        size, longest = self.decoder.size, source.shape[1]
        states = self.output.bias.new_zeros(len(source), longest, size)
        # rows come by length, so that some of them read alone have little filling
        for start in range(0, len(source), _READ):
            some = slice(start, start + _READ)
            length = int(lengths[some].max())
            states[some, :length] = self._read(source[some, :length], lengths[some])
        return _TransformerDecoding(self, states, lengths)


class _Layouts(nn.Module):
    """Of the matrices that a step of a block multiplies by."""

    def __init__(self) -> None:
        super().__init__()
        self.own, self.own_O, self.other_Q, self.other_O, self.W_1, self.W_2 = (
            Layout() for _ in range(6)
        )


class _Block:
    """A block of the decoder with the keys and values of all that it saw.

    These lie in memory step by step, (steps, 2, rows, size): a new step goes behind the others,
    and rows that go on are copied in long runs, into memory that is there already.
    """

    def __init__(
        self, block: DecoderBlock, layouts: _Layouts, source: Tensor, lengths: Tensor
    ) -> None:
        own, other, forward = block.attention, block.source_attention, block.feed_forward
        self.size, self.heads, self.pre = source.shape[2], own.heads, block.around_attention.pre
        self.W_QKV = layouts.own(own.W_Q.weight, own.W_K.weight, own.W_V.weight)
        self.own_O, self.other_Q = layouts.own_O(own.W_O.weight), layouts.other_Q(other.W_Q.weight)
        self.other_O = layouts.other_O(other.W_O.weight)
        self.W_1, self.W_2 = layouts.W_1(forward.W_1.weight), layouts.W_2(forward.W_2.weight)
        self.b_1, self.b_2 = forward.W_1.bias, forward.W_2.bias
        #: for torch's function: calling a module takes longer than normalising a row
        self.norms = tuple(
            (around.norm.normalized_shape, around.norm.weight, around.norm.bias, around.norm.eps)
            for around in (block.around_attention, block.around_source, block.around_feed_forward)
        )
        keys, values, mask = other.remember(source, lengths)
        # what is added to scores; so it need not be made of truth values at each step
        hidden = torch.zeros_like(mask, dtype=keys.dtype).masked_fill_(~mask, -torch.inf)
        self.source = Memory(keys, values, hidden)
        self.cache, self.spare = (
            source.new_empty(_ROOM, 2, len(source), self.size) for _ in range(2)
        )

    def step(self, x: Tensor, at: int) -> Tensor:
        """Shape (rows, size), as x: the state of step ``at``, from 0, of each row."""
        rows, size, heads, pre = len(x), self.size, self.heads, self.pre
        first, second, third = self.norms
        y = layer_norm(x, *first) if pre else x
        Q, K, V = multiply(y, self.W_QKV).view(rows, 3, size).unbind(1)
        cache = self._with_room(at)
        torch.stack((K, V), out=cache[at])
        Q = Q.view(rows, heads, 1, -1)
        seen = cache[: at + 1].view(at + 1, 2, rows, heads, -1)
        keys, values = seen.permute(1, 2, 3, 0, 4)  # (rows, heads, steps, features)
        Z = scaled_dot_product_attention(Q, keys, values)
        x = multiply(Z.view(rows, size), self.own_O, add=x)
        x = x if pre else layer_norm(x, *first)

        y = layer_norm(x, *second) if pre else x
        keys, values, hidden = self.source
        # a sentence's rows are queries of the same memory: (sentences, heads, rows, features)
        Q = multiply(y, self.other_Q).view(len(keys), -1, heads, size // heads).transpose(1, 2)
        Z = scaled_dot_product_attention(Q, keys, values, attn_mask=hidden)
        x = multiply(Z.transpose(1, 2).reshape(rows, size), self.other_O, add=x)
        x = x if pre else layer_norm(x, *second)

        y = layer_norm(x, *third) if pre else x
        y = multiply(y, self.W_1, self.b_1, relu=True)
        x = multiply(y, self.W_2, self.b_2, add=x)
        return x if pre else layer_norm(x, *third)

    def take(self, rows: Tensor, sentences: Tensor | None, steps: int) -> None:
        """Go on with some rows, whose first ``steps`` steps are kept."""
        if len(rows) > self.spare.shape[2]:
            room, _, _, size = self.spare.shape
            self.spare = self.spare.new_empty(room, 2, len(rows), size)
        kept = self.spare[:, :, : len(rows)]
        torch.index_select(self.cache[:steps], 2, rows, out=kept[:steps])
        self.cache, self.spare = kept, self.cache
        if sentences is not None:
            self.source = Memory(*(part.index_select(0, sentences) for part in self.source))

    def _with_room(self, at: int) -> Tensor:
        if at == len(self.cache):
            self.cache = torch.cat([self.cache, torch.empty_like(self.cache)])
            self.spare = torch.empty_like(self.cache)
        return self.cache


class _TransformerDecoding(Decoding):
    def __init__(self, network: TransformerNetwork, source: Tensor, lengths: Tensor) -> None:
        self.network, self.steps = network, 0
        self.blocks = [
            _Block(block, layouts, source, lengths)
            for block, layouts in zip(network.decoder.blocks, network.layouts, strict=True)
            if isinstance(block, DecoderBlock) and isinstance(layouts, _Layouts)
        ]
        self.places = self._places(_ROOM, source)

    def _places(self, length: int, like: Tensor) -> Tensor:
        """What is added for the position, shape (length, size)."""
        positions = self.network.decoder.entry.positions
        if isinstance(positions, Learned):
            return positions.p
        return sinusoidal(like.new_empty(1, length, self.network.decoder.size))

    def step(self, ids: Tensor) -> Tensor:
        network, at = self.network, self.steps
        if at == len(self.places):
            self.places = self._places(2 * at, self.places)
        x = network.target_projection(network.target_embedding(ids))
        x = torch.add(self.places[at], x, alpha=network.decoder.entry.scale)
        for block in self.blocks:
            x = block.step(x, at)
        self.steps += 1
        return network.logits(network.decoder.norm(x))

    def take(self, rows: Tensor, sentences: Tensor | None = None) -> None:
        for block in self.blocks:
            block.take(rows, sentences, self.steps)
