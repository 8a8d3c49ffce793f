"""What a classifier answers. A document without a token has no label, and a reason says so."""

from collections.abc import Sequence
from typing import NamedTuple


class Classification(NamedTuple):
    """One label out of several that exclude each other."""

    label: str | None
    probability: float | None
    probabilities: dict[str, float]
    reason: str | None = None


class Labels(NamedTuple):
    """Every label whose probability reached its threshold; none may."""

    labels: tuple[str, ...] | None
    probabilities: dict[str, float]
    reason: str | None = None


Answer = Classification | Labels

_EMPTY = "the document is empty"


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
