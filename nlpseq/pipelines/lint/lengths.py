"""Lengths of texts in tokens: their distribution, and those that are far too long."""

import heapq
from collections import Counter

from nlpseq.pipelines.lint.findings import Findings

#: so many times the 99th percentile is too long
FACTOR = 10
_KEPT = 1_000  # of the longest texts those whose places are known


class Lengths:
    """An exact histogram: as many numbers as there are different lengths."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._longest: list[tuple[int, str]] = []

    def add(self, length: int, where: str) -> None:
        """One more text."""
        self._counts[length] += 1
        if len(self._longest) < _KEPT:
            heapq.heappush(self._longest, (length, where))
        elif length > self._longest[0][0]:
            heapq.heapreplace(self._longest, (length, where))

    def quantile(self, share: float) -> int:
        """The smallest length that at least this share of the texts do not exceed."""
        wanted, seen = share * self._counts.total(), 0
        for length in sorted(self._counts):
            seen += self._counts[length]
            if seen >= wanted:
                return length
        return 0

    def report(self, findings: Findings, corpus: str) -> None:
        """The distribution as a note, and each text that is too long as a problem."""
        number = self._counts.total()
        if not number:
            return
        tokens = sum(length * count for length, count in self._counts.items())
        usual = self.quantile(0.99)
        facts = {
            "min": min(self._counts),
            "median": self.quantile(0.5),
            "mean": round(tokens / number, 1),
            "99th percentile": usual,
            "max": max(self._counts),
        }
        listed = ", ".join(f"{name} {value:,}" for name, value in facts.items())
        findings.note("lengths", corpus, f"tokens: {tokens:,}; a text has {listed}", facts)
        bound = FACTOR * max(1, usual)
        shown = sorted(((n, w) for n, w in self._longest if n > bound), reverse=True)
        for length, where in shown:
            findings.problem(
                "length",
                where,
                f"{length:,} tokens, more than {FACTOR} times the 99th percentile, {usual:,}",
            )
        beyond = sum(count for length, count in self._counts.items() if length > bound)
        findings.more("length", beyond - len(shown))
