"""Tables on standard output."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from nlpseq.pipelines.figures import written

if TYPE_CHECKING:
    from rich.table import Table


def table_of(title: str | None, left: Iterable[str], columns: Iterable[str]) -> "Table":
    """A table without rows.

    :param left: columns of text, which start at the left
    """
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in left else "right")
    return table


def tell(table: "Table", width: int) -> None:
    """Print it.

    :param width: where there is no terminal
    """
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = width
    console.print(table)


def measured(memory: int | None, figures: Mapping[str, float | int | str]) -> tuple[str, str]:
    """The cells of a stage: the most bytes that it held, and its figures."""
    told = "   ".join(f"{name} {written(value)}" for name, value in figures.items())
    return "" if memory is None else f"{memory / 2**20:,.0f} MiB", told
