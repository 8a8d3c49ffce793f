"""Questions to vectors, in words: near what, and what is to c as b is to a."""

import os
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings import query
from nlpseq.embeddings.query import Floats, Ids, Method
from nlpseq.errors import CallError

if TYPE_CHECKING:
    from nlpseq.embeddings.screen import Screen
    from nlpseq.embeddings.vectors import Vectors

_BATCH = 100  # questions that one pass over the matrix answers
_SCREENED = 1 << 23  # numbers of a matrix that a screen is made of, a quarter of its size
_MANY = 10  # questions one by one after which that pays


class Neighbour(NamedTuple):
    """A word and its cosine (3CosMul: its score)."""

    word: str
    score: float


class Questions:
    """Puts questions to vectors; the public side is :class:`Vectors`."""

    def __init__(self, vectors: "Vectors") -> None:
        self._vectors = vectors
        self._screen: Screen | None = None
        self._single = 0  # questions that came alone

    def near_each(
        self,
        words: Iterable[str | npt.ArrayLike],
        k: int,
        among: Ids | None,
        ignore_case: bool,
    ) -> list[list[Neighbour]]:
        """See :meth:`Vectors.near_each`."""
        answers: list[list[Neighbour]] = []
        asked = iter(words)
        while batch := list(islice(asked, _BATCH)):
            rows = [self._row(word, ignore_case) if isinstance(word, str) else [] for word in batch]
            given = [self._query(word, ignore_case) for word in batch]
            answers += self._ask(np.stack(given)[:, None], k, "add", rows, among)
        return answers

    def analogies(
        self,
        questions: Iterable[Sequence[str]],
        k: int,
        method: Method,
        among: Ids | None,
        ignore_case: bool,
        leave_out: bool,
    ) -> list[list[Neighbour]]:
        """See :meth:`Vectors.analogies`."""
        if method not in get_args(Method):
            raise CallError(f"no method {method!r}", remedy="the methods are add and mul")
        answers: list[list[Neighbour]] = []
        asked = iter(questions)
        while batch := list(islice(asked, _BATCH)):
            unit = np.stack([[self._query(word, ignore_case) for word in abc] for abc in batch])
            if method == "add":
                unit = (unit[:, 1] - unit[:, 0] + unit[:, 2])[:, None]
            rows = [
                [row for word in abc for row in self._row(word, ignore_case)] if leave_out else []
                for abc in batch
            ]
            answers += self._ask(unit, k, method, rows, among)
        return answers

    def _row(self, word: str, ignore_case: bool) -> list[int]:
        found = self._vectors.resolve(word, ignore_case=ignore_case)
        return [found.row] if found is not None and found.row is not None else []

    def _query(self, word: str | npt.ArrayLike, ignore_case: bool) -> Floats:
        """The unit vector of a word or a vector, shape (D,); of zeros, zeros."""
        if isinstance(word, str):
            vector = self._vectors.vector(word, ignore_case=ignore_case).astype(np.float64)
        else:
            vector = np.asarray(word, dtype=np.float64)
            if vector.shape != (self._vectors.dim,):
                raise CallError(
                    f"a vector of shape ({self._vectors.dim},) is wanted, not {vector.shape}"
                )
        largest = np.abs(vector).max()
        if not np.isfinite(largest):
            raise CallError("a vector holds something that is no finite number")
        if largest == 0:
            return vector
        vector = vector / largest  # whose square could not be held
        unit: Floats = vector / np.sqrt(np.einsum("i,i", vector, vector))
        return unit

    def _screened(
        self, questions: Floats, k: int, leave_out: Sequence[Sequence[int]]
    ) -> list[query.Best] | None:
        """The answer to a single question by way of the screen, once many were asked."""
        if questions.shape[:2] != (1, 1) or self._vectors.rows.data.size < _SCREENED or k <= 0:
            return None
        self._single += 1
        if self._single < _MANY:
            return None
        if self._screen is None:
            from nlpseq.embeddings.screen import Screen

            self._screen = Screen(self._vectors.rows, self._vectors.norms, os.cpu_count() or 1)
        return self._screen.best(self._vectors.rows, questions[0], k, leave_out[0])

    def _ask(
        self,
        questions: Floats,
        k: int,
        method: Method,
        leave_out: Sequence[Sequence[int]],
        among: Ids | None,
    ) -> list[list[Neighbour]]:
        found = self._screened(questions, k, leave_out) if among is None else None
        found = found or query.top(
            self._vectors.rows,
            self._vectors.norms,
            questions,
            k,
            method=method,
            leave_out=leave_out,
            among=among,
        )
        return [
            [
                Neighbour(self._vectors.words[int(i)], float(s))
                for i, s in zip(best.ids, best.scores, strict=True)
            ]
            for best in found
        ]
