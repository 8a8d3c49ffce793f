"""The rows of a report, one for each run, as CSV."""

import csv
import io
from collections.abc import Sequence

from nlpseq.pipelines.outcome import Outcome

_MEASURED = (
    "parameters", "best", "seconds", "trained", "predicted", "size", "memory", "threads",
    "device", "finished", "machine", "versions",
)  # fmt: skip


def rows(outcomes: Sequence[Outcome]) -> str:
    """A line for each combination and seed: choices, figures, what was measured."""
    figures = list(dict.fromkeys(name for o in outcomes for name in o.figures))
    axes = list(dict.fromkeys(axis for o in outcomes for axis in o.choices))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["combination", *axes, "seed", *figures, "epochs", *_MEASURED])
    for o in outcomes:
        choices = [o.choices.get(axis) for axis in axes]
        reached = [o.figures.get(name) for name in figures]
        others = [getattr(o, name) for name in _MEASURED]
        writer.writerow([o.combination, *choices, o.seed, *reached, len(o.curve), *others])
    return out.getvalue()
