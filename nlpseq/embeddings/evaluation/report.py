"""What an evaluation gives: figures, a table, and the signature that makes figures comparable."""

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, ClassVar, cast

from nlpseq import __version__
from nlpseq.files import decode, lines_of, open_bytes

if TYPE_CHECKING:
    from nlpseq.embeddings.evaluation.lookup import Options
    from nlpseq.embeddings.vectors import Vectors


class Source:
    """The lines of a test file, read once, and the hash of what was read.

    :param path: UTF-8 text, plain or compressed; may be a pipe
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._hash = hashlib.sha256()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Each line that is not blank, with its number from 1."""
        with open_bytes(self.path) as file:
            hashed = cast(BinaryIO, _Hashing(file, self._hash))
            for number, raw in lines_of(hashed, self.path):
                line = decode(raw, self.path, number)
                if line and not line.isspace():
                    yield number, line

    def where(self, number: int) -> str:
        """A line as an error names it."""
        return f"{self.path}:{number}"

    @property
    def digest(self) -> str:
        """The SHA-256 of the unpacked bytes that were read, 12 digits of it."""
        return self._hash.hexdigest()[:12]


class _Hashing:
    def __init__(self, file: IO[bytes], digest: Any) -> None:
        self._file, self._digest = file, digest

    def readline(self, limit: int) -> bytes:
        line = self._file.readline(limit)
        self._digest.update(line)
        return line


@dataclass(frozen=True, eq=False)
class Result(ABC):
    """The figures of vectors on one test file."""

    kind: ClassVar[str]

    file: str
    signature: str

    @abstractmethod
    def figures(self) -> dict[str, float]:
        """Each figure by name; NaN where there is nothing to reckon it from.

        Of two that differ in their ending alone, ``_known`` leaves out what the vectors do not
        know, and ``_all`` counts it as wrong, or as of similarity 0.
        """

    @abstractmethod
    def table(self) -> list[list[str]]:
        """The figures as rows of cells, the first row a head."""

    def details(self) -> dict[str, Any]:
        """What JSON says beside the figures."""
        return {}

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON has it: a figure that is NaN is null."""
        return {
            "kind": self.kind,
            "file": self.file,
            "figures": without_nan(self.figures()),
            **self.details(),
            "signature": self.signature,
        }

    def __str__(self) -> str:
        """Kind and file, the table, the signature."""
        return f"{self.kind} {self.file}\n\n{aligned(self.table())}\n\n{self.signature}"


def signature(kind: str, source: Source, vectors: "Vectors", options: "Options", *more: str) -> str:
    """What has to be equal for figures to be comparable, and the vectors' size."""
    parts = [
        f"nlpseq {__version__}",
        kind,
        f"data sha256:{source.digest}",
        *more,
        str(options),
        f"vectors {len(vectors)} x {vectors.dim} recipe {vectors.recipe}",
    ]
    return " | ".join(parts)


def without_nan(figures: dict[str, float]) -> dict[str, float | None]:
    """The figures with None for NaN, which JSON has not."""
    return {name: None if math.isnan(value) else value for name, value in figures.items()}


def ratio(part: int, whole: int) -> float:
    """A share; of nothing, NaN."""
    return part / whole if whole else math.nan


def shown(value: float) -> str:
    """A figure as a table has it."""
    return "-" if math.isnan(value) else f"{value:.4f}"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            f"{cell:<{width}}" if i == 0 else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
