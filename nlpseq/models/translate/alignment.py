"""What the words of a translation look at, a pair of texts at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import torch

from nlpseq.errors import CallError
from nlpseq.layers.transformer import DecoderBlock
from nlpseq.models.translate.answers import EMPTY, Alignment
from nlpseq.models.translate.engine import Engine
from nlpseq.models.translate.pairs import Encoded
from nlpseq.models.translate.settings import SearchSettings
from nlpseq.models.translate.sides import Ids, Side
from nlpseq.models.translate.transformer import TransformerNetwork

_CHUNK = 256  # pairs held at a time

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Aligner:
    """Aligns the two sides of a translator.

    :param longest: words of a side, at most
    :param search: how the translation of a text without a target is looked for
    :param layer: of a Transformer: the block of the decoder, from 1; None: the last
    :param head: of a Transformer: from 1; None: the mean of all heads
    :raises CallError: where the network has no such layer or head
    """

    engine: Engine
    source: Side
    target: Side
    longest: int
    search: SearchSettings
    layer: int | None = None
    head: int | None = None

    def __post_init__(self) -> None:
        network = self.engine.network
        wanted = {"layer": self.layer, "head": self.head}
        if not isinstance(network, TransformerNetwork):
            for name, number in wanted.items():
                if number is not None:
                    raise CallError(
                        f"a recurrent translator has one attention and no {name} to choose",
                        where=name,
                        remedy=f"leave {name} out",
                    )
            return
        there = {"layer": len(network.decoder.blocks), "head": _heads(network)}
        for name, number in wanted.items():
            if number is not None and not 1 <= number <= there[name]:
                raise CallError(
                    f"there is no {name} {number}", where=name,
                    remedy=f"they are counted from 1 to {there[name]}",
                )  # fmt: skip

    def __call__(self, pairs: Iterable[tuple[str, str | None]]) -> Iterator[Alignment]:
        """One answer for each, in order; a target of None is the translation of the source."""
        pairs, number = iter(pairs), 0  # of the next translation: what is drawn depends on it
        while chunk := list(islice(pairs, _CHUNK)):
            sources = self.source.encode(source for source, _ in chunk)
            targets = self.target.encode(target or "" for _, target in chunk)
            ids = [Encoded(*each) for each in zip(sources, targets, strict=True)]
            whys = [self._why(*each) for each in zip(ids, chunk, strict=True)]
            sound = [i for i, why in enumerate(whys) if why is None]
            open_ = [i for i in sound if chunk[i][1] is None]
            found = self._found([ids[i].source for i in open_], number)
            for i, target in zip(open_, found, strict=True):
                ids[i] = ids[i]._replace(target=target)
            number += len(open_)
            scores = dict(zip(sound, self.engine.likelihoods([ids[i] for i in sound]), strict=True))
            for i, (why, pair) in enumerate(zip(whys, ids, strict=True)):
                yield Alignment.without(why) if why else self.of(pair, float(scores[i]))

    def of(self, pair: Encoded, score: float | None = None) -> Alignment:
        """The alignment of a pair whose sides have a word and are not too long."""
        source, target = (
            (*side.vocabulary.decode(row), "<eos>")
            for side, row in zip((self.source, self.target), pair, strict=True)
        )
        return Alignment(source, target, self._weights(pair), score)

    def _why(self, ids: Encoded, pair: tuple[str, str | None]) -> str | None:
        """What is against aligning a pair."""
        if not len(ids.source):
            return EMPTY.reason
        if pair[1] is not None and not len(ids.target):
            return "the target is empty"
        if ids.longest > self.longest:
            return f"a side has more than max_length, {self.longest} words"
        return None

    def _found(self, sources: Sequence[Ids], number: int) -> Iterator[Ids]:
        """The best translation of each source, not cut and joined again: these are its words."""
        limit = min(self.search.max_length or self.longest, self.longest)
        search = self.search.model_copy(update={"n_best": 1})
        numbers = range(number, number + len(sources))
        for best, *_ in self.engine.find(sources, numbers, search, limit):
            yield np.array(best.ids, dtype=np.int32)

    def _weights(self, pair: Encoded) -> Matrix:
        if self.layer is None and self.head is None:
            return self.engine.weights(pair)
        layer = (self.layer or 0) - 1  # 0: the last
        heads = _of_block(self.engine, pair, layer)
        weights: Matrix = heads.mean(0) if self.head is None else heads[self.head - 1]
        return weights


def _heads(network: TransformerNetwork) -> int:
    block = network.decoder.blocks[0]
    assert isinstance(block, DecoderBlock)
    return block.source_attention.heads


@torch.inference_mode()
def _of_block(engine: Engine, pair: Encoded, layer: int) -> Matrix:
    """The attention to the source of a block of the decoder, shape (heads, target, source), the
    ends of both sides among them.
    """
    network, device = engine.network, engine.network.output.bias.device
    assert isinstance(network, TransformerNetwork)

    def batch(ids: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.tensor([ids], device=device), torch.tensor([len(ids)], device=device)

    assert engine.source.eos is not None
    assert engine.target.bos is not None
    source, source_lengths = batch([*pair.source.tolist(), engine.source.eos])
    target, lengths = batch([engine.target.bos, *pair.target.tolist()])
    embedded = network.source_projection(network.source_embedding(source))
    states, _ = network.encoder(embedded, source_lengths)
    x = network.target_projection(network.target_embedding(target))
    x = network.decoder.entry(x, lengths)
    seen = []
    for block in network.decoder.blocks:
        assert isinstance(block, DecoderBlock)
        memory = block.source_attention.remember(states, source_lengths)
        x, weights = block(x, lengths, memory, weights=True)
        seen.append(weights)
    found: Matrix = seen[layer][0].cpu().numpy()
    return found
