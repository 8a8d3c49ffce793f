"""What happened in a training of vectors, epoch by epoch."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

_LARGEST = 1 << 18  # bytes of JSON: metadata of a store have their bounds


class Epoch(NamedTuple):
    """One time through the corpus."""

    number: int  #: from 1
    loss: float | None  #: mean of the examples whose loss was taken; None where there were none
    seconds: float  #: of training alone
    speed: float  #: of the method's units, words as a rule, a second
    figures: dict[str, float | None] = {}  # noqa: RUF012  # of each test file; None: NaN
    figure: float | None = None  #: their mean, higher is better; None where there is no test


def best(history: Sequence[Epoch]) -> Epoch:
    """The first epoch with the highest figure, or the last where there are none."""
    if history[-1].figure is None:
        return history[-1]
    return max(history, key=lambda epoch: (epoch.figure or 0.0, -epoch.number))


def as_json(history: Sequence[Epoch]) -> str:
    """What is kept with the vectors; without times, so that equal trainings give equal files.

    Of very many epochs the newest are kept.
    """
    told: list[str] = []
    size = 0
    for epoch in reversed(history):
        entry: dict[str, Any] = {"epoch": epoch.number, "loss": epoch.loss}
        if epoch.figures:
            entry |= {"figures": epoch.figures, "figure": epoch.figure}
        told.append(json.dumps(entry))
        size += len(told[-1]) + 2
        if size > _LARGEST:
            break
    return f"[{', '.join(reversed(told))}]"
