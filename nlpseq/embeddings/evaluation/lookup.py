"""The words of a test, looked up in vectors: each once."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.vectors import Found, Vectors
from nlpseq.errors import CallError
from nlpseq.text.normalize import RECIPES

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


class Options(NamedTuple):
    """What counts as known.

    :param first: the first rows alone, the most frequent words as a rule: others are unknown,
        are no answers, and nothing is made of subwords (gensim's ``restrict_vocab``)
    :param ignore_case: words are compared in upper case, and of the rows that are one word then
        the first counts (gensim's ``case_insensitive``)
    """

    first: int | None = None
    ignore_case: bool = False

    def __str__(self) -> str:
        """As a signature has it."""
        return f"first {self.first or 'all'} | case {'ignored' if self.ignore_case else 'kept'}"


DEFAULTS = Options()


class Lookup:
    """The distinct words of a test, and what the vectors know of each.

    :raises CallError: where ``first`` is not at least 1
    """

    def __init__(self, vectors: Vectors, words: Iterable[str], options: Options) -> None:
        if options.first is not None and options.first < 1:
            raise CallError(f"the first {options.first} words are none", where="first")
        self._vectors, self._options = vectors, options
        self._stop = len(vectors) if options.first is None else min(options.first, len(vectors))
        self._recipe = RECIPES[vectors.recipe]
        self.words = list(dict.fromkeys(words))
        self._number = {word: i for i, word in enumerate(self.words)}
        #: for each word the rows that are it: none, one, or one for each case that it stands in
        self.rows: list[list[int]] = []
        #: for each word how it was found, and the row that its vector is
        self.found: list[Found | None] = []
        folded = self._folded() if options.ignore_case else {}
        for word in self.words:
            found = self._resolve(word)
            rows = self._any_case(word, folded)
            if rows:
                how = found.how if found and found.row is not None else "case"
                found = Found(how, rows[0])
            elif found and found.row is not None:
                rows = [found.row]
            self.rows.append(rows)
            self.found.append(found)

    @property
    def stop(self) -> int:
        """How many rows, from the first, may be answers."""
        return self._stop

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which words have a vector, shape (W,)."""
        return np.array([found is not None for found in self.found], dtype=np.bool_)

    def numbers(self, words: Iterable[str]) -> list[int]:
        """The place of each word in :attr:`words`."""
        return [self._number[word] for word in words]

    def units(self, numbers: npt.ArrayLike) -> Floats:
        """The vectors of words at length 1, shape (n, D); zeros where there is none.

        :param numbers: places in :attr:`words`, shape (n,)
        """
        numbers = np.asarray(numbers, dtype=np.int64)
        units = np.zeros((len(numbers), self._vectors.dim))
        rows = np.full(len(numbers), -1, dtype=np.int64)
        for i, number in enumerate(numbers.tolist()):
            found = self.found[number]
            if found and found.row is not None:
                rows[i] = found.row
            elif found:
                units[i] = self._vectors.vector(self.words[number])
        units[rows >= 0] = self._vectors.rows.take(rows[rows >= 0])
        lengths = np.sqrt(np.einsum("ij,ij->i", units, units))
        usable = np.isfinite(lengths) & (lengths > 0)
        units[usable] /= lengths[usable, None]
        units[~usable] = 0
        return units

    def _resolve(self, word: str) -> Found | None:
        found = self._vectors.resolve(word)
        if found is None or self._options.first is None:
            return found
        return found if found.row is not None and found.row < self._stop else None

    def _any_case(self, word: str, folded: dict[str, list[int]]) -> list[int]:
        return folded.get(word.upper()) or folded.get(self._recipe(word).upper()) or []

    def _folded(self) -> dict[str, list[int]]:
        """The rows of each word of the test in upper case; not of all words: there are millions."""
        wanted = {form.upper() for word in self.words for form in (word, self._recipe(word))}
        rows: dict[str, list[int]] = {}
        for row in range(self._stop):
            # not words[row], which refuses bytes that are not UTF-8: no word of a test has them
            form = self._vectors.words.utf8(row).decode(errors="replace").upper()
            if form in wanted:
                rows.setdefault(form, []).append(row)
        return rows
