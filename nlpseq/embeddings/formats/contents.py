"""What every reader of vectors gives: blocks of rows, and a report of what it met."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix
from nlpseq.embeddings.words import Bytes, Offsets
from nlpseq.errors import DataError

if TYPE_CHECKING:
    from nlpseq.embeddings.subwords import Subwords

_SHOWN = 20  # messages that a report keeps word for word


class Block(NamedTuple):
    """Some rows in the order of the file. Words may stand there twice, also in one block."""

    tokens: Bytes  #: the words' UTF-8, end to end
    offsets: Offsets  #: shape (n + 1,), from 0: where each word starts in ``tokens``
    matrix: Matrix  #: shape (n, D), finite
    places: npt.NDArray[np.int64]  #: shape (n,): line (text) or row from 1 (binary) of each
    counts: npt.NDArray[np.int64] | None = None  #: shape (n,): how often each word was seen


class Contents(NamedTuple):
    """A file under way."""

    format: str  #: its name for people, ``word2vec text``
    dim: int
    blocks: Generator[Block]
    unit: str = "line"  #: what ``places`` count
    subwords: "Subwords | None" = None
    expected: int = 0  #: rows, about: what a header announces, as far as the file has room


def expect(announced: int | None, path: Path, row: int, *, plain: bool) -> int:
    """How many rows to make room for, of those that a header announces.

    :param row: bytes that a row has at least
    :param plain: whether the file is not packed; what is packed may unfold eightfold
    """
    size = path.stat().st_size if path.is_file() else 0
    return min(announced or 0, (1 if plain else 8) * size // row)


class Report:
    """What a reader met: notes (nothing is lost) and repairs (a row left out or changed).

    :param path: the file, for messages
    :param repair: whether a fault is repaired and counted, or an error
    """

    def __init__(self, path: str, *, repair: bool = False) -> None:
        self.path, self.repair = path, repair
        self.notes = 0
        self.repairs = 0
        self.messages: list[str] = []

    def note(self, message: str, place: int | None = None, unit: str = "line") -> None:
        """Something odd that costs nothing: a word that holds a space, a wrong header count."""
        self.notes += 1
        self._keep(message, place, unit)

    def fault(
        self, message: str, place: int | None = None, unit: str = "line", *, done: str
    ) -> None:
        """Something wrong.

        :param done: what the repair does, ``left out``, ``replaced by U+FFFD``
        :raises DataError: unless faults are to be repaired
        """
        if not self.repair:
            where = self.path
            if place is not None:
                where += f":{place}" if unit == "line" else f": {unit} {place:,}"
            raise DataError(
                message,
                where=where,
                remedy="repair (--repair) mends what it can and says what it did",
            )
        self.repairs += 1
        self._keep(f"{message}; {done}", place, unit)

    def _keep(self, message: str, place: int | None, unit: str) -> None:
        if len(self.messages) < _SHOWN:
            self.messages.append(message if place is None else f"{unit} {place:,}: {message}")

    def __str__(self) -> str:
        lines = list(self.messages)
        if (more := self.notes + self.repairs - len(lines)) > 0:
            lines.append(f"… and {more:,} more")
        return "\n".join(lines)
