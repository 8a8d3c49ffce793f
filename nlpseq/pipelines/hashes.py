"""Hashes of files' contents, taken anew only where a file is not as it was."""

import json
import secrets
import time
from pathlib import Path
from typing import NamedTuple, Self

from nlpseq.files import archive_of, content_hash
from nlpseq.writing import atomic_write

_MAX_BYTES = 1 << 26
_UNSURE = 2_000_000_000  # ns: within the clock of some file systems two writings look like one


class Seen(NamedTuple):
    """A file as it was when it was hashed."""

    size: int
    modified: int  #: ns
    inode: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """As it is now."""
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ino)


class Hashes:
    """Path → hash of its content, kept in a file: what was hashed once is not read again as long
    as size, time and inode stay.

    :param file: made by :meth:`write`; one that cannot be read is as good as none
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._kept = self._read()
        self._known: dict[str, tuple[Seen, str]] = {}
        self._once: dict[str, str] = {}  # of what can be read once

    def __call__(self, path: Path) -> str:
        """The hash of a file, or of a member of an archive; what is no file, such as a pipe, has
        one that never comes again.
        """
        file = archive_of(path) or path
        if not file.is_file():
            return self._once.setdefault(str(path), f"read once {secrets.token_hex(8)}")
        name, seen = str(file.absolute()), Seen.of(file)
        found = self._known.get(name) or self._kept.get(name)
        if found is None or found[0] != seen:
            found = seen, content_hash(file)
        self._known[name] = found
        member = path.relative_to(file).as_posix()
        return found[1] if member == "." else f"{found[1]} {member}"

    def write(self) -> None:
        """Keep those that were asked for."""
        sure = time.time_ns() - _UNSURE
        kept = {name: (s, h) for name, (s, h) in self._known.items() if s.modified < sure}
        if kept != self._kept:
            with atomic_write(self.file) as file:
                file.write(json.dumps(kept, indent=1).encode())

    def _read(self) -> dict[str, tuple[Seen, str]]:
        try:
            with self.file.open("rb") as file:
                content = json.loads(file.read(_MAX_BYTES))
            return {str(n): (Seen(*map(int, s)), str(h)) for n, (s, h) in content.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}
