"""Progress on standard error: bars on a terminal, lines on request."""

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import click

from nlpseq.progress import Progress, Task, silent


def shown(verbose: bool, *, answers: bool = False) -> AbstractContextManager[Progress]:
    """Lines where ``verbose``, bars where standard error is a terminal, else nothing.

    :param answers: standard output gets answers meanwhile: on a terminal they tell how far it is,
        and a bar would stand in their midst
    """
    if verbose:
        return nullcontext(_Lines())
    if sys.stderr.isatty() and not (answers and sys.stdout.isatty()):
        return _bars()
    return nullcontext(silent)


class _Lines:
    """A line when a task starts, and its newest note every five seconds."""

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Task]:
        click.echo(description, err=True)
        yield _Line(description, total)


class _Line:
    def __init__(self, description: str, total: int | None) -> None:
        self.description, self.total, self.done = description, total, 0
        self.shown = time.monotonic()

    def advance(self, amount: int = 1, note: str = "") -> None:
        self.done += amount
        if time.monotonic() - self.shown >= 5:
            self.shown = time.monotonic()
            share = f" {self.done / self.total:.0%}" if self.total else f" {self.done:,}"
            click.echo(f"{self.description}{share}{', ' if note else ''}{note}", err=True)


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bars:

        class Bar:
            def __init__(self, number: TaskID) -> None:
                self.number = number

            def advance(self, amount: int = 1, note: str = "") -> None:
                bars.advance(self.number, amount)
                if note:
                    bars.update(self.number, note=note)

        class Bars:
            @contextmanager
            def task(self, description: str, total: int | None = None) -> Iterator[Task]:
                number = bars.add_task(description, total=total, note="")
                try:
                    yield Bar(number)
                finally:
                    bars.remove_task(number)

        yield Bars()
