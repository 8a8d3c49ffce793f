"""The table of a report: a line for each combination, means over its seeds."""

import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nlpseq.metrics.classification import REMEDY
from nlpseq.metrics.spans import FAULTS
from nlpseq.pipelines.outcome import Outcome

BASELINE = "linear"  #: the figure of the linear baseline on the same documents
_COUNTS = frozenset(("rows", "sentences", "entities", "pairs", *FAULTS))


class Table(NamedTuple):
    """Cells as text, and which rows to point out."""

    columns: list[str]
    rows: list[list[str]]
    best: int | None  #: the row with the highest figure; None where there is nothing to choose
    below: list[str]  #: combinations that lose to the linear baseline


def table(outcomes: Sequence[Outcome]) -> Table:
    """A row for each combination: means over its seeds, the figure with its deviation.

    Columns of which no run knows anything are left out.
    """
    runs = groups(outcomes)
    figure = main_figure(outcomes)
    columns: dict[str, Callable[[list[Outcome]], str]] = {
        "": lambda runs: runs[0].combination,
        "parameters": lambda runs: _mean([o.parameters for o in runs], "{:,.0f}"),
        figure: lambda runs: spread([o.figures.get(figure) for o in runs]),
        "linear baseline": lambda runs: _mean([o.figures.get(BASELINE) for o in runs], "{:.4f}"),
        "best epoch": lambda runs: _span([o.best for o in runs]),
        "training, s": lambda runs: _mean([o.seconds or None for o in runs], "{:,.1f}"),
        "trained rows/s": lambda runs: _mean([o.trained for o in runs], "{:,.0f}"),
        "predicted rows/s": lambda runs: _mean([o.predicted for o in runs], "{:,.0f}"),
        "size, MB": lambda runs: _mean([o.size for o in runs], "{:,.2f}", 1e6),
        "memory, MiB": lambda runs: _mean([o.memory for o in runs], "{:,.0f}", 2**20),
    }
    cells = {name: [cell(each) for each in runs.values()] for name, cell in columns.items()}
    shown = [name for name, column in cells.items() if any(column)]
    means = {
        name: statistics.fmean(o.figures[figure] for o in each)
        for name, each in runs.items()
        if all(figure in o.figures for o in each)
    }
    best = max(means, key=lambda name: means[name]) if len(means) > 1 else None
    below = [
        name
        for name, each in runs.items()
        if name in means
        and all(BASELINE in o.figures for o in each)
        and means[name] < statistics.fmean(o.figures[BASELINE] for o in each)
    ]
    rows = [[cells[name][i] for name in shown] for i in range(len(runs))]
    return Table(shown, rows, list(runs).index(best) if best is not None else None, below)


def figures(outcomes: Sequence[Outcome]) -> Table:
    """All figures of the evaluations, a row for each combination; a row for each figure where there
    is one combination alone.
    """
    runs = groups(outcomes)
    names = list(dict.fromkeys(name for o in outcomes for name in o.figures))
    rows = [
        [combination, *(spread([o.figures.get(name) for o in each], name) for name in names)]
        for combination, each in runs.items()
    ]
    if len(rows) == 1:
        pairs = zip(names, rows[0][1:], strict=True)
        return Table(["", "value"], [list(pair) for pair in pairs], None, [])
    return Table(["", *names], rows if names else [], None, [])


def losses(outcomes: Sequence[Outcome]) -> str:
    """What is to be said where combinations lose to the linear baseline; else nothing."""
    figure, runs, told = main_figure(outcomes), groups(outcomes), []
    for name in table(outcomes).below:
        figures = [o.figures for o in runs[name]]
        behind = statistics.fmean(f[BASELINE] - f[figure] for f in figures)
        told.append(f"{name} by {100 * behind:.1f} points".lstrip())
    remedy = REMEDY[0].upper() + REMEDY[1:]
    return f"Below the linear baseline: {', '.join(told)}. {remedy}" if told else ""


def groups(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Combination → its outcomes, one a seed."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.combination, []).append(outcome)
    return found


def main_figure(outcomes: Sequence[Outcome]) -> str:
    """The name of the figure that counts: the first of the evaluation."""
    return next((name for o in outcomes for name in o.figures), "figure")


def spread(values: Sequence[float | None], name: str = "") -> str:
    """Mean and standard deviation; counts, such as rows, have no decimals where they are whole."""
    known = [value for value in values if value is not None]
    if name in _COUNTS and len(set(known)) == 1 and known[0].is_integer():
        return f"{known[0]:,.0f}"
    deviation = f" ± {statistics.stdev(known):.4f}" if len(known) > 1 else ""
    return f"{statistics.fmean(known):.4f}{deviation}" if known else ""


def _mean(values: Sequence[float | None], layout: str, unit: float = 1) -> str:
    known = [value / unit for value in values if value is not None]
    return layout.format(statistics.fmean(known)) if known else ""


def _span(values: Sequence[int | None]) -> str:
    known = sorted({value for value in values if value is not None})
    return "–".join(map(str, known[:1] + known[1:][-1:]))
