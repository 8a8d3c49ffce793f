"""The lock of a run's folder: one run at a time; killed, it is not in the way of the next."""

import errno
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nlpseq.errors import CallError

LOCK = ".lock"

_log = logging.getLogger(__name__)
_BYTE = 1 << 30  # the one that Windows locks: far behind what others read
_UNKNOWN = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder, which is made where there is none; it is free again with the process' end.

    :raises CallError: where another process holds it, naming it
    """
    with _opened(folder) as file:
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _opened(folder: Path) -> BinaryIO:
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("a+b")
        if not _take(file):
            with file:
                raise CallError(
                    f"the process {_pid(file)} is at work on this run",
                    where=str(folder),
                    remedy="wait for its end, or give this run another folder: -s report=FOLDER",
                )
        with suppress(FileNotFoundError):  # taken away by the one before, with its folder
            if os.path.samestat(os.fstat(file.fileno()), (folder / LOCK).stat()):
                return file
        file.close()


def holder(folder: Path) -> str | None:
    """The number of the process that holds a folder; None where none does."""
    try:
        with (folder / LOCK).open("r+b") as file:
            pid = _pid(file)
            return pid if pid and not _take(file) else None
    except OSError:
        return None


def _pid(file: BinaryIO) -> str:
    file.seek(0)
    return file.read(20).decode("ascii", "replace")


if sys.platform == "win32":
    import msvcrt

    def _take(file: BinaryIO) -> bool:
        file.seek(_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise
            _log.warning("%s: this file system has no locks; run nothing else here", file.name)
        return True
