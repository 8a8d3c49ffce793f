"""Tags of entities: the schemes IO, IOB1, IOB2, IOBES and BILOU, told, checked and mended."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from nlpseq.errors import DataError

Scheme = Literal["IOB2", "IOBES", "BILOU", "IO", "IOB1"]

#: In the order in which detection prefers them. Tags without any entity fit all of them, and tags
#: without any B- that fit IO fit IOB1; no others fit two.
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

_SHOWN = 20  # faults of each scheme that a detection keeps


class _Letters(NamedTuple):
    """The prefixes of an entity's first, middle and last word and of an only one."""

    first: str
    inside: str
    last: str
    only: str


_LETTERS: dict[Scheme, _Letters] = {
    "IO": _Letters("I", "I", "I", "I"),
    "IOB1": _Letters("I", "I", "I", "I"),  # and B- after an entity of the same type
    "IOB2": _Letters("B", "I", "I", "B"),
    "IOBES": _Letters("B", "I", "E", "S"),
    "BILOU": _Letters("B", "I", "L", "U"),
}
_ALLOWED: dict[Scheme, str] = {
    "IO": "I",
    "IOB1": "BI",
    "IOB2": "BI",
    "IOBES": "BIES",
    "BILOU": "BILU",
}
_STARTS, _ENDS = "BSU", "ESLU"  # whatever stands before or after


class Span(NamedTuple):
    """An entity: words ``start`` up to and without ``end``, and its type."""

    start: int
    end: int
    type: str


class _Tag(NamedTuple):
    prefix: str
    type: str


_OUTSIDE = _Tag("O", "")


@lru_cache(1 << 12)
def _parsed(tag: str) -> _Tag | None:
    """The parts of a tag, of which the type may be missing; None for what is no tag."""
    if tag == "O":
        return _OUTSIDE
    prefix, hyphen, kind = tag.partition("-")
    if len(prefix) == 1 and prefix in "BIESLU" and bool(hyphen) == bool(kind):
        return _Tag(prefix, kind)
    return None


def _parse(tags: Iterable[str], where: Callable[[int], str | None] | None = None) -> list[_Tag]:
    parsed = []
    for i, tag in enumerate(tags):
        found = _parsed(tag)
        if found is None:
            raise DataError(
                f"{tag!r} is a tag of no scheme",
                where=where(i) if where else f"tag {i + 1}",
                remedy="a tag is O, or B-, I-, E-, S-, L- or U- and a type, such as B-LOC",
            )
        parsed.append(found)
    return parsed


def _starts(before: _Tag, tag: _Tag) -> bool:
    return tag.prefix != "O" and (
        tag.prefix in _STARTS
        or before.prefix == "O"
        or before.prefix in _ENDS
        or before.type != tag.type
    )


@lru_cache(1 << 14)
def _fault(before: str | None, tag: str, after: str | None, scheme: Scheme) -> str | None:
    """Why a tag is illegal between its neighbours, where it is."""
    previous, this, following = (_parsed(each or "O") or _OUTSIDE for each in (before, tag, after))
    if this.prefix == "O":
        return None
    if this.prefix not in _ALLOWED[scheme]:
        return f"{tag}: {scheme} has no {this.prefix}-"
    if scheme == "IO":
        return None
    letters = _LETTERS[scheme]
    at_start = f"{tag} at the start" if before is None else f"{tag} after {before}"
    if scheme == "IOB1":
        if this.prefix == "B" and (previous.prefix == "O" or previous.type != this.type):
            return f"{at_start}: in IOB1, B- stands only after an entity of the same type"
        return None
    reasons = []
    if this.prefix not in _STARTS and _starts(previous, this):
        reasons.append(f"{at_start}: an entity starts with {letters.first}- in {scheme}")
    if letters.last != letters.inside and this.prefix not in _ENDS:
        goes_on = following.prefix != "O" and not _starts(this, following)
        if not goes_on:
            at_end = f"{tag} at the end" if after is None else f"{tag} before {after}"
            reasons.append(
                f"{at_end}: an entity ends with {letters.last}- in {scheme}, "
                f"and one of a single word is {letters.only}-"
            )
    return "; ".join(reasons) or None


def _faults(tags: Sequence[str], scheme: Scheme) -> list[tuple[int, str]]:
    around: list[str | None] = [None, *tags, None]
    faults = []
    for i, tag in enumerate(tags):
        reason = _fault(around[i], tag, around[i + 2], scheme)
        if reason:
            faults.append((i, reason))
    return faults


def is_tag(tag: str) -> bool:
    """Whether a tag can be an entity's, or O, in any scheme."""
    return _parsed(tag) is not None


def illegal(
    tags: Sequence[str], scheme: Scheme, where: Callable[[int], str | None] | None = None
) -> list[tuple[int, str]]:
    """The tags of one sentence that a scheme does not allow where they stand: index and reason.

    :param where: gives the place of tag i, for errors
    :raises DataError: naming a tag of no scheme at all
    """
    _parse(tags, where)
    return _faults(tags, scheme)


def spans(tags: Sequence[str], scheme: Scheme) -> list[Span]:
    """The entities of one sentence, in order, as conlleval reckons them.

    Illegal order is read, not refused: an entity starts at B-, at a word alone (S-, U-), and at any
    other prefix after O, after an entity's end, or after another type (conlleval.pl,
    ``startOfChunk``; Tjong Kim Sang and Buchholz 2000).

    :raises DataError: naming a tag whose prefix the scheme does not have
    """
    parsed = _parse(tags)
    for i, tag in enumerate(parsed):
        if tag.prefix not in f"O{_ALLOWED[scheme]}":
            raise DataError(
                f"{tags[i]!r} is no tag of {scheme}",
                where=f"tag {i + 1}",
                remedy=f"its prefixes are {', '.join(f'{p}-' for p in _ALLOWED[scheme])}",
            )
    return _spans(parsed)


def _spans(tags: list[_Tag]) -> list[Span]:
    found = []
    start = 0
    before = _OUTSIDE
    for i, tag in enumerate([*tags, _OUTSIDE]):
        starts = _starts(before, tag)
        if before.prefix != "O" and (starts or tag.prefix == "O"):
            found.append(Span(start, i, before.type))
        if starts:
            start = i
        before = tag
    return found


def tagged(spans: Iterable[Span], length: int, scheme: Scheme) -> list[str]:
    """The tags of one sentence of ``length`` words.

    IO cannot part neighbours of one type: they read as one.

    :param spans: in order and without overlap
    :raises DataError: where they overlap, are empty, or lie outside the sentence
    """
    tags = ["O"] * length
    letters = _LETTERS[scheme]
    before = Span(0, 0, "")
    for span in spans:
        start, end, kind = span
        if not before.end <= start < end <= length:
            raise DataError(
                f"the entity {tuple(span)} does not fit after {before.end} in {length} words",
                remedy="entities stand in order, without overlap, within the sentence",
            )
        suffix = f"-{kind}" if kind else ""
        tags[start:end] = [letters.inside + suffix] * (end - start)
        tags[start], tags[end - 1] = letters.first + suffix, letters.last + suffix
        if end - start == 1:
            tags[start] = letters.only + suffix
        if scheme == "IOB1" and start == before.end > 0 and kind == before.type:
            tags[start] = "B" + suffix
        before = span
    return tags


def legalised(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """The tags mended so that they are legal and the entities those that conlleval reads.

    In IOB2 an I- that starts an entity becomes B-. Legal tags are left as they are, and prefixes of
    other schemes become those of this one.

    :raises DataError: naming a tag of no scheme at all
    """
    return tagged(_spans(_parse(tags)), len(tags), scheme)


class Fault(NamedTuple):
    """A tag that a scheme does not allow where it stands."""

    where: str
    reason: str


@dataclass(frozen=True)
class Detection:
    """Which scheme the tags that were seen are in."""

    scheme: Scheme | None  #: the first of ``SCHEMES`` in which all are legal, if there is one
    nearest: Scheme  #: the one with the fewest illegal tags, ``scheme`` itself if there is one
    illegal: int  #: how many tags are illegal in the nearest
    faults: tuple[Fault, ...]  #: the first 20 of them
    entities: bool  #: whether there was anything to tell it by


class Detector:
    """Tells the scheme of a corpus from its tags, one sentence after the other."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(SCHEMES, 0)
        self._faults: dict[Scheme, list[Fault]] = {scheme: [] for scheme in SCHEMES}
        self._sentences = 0
        self._entities = False

    def add(self, tags: Sequence[str], where: Callable[[int], str | None] | None = None) -> None:
        """The tags of one more sentence.

        :param where: gives the place of tag i, such as ``Sentence.where``; else its sentence is
            counted
        :raises DataError: naming a tag of no scheme at all
        """
        self._sentences += 1
        sentence = self._sentences

        def place(i: int) -> str:
            return (where(i) if where else None) or f"sentence {sentence}, tag {i + 1}"

        _parse(tags, place)
        self._entities = self._entities or any(tag != "O" for tag in tags)
        for scheme in SCHEMES:
            faults = _faults(tags, scheme)
            self._counts[scheme] += len(faults)
            kept = self._faults[scheme]
            kept += [Fault(place(i), why) for i, why in faults[: _SHOWN - len(kept)]]

    def result(self) -> Detection:
        """What all sentences so far say; a tie goes to the first of ``SCHEMES``."""
        nearest = min(SCHEMES, key=lambda scheme: self._counts[scheme])
        count = self._counts[nearest]
        faults = tuple(self._faults[nearest])
        return Detection(None if count else nearest, nearest, count, faults, self._entities)
