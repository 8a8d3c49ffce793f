"""The search for a translation: greedy, by a beam, or by drawing.

A translation has one word at least. One that is not at its end when it is as long as it may be is
ended there, with the probability that the end has. ``pad``, ``bos`` and ``unk`` are never written.
The rows that are computed together do not touch each other, and sentences that are done leave
them.
"""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nlpseq.models.translate.network import Decoding, TranslatorNetwork
from nlpseq.models.translate.settings import SearchSettings
from nlpseq.text.vocabulary import Vocabulary


class Hypothesis(NamedTuple):
    """What was written for a source."""

    ids: list[int]  #: without bos and eos
    score: float  #: log P(hypothesis and its end | source)


def length_penalty(length: int, exponent: float) -> float:
    """(5 + n)^a / 6^a (Wu et al. 2016, section 7, equation 14), by which scores are divided.

    :param length: n, in words, the end among them
    """
    return float(((5 + length) / 6) ** exponent)


def exact(device: torch.device) -> torch.dtype:
    """The type that log probabilities are summed in; MPS has no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


class Search:
    """Looks for the translations of sentences.

    :param words: the target's vocabulary, with all specials
    :param limit: words of a translation at most, without its end
    """

    def __init__(self, words: Vocabulary, settings: SearchSettings, limit: int) -> None:
        assert words.bos is not None
        assert words.eos is not None
        self.bos, self.eos, self.settings, self.limit = words.bos, words.eos, settings, limit
        never = [i for i in (words.pad, words.unk, words.bos) if i is not None]
        self._never, self._never_first = torch.tensor(never), torch.tensor([*never, self.eos])

    @torch.inference_mode()
    def __call__(
        self, network: TranslatorNetwork, source: Tensor, lengths: Tensor, numbers: Sequence[int]
    ) -> list[list[Hypothesis]]:
        """The best hypotheses of each sentence, the best first.

        :param source: ids, shape (sentences, length)
        :param lengths: shape (sentences,), each at least 1
        :param numbers: of the sentences; what is drawn depends on the seed and on them alone
        """
        decoding = network.start(source, lengths)
        ids = torch.full_like(lengths, self.bos)
        if self.settings.beam > 1:
            return self._beam(decoding, ids)
        uniform = None
        if self.settings.temperature is not None:
            drawn = [self._uniform(number) for number in numbers]
            uniform = torch.tensor(
                np.array(drawn), dtype=exact(source.device), device=source.device
            )
        return self._one(decoding, ids, uniform)

    def _uniform(self, number: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.random.default_rng((self.settings.seed, number)).random(self.limit)

    def _next(self, decoding: Decoding, ids: Tensor, at: int) -> Tensor:
        """log P of each word that may come next, shape (rows, V)."""
        found = decoding.step(ids).log_softmax(1)
        never = self._never if at else self._never_first
        return found.index_fill_(1, never.to(found.device), -torch.inf)

    def _end(self, decoding: Decoding, ids: Tensor) -> Tensor:
        """log P of the end, shape (rows,)."""
        return decoding.step(ids).log_softmax(1)[:, self.eos]

    def _one(
        self, decoding: Decoding, ids: Tensor, uniform: Tensor | None
    ) -> list[list[Hypothesis]]:
        """One hypothesis for each sentence: the likeliest word at each step, or one that is
        drawn: the first up to which the probabilities sum to more than a uniform number.
        """
        sentences = len(ids)
        written = np.zeros((sentences, self.limit), np.int64)
        lengths, scores = np.full(sentences, self.limit), np.zeros(sentences)
        living = np.arange(sentences)
        score = torch.zeros(sentences, dtype=exact(ids.device), device=ids.device)
        for at in range(self.limit):
            following = self._next(decoding, ids, at)
            if uniform is None:
                value, ids = _best(following)
            else:
                word = self._drawn(following, uniform[torch.from_numpy(living), at])
                value, ids = following.gather(1, word).squeeze(1), word.squeeze(1)
            score += value
            words = ids.cpu().numpy()
            written[living, at] = words
            ended = words == self.eos
            if ended.any():
                done = living[ended]
                lengths[done], scores[done] = at, score.cpu().numpy()[ended]
                stay = (~ended).nonzero()[0]
                if not len(stay):
                    break
                rows = torch.from_numpy(stay).to(ids.device)
                living, score, ids = living[stay], score[rows], ids[rows]
                decoding.take(rows, rows)
        else:
            score += self._end(decoding, ids)
            scores[living] = score.cpu().numpy()
        texts = zip(written.tolist(), lengths.tolist(), scores.tolist(), strict=True)
        return [[Hypothesis(words[:length], value)] for words, length, value in texts]

    def _drawn(self, following: Tensor, uniform: Tensor) -> Tensor:
        assert self.settings.temperature is not None
        sums = (
            (following.to(uniform.dtype) / self.settings.temperature).softmax(1).cumsum(1)
        )  # (rows, V)
        # the last of those that may come next, where rounding leaves the sum below the number
        wanted = torch.minimum(uniform.unsqueeze(1), sums[:, -1:] * (1 - 1e-6))
        return torch.searchsorted(sums, wanted, right=True)

    def _beam(self, decoding: Decoding, ids: Tensor) -> list[list[Hypothesis]]:
        """Hypotheses of the highest scores, log P / :func:`length_penalty`.

        At each step the ``beam`` best go on; those among them that end are kept. A sentence is
        done when so many have ended, or when none that goes on can still be among the best.
        """
        K, eos, device = self.settings.beam, self.eos, ids.device
        found = [_Found(self.settings) for _ in range(len(ids))]
        living = list(range(len(ids)))
        ids = ids.repeat_interleave(K)
        decoding.take(torch.arange(len(living), device=device).repeat_interleave(K))
        scores = ids.new_full((len(living), K), -torch.inf, dtype=exact(device))
        scores[:, 0] = 0  # all K are the same as yet
        written = ids.new_empty(len(ids), 0)
        for at in range(self.limit):
            following = self._next(decoding, ids, at)
            S, width = len(living), min(2 * K, following.shape[1])
            best, words = following.topk(width)  # (S * K, width)
            totals = best + scores.view(-1, 1)
            # each ends by one word alone, so that K of 2 K go on at least
            values, places = totals.view(S, -1).topk(min(2 * K, K * width))
            words = words.view(S, -1).gather(1, places)
            first = torch.arange(0, S * K, K, device=device).unsqueeze(1)
            parents = places // width + first  # rows, (S, 2 K)
            ends = words == eos
            going = _first_of(~ends, K)
            if ends[:, :K].any():
                self._keep(found, living, values, parents, ends, written)
            scores, rows = values.gather(1, going), parents.gather(1, going)  # (S, K)
            ids = words.gather(1, going)
            stay = self._unfinished(found, living, scores[:, 0].tolist())
            sentences = None
            if len(stay) < S:
                if not stay:
                    break
                living = [living[i] for i in stay]
                sentences = torch.tensor(stay, device=device)
                scores, rows, ids = scores[sentences], rows[sentences], ids[sentences]
            ids, rows = ids.flatten(), rows.flatten()
            written = torch.cat([written[rows], ids.unsqueeze(1)], dim=1)
            decoding.take(rows, sentences)
        else:
            texts = iter(written.tolist())
            ended = (scores + self._end(decoding, ids).view_as(scores)).tolist()
            for sentence, row in zip(living, ended, strict=True):
                for value in row:
                    found[sentence].add(value, next(texts))
        return [each.best for each in found]

    def _keep(
        self, found: Sequence["_Found"], living: Sequence[int], values: Tensor, parents: Tensor,
        ends: Tensor, written: Tensor,
    ) -> None:  # fmt: skip
        """Keep the hypotheses that end, of those within the beam."""
        K = self.settings.beam
        sentences, ranks = ends[:, :K].nonzero(as_tuple=True)
        texts = written[parents[sentences, ranks]].tolist()
        kept = zip(sentences.tolist(), values[sentences, ranks].tolist(), texts, strict=True)
        for sentence, value, text in kept:
            found[living[sentence]].add(value, text)

    def _unfinished(
        self, found: Sequence["_Found"], living: Sequence[int], best: Sequence[float]
    ) -> list[int]:
        """The places of sentences that have something to gain."""
        return [
            i
            for i, (sentence, score) in enumerate(zip(living, best, strict=True))
            if found[sentence].may_gain(score, self.limit + 1)
        ]


def _best(following: Tensor) -> tuple[Tensor, Tensor]:
    """The highest number of each row, and its place; on a CPU NumPy finds it much sooner."""
    if following.device.type != "cpu":
        return following.max(1)
    places = torch.from_numpy(following.numpy().argmax(1))
    return following.gather(1, places.unsqueeze(1)).squeeze(1), places


def _first_of(wanted: Tensor, number: int) -> Tensor:
    """The places of the first so many true values of each row, in order."""
    width = wanted.shape[1]
    place = torch.arange(width, device=wanted.device)
    return torch.where(wanted, place, place + width).topk(number, largest=False).values % width


class _Found:
    """The hypotheses of a sentence that have ended, ``beam`` of them at most."""

    def __init__(self, settings: SearchSettings) -> None:
        self.settings = settings
        self._heap: list[tuple[float, int, Hypothesis]] = []  # the worst first
        self._count = 0

    def add(self, score: float, ids: list[int]) -> None:
        """Keep one, unless it is impossible."""
        if score == -np.inf:
            return
        self._count += 1
        ranked = score / length_penalty(len(ids) + 1, self.settings.length_penalty)
        heapq.heappush(self._heap, (ranked, -self._count, Hypothesis(ids, score)))
        if len(self._heap) > self.settings.beam:
            heapq.heappop(self._heap)

    def may_gain(self, score: float, longest: int) -> bool:
        """Whether a hypothesis that has this score can end among those that are wanted.

        :param longest: words that it may have at its end
        """
        if score == -np.inf or len(self._heap) == self.settings.beam:
            return False
        if len(self._heap) < self.settings.n_best:
            return True
        bound = score / length_penalty(longest, self.settings.length_penalty)
        return bound > heapq.nlargest(self.settings.n_best, self._heap)[-1][0]

    @property
    def best(self) -> list[Hypothesis]:
        """Those that are wanted, the best first."""
        return [h for *_, h in heapq.nlargest(self.settings.n_best, self._heap)]
