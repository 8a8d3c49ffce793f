"""What a classifier answers. A document without a token has no label, and a reason says so."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Classification(NamedTuple):
    """One label out of several that exclude each other."""

    label: str | None
    probability: float | None
    probabilities: dict[str, float]
    reason: str | None = None

    def fields(self) -> Sequence[str]:
        """Of a line of TSV: label and probability."""
        if self.label is None:
            return ("", "")
        return (self.label, f"{self.probability:.4f}")

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return _record(self)


class Labels(NamedTuple):
    """Every label whose probability reached its threshold; none may."""

    labels: tuple[str, ...] | None
    probabilities: dict[str, float]
    reason: str | None = None

    def fields(self) -> Sequence[str]:
        """Of a line of TSV: labels and their probabilities, several with ``|`` between."""
        labels = self.labels or ()
        return ("|".join(labels), "|".join(f"{self.probabilities[x]:.4f}" for x in labels))

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return _record(self)


Answer = Classification | Labels

_EMPTY = "the document is empty"


def _record(answer: Answer) -> dict[str, Any]:
    fields = answer._asdict()
    if answer.reason is None:
        del fields["reason"]
    return fields


def one_label(labels: Sequence[str], probabilities: Sequence[float] | None) -> Classification:
    """The most probable label; ``probabilities`` is None for an empty document."""
    if probabilities is None:
        return Classification(None, None, {}, _EMPTY)
    best = max(range(len(labels)), key=probabilities.__getitem__)
    named = dict(zip(labels, probabilities, strict=True))
    return Classification(labels[best], probabilities[best], named)


def labels_above(
    labels: Sequence[str], probabilities: Sequence[float] | None, thresholds: Sequence[float]
) -> Labels:
    """The labels at or above their threshold; ``probabilities`` is None for an empty document."""
    if probabilities is None:
        return Labels(None, {}, _EMPTY)
    chosen = zip(labels, probabilities, thresholds, strict=True)
    reached = tuple(label for label, p, threshold in chosen if p >= threshold)
    return Labels(reached, dict(zip(labels, probabilities, strict=True)))
