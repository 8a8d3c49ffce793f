"""Similarity: do pairs that people find alike have a high cosine."""

import csv
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.evaluation.lookup import DEFAULTS, Floats, Lookup, Options
from nlpseq.embeddings.evaluation.report import Result, Source, ratio, shown, signature
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_REMEDY = "give two words and a number a line, with commas, tabs or blanks between"
_AT_ONCE = 10_000  # pairs whose vectors are held at a time
_DECIMALS = 12  # a cosine of words with themselves is 1, whatever float64 makes of it

Cells = Callable[[str], list[str]]


class Pairs(NamedTuple):
    """Pairs of words and how alike people find them."""

    words: list[tuple[str, str]]
    scores: Floats  #: shape (n,)


class _Columns(NamedTuple):
    a: int
    b: int
    score: int


@dataclass(frozen=True, eq=False)
class Similarity(Result):
    """Correlations of cosines with the scores that people gave."""

    kind: ClassVar[str] = "similarity"

    scores: Floats  #: shape (n,), the people's
    cosines: Floats  #: shape (n,), 0 where a word is unknown
    known: npt.NDArray[np.bool_]  #: shape (n,): whether both words have a vector

    def figures(self) -> dict[str, float]:
        """Spearman and Pearson, pairs with an unknown word left out, and counted as 0."""
        scores, cosines = self.scores[self.known], self.cosines[self.known]
        return {
            "pairs": len(self.scores),
            "known": int(self.known.sum()),
            "coverage": ratio(int(self.known.sum()), len(self.known)),
            "spearman_known": spearman(scores, cosines),
            "pearson_known": pearson(scores, cosines),
            "spearman_all": spearman(self.scores, self.cosines),
            "pearson_all": pearson(self.scores, self.cosines),
        }

    def table(self) -> list[list[str]]:
        """Known pairs beside all pairs."""
        figures = self.figures()
        return [
            ["", "known pairs", "unknown as 0"],
            ["pairs", f"{figures['known']:,}", f"{figures['pairs']:,}"],
            ["coverage", shown(figures["coverage"]), ""],
            ["Spearman", shown(figures["spearman_known"]), shown(figures["spearman_all"])],
            ["Pearson", shown(figures["pearson_known"]), shown(figures["pearson_all"])],
        ]


def evaluate(vectors: Vectors, path: Path | str, options: Options = DEFAULTS) -> Similarity:
    """Correlate cosines with a file of pairs and scores; see :func:`read`."""
    source = Source(path)
    pairs = read(source)
    lookup = Lookup(vectors, (word for pair in pairs.words for word in pair), options)
    at = np.array([lookup.numbers(pair) for pair in pairs.words])
    cosines = np.empty(len(at))
    for start in range(0, len(at), _AT_ONCE):
        a, b = at[start : start + _AT_ONCE].T
        products = np.einsum("ij,ij->i", lookup.units(a), lookup.units(b))
        cosines[start : start + _AT_ONCE] = np.round(products, _DECIMALS)
    known = lookup.known[at].all(axis=1)
    sign = signature(Similarity.kind, source, vectors, options, f"pairs {len(known)}")
    return Similarity(str(source.path), sign, pairs.scores, cosines, known)


def read(source: Source) -> Pairs:
    """Read a file of word pairs: CSV, TSV, or with blanks between.

    The first line with two words and a number behind them tells the columns: those are the words
    and the score; columns between them and around them are passed over, and so are a head, lines
    that begin with ``#``, and rows that are empty in those columns.

    :raises DataError: with file and line, for a line that has not both words and the score
    """
    words: list[tuple[str, str]] = []
    scores: list[float] = []
    cells: Cells | None = None
    columns: _Columns | None = None
    head = True  # whether the next line may be one
    for number, line in source:
        if line.startswith("#"):
            continue
        cells = cells or _splitter(line)
        try:
            found = [cell.strip() for cell in cells(line)]
        except csv.Error as error:
            raise DataError(f"no CSV: {error}", where=source.where(number)) from error
        if columns is None:
            columns = _columns(found)
        if columns is None and head and not any(map(_NUMBER.fullmatch, found)):
            head = False
            continue
        if columns and not any(found[i : i + 1] != [""] for i in columns):
            continue
        pair, score = _pair(found, columns, source.where(number))
        words.append(pair)
        scores.append(score)
    if not words:
        raise DataError(
            "the file holds no pair of words with a score",
            where=str(source.path),
            remedy=_REMEDY,
        )
    return Pairs(words, np.array(scores))


def _splitter(line: str) -> Cells:
    """How to cut lines, told by the first one."""
    if "\t" in line:
        return lambda text: text.split("\t")
    for delimiter in (";", ","):
        if line.count(delimiter) >= 2:
            return lambda text: next(csv.reader([text], delimiter=delimiter, strict=True))
    return str.split


def _columns(cells: list[str]) -> _Columns | None:
    words = [i for i, cell in enumerate(cells) if cell and not _NUMBER.fullmatch(cell)][:2]
    if len(words) < 2:
        return None
    behind = range(words[1] + 1, len(cells))
    score = next((i for i in behind if _NUMBER.fullmatch(cells[i])), None)
    return None if score is None else _Columns(words[0], words[1], score)


def _pair(cells: list[str], columns: _Columns | None, where: str) -> tuple[tuple[str, str], float]:
    if columns is None:
        raise DataError("two words and a score are wanted", where=where)
    if len(cells) <= max(columns):
        raise DataError(
            f"{len(cells)} columns, the lines before have {max(columns) + 1} at least",
            where=where,
            remedy=_REMEDY,
        )
    a, b, score = (cells[i] for i in columns)
    if not a or not b:
        raise DataError("a word is missing", where=where)
    if not _NUMBER.fullmatch(score) or not math.isfinite(float(score)):
        raise DataError(f"{score!r} is not a score", where=where, remedy=_REMEDY)
    return (a, b), float(score)


def midranks(values: Floats) -> Floats:
    """Ranks from 1, shape (n,); equal values share the mean of theirs (Kendall 1945)."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(sizes) - (sizes - 1) / 2)[group]
    return ranks


def spearman(x: Floats, y: Floats) -> float:
    """The rank correlation: Pearson's of the midranks; NaN as there."""
    return pearson(midranks(x), midranks(y))


def pearson(x: Floats, y: Floats) -> float:
    """The linear correlation of two rows of numbers; NaN where one of them is constant."""
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan
    x, y = x - x.mean(), y - y.mean()
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))
