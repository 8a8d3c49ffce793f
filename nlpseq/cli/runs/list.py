"""``nlpseq runs list``: the runs of a folder."""

from pathlib import Path

import click

from nlpseq.cli import verb
from nlpseq.cli.table import table_of, tell


@click.command(cls=verb.Verb, short_help="The runs of a folder, and how far they are.")
@click.argument("folder", type=click.Path(path_type=Path), default="runs")
def command(folder: Path) -> None:
    """The runs of a folder, `runs` by default: how far each is, what it reached, when it was
    started, and what it takes of the disk.

    \b
    Examples:
      nlpseq runs list
      nlpseq runs list reports
    """
    from rich.markup import escape

    from nlpseq.pipelines.runs import found, standing

    text = ("run", "standing", "figure", "started")
    table = table_of(None, text, ("run", "standing", "figure", "started", "MB"))
    for path in found(folder):
        run = standing(path)
        if run.process:
            state = f"process {run.process} is at work on {run.at or 'the report'}"
        elif run.at:
            state = f"{run.done} of {run.stages} stages, not {run.at}"
        else:
            state = "finished"
        reached = f"{run.figure[0]} {run.figure[1]:.4f}" if run.figure else ""
        when = f"{run.started:%Y-%m-%d %H:%M}"
        cells = str(path), state, reached, when, f"{run.size / 1e6:,.1f}"
        table.add_row(*map(escape, cells))
    tell(table, 120)
