"""Files and folders as they are written: whole or not at all."""

import contextlib
import errno
import gzip
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from nlpseq.files import OPENERS, STDOUT

_NEIGHBOUR = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.(?P<ending>tmp|old)", re.DOTALL)


def _neighbour(path: Path, ending: str = "tmp") -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.{ending}")


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Write a whole file or nothing: to a temporary neighbour that is renamed into place.

    Compressed where the name ends in ``.gz``, ``.bz2``, ``.xz`` or ``.zst``. A device or a pipe is
    written directly.

    :raises OSError: naming the file where there is no room for it
    """
    try:
        with _atomic_write(path) as file:
            yield file
    except OSError as error:
        if has_no_room(error) and path != STDOUT:
            error.filename = str(path)
        raise


def has_no_room(error: OSError) -> bool:
    """Whether a write failed for a full disk or a limit: such errors do not say where."""
    return error.filename is None and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


@contextlib.contextmanager
def _atomic_write(path: Path) -> Iterator[BinaryIO]:
    if path == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not path.is_file():
        with path.open("wb") as direct:
            yield direct
        return
    path = Path(os.path.realpath(path))  # through a link, not over it
    opener = OPENERS.get(path.suffix)
    made = [parent for parent in path.parents if not parent.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _neighbour(path)
    try:
        with temporary.open("xb") as raw:
            if opener is gzip.open:  # no name and no time inside: equal content, equal bytes
                with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                    yield cast(BinaryIO, packed)
            elif opener:
                with opener(raw, "wb") as packed_other:
                    yield cast(BinaryIO, packed_other)
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        for parent in made:
            with contextlib.suppress(OSError):  # another has put something there
                parent.rmdir()
        raise


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Fill a whole folder or nothing; one that stands there already is replaced at the end."""
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _neighbour(path)
    temporary.mkdir()
    try:
        yield temporary
        _replace(temporary, path)
    finally:
        _remove(temporary)


def install(made: Path, path: Path) -> None:
    """Move a whole file or folder into place, over what stands there, from any file system."""
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _neighbour(path)
    try:
        shutil.move(made, temporary)
        _replace(temporary, path)
    finally:
        _remove(temporary)


def sweep(folder: Path, name: str | None = None) -> None:
    """Take away what writers that were killed have left in a folder, and put back what such a
    one had moved aside and not replaced.

    :param name: of the file or folder that was written; by default any
    """
    for path in list(folder.iterdir()) if folder.is_dir() else ():
        found = _NEIGHBOUR.fullmatch(path.name)
        if found and found["name"] == (name or found["name"]):
            target = folder / found["name"]
            if found["ending"] == "old" and not target.exists():
                path.rename(target)
            else:
                _remove(path)


def _replace(made: Path, path: Path) -> None:
    """Give a folder, or a file, the name of one that stands there perhaps."""
    if not (path.exists() and (path.is_dir() or made.is_dir())):
        made.replace(path)
        return
    old = _neighbour(path, "old")
    path.rename(old)
    try:
        made.rename(path)
    except BaseException:
        old.rename(path)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
