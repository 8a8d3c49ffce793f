"""``nlpseq runs compare``: two runs beside each other."""

from pathlib import Path
from typing import Any

import click

from nlpseq.cli import verb
from nlpseq.cli.table import table_of, tell
from nlpseq.pipelines.figures import written


@click.command(cls=verb.Verb, short_help="Two runs beside each other.")
@click.argument("one", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
def command(one: Path, other: Path) -> None:
    """The options that two runs differ in, and their figures side by side, means over the seeds.

    \b
    Example:
      nlpseq runs compare runs/quickstart reports/small
    """
    from rich.markup import escape

    from nlpseq.pipelines.runs import compare

    found = compare(one, other)
    names = escape(str(one)), escape(str(other))
    table = table_of(None, ("option", *names), ("option", *names))
    for name, values in found.options.items():
        table.add_row(*map(escape, (name, *map(_option, values))))
    if found.options:
        tell(table, 120)
    else:
        click.echo("no option differs")
    table = table_of(None, ("figure",), ("figure", *names))
    for name, reached in found.figures.items():
        table.add_row(escape(name), *map(_figure, reached))
    tell(table, 120)


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return written(int(value) if value.is_integer() and value > 1 else value)


def _option(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"{text[:12]}…" if len(text) == 64 else text  # a hash
