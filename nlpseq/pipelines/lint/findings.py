"""Findings: what is wrong in a corpus and where, and the facts that are not wrong."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Literal, NamedTuple

from nlpseq.text.corpus.repairs import Repairs

Level = Literal["problem", "note"]
Value = str | int | float | dict[str, int] | dict[str, float]

ENCODED_TWICE = "encoded twice"
_LONGEST = 1_000  # characters of a message: a label or tag may be of any length
_PLACE = re.compile(r"(?s)(.*?)(?::(\d+)|: row (\d+))?")

#: kind of problem → what its summary says beside the number
_ADVICE = {
    ENCODED_TWICE: "UTF-8 was read as latin-1 or cp1252 and encoded again; --repair mends it",
    "bytes": "name the encoding of the file: --encoding",
}
#: what a reader says that it did → kind of problem, and what is said where it tells no more
_KINDS = {
    "line with bad bytes, replaced by U+FFFD": ("bytes", "bytes that are not in the encoding"),
    "row with bad bytes left out": ("bytes", "bytes that are not UTF-8"),
    "line that was encoded twice, mended": (ENCODED_TWICE, ENCODED_TWICE),
    "text that was encoded twice, mended": (ENCODED_TWICE, ENCODED_TWICE),
    "ragged row left out": ("row", "another number of columns than the header"),
    "broken row left out": ("row", "a broken row"),
    "broken line left out": ("row", "a broken line"),
    "sentence with a broken row left out": ("row", "a broken row"),
    "file without documents left out": ("empty", "the file holds no document"),
}


class Finding(NamedTuple):
    """One problem, or one fact."""

    where: str  #: ``file:line``, ``file: row N`` or ``file``
    level: Level
    kind: str  #: one word or two, the same for all of its kind
    message: str
    value: Value | None = None  #: the number or numbers that a fact consists of

    def __str__(self) -> str:
        """A line as compilers write them."""
        return f"{self.where}: {self.level}: {self.message}"

    @property
    def place(self) -> tuple[str, int | None]:
        """The file, and the line or row if there is one."""
        match = _PLACE.fullmatch(self.where)
        assert match  # it matches anything
        number = match[2] or match[3]
        return match[1], int(number) if number else None


class Findings:
    """Hands findings on as they come, of each kind so many and the number of the rest.

    :param tell: takes each that is shown
    :param most: problems of each kind that are shown of one corpus
    """

    def __init__(self, tell: Callable[[Finding], None], most: int = 20) -> None:
        self.problems: Counter[str] = Counter()  #: kind → how many, also of those not shown
        self.notes = 0
        self._tell = tell
        self._most = most
        self._here: Counter[str] = Counter()

    def problem(self, kind: str, where: str, message: str) -> None:
        """One more problem."""
        self._here[kind] += 1
        if self._here[kind] <= self._most:
            self._tell(Finding(where, "problem", kind, _bounded(message)))

    def more(self, kind: str, number: int) -> None:
        """Problems that are counted only: their places are not known any more."""
        self._here[kind] += number

    def note(self, kind: str, where: str, message: str, value: Value | None = None) -> None:
        """One fact."""
        self.notes += 1
        self._tell(Finding(where, "note", kind, _bounded(message), value))

    def close(self, corpus: str) -> None:
        """The end of a corpus: say how many there are of what was not shown whole."""
        for kind, count in self._here.items():
            advice = _ADVICE.get(kind)
            if count > self._most or advice:
                said = f"{count:,} × {kind}"
                if count > self._most:
                    said += f", of which {self._most} are shown"
                self._tell(
                    Finding(corpus, "problem", kind, f"{said}: {advice}" if advice else said, count)
                )
        self.problems += self._here
        self._here = Counter()


def _bounded(message: str) -> str:
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"


class Faults(Repairs):
    """Makes findings of what readers mend or leave out, and so lets them go on."""

    def __init__(self, findings: Findings) -> None:
        super().__init__()
        self.replaced = False  #: whether bad bytes have become U+FFFD since this was unset
        self._findings = findings

    def add(self, done: str, where: str, message: str = "") -> None:
        """One more, as a problem."""
        super().add(done, where)
        kind, otherwise = _KINDS.get(done, ("row", done))
        self.replaced = self.replaced or kind == "bytes"
        self._findings.problem(kind, where, message or otherwise)
