"""``nlpseq run``: a pipeline, from its file to its figures."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from nlpseq.cli import completion, verb
from nlpseq.cli.progress import shown
from nlpseq.cli.table import measured, table_of, tell

if TYPE_CHECKING:
    from nlpseq.pipelines.runner import Pipeline, Run
    from nlpseq.pipelines.task import Task


@click.command(cls=verb.Verb, short_help="Run a pipeline, from its file to its figures.")
@click.argument("source", metavar="FILE|NAME", shell_complete=completion.sources)
@click.option(
    "-s", "--set", "overrides", multiple=True, metavar="STAGE.KEY=VALUE",
    shell_complete=completion.assignments,
    help="Set an option over the file's. May be given several times.",
)  # fmt: skip
@click.option(
    "--seed", "seeds", type=click.IntRange(0), multiple=True,
    help="Seed instead of the file's; several give one run each, and their mean.",
)  # fmt: skip
@verb.threads
@verb.device
@click.option(
    "--from", "start", metavar="STAGE", help="Run this stage and those after it, done or not."
)
@click.option("--until", "stop", metavar="STAGE", help="Stop after this stage.")
@click.option(
    "--force", is_flag=True, help="Run all stages again, and replace models and files of others."
)
@click.option("--dry-run", is_flag=True, help="Say what would be run, and why; write nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is being done, line by line.")
def command(
    source: str,
    overrides: tuple[str, ...],
    seeds: tuple[int, ...],
    threads: int | None,
    device: str,
    start: str | None,
    stop: str | None,
    force: bool,
    dry_run: bool,
    verbose: bool,
) -> None:
    """Run a pipeline: a YAML file, or the name of one that comes with nlpseq.

    What each stage has made is kept in runs/NAME of the current folder, or in the folder that the
    file names with report: a second run does what is not done, what changed, and what comes after
    it; one that was cut off goes on. The table at the end has a line for each stage: its time, the
    most memory held while it ran, and its figures; or a line for each combination of a matrix.
    Paths in the file start from the file; those given with -s, and all that is written, from the
    current folder.

    \b
    Examples:
      nlpseq run quickstart
      nlpseq run quickstart -s classifier.hidden=32 --dry-run
      nlpseq run quickstart -s classifier.hidden=32 --seed 1 --seed 2
      nlpseq run my.yaml -s corpus.train=reviews.csv -s corpus.label=stars
      nlpseq run my.yaml -s "matrix={classifier.hidden: [16, 64]}" -s report=reports/hidden
    """
    from nlpseq.pipelines.report import HTML
    from nlpseq.pipelines.runner import Pipeline

    if seeds:
        overrides = (*overrides, f"seeds={list(seeds)}")
    pipeline = Pipeline.load(source, overrides)
    if dry_run:
        tasks = pipeline.plan(threads=threads, device=device, force=force, start=start, stop=stop)
        _show_plan(tasks)
        return
    with shown(verbose) as progress:
        run = pipeline.run(
            threads=threads, device=device, force=force, start=start, stop=stop, progress=progress
        )
    if pipeline.matrix and run.outcomes:
        _show_matrix(pipeline, run)
    else:
        _show(pipeline, run)
    done, stages = run.done
    if done:
        said = "nothing to do: " if done == stages else ""
        click.echo(f"{said}{done} of {stages} stages were done already ({run.folder})", err=True)
    if run.outcomes:
        click.echo(f"report: {run.folder / HTML}", err=True)


def _show_plan(tasks: "Iterable[Task]") -> None:
    """A line a stage; what several combinations share is said once."""
    for task in tasks:
        if task.title:
            click.echo(f"{task.title}:")
        width = max(len(step.stage.name) for step in task.steps)
        for step in task.steps:
            said = "as above" if step.key not in task.own else _said(step.why, step.lost)
            click.echo(f"{step.stage.name:{width}}  {said}")


def _said(why: str | None, lost: str | None) -> str:
    if why is not None:
        return f"run: {why}"
    return f"write: {lost}" if lost is not None else "done"


def _show_matrix(pipeline: "Pipeline", run: "Run") -> None:
    from rich.markup import escape

    from nlpseq.pipelines.report import table

    found = table(run.outcomes)
    shown = table_of(pipeline.name, ("",), found.columns)
    for i, row in enumerate(found.rows):
        shown.add_row(*map(escape, row), style="bold" if i == found.best else None)
    tell(shown, 160)
    if found.below:
        click.echo(f"below the linear baseline: {', '.join(found.below)}")


def _show(pipeline: "Pipeline", run: "Run") -> None:
    several, matrix = len(pipeline.seeds) > 1, bool(pipeline.matrix)
    done = any(result.done for result in run.results)
    table = table_of(
        pipeline.name,
        ("", "stage", "figures"),
        [
            *([""] if matrix else []), *(["seed"] if several else []),
            "stage", *([" "] if done else []), "seconds", "peak memory", "figures",
        ],
    )  # fmt: skip
    for result in run.results:
        table.add_row(
            *([result.combination] if matrix else []), *([str(result.seed)] if several else []),
            result.name, *(["done" if result.done else ""] if done else []),
            f"{result.seconds:.1f}", *measured(result.memory, result.figures),
        )  # fmt: skip
    tell(table, 120)
    if matrix:
        return
    for title, verdict in run.verdicts.items():
        click.echo(f"{title}\n" if several else "", nl=several)
        click.echo(f"{verdict}\n")
    if several:
        for name, (mean, deviation) in run.summary().items():
            click.echo(f"{name} {mean:.4f} ± {deviation:.4f}, {len(run.outcomes)} seeds")
