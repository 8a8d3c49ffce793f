"""The report of a run: a table with a line for each combination, its rows as CSV, the curves."""

import csv
import io
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from nlpseq.errors import CallError
from nlpseq.files import atomic_write
from nlpseq.pipelines import curves
from nlpseq.pipelines.outcome import Outcome

#: the folder of a report that holds what each run has left
RUNS = "runs"
PAGE, ROWS, CURVES = "report.md", "results.csv", "curves"

_BASELINE = "linear"  # the figure of the linear baseline on the same documents


class Table(NamedTuple):
    """Cells as text, and which rows to point out."""

    columns: list[str]
    rows: list[list[str]]
    best: int | None  #: the row with the highest figure; None where there is nothing to choose
    below: list[str]  #: combinations that lose to the linear baseline


def require(folder: Path) -> Path:
    """``folder``, if a report may be written there.

    :raises CallError: where something else is there
    """
    if folder.exists() and not folder.is_dir():
        raise CallError("a report is a folder, and this is a file", where=str(folder))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RUNS).is_dir():
        raise CallError(
            "the folder holds something, and no report",
            where=str(folder),
            remedy="name another folder with -s report=FOLDER",
        )
    return folder


def table(outcomes: Sequence[Outcome]) -> Table:
    """A row for each combination: means over its seeds, the figure with its deviation.

    Columns of which no run knows anything are left out.
    """
    groups = _groups(outcomes)
    figure = _figure(outcomes)
    columns: dict[str, Callable[[list[Outcome]], str]] = {
        "": lambda runs: runs[0].combination,
        "parameters": lambda runs: _mean([o.parameters for o in runs], "{:,.0f}"),
        figure: lambda runs: _spread([o.figures.get(figure) for o in runs]),
        "linear baseline": lambda runs: _mean([o.figures.get(_BASELINE) for o in runs], "{:.4f}"),
        "best epoch": lambda runs: _span([o.best for o in runs]),
        "training, s": lambda runs: _mean([o.seconds or None for o in runs], "{:,.1f}"),
        "trained rows/s": lambda runs: _mean([o.trained for o in runs], "{:,.0f}"),
        "predicted rows/s": lambda runs: _mean([o.predicted for o in runs], "{:,.0f}"),
        "size, MB": lambda runs: _mean([o.size for o in runs], "{:,.2f}", 1e6),
        "memory, MiB": lambda runs: _mean([o.memory for o in runs], "{:,.0f}", 2**20),
    }
    cells = {name: [cell(runs) for runs in groups.values()] for name, cell in columns.items()}
    shown = [name for name, column in cells.items() if any(column)]
    means = {
        name: statistics.fmean(o.figures[figure] for o in runs)
        for name, runs in groups.items()
        if all(figure in o.figures for o in runs)
    }
    best = max(means, key=lambda name: means[name]) if len(means) > 1 else None
    below = [
        name
        for name, runs in groups.items()
        if all(_BASELINE in o.figures for o in runs)
        and means[name] < statistics.fmean(o.figures[_BASELINE] for o in runs)
    ]
    rows = [[cells[name][i] for name in shown] for i in range(len(groups))]
    return Table(shown, rows, list(groups).index(best) if best is not None else None, below)


def write(folder: Path, title: str, outcomes: Sequence[Outcome], command: str) -> None:
    """Write the page, the rows and, where there are any, the curves.

    :param command: of a shell that runs the same; empty where there is none
    """
    pictures = _curves(title, outcomes)
    for suffix, content in pictures.items():
        with atomic_write(folder / f"{CURVES}.{suffix}") as file:
            file.write(content)
    with atomic_write(folder / ROWS) as file:
        file.write(_csv(outcomes).encode())
    with atomic_write(folder / PAGE) as file:
        file.write(_page(title, outcomes, command, bool(pictures)).encode())


def _groups(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Combination → its outcomes, one a seed."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.combination, []).append(outcome)
    return groups


def _figure(outcomes: Sequence[Outcome]) -> str:
    """The name of the figure that counts: the first of the evaluation."""
    return next((name for o in outcomes for name in o.figures), "figure")


def _mean(values: Sequence[float | None], layout: str, unit: float = 1) -> str:
    known = [value / unit for value in values if value is not None]
    return layout.format(statistics.fmean(known)) if known else ""


def _spread(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    deviation = f" ± {statistics.stdev(known):.4f}" if len(known) > 1 else ""
    return f"{statistics.fmean(known):.4f}{deviation}" if known else ""


def _span(values: Sequence[int | None]) -> str:
    known = sorted({value for value in values if value is not None})
    return "–".join(map(str, known[:1] + known[1:][-1:]))


def _curves(title: str, outcomes: Sequence[Outcome]) -> Mapping[str, bytes]:
    lines = {
        name or title: [o.curve for o in runs if o.curve]
        for name, runs in _groups(outcomes).items()
    }
    lines = {name: seeds for name, seeds in lines.items() if seeds}
    if not lines:
        return {}
    # one line for all combinations, where they were trained and evaluated on the same documents
    known = {(o.seed, o.figures[_BASELINE]) for o in outcomes if _BASELINE in o.figures}
    same = len(known) == len({o.seed for o in outcomes})
    return curves.draw(
        lines,
        title=title,
        figure=_figure(outcomes),
        baseline=statistics.fmean(figure for _, figure in known) if same else None,
    )


def _csv(outcomes: Sequence[Outcome]) -> str:
    figures = list(dict.fromkeys(name for o in outcomes for name in o.figures))
    axes = list(dict.fromkeys(axis for o in outcomes for axis in o.choices))
    measured = [
        "parameters", "best", "seconds", "trained", "predicted", "size", "memory", "threads",
        "device", "finished", "machine", "versions",
    ]  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["combination", *axes, "seed", *figures, "epochs", *measured])
    for o in outcomes:
        choices = [o.choices.get(axis) for axis in axes]
        reached = [o.figures.get(name) for name in figures]
        others = [getattr(o, name) for name in measured]
        writer.writerow([o.combination, *choices, o.seed, *reached, len(o.curve), *others])
    return out.getvalue()


def _page(title: str, outcomes: Sequence[Outcome], command: str, pictures: bool) -> str:
    found = table(outcomes)
    seeds = sorted({o.seed for o in outcomes})
    rows = [list(row) for row in found.rows]
    if found.best is not None:
        rows[found.best] = [f"**{cell}**" if cell else "" for cell in rows[found.best]]
    lines = [
        f"# {title}",
        "",
        _markdown(found.columns),
        _markdown(["---", *["---:"] * (len(found.columns) - 1)]),
        *map(_markdown, rows),
        "",
    ]
    if found.below:
        lines += [f"Below the linear baseline: {', '.join(found.below)}.", ""]
    if pictures:
        lines += [f"![The development figure after each epoch]({CURVES}.png)", ""]
    lines += [
        f"The figure is that of the evaluation, {_runs(seeds)}. Seconds are those of training, "
        "validation aside; rows a second in training are bare of it too, those predicted include "
        "tokenising. The size is the exported folder's. Memory is the most that the process held "
        f"while the run lasted. Each run stands in [{ROWS}]({ROWS}), and in [{RUNS}/]({RUNS}/) "
        "with all that is known of it.",
        "",
        "## How it was made",
        "",
    ]
    threads = {o.threads for o in outcomes}
    if command and len(threads) == 1:
        command += f" --threads {threads.pop()}"
    if command:
        lines += ["```sh", command, "```", ""]
    days = sorted(o.finished[:10] for o in outcomes)
    facts = {
        "finished": {days[0], days[-1]},
        "versions": {o.versions for o in outcomes},
        "machine": {o.machine for o in outcomes},
        "threads": {str(o.threads) for o in outcomes},
        "device": {o.device for o in outcomes},
    }
    lines += [f"- {name}: {'; '.join(sorted(values))}" for name, values in facts.items()]
    return "\n".join([*lines, ""])


def _runs(seeds: Sequence[int]) -> str:
    if len(seeds) == 1:
        return f"of seed {seeds[0]}"
    return f"mean ± standard deviation over the seeds {', '.join(map(str, seeds))}"


def _markdown(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
