"""The folder of a run: what its stages and its outcomes leave there, and what the run was."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from nlpseq.errors import CallError
from nlpseq.pipelines import kept
from nlpseq.pipelines.lock import LOCK, locked
from nlpseq.pipelines.outputs import OUTPUTS
from nlpseq.pipelines.record import RECORD, Record
from nlpseq.settings import Settings
from nlpseq.writing import sweep

RUNS = "runs"  #: where the folders of runs are, unless a pipeline names another
STAGES, OUTCOMES, MANIFEST = "stages", "outcomes", "run.json"
_KEY = re.compile(r"[0-9a-f]{32}")


class Listed(Settings):
    """One combination with one seed, and its stages."""

    combination: str  #: empty without a matrix
    seed: int
    stages: list[tuple[str, str]]  #: name, key


class Manifest(Settings):
    """What the last run was: its ``run.json``."""

    name: str
    command: str  #: of a shell that runs it; empty for what was made in Python
    started: str  #: ISO 8601
    finished: str | None = None  #: None: it was cut off, or is at work
    tasks: list[Listed]
    reported: str = ""  #: a hash of what the report was written from

    @property
    def keys(self) -> set[str]:
        """Those of all its stages."""
        return {key for task in self.tasks for _, key in task.stages}


class Store:
    """The folder of a run. Looking into it makes nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._records: dict[str, Record | None] = {}

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The store in a folder, or a new one.

        :raises CallError: where something else is there
        """
        if folder.exists() and not folder.is_dir():
            raise CallError("a run has a folder, and this is a file", where=str(folder))
        others = {path.name for path in folder.iterdir()} - {LOCK} if folder.is_dir() else ()
        if others and not is_run(folder):
            raise CallError(
                "the folder holds something, and no run",
                where=str(folder),
                remedy="name another folder with -s report=FOLDER",
            )
        return cls(folder)

    @property
    def outcomes(self) -> Path:
        """Where what came of each combination and seed is kept."""
        return self.folder / OUTCOMES

    def stage(self, key: str) -> Path:
        """Where a stage leaves its work."""
        return self.folder / STAGES / key

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A block that writes: no other process does at the same time, and what one that was
        killed has left half is taken away.

        :raises CallError: where another does, naming it
        """
        new = not is_run(self.folder)
        made = [parent for parent in self.folder.parents if not parent.exists()]
        with locked(self.folder):
            (self.folder / STAGES).mkdir(exist_ok=True)
            for above, folders, _ in os.walk(self.folder):
                sweep(Path(above))
                folders[:] = [name for name in folders if not name.startswith(".")]
            try:
                yield
            except BaseException:
                if new and not any(any(self.stage(key).iterdir()) for key in self.known()):
                    self._vanish(made)
                raise

    def _vanish(self, made: Iterable[Path]) -> None:
        """Leave no trace of a run in which nothing was done."""
        if not (self.folder / OUTPUTS).exists():
            with suppress(OSError):
                shutil.rmtree(self.folder)
                for parent in made:
                    parent.rmdir()

    def record(self, key: str) -> Record | None:
        """What a finished stage says of itself; None where it is not finished."""
        if key not in self._records:
            self._records[key] = Record.read(self.stage(key))
        return self._records[key]

    def look_again(self) -> None:
        """Trust nothing that was read before: another process may have been at work."""
        self._records.clear()

    def begin(self, key: str, *, but: str) -> Path:
        """The folder of a stage that is about to run, with nothing in it.

        :param but: a name in it that stays
        """
        self.forget(key)
        folder = self.stage(key)
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if path.is_dir() and path.name != but:
                shutil.rmtree(path)
            elif path.name != but:
                path.unlink()
        return folder

    def forget(self, key: str) -> None:
        """Let a stage be one that is not finished."""
        self._records[key] = None
        (self.stage(key) / RECORD).unlink(missing_ok=True)

    def finish(self, key: str, record: Record) -> None:
        """Let a stage be finished."""
        record.write(self.stage(key))
        self._records[key] = record

    def known(self) -> list[str]:
        """Those of all stages that have left something."""
        folder = self.folder / STAGES
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return sorted(name for name in names if _KEY.fullmatch(name))

    @property
    def manifest(self) -> Manifest | None:
        """What the last run was; None before the first.

        :raises DataError: where something else stands there
        """
        path = self.folder / MANIFEST
        return kept.read(Manifest, path, by="a run", remedy="remove it and run again")

    def note(self, manifest: Manifest) -> None:
        """Keep what the run is, whole or not at all."""
        kept.write(manifest, self.folder / MANIFEST)


def is_run(folder: Path) -> bool:
    """Whether there is a run, finished or not."""
    return (folder / STAGES).is_dir()


def folder_of(name: str) -> Path:
    """Where a pipeline of a name has its run, unless it names a folder."""
    return Path(RUNS, re.sub(r"[^\w.,=+]+", "-", name).strip("-.") or "run")
