"""Progress of long work: what the library reports, and whoever shows it listens to.

The library only ever calls a :class:`Progress`; the command line draws bars with it. The
default, :data:`silent`, shows nothing.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Task(Protocol):
    """One piece of work under way."""

    def advance(self, amount: int = 1, note: str = "") -> None:
        """``amount`` more units are done; ``note`` is the newest figure worth seeing."""


class Progress(Protocol):
    """Whoever shows progress."""

    def task(self, description: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Open a piece of work of ``total`` units (None: not known)."""


class _Silent:
    def task(self, description: str, total: int | None = None) -> AbstractContextManager[Task]:
        return nullcontext(self)

    def advance(self, amount: int = 1, note: str = "") -> None:
        pass


silent: Progress = _Silent()
