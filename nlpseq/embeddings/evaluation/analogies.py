"""Analogies: is the word that completes a proportion the one that people give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.evaluation.answers import METHODS, best
from nlpseq.embeddings.evaluation.lookup import DEFAULTS, Lookup, Options
from nlpseq.embeddings.evaluation.report import (
    Result,
    Source,
    ratio,
    shown,
    signature,
    without_nan,
)
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError
from nlpseq.progress import Progress, silent

Flags = npt.NDArray[np.bool_]

#: how an answer is found, and whether the words of the question may be one
WAYS = (*METHODS, *(f"{method}_given" for method in METHODS))
_REMEDY = "a is to b as c is to d: a b c d; a section begins with a colon"
_UNNAMED = "no section"
_AT_ONCE = 20_000  # questions of one pass over the rows


class Questions(NamedTuple):
    """Questions of four words, in sections."""

    words: list[tuple[str, str, str, str]]
    sections: dict[str, list[int]]  #: name → the numbers of its questions


@dataclass(frozen=True, eq=False)
class Analogies(Result):
    """How many questions were answered rightly, by 3CosAdd and by 3CosMul."""

    kind: ClassVar[str] = "analogies"

    sections: Mapping[str, list[int]]
    answered: Flags  #: shape (n,): whether the vectors know all four words
    right: Mapping[str, Flags]  #: way → shape (n,): whether the answer is the wanted one

    def figures(self) -> dict[str, float]:
        """Accuracies over all questions; ``_given``: where the words asked with may be answers.

        ``semantic_`` and ``syntactic_`` are there where the file has both kinds of section.
        """
        figures = self._of(range(len(self.answered)))
        for name, numbers in self._kinds().items():
            figures |= {f"{name}_{figure}": value for figure, value in self._of(numbers).items()}
        return figures

    def _of(self, numbers: Sequence[int]) -> dict[str, float]:
        at = np.array(numbers, dtype=np.int64)
        answered = int(self.answered[at].sum())
        figures: dict[str, float] = {
            "questions": len(at),
            "answered": answered,
            "coverage": ratio(answered, len(at)),
        }
        for way in WAYS:
            right = int(self.right[way][at].sum())
            figures[f"{way}_known"] = ratio(right, answered)
            figures[f"{way}_all"] = ratio(right, len(at))
        return figures

    def _kinds(self) -> dict[str, list[int]]:
        """Semantic and syntactic questions, whose sections' names begin with ``gram``."""
        kinds: dict[str, list[int]] = {"semantic": [], "syntactic": []}
        for name, numbers in self.sections.items():
            kinds["syntactic" if name.startswith("gram") else "semantic"] += numbers
        return kinds if all(kinds.values()) else {}

    def details(self) -> dict[str, Any]:
        """The figures of each section."""
        return {
            "sections": {
                name: without_nan(self._of(numbers)) for name, numbers in self.sections.items()
            }
        }

    def table(self) -> list[list[str]]:
        """A line a section, its accuracies over the known questions and over all."""
        rows = [
            ["", "", "", "3CosAdd", "", "3CosMul", ""],
            ["section", "questions", "answered", "known", "all", "known", "all"],
        ]
        everything = range(len(self.answered))
        parts = {**self.sections, **self._kinds(), "total": everything}
        for name, numbers in parts.items():
            rows.append(self._row(name, numbers, ("add", "mul")))
        rows.append(self._row("total, given words allowed", everything, ("add_given", "mul_given")))
        return rows

    def _row(self, name: str, numbers: Sequence[int], ways: tuple[str, str]) -> list[str]:
        figures = self._of(numbers)
        cells = [shown(figures[f"{way}_{of}"]) for way in ways for of in ("known", "all")]
        return [name, f"{figures['questions']:,}", f"{figures['answered']:,}", *cells]


def evaluate(
    vectors: Vectors,
    path: Path | str,
    options: Options = DEFAULTS,
    progress: Progress = silent,
) -> Analogies:
    """Answer a file of questions; see :func:`read`.

    A question is answered where the vectors know its four words, the wanted one as a row.
    """
    source = Source(path)
    questions = read(source)
    lookup = Lookup(vectors, (word for four in questions.words for word in four), options)
    numbers = np.array([lookup.numbers(four) for four in questions.words])
    has_row = np.array([bool(rows) for rows in lookup.rows])
    answered = lookup.known[numbers[:, :3]].all(axis=1) & has_row[numbers[:, 3]]
    right = {way: np.zeros(len(numbers), dtype=np.bool_) for way in WAYS}
    asked = np.flatnonzero(answered)
    for start in range(0, len(asked), _AT_ONCE):
        part = asked[start : start + _AT_ONCE]
        found = best(vectors.rows, lookup, numbers[part, :3], f"analogies {source.path}", progress)
        for way in WAYS:
            answers = zip(found[way].tolist(), numbers[part, 3], strict=True)
            right[way][part] = [row in lookup.rows[wanted] for row, wanted in answers]
    sign = signature(Analogies.kind, source, vectors, options, f"questions {len(numbers)}")
    return Analogies(str(source.path), sign, questions.sections, answered, right)


def read(source: Source) -> Questions:
    """Read questions in the layout of Mikolov et al. 2013: ``: section``, or four words a line.

    ``a b c d`` stands for: a is to b as c is to d. A question that stands there twice counts twice.

    :raises DataError: with file and line, for a line of more or fewer words
    """
    words: list[tuple[str, str, str, str]] = []
    sections: dict[str, list[int]] = {}
    section = _UNNAMED
    for number, line in source:
        if line.startswith(":"):
            section = line[1:].strip() or _UNNAMED
            continue
        four = line.split()
        if len(four) != 4:
            raise DataError(
                f"{len(four)} words, a question has four",
                where=source.where(number),
                remedy=_REMEDY,
            )
        sections.setdefault(section, []).append(len(words))
        words.append((four[0], four[1], four[2], four[3]))
    if not words:
        raise DataError("the file holds no question", where=str(source.path), remedy=_REMEDY)
    return Questions(words, sections)
