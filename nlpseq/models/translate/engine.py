"""What a translator computes: ids in, numbers out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from nlpseq.models.translate.network import TranslatorNetwork
from nlpseq.models.translate.objective import cross_entropy
from nlpseq.models.translate.pairs import Encoded
from nlpseq.models.translate.search import Hypothesis, Search, exact
from nlpseq.models.translate.settings import SearchSettings
from nlpseq.models.translate.sides import Ids
from nlpseq.text.sequences import longest_first, pad
from nlpseq.text.vocabulary import Vocabulary

_ROWS = 128  # computed together, at most
_TOKENS = 1 << 13  # words of their sources, filling counted, at most
_LOGITS = 1 << 22  # held at a time, where only a few of them are wanted


@dataclass(frozen=True)
class Engine:
    """A network and the vocabularies of its two sides, which have all specials."""

    network: TranslatorNetwork
    source: Vocabulary
    target: Vocabulary

    def loss(self, pairs: Sequence[Encoded], smoothing: float) -> Tensor:
        """The cross-entropy of the targets' words and ends, their mean."""
        states, words, _ = self._forced(pairs)
        network = self.network
        return cross_entropy(
            network.output.project(states), network.output_weight, network.output.bias, words,
            smoothing,
        )  # fmt: skip

    @torch.inference_mode()
    def likelihoods(self, pairs: Sequence[Encoded]) -> npt.NDArray[np.float64]:
        """log P(target | source) of each, shape (pairs,)."""
        found = np.zeros(len(pairs))
        lengths = np.array([pair.longest for pair in pairs])
        for rows in _batches(lengths, 1):
            states, words, of = self._forced([pairs[i] for i in rows])
            total = torch.zeros(len(rows), dtype=exact(of.device), device=of.device)
            some = max(1, _LOGITS // len(self.target))
            parts = (torch.split(part, some) for part in (states, words, of))
            for state, word, row in zip(*parts, strict=True):
                each = self.network.logits(state).log_softmax(1).gather(1, word.unsqueeze(1))
                total.index_add_(0, row, each.squeeze(1).to(total))
            found[rows] = total.cpu().numpy()
        return found

    def likelihood(self, pairs: Sequence[Encoded]) -> float:
        """log P of a target's word or end, the mean of all pairs; 0 where there is none."""
        words = sum(len(pair.target) + 1 for pair in pairs)
        return float(self.likelihoods(pairs).sum()) / max(words, 1)

    @torch.inference_mode()
    def weights(self, pair: Encoded) -> npt.NDArray[np.float32]:
        """What each word of the target and its end looks at, shape (target, source), the ends of
        both among them.
        """
        target = self._padded([np.insert(pair.target, 0, _special(self.target.bos))], 0)
        attended = self.network(*self._sources([pair.source]), *target, weights=True)
        assert attended.weights is not None
        found: npt.NDArray[np.float32] = attended.weights[0].cpu().numpy()
        return found

    def find(
        self, sources: Sequence[Ids], numbers: Sequence[int], settings: SearchSettings, limit: int
    ) -> list[list[Hypothesis]]:
        """The hypotheses of each source; none's depend on another.

        :param numbers: see :class:`Search`
        :param limit: words of a hypothesis, at most
        """
        search = Search(self.target, settings, limit)
        found: list[list[Hypothesis]] = [[] for _ in sources]
        for rows in _batches(np.array([len(source) for source in sources]), settings.beam):
            given = self._sources([sources[i] for i in rows])
            hypotheses = search(self.network, *given, [numbers[i] for i in rows])
            for i, each in zip(rows, hypotheses, strict=True):
                found[i] = each
        return found

    def _forced(self, pairs: Sequence[Encoded]) -> tuple[Tensor, Tensor, Tensor]:
        """For each word and end of the targets, one pair after the other: the state before it,
        shape (words, features), the word, shape (words,), and its pair, shape (words,).
        """
        bos, eos = _special(self.target.bos), _special(self.target.eos)
        begun = [np.insert(pair.target, 0, bos) for pair in pairs]
        target, lengths = self._padded(begun, _special(self.target.pad))
        given = self._sources([pair.source for pair in pairs])
        states = self.network(*given, target, lengths).context  # (pairs, length, features)
        true = torch.arange(target.shape[1], device=target.device) < lengths.unsqueeze(1)
        places = true.flatten().nonzero().squeeze(1)
        ended = np.concatenate([np.append(pair.target, eos) for pair in pairs])
        words = torch.from_numpy(ended.astype(np.int64)).to(target.device)
        return states.flatten(0, 1)[places], words, places // target.shape[1]

    def _sources(self, sources: Sequence[Ids]) -> tuple[Tensor, Tensor]:
        """The ids with their ends, shape (sources, length), and lengths, shape (sources,)."""
        eos = _special(self.source.eos)
        ended = [np.append(source, eos) for source in sources]
        return self._padded(ended, _special(self.source.pad))

    def _padded(self, rows: Sequence[Ids], filling: int) -> tuple[Tensor, Tensor]:
        device = self.network.output.bias.device
        lengths = torch.tensor([len(row) for row in rows], device=device)
        return torch.from_numpy(pad(rows, filling)).to(device), lengths


def _special(number: int | None) -> int:
    assert number is not None  # the translator saw to it
    return number


def _batches(lengths: npt.NDArray[np.int64], beam: int) -> Iterator[list[int]]:
    """Rows that are computed together."""

    def fits(left: npt.NDArray[np.int64]) -> int:
        return int(min(_TOKENS // (lengths[left[-1]] + 1), _ROWS) // beam)

    return (batch.tolist() for batch in longest_first(lengths, fits))
