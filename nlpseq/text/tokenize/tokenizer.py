"""Tokenizers that cut by rules."""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.errors import CallError
from nlpseq.text.normalize import CUTTING, RECIPES, Recipe, normalize
from nlpseq.text.normalize.rewriting import lower
from nlpseq.text.tokenize import rules
from nlpseq.text.tokenize.chunks import chunks
from nlpseq.text.tokenize.spacy_rules import SpacyRules
from nlpseq.text.tokenize.tokens import Tokens, in_original, sliced

#: ``rules``: at white space, each mark alone; ``whitespace``; ``characters``: each one that is
#: not white space; ``spacy``: the rules of a language
Kind = Literal["rules", "whitespace", "characters", "spacy"]

_Places = npt.NDArray[np.int64]
_CHUNK = 1 << 18  # characters that are cut at once


class _Cutter(NamedTuple):
    spans: Callable[[str], tuple[_Places, _Places]]
    words: Callable[[str], list[str]]
    learn: Callable[[Iterable[str]], None] | None = None  #: before many texts are cut
    spaced: Callable[[str], str] | None = None  #: the text with blanks between words


@dataclass(frozen=True)
class Tokenizer:
    """Cuts text into words by rules.

    Recipes that cut themselves (``nilc``, ``glove``) leave blanks between words, and are
    followed by ``whitespace`` where no kind is given. ``lower`` is done after the cutting, so that
    rules see the text as it stands; but for these two the recipe changes no offset.

    :param recipe: what is done to the text
    :param punctuation: without it marks and symbols are no tokens, but for an apostrophe inside
        a word, which is then part of it; of the kind ``rules`` alone
    :param kind: by what it cuts; by default ``rules``
    :param language: of the kind ``spacy``: a code such as ``pt``
    :raises CallError: where these do not go together
    """

    recipe: Recipe = "lower"
    punctuation: bool = True
    kind: Kind | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        if not self.punctuation and self.cuts_by != "rules":
            raise CallError(
                f"marks cannot be left out of what is cut by {self.cuts_by}",
                remedy="take the kind rules, with the recipe none or lower",
            )
        if (self.language is None) == (self.cuts_by == "spacy"):
            if self.language is None:
                raise CallError(
                    "the kind spacy needs a language, such as pt", remedy="name it: language"
                )
            raise CallError(
                "language is for the kind spacy", remedy="cut by spacy, or leave the language out"
            )

    @property
    def cuts_by(self) -> Kind:
        """The kind, also where none was given."""
        return self.kind or ("whitespace" if self.recipe in CUTTING else "rules")

    @property
    def _cutter(self) -> _Cutter:
        return _cutter(self.cuts_by, self.language, self.punctuation)

    def tokenize(self, text: str) -> Tokens:
        """The words of ``text`` and where each came from."""
        if self.recipe in CUTTING:
            rewritten, origin = normalize(text, self.recipe)
            starts, ends = self._cutter.spans(rewritten)
            return in_original(sliced(rewritten, starts, ends), starts, ends, origin)
        starts, ends = self._cutter.spans(text)
        words = self._normal(text, starts, ends)
        return Tokens(words, starts.astype(np.int32), ends.astype(np.int32))

    def words(self, text: str) -> list[str]:
        """The words alone, faster than with their offsets."""
        if self.recipe in CUTTING:
            return self._cutter.words(CUTTING[self.recipe].text(text))
        words = self._cutter.words(text)
        return words if self.recipe == "none" else list(map(RECIPES[self.recipe], words))

    def stream(self, texts: Iterable[str]) -> Iterator[Tokens]:
        """The tokens of each text, in order; texts are cut many at a time, so that short ones
        cost little, and a few hundred thousand characters are held.
        """
        for chunk in chunks(texts, _CHUNK):
            yield from map(self.tokenize, chunk) if self.recipe in CUTTING else self._many(chunk)

    def stream_words(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """The words alone of each text, in order, many at a time as well."""
        learn = self._cutter.learn
        for chunk in chunks(texts, _CHUNK):
            if learn and self.recipe not in CUTTING:
                learn(chunk)
            yield from self._many_words(chunk)

    def _many(self, texts: list[str]) -> Iterator[Tokens]:
        joined = "\n".join(texts)  # white space, so that no token reaches across
        starts, ends = self._cutter.spans(joined)
        words = self._normal(joined, starts, ends)
        begins = np.cumsum([0, *(len(text) + 1 for text in texts)])
        cuts = np.searchsorted(starts, begins).tolist()
        shifted = np.repeat(begins[:-1], np.diff(cuts))
        starts, ends = (starts - shifted).astype(np.int32), (ends - shifted).astype(np.int32)
        for i, j in pairwise(cuts):
            yield Tokens(words[i:j], starts[i:j], ends[i:j])

    def _many_words(self, texts: list[str]) -> Iterable[list[str]]:
        joined = "\n".join(texts)
        spaced = self._cutter.spaced
        if spaced is None or joined.count("\n") >= len(texts):  # a text of several lines
            return map(self.words, texts)
        if self.recipe in CUTTING:
            joined = CUTTING[self.recipe].lines(joined)
        elif self.recipe == "lower":
            joined = lower(joined)
        return map(str.split, spaced(joined).split("\n"))

    def _normal(self, text: str, starts: _Places, ends: _Places) -> list[str]:
        """Words out of a text, each as :data:`RECIPES` leaves it."""
        if self.recipe == "lower" and "Σ" not in text:
            # at once, where the places stay
            lowered = text.lower()
            if len(lowered) == len(text):
                return sliced(lowered, starts, ends)
        words = sliced(text, starts, ends)
        return words if self.recipe == "none" else list(map(RECIPES[self.recipe], words))


@functools.lru_cache(maxsize=8)
def _cutter(kind: Kind, language: str | None, punctuation: bool) -> _Cutter:
    if kind == "spacy":
        assert language is not None  # the tokenizer saw to it
        spacy = SpacyRules(language)
        return _Cutter(spacy.spans, spacy.words, spacy.learn)
    if kind == "whitespace":
        return _Cutter(rules.runs, str.split, spaced=str)
    if kind == "characters":
        return _Cutter(_each, lambda text: list("".join(text.split())))
    spans = functools.partial(rules.spans, marks=punctuation)
    spaced = functools.partial(rules.spaced, marks=punctuation)
    return _Cutter(spans, lambda text: spaced(text).split(), spaced=spaced)


def _each(text: str) -> tuple[_Places, _Places]:
    places = np.flatnonzero(rules.is_ink(text))
    return places, places + 1
