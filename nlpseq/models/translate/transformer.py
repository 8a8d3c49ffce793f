"""The Transformer as a translator, and its decoder step by step."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, scaled_dot_product_attention

from nlpseq.layers.attention import Attended, Memory
from nlpseq.layers.positions import Learned, sinusoidal
from nlpseq.layers.transformer import DecoderBlock, TransformerDecoder, TransformerEncoder
from nlpseq.models.translate.network import Decoding, Rows, TranslatorNetwork
from nlpseq.models.translate.settings import TranslatorSettings
from nlpseq.text.vocabulary import Vocabulary

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
        return _TransformerDecoding(self, self._read(source, lengths), lengths)


class _Block:
    """A block of the decoder with the keys and values of all that it saw.

    These lie in memory step by step, (steps, 2, rows, size): a new step goes behind the others,
    and rows that go on are copied in long runs, into memory that is there already.
    """

    def __init__(self, block: DecoderBlock, source: Tensor, lengths: Tensor) -> None:
        self.block, own = block, block.attention
        self.W_QKV = torch.cat([own.W_Q.weight, own.W_K.weight, own.W_V.weight])
        keys, values, mask = block.source_attention.remember(source, lengths)
        # what is added to scores; so it need not be made of truth values at each step
        hidden = torch.zeros_like(mask, dtype=keys.dtype).masked_fill_(~mask, -torch.inf)
        self.source = Memory(keys, values, hidden)
        self.cache, self.spare = (
            source.new_empty(_ROOM, 2, len(source), source.shape[2]) for _ in range(2)
        )

    def step(self, x: Tensor, at: int) -> Tensor:
        """Shape (rows, size), as x: the state of step ``at``, from 0, of each row."""
        rows, size = x.shape
        block, heads = self.block, self.block.attention.heads
        residual = block.around_attention
        y = residual.norm(x) if residual.pre else x
        QKV = linear(y, self.W_QKV).view(rows, 3, size)
        self._with_room(at)[at] = QKV[:, 1:].transpose(0, 1)
        seen = self.cache[: at + 1].view(at + 1, 2, rows, heads, -1)
        keys, values = seen.permute(1, 2, 3, 0, 4)  # (rows, heads, steps, features)
        Q = QKV[:, 0].view(rows, heads, 1, -1)
        Z = scaled_dot_product_attention(Q, keys, values)
        x = torch.addmm(x, Z.view(rows, size), block.attention.W_O.weight.t())
        x = x if residual.pre else residual.norm(x)

        residual, other = block.around_source, block.source_attention
        y = residual.norm(x) if residual.pre else x
        keys, values, hidden = self.source
        # a sentence's rows are queries of the same memory: (sentences, heads, rows, features)
        Q = other.W_Q(y).view(len(keys), -1, heads, size // heads).transpose(1, 2)
        Z = scaled_dot_product_attention(Q, keys, values, attn_mask=hidden)
        x = torch.addmm(x, Z.transpose(1, 2).reshape(rows, size), other.W_O.weight.t())
        x = x if residual.pre else residual.norm(x)

        residual = block.around_feed_forward
        x = x + block.feed_forward(residual.norm(x) if residual.pre else x)
        return x if residual.pre else residual.norm(x)

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
            _Block(block, source, lengths)
            for block in network.decoder.blocks
            if isinstance(block, DecoderBlock)
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
