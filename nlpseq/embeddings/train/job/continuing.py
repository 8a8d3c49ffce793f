"""Training that goes on from saved vectors, with a vocabulary that grows."""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix
from nlpseq.embeddings.train.methods.trainer import Trainer
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.vectors import Vectors
from nlpseq.embeddings.words import Words
from nlpseq.errors import CallError, suggestion
from nlpseq.text.normalize import Recipe

Ids = npt.NDArray[np.int64]

_log = logging.getLogger(__name__)
_BLOCK = 1 << 13  # rows copied at a time
# Steps where words are pinned. In a second, the vector of a frequent word can move by its own
# length before it is put back, and others learn from it meanwhile; in a 25th by a few per cent.
_FINER = 25


class Grown(NamedTuple):
    """What comes of a matrix: words, rows and counts with those of the saved vectors."""

    words: Words
    matrix: Matrix
    counts: npt.NDArray[np.int64] | None


class Start:
    """Saved vectors, as a training on a stream starts from them.

    :param pinned: words whose vectors must not change
    :raises CallError: where a pinned word is not among the saved vectors, or dimensions differ
    """

    def __init__(
        self, vectors: Vectors, stream: Stream, dim: int, recipe: Recipe, pinned: Iterable[str]
    ) -> None:
        if vectors.dim != dim:
            raise CallError(
                f"the vectors to start from have dim {vectors.dim}, not {dim}",
                where="dim",
                remedy=f"train with dim {vectors.dim}",
            )
        if vectors.recipe != recipe:
            _log.warning(
                "the vectors to start from were made with the recipe %s, and the corpus with %s: "
                "words that come out of the two differently are two words",
                vectors.recipe, recipe,
            )  # fmt: skip
        self._vectors, self._stream = vectors, stream
        found = vectors.words.find_all(stream.words)
        #: rows of the stream whose words the saved vectors know, and their rows there
        self.rows, self.saved = np.flatnonzero(found >= 0), found[found >= 0]
        only_saved = np.ones(len(vectors), dtype=np.bool_)
        only_saved[self.saved] = False
        self._only_saved = np.flatnonzero(only_saved)
        at = {word: self._known(word) for word in pinned}
        self._pinned = np.isin(self.saved, np.fromiter(at.values(), dtype=np.int64))
        self.pinned_rows = self.rows[self._pinned]
        self.pinned_vectors = vectors.rows.take(self.saved[self._pinned])
        _log.info(
            "of %d words %d start from saved vectors, %d are new; %d that the corpus has not stay",
            len(stream.words), len(self.rows), len(stream.words) - len(self.rows),
            len(self._only_saved),
        )  # fmt: skip

    def _known(self, word: str) -> int:
        row = self._vectors.words.find(word)
        if row is None:
            like = self._vectors.words.spelled_like(word)
            raise CallError(
                f"{word!r} cannot be pinned: the vectors to start from do not know it",
                where="pinned",
                remedy=suggestion(word, [like] if like else []),
            )
        return row

    def place(self, trainer: Trainer) -> None:
        """Give the words that both know their saved vectors, before the first step."""
        trainer.take_subwords(self._vectors.subwords)
        for i in range(0, len(self.rows), _BLOCK):
            saved = self._vectors.rows.take(self.saved[i : i + _BLOCK])
            trainer.place(self.rows[i : i + _BLOCK], saved)
        if len(self.pinned_rows):
            trainer.refine(_FINER)

    def pin(self, trainer: Trainer) -> None:
        """Put the vectors of pinned words back."""
        if len(self.pinned_rows):
            trainer.place(self.pinned_rows, self.pinned_vectors)

    def grown(self, matrix: Matrix) -> Grown:
        """The words of the stream and, after them, those that only the saved vectors know.

        Counts are how often both trainings together saw a word, where the saved ones are known.
        """
        words = Words.of(
            [*self._stream.words, *(self._vectors.words[i] for i in self._only_saved.tolist())]
        )
        rows = np.empty((len(words), matrix.shape[1]), dtype=np.float32)
        V = len(matrix)
        rows[:V] = matrix
        for i in range(0, len(self._only_saved), _BLOCK):
            part = self._only_saved[i : i + _BLOCK]
            rows[V + i : V + i + len(part)] = self._vectors.rows.take(part)
        counts = None
        if self._vectors.counts is not None:
            counts = np.concatenate([self._stream.counts, self._vectors.counts[self._only_saved]])
            counts[self.rows] += self._vectors.counts[self.saved]
        return Grown(words, rows, counts)

    def about(self) -> dict[str, str]:
        """What the grown vectors keep of what the saved ones are about."""
        about: Mapping[str, str] = self._vectors.about
        kept = {name: about[name] for name in ("source", "licence") if name in about}
        return {**kept, "continued": about.get("training", "vectors of unknown training")}

    def hashes(self) -> dict[str, str]:
        """Stand for the saved vectors, by words and lengths, and for the pinned words."""
        vectors = self._vectors
        start = hashlib.sha256(vectors.words.tokens.data)
        for part in (vectors.words.offsets, vectors.norms):
            start.update(np.ascontiguousarray(part).data)
        pinned = hashlib.sha256(self.pinned_rows.data)
        return {"start": start.hexdigest(), "pinned": pinned.hexdigest()}
