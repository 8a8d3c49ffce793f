"""What of a running text vectors hold, and what is missing."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from nlpseq.embeddings.coverage import WAYS, Coverage, coverage
from nlpseq.embeddings.evaluation.lookup import DEFAULTS, Lookup, Options
from nlpseq.embeddings.evaluation.report import Result, Source, ratio, shown, signature
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError

_MISSING = 20  # missing words that are named


@dataclass(frozen=True, eq=False)
class CorpusCoverage(Result):
    """How the words of a text were found, by words and by running words."""

    kind: ClassVar[str] = "coverage"

    found: Coverage
    missing: list[tuple[str, int]]  #: the most frequent missing words, and how often they stand

    def figures(self) -> dict[str, float]:
        """Shares of the distinct words and of the running words (``tokens``), by way of finding."""
        found = {"words": self.found.by_word, "tokens": self.found.by_token}
        figures: dict[str, float] = {name: sum(ways.values()) for name, ways in found.items()}
        for name, ways in found.items():
            for way in WAYS:
                figures[f"{name}_{way}"] = ratio(ways[way], int(figures[name]))
        return figures

    def details(self) -> dict[str, Any]:
        """The most frequent missing words."""
        return {"missing": dict(self.missing)}

    def table(self) -> list[list[str]]:
        """A line for each way of finding."""
        rows = [["", "words", "share", "tokens", "share"]]
        figures = self.figures()
        for way in WAYS:
            rows.append([way])
            for name, ways in (("words", self.found.by_word), ("tokens", self.found.by_token)):
                rows[-1] += [f"{ways[way]:,}", shown(figures[f"{name}_{way}"])]
        rows.append(["total", f"{figures['words']:,}", "", f"{figures['tokens']:,}", ""])
        return rows

    def __str__(self) -> str:
        """The table, and below it the most frequent missing words."""
        text = super().__str__()
        if not self.missing:
            return text
        words = ", ".join(f"{word} {count:,}" for word, count in self.missing)
        head, sign = text.rsplit("\n\n", 1)
        return f"{head}\n\nmost frequent missing: {words}\n\n{sign}"


def evaluate(vectors: Vectors, path: Path | str, options: Options = DEFAULTS) -> CorpusCoverage:
    """Look up the words of a text: one document a line, blanks between words.

    :raises DataError: where the file holds no word
    """
    source = Source(path)
    counts: Counter[str] = Counter()
    for _, line in source:
        counts.update(line.split())
    if not counts:
        raise DataError(
            "the file holds no word", where=str(source.path), remedy="give a text, such as a corpus"
        )
    lookup = Lookup(vectors, counts, options)
    found = coverage(lookup.found, list(counts.values()))
    missing = [
        (word, counts[word])
        for word, one in zip(lookup.words, lookup.found, strict=True)
        if one is None
    ]
    missing.sort(key=lambda pair: (-pair[1], pair[0]))
    sign = signature(CorpusCoverage.kind, source, vectors, options)
    return CorpusCoverage(str(source.path), sign, found, missing[:_MISSING])
