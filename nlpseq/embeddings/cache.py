"""The cache of converted vectors: a foreign file is read once, and from then on mapped.

An entry is a store named by the SHA-256 of the file that it was made of. Beside it, ``seen``
remembers which content a path had when it was last looked at, so that a file of which neither
size nor times have changed is not read again.
"""

import contextlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from nlpseq.errors import CallError
from nlpseq.files import atomic_write, content_hash
from nlpseq.hub import cache_folder

#: smaller files are read anew: that takes no longer than to find them here
SMALLEST = 4 << 20
_LIMIT = 50 << 30
_STALE = 3600  # seconds without a byte
_log = logging.getLogger(__name__)


class Entry(NamedTuple):
    """A converted file."""

    path: Path
    size: int  #: bytes
    used: float  #: when it was last opened, seconds since 1970


def folder() -> Path:
    """Where the entries lie: ``vectors`` in the user's cache, which ``NLPSEQ_CACHE`` moves."""
    return cache_folder() / "vectors"


def find(source: Path, files: Sequence[Path], kind: str) -> Path | None:
    """The entry of a source that has been converted and has not changed since, or None.

    :param files: what the source consists of: itself, its archive, or the files of a folder
    :param kind: what was read of them and how, where that is not all in the ordinary way
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        seen = json.loads(_seen(source).read_text())
        entry = _entry(seen["content"], kind)
        if seen["state"] == _state(files) and entry.is_file():
            os.utime(entry)
            return entry
    return None


def add(source: Path, files: Sequence[Path], kind: str, convert: Callable[[Path], None]) -> Path:
    """The entry of a source; ``convert`` writes it where there is none.

    :raises OSError: where the cache cannot be written
    """
    limit()  # a wrong one is told before the work
    state = _state(files)
    hashes = [content_hash(file) for file in files]
    content = hashes[0] if len(hashes) == 1 else sha256("".join(hashes).encode()).hexdigest()
    entry = _entry(content, kind)
    if entry.is_file():
        os.utime(entry)
    else:
        convert(entry)
        _log.info("kept %s as %s: next time it opens at once", source, entry)
        _make_room(keep=entry)
    with atomic_write(_seen(source)) as file:
        file.write(
            json.dumps(
                {"source": os.path.realpath(source), "state": state, "content": content}
            ).encode()
        )
    return entry


def _state(files: Sequence[Path]) -> list[list[int]]:
    stats = [file.stat() for file in files]
    return [[s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino] for s in stats]


def _seen(source: Path) -> Path:
    name = sha256(os.fsencode(os.path.realpath(source))).hexdigest()
    return folder() / "seen" / f"{name}.json"


def _entry(content: str, kind: str) -> Path:
    if len(content) != 64 or not content.isalnum():
        raise ValueError("not a hash")
    return folder() / f"{content}{kind}.safetensors"


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
    """The entries, the one used last first."""
    found = []
    for path in folder().glob("*.safetensors"):
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            found.append(Entry(path, stat.st_size, stat.st_mtime))
    return iter(sorted(found, key=lambda entry: -entry.used))


def sources() -> dict[str, str]:
    """Content → a file that has it; the name of an entry starts with the content."""
    found = {}
    for path in (folder() / "seen").glob("*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            seen = json.loads(path.read_text())
            found[str(seen["content"])] = str(seen["source"])
    return found


def _make_room(keep: Path) -> None:
    """Remove what was used longest ago until the rest fits the limit."""
    room = limit()
    for entry in entries():
        room -= entry.size
        if room < 0 and entry.path != keep:
            entry.path.unlink(missing_ok=True)
            _log.info("removed %s from the cache, which is full", entry.path)


def clear() -> int:
    """Remove every entry; the bytes that became free."""
    freed = 0
    for entry in entries():
        entry.path.unlink(missing_ok=True)
        freed += entry.size
    for path in (folder() / "seen").glob("*.json"):
        path.unlink(missing_ok=True)
    for path in folder().glob(".*.tmp"):  # of a run that was killed, not of one that is at work
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _STALE:
                freed += path.stat().st_size
                path.unlink()
    return freed
