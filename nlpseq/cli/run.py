"""``nlpseq run``: a pipeline, from its file to its figures."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlpseq.cli import verb
from nlpseq.cli.progress import shown

if TYPE_CHECKING:
    from rich.table import Table

    from nlpseq.pipelines.runner import Pipeline, Run


@click.command(cls=verb.Verb, short_help="Run a pipeline, from its file to its figures.")
@click.argument("source", metavar="FILE|NAME")
@click.option(
    "-s", "--set", "overrides", multiple=True, metavar="STAGE.KEY=VALUE",
    help="Set an option over the file's. May be given several times.",
)  # fmt: skip
@click.option(
    "--seed", "seeds", type=click.IntRange(0), multiple=True,
    help="Seed instead of the file's; several give one run each, and their mean.",
)  # fmt: skip
@verb.threads
@verb.device
@click.option(
    "--force", is_flag=True, help="Replace models and files that are there, and run all again."
)
@click.option("-v", "--verbose", is_flag=True, help="Say what is being done, line by line.")
def command(
    source: str,
    overrides: tuple[str, ...],
    seeds: tuple[int, ...],
    threads: int | None,
    device: str,
    force: bool,
    verbose: bool,
) -> None:
    """Run a pipeline: a YAML file, or the name of one that comes with nlpseq.

    The table at the end has a line for each stage: its time, the most memory held so far, and
    its figures; or a line for each combination of a matrix. Paths in the file start from the
    file; those given with -s, and all that is written, from the current folder. A run with a
    report that was cut off goes on with what it had not finished.

    \b
    Examples:
      nlpseq run quickstart
      nlpseq run quickstart -s classifier.hidden=32 --seed 1 --seed 2 --force
      nlpseq run my.yaml -s corpus.train=reviews.csv -s corpus.label=stars
      nlpseq run my.yaml -s "matrix={classifier.hidden: [16, 64]}" -s report=reports/hidden
    """
    from nlpseq.pipelines.report import PAGE
    from nlpseq.pipelines.runner import Pipeline

    if seeds:
        overrides = (*overrides, f"seeds={list(seeds)}")
    pipeline = Pipeline.load(source, overrides)
    with shown(verbose) as progress:
        run = pipeline.run(threads=threads, device=device, force=force, progress=progress)
    if pipeline.matrix:
        _show_matrix(pipeline, run)
    else:
        _show(pipeline, run)
    if run.kept:
        count = f"{run.kept} of {len(run.outcomes)} runs"
        click.echo(f"done already: {count}; --force runs them again", err=True)
    if pipeline.report:
        click.echo(f"report: {Path(pipeline.report, PAGE)}", err=True)


def _table(title: str, left: Iterable[str], columns: Iterable[str]) -> "Table":
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in left else "right")
    return table


def _print(table: "Table", width: int) -> None:
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = width
    console.print(table)


def _show_matrix(pipeline: "Pipeline", run: "Run") -> None:
    from rich.markup import escape

    from nlpseq.pipelines.report import table

    found = table(run.outcomes)
    shown = _table(pipeline.name, ("",), found.columns)
    for i, row in enumerate(found.rows):
        shown.add_row(*map(escape, row), style="bold" if i == found.best else None)
    _print(shown, 160)
    if found.below:
        click.echo(f"below the linear baseline: {', '.join(found.below)}")


def _show(pipeline: "Pipeline", run: "Run") -> None:
    several = len(pipeline.seeds) > 1
    columns = [*(["seed"] if several else []), "stage", "seconds", "peak memory", "figures"]
    table = _table(pipeline.name, ("stage", "figures"), columns)
    for result in run.results:
        memory = "" if result.memory is None else f"{result.memory / 2**20:,.0f} MiB"
        figures = "   ".join(f"{name} {_figure(v)}" for name, v in result.figures.items())
        cells = [result.name, f"{result.seconds:.1f}", memory, figures]
        table.add_row(*([str(result.seed)] if several else []), *cells)
    _print(table, 120)
    for seed, artefacts in run.artefacts.items():
        if artefacts.report:
            click.echo(f"seed {seed}\n" if several else "", nl=several)
            click.echo(f"{artefacts.report}\n")
    if several:
        for name, (mean, deviation) in run.summary().items():
            click.echo(f"{name} {mean:.4f} ± {deviation:.4f}, {len(run.outcomes)} seeds")


def _figure(value: float | int | str) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else value
