"""spaCy's rules for a language, at several times spaCy's own speed.

spaCy cuts each stretch between white space by itself, so that a stretch that was met before is
cut as it was then; what is remembered is bounded. spaCy's time grows by the square of a stretch
of marks, so that one of more than a thousand characters, which is no text, is cut by the fast
rules.
"""

import functools
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nlpseq.errors import CallError, suggestion
from nlpseq.text.characters import encodable
from nlpseq.text.tokenize import rules
from nlpseq.text.tokenize.tokens import sliced

if TYPE_CHECKING:
    from spacy.language import Language

_KEPT = 500_000  # stretches
_LETTERS = 16 << 20  # characters of those
_LONGEST = 200  # characters of a stretch that is remembered
_FAR = 1000  # characters of a stretch that spaCy cuts


@functools.cache
def languages() -> frozenset[str]:
    """The codes of the languages that spaCy has rules for."""
    import pkgutil

    import spacy.lang

    return frozenset(m.name for m in pkgutil.iter_modules(spacy.lang.__path__) if m.ispkg)


class SpacyRules:
    """Cuts by the rules of ``spacy.blank(language)``; white space is no token.

    :param language: a code such as ``pt``, ``es``, ``en``
    :raises CallError: where spaCy is not there, has no such language, or needs a further package
        for it
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._cut: dict[str, tuple[str, ...]] = {}
        self._letters = 0
        self._nlp = _blank(language)

    def learn(self, texts: Iterable[str]) -> None:
        """Cut all stretches of texts that are new, at once: one by one each costs spaCy more."""
        self._pieces(list({stretch for text in texts for stretch in text.split()}))

    def words(self, text: str) -> list[str]:
        """The words alone."""
        stretches = text.split()
        try:
            return list(chain.from_iterable(map(self._cut.__getitem__, stretches)))
        except KeyError:
            return list(chain.from_iterable(self._pieces(stretches)))

    def spans(self, text: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Where tokens start and end, two arrays of shape (n,)."""
        starts, ends = rules.runs(text)
        found = self._pieces(text.split())
        sizes = np.fromiter((len(w) for words in found for w in words), np.int64)
        counts = np.fromiter(map(len, found), np.int64, len(found))
        after = np.cumsum(sizes)
        # within a stretch tokens follow each other without a gap
        before = after[np.cumsum(counts) - 1] - (ends - starts) if len(found) else after
        ends = after + np.repeat(starts - before, counts)
        return ends - sizes, ends

    def _pieces(self, stretches: list[str]) -> list[tuple[str, ...]]:
        """The tokens of stretches without white space."""
        known = self._cut
        new = {s for s in stretches if s not in known}
        if not new:
            return [known[s] for s in stretches]
        fresh = {}
        with self._nlp.memory_zone():  # its store of strings does not grow
            for stretch in new:
                fresh[stretch] = tuple(self._fresh(stretch))
        found = [known.get(s) or fresh[s] for s in stretches]
        if len(known) > _KEPT or self._letters > _LETTERS:
            known.clear()
            self._letters = 0
        for stretch, words in fresh.items():
            if len(stretch) <= _LONGEST:
                known[stretch] = words
                self._letters += 2 * len(stretch)
        return found

    def _fresh(self, stretch: str) -> list[str]:
        if len(stretch) > _FAR:
            return sliced(stretch, *rules.spans(stretch))
        doc = self._nlp.make_doc(encodable(stretch))
        return [stretch[token.idx : token.idx + len(token)] for token in doc]


def _blank(language: str) -> "Language":
    if find_spec("spacy") is None:
        raise CallError(
            "spaCy's rules need spaCy", remedy="install it: pip install 'nlpseq[spacy]'"
        )
    import spacy

    if language not in languages():
        raise CallError(
            f"spaCy has no language {language!r}",
            remedy=suggestion(language, languages(), "codes are such as pt, es, en"),
        )
    try:
        nlp = spacy.blank(language)
        nlp.make_doc("a")
    except (ImportError, ModuleNotFoundError, OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise CallError(
            f"spaCy's support of {language!r} needs a further package: {first}",
            remedy="install it, or take the rules that are the same for every language",
        ) from error
    # a document of any length, since it is cut into stretches first
    nlp.max_length = 1 << 31
    return nlp
