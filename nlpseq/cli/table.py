"""Tables on standard output."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

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


def figure(value: float | int | str) -> str:
    """A figure of a stage, for people."""
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else value
