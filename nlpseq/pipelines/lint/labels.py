"""Labels of a corpus: how many rows have each, and which are too rare to be learned."""

from nlpseq.pipelines.lint.findings import Findings

RARE = 5  #: fewer rows are too few of a label
SHARE = 0.01  #: and so is a smaller share of them
MOST = 10_000  #: labels that are told apart: more are no classes
_LISTED = 20


class Labels:
    """Counts labels, each with the place where it stood first.

    :param noun: what they are called, such as ``label``
    """

    def __init__(self, noun: str) -> None:
        self.rows = 0  #: that have labels, if perhaps an empty list of them
        self.counts: dict[str, int] = {}
        self._noun = noun
        self._first: dict[str, str] = {}
        self._numbers: dict[tuple[str, ...], int] = {}
        self._more = False

    def add(self, labels: tuple[str, ...], where: str) -> None:
        """The labels of one more row."""
        self.rows += 1
        for label in labels:
            if label in self.counts:
                self.counts[label] += 1
            elif len(self.counts) < MOST:
                self.counts[label] = 1
                self._first[label] = where
            else:
                self._more = True

    def number(self, labels: tuple[str, ...] | None) -> int:
        """A number for each set of labels, from 1; 0 where there is none or they are too many."""
        if labels is None:
            return 0
        key = tuple(sorted(labels))
        if key not in self._numbers and len(self._numbers) >= MOST:
            return 0
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    def named(self, number: int) -> str:
        """The labels that have a number."""
        labels = next(labels for labels, n in self._numbers.items() if n == number)
        return ", ".join(map(repr, labels)) or "none"

    def report(self, findings: Findings, corpus: str, *, share: float = SHARE) -> None:
        """The shares as a note; one label only and rare ones as problems."""
        if not self.rows:
            return
        if self._more:
            findings.problem(
                "classes", corpus, f"more than {MOST:,} different {self._noun}s: are they classes?"
            )
            return
        ranked = sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        total = max(1, self.rows)
        listed = ", ".join(
            f"{label!r} {count:,}" + (f" ({count / total:.1%})" if share else "")
            for label, count in ranked[:_LISTED]
        )
        rest = f" and {len(ranked) - _LISTED:,} more" if len(ranked) > _LISTED else ""
        findings.note(
            f"{self._noun}s", corpus, f"{len(ranked):,} {self._noun}s: {listed}{rest}", dict(ranked)
        )
        if not ranked:
            findings.problem("classes", corpus, f"no {self._noun} at all")
        elif len(ranked) == 1 and share:
            findings.problem("classes", corpus, f"one {self._noun} only: {ranked[0][0]!r}")
        for label, count in ranked:
            where = self._first[label]
            if count < RARE:
                findings.problem(
                    "classes", where, f"{self._noun} {label!r} occurs {count}×, fewer than {RARE}×"
                )
            elif count < share * total:
                findings.problem(
                    "classes",
                    where,
                    f"{self._noun} {label!r} has {count:,} of {total:,} rows, below {share:.0%}",
                )

    def only_here(self, train: "Labels", findings: Findings) -> None:
        """Each label that the training part does not have, as a problem."""
        if train._more or not train.rows:
            return
        for label in self.counts:
            if label not in train.counts:
                findings.problem(
                    "split", self._first[label], f"{self._noun} {label!r} is in the dev part only"
                )
