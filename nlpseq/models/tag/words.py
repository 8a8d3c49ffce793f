"""Words as a tagger reads them: by themselves, by their casing and by their characters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from nlpseq.text.casing import casing
from nlpseq.text.normalize import RECIPES, Recipe
from nlpseq.text.sequences import pad, truncate
from nlpseq.text.vocabulary import Vocabulary

_LONGEST = 32  # characters of a word that are read, of longer ones the head and the tail

Ids = npt.NDArray[np.int64]


class Words(NamedTuple):
    """Distinct words, a row each."""

    ids: Ids  #: shape (words,), in the vocabulary
    casing: Ids  #: shape (words,), in ``CASES``
    characters: Ids  #: shape (words, characters), padded; (words, 0) where they are not read
    lengths: Ids  #: shape (words,), characters of each, at least 1

    def take(self, rows: Ids) -> Self:
        """Some of them, as wide as the longest of those."""
        lengths = self.lengths[rows]
        width = min(int(lengths.max(initial=0)), self.characters.shape[1])
        return type(self)(self.ids[rows], self.casing[rows], self.characters[rows, :width], lengths)


class Numbered(NamedTuple):
    """Sentences as rows of their distinct words."""

    words: Words
    rows: list[Ids]  #: of each sentence, shape (words of the sentence,)


@dataclass(frozen=True)
class Reader:
    """Turns words as they are written into what the network takes.

    :param characters: with ``pad`` and ``unk``; None where they are not read
    :param recipe: what is done to a word before it is looked up; casing and characters are those
        of the word as it is written
    """

    vocabulary: Vocabulary
    characters: Vocabulary | None
    recipe: Recipe

    def numbered(self, sentences: Iterable[Sequence[str]]) -> Numbered:
        """Each distinct word once, and the sentences in terms of them."""
        known: dict[str, int] = {}
        rows = [
            np.array([known.setdefault(word, len(known)) for word in words], dtype=np.int64)
            for words in sentences
        ]
        return Numbered(self.words(list(known)), rows)

    def words(self, surfaces: Sequence[str]) -> Words:
        """The words of these spellings, in order."""
        normal = RECIPES[self.recipe]
        ids = self.vocabulary.encode([normal(word) for word in surfaces]).astype(np.int64)
        cases = np.fromiter(map(casing, surfaces), np.int64, len(surfaces))
        if self.characters is None:
            nothing = np.zeros((len(surfaces), 0), dtype=np.int64)
            return Words(ids, cases, nothing, np.ones(len(surfaces), dtype=np.int64))
        assert self.characters.pad is not None  # the tagger saw to it
        spelt = [
            truncate(self.characters.encode(word or " "), _LONGEST, "both") for word in surfaces
        ]
        lengths = np.fromiter(map(len, spelt), np.int64, len(spelt))
        return Words(ids, cases, pad(spelt, self.characters.pad), lengths)


def characters_of(sentences: Iterable[Sequence[str]]) -> Vocabulary:
    """The characters of training sentences; others will be unknown."""
    return Vocabulary.build(list(word) for words in sentences for word in words)
