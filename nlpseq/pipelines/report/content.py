"""What a report says, in sections: the page and the Markdown say the same."""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nlpseq.embeddings.coverage import WAYS
from nlpseq.metrics.spans import FAULTS
from nlpseq.pipelines.figures import written
from nlpseq.pipelines.outcome import Outcome, StageResult
from nlpseq.pipelines.report.details import Confusion, Details, Shares
from nlpseq.pipelines.report.summary import (
    BASELINE,
    figures,
    groups,
    losses,
    main_figure,
    spread,
    table,
)


class Grid(NamedTuple):
    """A table; the cells are text."""

    columns: list[str]
    rows: list[list[str]]
    words: Sequence[int] = (0,)  #: the columns that hold words; others hold numbers
    strong: int | None = None  #: the row that stands out
    long: bool = False  #: whether the words are whole texts


class Facts(NamedTuple):
    """Names and what they have."""

    items: dict[str, str]


class Code(NamedTuple):
    """What is to be copied into a shell."""

    text: str


class Warned(NamedTuple):
    """A paragraph that nobody should miss."""

    text: str


class Curves(NamedTuple):
    """Learning curves: name → the development figure after each epoch, one list a seed."""

    lines: dict[str, list[list[float]]]
    figure: str
    baseline: float | None


class Section(NamedTuple):
    """A heading and what stands below it; a string is a paragraph."""

    title: str
    parts: "Sequence[Part]"
    folded: bool = False  #: whether a reader has to ask for it


Part = str | Grid | Facts | Code | Warned | Curves | Confusion | Section


def sections(title: str, outcomes: Sequence[Outcome], command: str) -> Iterator[Section]:
    """All of a report, from the sum to the particulars.

    :param command: of a shell that runs the same; empty where there is none
    :raises DataError: where an outcome has details that are none
    """
    found = table(outcomes)
    known = [Details.read(o.details) for o in outcomes]
    named = [i for i, column in enumerate(found.columns) if not column]
    summary: list[Part] = [Grid(found.columns, found.rows, named, found.best)]
    if told := losses(outcomes):
        summary.append(Warned(told))
    summary.append(_reading(outcomes))
    yield Section("Summary", summary)
    reached = figures(outcomes)
    if reached.rows:
        signatures = sorted({each.signature for each in known if each.signature})
        yield Section("Figures", [Grid(reached.columns, reached.rows), *map(_signed, signatures)])
    if (lines := curves(title, outcomes)).lines:
        yield Section("Learning curves", [lines])
    runs = [_run(o, each, len(outcomes) > 1) for o, each in zip(outcomes, known, strict=True)]
    yield Section("Runs", runs) if len(runs) > 1 else runs[0]
    yield Section("How it was made", list(_made(outcomes, known, command)))


def curves(title: str, outcomes: Sequence[Outcome]) -> Curves:
    """The learning curves; no line where nothing was trained."""
    lines = {
        name or title: [o.curve for o in runs if o.curve] for name, runs in groups(outcomes).items()
    }
    # one line for all combinations, where they were trained and evaluated on the same documents
    known = {(o.seed, o.figures[BASELINE]) for o in outcomes if BASELINE in o.figures}
    same = len(known) == len({o.seed for o in outcomes})
    return Curves(
        {name: seeds for name, seeds in lines.items() if seeds},
        main_figure(outcomes),
        statistics.fmean(figure for _, figure in known) if same else None,
    )


def _signed(signature: str) -> str:
    return f"Signature: {signature}"


def _reading(outcomes: Sequence[Outcome]) -> str:
    seeds = sorted({o.seed for o in outcomes})
    of = f"of seed {seeds[0]}"
    if len(seeds) > 1:
        of = f"mean ± standard deviation over the seeds {', '.join(map(str, seeds))}"
    return (
        f"The figure is that of the evaluation, {of}. Seconds are those of training, validation "
        "aside; rows a second in training are bare of it too, those predicted include tokenising. "
        "The size is the exported folder's. Memory is the most that the process held while the "
        "run lasted."
    )


def _run(outcome: Outcome, details: Details, several: bool) -> Section:
    """One combination with one seed."""
    parts = [
        Section(title, [part for part in found if part], folded)
        for title, folded, found in (
            ("Labels", False, [_labels(details)]),
            ("Confusion", False, _confusion(details)),
            ("Errors" if details.wrong else "Examples", False, _examples(details)),
            ("Coverage of the vectors", False, [_coverage(details.coverage)]),
            ("Stages", False, [_stages(outcome.stages)]),
            ("Epochs", True, [_epochs(outcome)]),
            ("Options", True, [_options(details.options)]),
        )
        if any(found)
    ]
    if not several:
        return Section("The run", parts)
    name = ", ".join(filter(None, [outcome.combination, f"seed {outcome.seed}"]))
    figure = next(iter(outcome.figures), None)
    reached = f": {figure} {spread([outcome.figures[figure]])}" if figure else ""
    return Section(name + reached, parts, folded=True)


def _labels(details: Details) -> Grid | None:
    if not details.labels:
        return None
    counted = any(label.predicted is not None for label in details.labels)
    rows = []
    for label in details.labels:
        shares = [f"{share:.4f}" for share in (label.precision, label.recall, label.f1)]
        predicted = [f"{label.predicted or 0:,}"] if counted else []
        rows.append([label.name, *shares, f"{label.gold:,}", *predicted])
    if details.more_labels:
        others = f"({details.more_labels:,} others, that are rarer)"
        rows.append([others, *[""] * (len(rows[0]) - 1)])
    return Grid(["", "precision", "recall", "F1", "true", *["predicted"] * counted], rows)


def _confusion(details: Details) -> list[Part | None]:
    if details.confusion is None:
        return []
    note = (
        "A row is what is true, a column what was predicted. The deeper a colour, the more of its "
        "row a cell has."
    )
    return [details.confusion, note]


def _examples(details: Details) -> list[Part | None]:
    examples, translated = details.examples, not details.wrong
    if not examples:
        return []
    columns, words = ["text", "true", "predicted", "confidence"], [0, 1, 2]
    layout = "{:.1%}"
    if translated:
        columns, layout = ["text", "reference", "translation", "log P"], "{:.2f}"
    sure = ["" if e.confidence is None else layout.format(e.confidence) for e in examples]
    rows = [[e.text, e.true, e.predicted, one] for e, one in zip(examples, sure, strict=True)]
    if any(e.kind for e in examples):
        words.append(len(columns))
        columns.append("what is wrong")
        rows = [[*row, FAULTS.get(e.kind, e.kind)] for row, e in zip(rows, examples, strict=True)]
    grid = Grid(columns, rows, words, long=True)
    if translated:
        return [f"{len(rows)} of the development examples.", grid]
    count = f"{details.wrong:,} {'error' if details.wrong == 1 else 'errors'}"
    note = f"{count} in {details.looked_at:,} development examples"
    if len(rows) < details.wrong:
        note += f"; the {len(rows)} of which the model is most certain"
    return [f"{note}.", grid]


def _coverage(coverage: Mapping[str, Shares]) -> Grid | None:
    rows, used = [], [way for way in WAYS if any(s.by_word.get(way) for s in coverage.values())]
    for side, shares in coverage.items():
        for what, numbers in (("words", shares.by_word), ("running words", shares.by_token)):
            total = sum(numbers.values())
            parts = [f"{numbers.get(way, 0) / max(1, total):.1%}" for way in used]
            name = f"{side}, {what}" if len(coverage) > 1 else what
            rows.append([name, f"{total:,}", *parts])
    return Grid(["", "number", *used], rows) if rows else None


def _stages(stages: Sequence[StageResult]) -> Grid | None:
    rows = [
        [
            f"{stage.name} (shared)" if stage.shared else stage.name,
            f"{stage.seconds:,.1f}",
            "" if stage.memory is None else f"{stage.memory / 2**20:,.0f}",
            ", ".join(f"{name} {written(value)}" for name, value in stage.figures.items()),
        ]
        for stage in stages
    ]
    return Grid(["stage", "seconds", "memory, MiB", "figures"], rows, (0, 3)) if rows else None


def _epochs(outcome: Outcome) -> Grid | None:
    rows = [[str(i), f"{figure:.4f}"] for i, figure in enumerate(outcome.curve, 1)]
    strong = outcome.best - 1 if outcome.best and outcome.best <= len(rows) else None
    return Grid(["epoch", main_figure([outcome])], rows, (), strong) if rows else None


def _options(options: Mapping[str, Mapping[str, Any]]) -> Grid | None:
    rows = [
        [stage, name, value] for stage, given in options.items() for name, value in _flat("", given)
    ]
    return Grid(["stage", "option", "value"], rows, (0, 1, 2)) if rows else None


def _flat(prefix: str, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in options.items():
        if isinstance(value, dict) and value:
            yield from _flat(f"{prefix}{name}.", value)
        else:
            written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{prefix}{name}", written


def _made(outcomes: Sequence[Outcome], known: Sequence[Details], command: str) -> Iterator[Part]:
    threads = {o.threads for o in outcomes}
    if command and len(threads) == 1:
        command += f" --threads {next(iter(threads))}"
    if command:
        yield Code(command)
    days = sorted(o.finished[:10] for o in outcomes)
    facts = {
        "finished": {days[0], days[-1]},
        "versions": {o.versions for o in outcomes},
        "machine": {o.machine for o in outcomes},
        "threads": {str(o.threads) for o in outcomes},
        "device": {o.device for o in outcomes},
        "seeds": {", ".join(map(str, sorted({o.seed for o in outcomes})))},
    }
    yield Facts({name: "; ".join(sorted(values)) for name, values in facts.items()})
    inputs = dict.fromkeys((i.option, i.path, i.hash) for each in known for i in each.inputs)
    if inputs:
        grid = Grid(["option", "file", "hash of its content"], list(map(list, inputs)), (0, 1, 2))
        yield Section("What was read", [grid])
    yield "Each run has a line in results.csv."
