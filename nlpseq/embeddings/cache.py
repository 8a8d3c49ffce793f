"""The cache of what was read once, and is mapped from then on.

Of converted vectors, an entry is a store named by the SHA-256 of the file that it was made of; of
the streams of ids that corpora became, one named by the SHA-256 of the words. Each kind has a
shelf of its own. Beside the entries, ``seen`` remembers which content a source had when it was
last looked at, so that files of which neither size nor times have changed are not read again.
"""

import contextlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from nlpseq.errors import CallError
from nlpseq.files import content_hash
from nlpseq.hub import cache_folder
from nlpseq.writing import atomic_write

Shelf = Literal["vectors", "streams"]

#: smaller files are read anew: that takes no longer than to find them here
SMALLEST = 4 << 20
_LIMIT = 50 << 30
_STALE = 3600  # seconds without a byte
_log = logging.getLogger(__name__)


class Entry(NamedTuple):
    """A file that is kept."""

    path: Path
    size: int  #: bytes
    used: float  #: when it was last opened, seconds since 1970


class Note:
    """The content that a source had when it was last looked at.

    :param source: the paths that the user named
    :param files: what they consist of: themselves, their archive, or the files of a folder
    :param how: they were read, where the content depends on it
    :raises OSError: where a file is gone
    """

    def __init__(
        self, shelf: Shelf, source: Sequence[Path], files: Sequence[Path], how: str = ""
    ) -> None:
        paths = [os.path.realpath(path) for path in source]
        self._source = ", ".join(paths)
        self._state = _state(files)
        name = b"\0".join([*map(os.fsencode, paths), *([how.encode()] if how else [])])
        self._path = folder(shelf) / "seen" / f"{sha256(name).hexdigest()}.json"

    def content(self) -> str | None:
        """The content, where neither size nor times of a file have changed since."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            seen = json.loads(self._path.read_text())
            if seen["state"] == self._state:
                return str(seen["content"])
        return None

    def write(self, content: str) -> None:
        """Remember it; the files are as they were when this was made."""
        note = {"source": self._source, "state": self._state, "content": content}
        with atomic_write(self._path) as file:
            file.write(json.dumps(note).encode())


def folder(shelf: Shelf = "vectors") -> Path:
    """Where the entries of a shelf lie, in the user's cache, which ``NLPSEQ_CACHE`` moves."""
    return cache_folder() / shelf


def entry(shelf: Shelf, content: str, kind: str) -> Path:
    """Where the entry of a content is, or would be.

    :param kind: what was read of it and how, where that is not all in the ordinary way
    """
    if len(content) != 64 or not content.isalnum():
        raise ValueError("not a hash")
    return folder(shelf) / f"{content}{kind}.safetensors"


def used(path: Path) -> bool:
    """Whether there is such an entry, which from now on is the one used last."""
    with contextlib.suppress(OSError):
        if path.is_file():
            os.utime(path)
            return True
    return False


def find(source: Path, files: Sequence[Path], kind: str) -> Path | None:
    """The converted vectors of a source that has not changed since, or None.

    :param files: what the source consists of: itself, its archive, or the files of a folder
    :param kind: what was read of them and how, where that is not all in the ordinary way
    """
    with contextlib.suppress(OSError, ValueError):
        content = Note("vectors", [source], files).content()
        if content and used(found := entry("vectors", content, kind)):
            return found
    return None


def add(source: Path, files: Sequence[Path], kind: str, convert: Callable[[Path], None]) -> Path:
    """The converted vectors of a source; ``convert`` writes it where there is none.

    :raises OSError: where the cache cannot be written
    """
    limit()  # a wrong one is told before the work
    note = Note("vectors", [source], files)
    hashes = [content_hash(file) for file in files]
    content = hashes[0] if len(hashes) == 1 else sha256("".join(hashes).encode()).hexdigest()
    made = entry("vectors", content, kind)
    if not used(made):
        convert(made)
        _log.info("kept %s as %s: next time it opens at once", source, made)
        make_room(keep=made)
    note.write(content)
    return made


def _state(files: Sequence[Path]) -> list[list[int]]:
    stats = [file.stat() for file in files]
    return [[s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino] for s in stats]


def limit() -> int:
    """Bytes that the entries may take: ``NLPSEQ_CACHE_LIMIT`` GiB, or 50.

    :raises CallError: where the variable is no number
    """
    text = os.environ.get("NLPSEQ_CACHE_LIMIT")
    if text is None:
        return _LIMIT
    try:
        return int(float(text) * (1 << 30))
    except (ValueError, OverflowError) as error:
        raise CallError(f"{text!r} is no number of GiB", where="NLPSEQ_CACHE_LIMIT") from error


def entries() -> Iterator[Entry]:
    """The entries of all shelves, the one used last first."""
    found = []
    for path in _all("*.safetensors"):
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            found.append(Entry(path, stat.st_size, stat.st_mtime))
    return iter(sorted(found, key=lambda entry: -entry.used))


def sources() -> dict[str, str]:
    """Content → a file that has it; the name of an entry starts with the content."""
    found = {}
    for path in _all("seen/*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            seen = json.loads(path.read_text())
            found[str(seen["content"])] = str(seen["source"])
    return found


def _all(pattern: str) -> Iterator[Path]:
    return (path for shelf in get_args(Shelf) for path in folder(shelf).glob(pattern))


def make_room(keep: Path) -> None:
    """Remove what was used longest ago until the rest fits the limit."""
    room = limit()
    for kept in entries():
        room -= kept.size
        if room < 0 and kept.path != keep:
            kept.path.unlink(missing_ok=True)
            _log.info("removed %s from the cache, which is full", kept.path)


def clear() -> int:
    """Remove every entry; the bytes that became free."""
    freed = 0
    for kept in entries():
        kept.path.unlink(missing_ok=True)
        freed += kept.size
    for path in _all("seen/*.json"):
        path.unlink(missing_ok=True)
    for path in _all(".*.tmp"):  # of a run that was killed, not of one that is at work
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _STALE:
                freed += path.stat().st_size
                path.unlink()
    return freed
