"""``nlpseq run``: a pipeline, from its file to its figures."""

from typing import TYPE_CHECKING

import click

from nlpseq.cli import verb
from nlpseq.cli.progress import shown

if TYPE_CHECKING:
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
@click.option("--force", is_flag=True, help="Replace models and files that are there already.")
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
    its figures. Paths in the file start from the file; those given with -s, and all that is
    written, from the current folder.

    \b
    Examples:
      nlpseq run quickstart
      nlpseq run quickstart -s classifier.hidden=32 --seed 1 --seed 2 --force
      nlpseq run my.yaml -s corpus.train=reviews.csv -s corpus.label=stars
    """
    from nlpseq.pipelines.runner import Pipeline

    if seeds:
        overrides = (*overrides, f"seeds={list(seeds)}")
    pipeline = Pipeline.load(source, overrides)
    with shown(verbose) as progress:
        run = pipeline.run(threads=threads, device=device, force=force, progress=progress)
    _show(pipeline, run)


def _show(pipeline: "Pipeline", run: "Run") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console.width = 120
    several = len(pipeline.seeds) > 1
    table = Table(title=pipeline.name, title_justify="left")
    for column in [*(["seed"] if several else []), "stage", "seconds", "peak memory", "figures"]:
        table.add_column(column, justify="left" if column in ("stage", "figures") else "right")
    for result in run.results:
        memory = "" if result.memory is None else f"{result.memory / 2**20:,.0f} MiB"
        figures = "   ".join(f"{name} {_figure(v)}" for name, v in result.figures.items())
        cells = [result.name, f"{result.seconds:.1f}", memory, figures]
        table.add_row(*([str(result.seed)] if several else []), *cells)
    console.print(table)
    for seed, artefacts in run.artefacts.items():
        if artefacts.report:
            click.echo(f"seed {seed}\n" if several else "", nl=several)
            click.echo(f"{artefacts.report}\n")
    if several:
        for name, (mean, deviation) in run.summary().items():
            click.echo(f"{name} {mean:.4f} ± {deviation:.4f}, {len(run.artefacts)} seeds")


def _figure(value: float | int | str) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else value
