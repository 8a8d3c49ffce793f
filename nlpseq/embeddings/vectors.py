"""Word vectors: a vocabulary and a matrix, and the questions that one asks of them."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.formats import word2vec_text
from nlpseq.errors import CallError, UnknownWordError, nearest
from nlpseq.text.normalize import RECIPES, Recipe
from nlpseq.text.vocabulary import Vocabulary

Matrix = npt.NDArray[np.float32]

_SPELLINGS = 100_000  # words, the most frequent as a rule, that an error suggests one out of


class Neighbour(NamedTuple):
    """A word and its cosine (3CosMul: its score)."""

    word: str
    score: float


class Vectors:
    """Word vectors in memory.

    :param vocabulary: the words of the rows, without specials
    :param matrix: shape (V, D), float32
    :param recipe: how words were normalised in training; a look-up that does not find a word
        as it stands applies it
    """

    def __init__(self, vocabulary: Vocabulary, matrix: Matrix, recipe: Recipe = "none") -> None:
        if vocabulary.specials:
            raise ValueError("the vocabulary of vectors has no specials")
        if matrix.ndim != 2 or len(matrix) != len(vocabulary):
            raise ValueError(f"{len(vocabulary)} words and a matrix of shape {matrix.shape}")
        self.vocabulary = vocabulary
        self.matrix = matrix
        self.recipe: Recipe = recipe

    @property
    def dim(self) -> int:
        """D, the numbers of one vector."""
        return int(self.matrix.shape[1])

    def __len__(self) -> int:
        return len(self.vocabulary)

    def __repr__(self) -> str:
        return f"Vectors({len(self):,} words x {self.dim})"

    @classmethod
    def open(cls, source: Path | str) -> Self:
        """Read word2vec or GloVe text, plain or compressed.

        :raises DataError: with file and line where the file is not what it should be
        """
        words, matrix = word2vec_text.read(Path(source))
        return cls(Vocabulary(words, specials=()), matrix)

    def save(self, path: Path | str) -> None:
        """Write word2vec text, compressed where the name ends in ``.gz``, ``.bz2``, ``.xz``."""
        word2vec_text.write(Path(path), self.vocabulary.words, self.matrix)

    def find(self, word: str) -> int | None:
        """The row of a word: exact first, then as the recipe writes it; or None."""
        row = self.vocabulary.get(word)
        return self.vocabulary.get(RECIPES[self.recipe](word)) if row is None else row

    def __contains__(self, word: str) -> bool:
        return self.find(word) is not None

    def _row(self, word: str) -> int:
        row = self.find(word)
        if row is None:
            raise UnknownWordError(
                f"the vectors hold no word {word!r}",
                remedy=f"did you mean {near!r}?" if (near := self._near_spelling(word)) else None,
            )
        return row

    def _near_spelling(self, word: str) -> str | None:
        for other in (word.lower(), word.capitalize(), word.upper()):
            if other in self.vocabulary:
                return other
        frequent = self.vocabulary.words[:_SPELLINGS]
        return nearest(word, (other for other in frequent if other[:1] == word[:1]))

    def __getitem__(self, word: str) -> Matrix:
        """The vector of a word, shape (D,).

        :raises UnknownWordError: naming the nearest spelling
        """
        vector: Matrix = self.matrix[self._row(word)]
        return vector

    @cached_property
    def _unit(self) -> Matrix:
        norms = np.sqrt(np.square(self.matrix).sum(axis=1, keepdims=True))
        norms[norms == 0] = 1
        unit: Matrix = self.matrix / norms
        return unit

    def near(self, word: str | npt.ArrayLike, k: int = 10) -> list[Neighbour]:
        """The ``k`` words of highest cosine with a word or a vector of shape (D,).

        A word is not its own neighbour.
        """
        if isinstance(word, str):
            row = self._row(word)
            return self._best(self._unit @ self._unit[row], k, leave_out=[row])
        query = np.asarray(word, dtype=np.float32)
        if query.shape != (self.dim,):
            raise CallError(f"a vector of shape ({self.dim},) is wanted, not {query.shape}")
        return self._best(self._unit @ (query / (np.linalg.norm(query) or 1)), k, leave_out=[])

    def analogy(
        self, a: str, b: str, c: str, k: int = 1, method: Literal["add", "mul"] = "add"
    ) -> list[Neighbour]:
        """``a`` is to ``b`` as ``c`` is to ?; none of the three is an answer.

        ``add`` is 3CosAdd, argmax cos(x, b) - cos(x, a) + cos(x, c); ``mul`` is 3CosMul,
        argmax cos(x, b) cos(x, c) / (cos(x, a) + 0.001) with cosines shifted to [0, 1]
        (Levy and Goldberg 2014, equations 3 and 4).
        """
        rows = [self._row(word) for word in (a, b, c)]
        cos_a, cos_b, cos_c = (self._unit @ self._unit[row] for row in rows)
        if method == "add":
            scores = cos_b - cos_a + cos_c
        elif method == "mul":
            scores = (1 + cos_b) * (1 + cos_c) / (2 * (1 + cos_a) + 0.004)
        else:
            raise CallError(f"no method {method!r}", remedy="the methods are add and mul")
        return self._best(scores, k, leave_out=rows)

    def _best(self, scores: Matrix, k: int, leave_out: Sequence[int]) -> list[Neighbour]:
        scores[list(leave_out)] = -np.inf
        k = max(0, min(k, len(scores) - len(set(leave_out))))
        if k == 0:
            return []
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        top = np.flatnonzero(scores >= least)  # all that tie for the last place
        top = top[np.argsort(-scores[top], kind="stable")][:k]
        return [Neighbour(self.vocabulary.words[i], float(scores[i])) for i in top]
