"""Rewriting a text step by step, each character with the place that it came from."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.text.characters import RUN


class Normalized(NamedTuple):
    """A text as a recipe left it.

    ``text[i:j]`` came from ``original[origin[i] : origin[j - 1] + 1]``.
    """

    text: str
    #: shape (len(text) + 1,), rising: where each character came from, and last the original's
    #: length
    origin: npt.NDArray[np.int32]


#: finds the stretches of a text that a step replaces, in order and apart; empty ones are places
#: where something is put in
Find = Callable[[str], Iterable[tuple[int, int]]]


class Step(NamedTuple):
    """What is found is replaced."""

    find: Find
    by: str


def matches(pattern: str) -> Find:
    """Everything that a regular expression matches.

    A pattern that can look ahead without bound would take time by the square of the text; such
    steps have a function of their own.
    """
    compiled = re.compile(pattern)
    return lambda text: (match.span() for match in compiled.finditer(text))


_EACH = re.compile(f"{RUN}|(?s:.)")


def lower(text: str) -> str:
    """Lower case. A Σ is final at the end of its word, whatever stands behind that."""
    if "Σ" not in text:
        return text.lower()
    return _EACH.sub(lambda match: match.group().lower(), text)


def lowered(text: str) -> Normalized:
    """Lower case, with places: İ is the one character that becomes two."""
    found = lower(text)
    if len(found) == len(text):
        return Normalized(found, np.arange(len(text) + 1, dtype=np.int32))
    sizes = np.fromiter((len(c.lower()) for c in text), np.int64, len(text))
    return Normalized(found, np.repeat(np.arange(len(text) + 1), [*sizes, 1]).astype(np.int32))


def rewrite(text: str, steps: Iterable[Step]) -> str:
    """The text after all steps, for where nobody asks where it came from."""
    for step in steps:
        text = _replaced(text, step.find(text), step.by)
    return text


def trace(before: Normalized, steps: Iterable[Step]) -> Normalized:
    """The same with places.

    Of what replaces a stretch, the first character came from the stretch's first, the last from
    its last, those between from evenly between. What is put in came from what follows it.
    """
    text, origin = before
    for step in steps:
        spans = list(step.find(text))
        if spans:
            text = _replaced(text, spans, step.by)
            origin = origin[_places(np.array(spans), len(step.by), len(origin))]
    return Normalized(text, origin)


def _replaced(text: str, spans: Iterable[tuple[int, int]], by: str) -> str:
    pieces, last = [], 0
    for start, end in spans:
        pieces += [text[last:start], by]
        last = end
    return "".join([*pieces, text[last:]]) if pieces else text


def _places(spans: npt.NDArray[np.int64], size: int, total: int) -> npt.NDArray[np.int64]:
    """The places that stay, and ``size`` of them for each span, all spans at once."""
    starts, ends = spans.T
    depth = np.bincount(starts, minlength=total) - np.bincount(ends, minlength=total)
    stay = np.flatnonzero(np.cumsum(depth) == 0)
    reach = np.maximum(ends - 1, starts) - starts
    put = starts[:, None] + np.arange(size) * reach[:, None] // max(1, size - 1)
    where = np.repeat(np.searchsorted(stay, starts), size)
    return np.insert(stay, where, put.ravel())


def runs_of(find: Callable[[str], bool]) -> Find:
    """The runs of what is not white space that a function picks."""
    run = re.compile(r"\S+")
    return lambda text: (match.span() for match in run.finditer(text) if find(match.group()))


def enclosed(opening: str, closing: str, *, longest: bool, least: int = 0) -> Find:
    """From an opening mark to a closing one on the same line, both included.

    :param longest: from a line's first opening to its last closing mark; else to the nearest
    :param least: so many characters stand between the two
    """

    def find(text: str) -> Iterator[tuple[int, int]]:
        place = text.find(opening)
        while place >= 0:
            line = text.find("\n", place)
            line = len(text) if line < 0 else line
            seek = text.rfind if longest else text.find
            close = seek(closing, place + 1 + least, line)
            end = line if close < 0 else close + 1
            if close >= 0:
                yield place, end
            place = text.find(opening, end)  # nothing closes on this line any more, or go on

    return find


def edges(text: str) -> Iterator[tuple[int, int]]:
    """White space at both ends."""
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    if start:
        yield 0, start
    if start < len(text) and end < len(text):
        yield end, len(text)


class Whole(NamedTuple):
    """A recipe that cuts as well, so that it is for whole texts: words stand between blanks."""

    steps: tuple[Step, ...]  #: after lower case

    def lines(self, texts: str) -> str:
        """Texts, one a line, as the recipe leaves them: many at once are faster than one by one."""
        return rewrite(lower(texts), self.steps)

    def text(self, original: str) -> str:
        """A text as the recipe leaves it."""
        return self.lines(original).strip()

    def traced(self, original: str) -> Normalized:
        """The same with places."""
        return trace(lowered(original), (*self.steps, Step(edges, "")))
