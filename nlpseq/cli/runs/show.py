"""``nlpseq runs show``: the stages of a run."""

from pathlib import Path

import click

from nlpseq.cli import verb
from nlpseq.cli.table import measured, table_of, tell


@click.command(cls=verb.Verb, short_help="The stages of a run.")
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """The stages of a run: seconds, the most memory held, figures, and what each has left on the
    disk. What several combinations share stands there once.

    \b
    Example:
      nlpseq runs show runs/quickstart
    """
    from rich.markup import escape

    from nlpseq.pipelines.runs import stages

    rows = list(stages(folder))
    combinations = len({row.task.combination for row in rows}) > 1
    seeds = len({row.task.seed for row in rows}) > 1
    heads = [*([""] if combinations else []), *(["seed"] if seeds else [])]
    columns = [*heads, "stage", "seconds", "peak memory", "MB", "figures"]
    table = table_of(None, ("", "stage", "figures"), columns)
    for task, name, _, record, size in rows:
        cells = [
            *([task.combination] if combinations else []), *([str(task.seed)] if seeds else []),
            name,
        ]  # fmt: skip
        if record is None:
            table.add_row(*map(escape, cells), "", "", f"{size / 1e6:,.1f}", "not finished")
            continue
        memory, figures = measured(record.memory, record.figures)
        cells += [f"{record.seconds:.1f}", memory, f"{size / 1e6:,.1f}", figures]
        table.add_row(*map(escape, cells))
    tell(table, 120)
