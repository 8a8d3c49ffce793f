"""What a run writes outside of its folder: known again as its own as long as nobody changes it."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from nlpseq.files import content_hash
from nlpseq.settings import Settings
from nlpseq.writing import atomic_write, install, sweep

OUTPUTS = "outputs.json"
_MAX_BYTES = 1 << 24
_NEWEST = 4  # contents that are known of a path: those before a run that was killed, and its own


class Mark(Settings):
    """A file or folder as it was written."""

    sha256: str
    files: dict[str, tuple[int, int]]  #: size and time of each; the file itself is ``.``

    @classmethod
    def of(cls, path: Path) -> Self:
        """As it is now."""
        digest = hashlib.sha256()
        files = _files(path)
        for name in files:
            digest.update(f"{name}\0{content_hash(path / name)}\n".encode())
        return cls(sha256=digest.hexdigest(), files=files)

    def holds(self, path: Path) -> bool:
        """Whether it is still so. Contents are read where times have changed alone."""
        files = _files(path)
        if files == self.files:
            return True
        same = {n: s for n, (s, _) in files.items()} == {n: s for n, (s, _) in self.files.items()}
        return same and Mark.of(path).sha256 == self.sha256

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(size for size, _ in self.files.values())


def _files(path: Path) -> dict[str, tuple[int, int]]:
    found = sorted(file for file in (path, *path.rglob("*")) if file.is_file())
    stats = {file.relative_to(path).as_posix(): file.stat() for file in found}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


class Outputs:
    """Path → the contents that runs of one folder have written there, kept in it.

    They are noted before they are put in place: what a killed run has left is its own as well.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / OUTPUTS
        self._known: dict[str, list[str]] = {}
        with suppress(OSError, ValueError, RecursionError), self._file.open("rb") as file:
            self._known = json.loads(file.read(_MAX_BYTES))

    def ours(self, path: Path) -> bool:
        """Whether what stands there was written by a run of this folder, and not changed since."""
        known = self._known.get(self._name(path))
        return known is not None and path.exists() and Mark.of(path).sha256 in known

    @contextmanager
    def writing(self, path: Path, work: Path) -> Iterator[Path]:
        """Write a file or folder: what is made at the path given comes into place at the end.

        :param work: a folder for it until then
        """
        room = work / "outputs"
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir(parents=True)
        yield room / path.name
        for made in sorted(room.iterdir(), key=lambda made: made.name == path.name):  # it last
            self._note(path.with_name(made.name), Mark.of(made).sha256)
            install(made, path.with_name(made.name))
        room.rmdir()

    def _note(self, path: Path, sha256: str) -> None:
        name = self._name(path)
        before = [other for other in self._known.get(name, ()) if other != sha256]
        self._known[name] = [*before, sha256][-_NEWEST:]
        with atomic_write(self._file) as file:
            file.write(json.dumps(self._known, indent=1).encode())

    def _name(self, path: Path) -> str:
        """From the folder on, so that both can be moved together."""
        try:
            return Path(os.path.relpath(path.absolute(), self._file.parent.absolute())).as_posix()
        except ValueError:  # on another drive
            return str(path.absolute())


def sweep_beside(path: Path) -> None:
    """Take away what writers of a path that were killed have left beside it."""
    real = path.resolve()
    sweep(real.parent, real.name)
