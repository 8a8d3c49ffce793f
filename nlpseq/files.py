"""Files: opening any compression, lines with their numbers, atomic writing, hashes."""

import bz2
import contextlib
import gzip
import hashlib
import lzma
import os
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from nlpseq.errors import CallError, DataError, nearest

#: A longer line is refused: a few compressed bytes can unfold into any amount of memory.
MAX_LINE = 1 << 28

_Opener = Callable[[Any, Any], Any]
_MAGIC: dict[bytes, _Opener] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_OPEN_BY_SUFFIX: dict[str, _Opener] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_BOM = "\ufeff"


def require(path: Path) -> Path:
    """``path``, or a CallError with the nearest name where there is no such file."""
    if path.exists():
        return path
    siblings = (p.name for p in path.parent.iterdir()) if path.parent.is_dir() else ()
    near = nearest(path.name, siblings)
    raise CallError(
        "no such file",
        where=str(path),
        remedy=f"did you mean {path.parent / near}?" if near else None,
    )


@contextlib.contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file or a pipe; gzip, bzip2 and xz are recognised by content and unpacked."""
    require(path)
    if path.is_dir():
        raise CallError("this is a folder, a file is wanted", where=str(path))
    try:
        raw = path.open("rb")
    except OSError as error:
        raise CallError(f"cannot be read: {error.strerror}", where=str(path)) from error
    with raw:
        head = raw.peek(6)[:6]
        for magic, opener in _MAGIC.items():
            if head.startswith(magic):
                with opener(raw, "rb") as unpacked:
                    yield cast(BinaryIO, unpacked)
                return
        yield raw


def lines_of(file: BinaryIO, name: Path) -> Iterator[tuple[int, bytes]]:
    r"""Each line with its number from 1, without its ``\n`` or ``\r\n``.

    Split on ``\n`` only: tokens may hold U+0085, U+2028 and their kin.

    :param name: what an error calls the file
    """
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise DataError(
                f"a line of more than {MAX_LINE >> 20} MB",
                where=f"{name}:{number}",
                remedy="is this a text file, with one document a line?",
            )
        yield number, line.removesuffix(b"\n").removesuffix(b"\r")


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each line of a file, unpacked, as :func:`lines_of` has it."""
    number = 0
    with open_bytes(path) as file:
        try:
            for number, line in lines_of(file, path):
                yield number, line
        except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's trouble, not the archive's
            raise DataError(
                f"the compressed file is damaged or cut off after line {number}",
                where=str(path),
                remedy="fetch or make the file again",
            ) from error


def decode(line: bytes, path: Path, number: int) -> str:
    """The text of a line that must be UTF-8; a byte order mark opening the file is dropped."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte {error.start + 1} of the line, 0x{line[error.start]:02x}, is not UTF-8",
            where=f"{path}:{number}",
            remedy="convert the file first, for example: iconv -f latin1 -t utf-8 IN > OUT",
        ) from error
    return text.removeprefix(_BOM) if number == 1 else text


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Each line of a UTF-8 file, decoded, with its number from 1."""
    for number, line in lines(path):
        yield number, decode(line, path, number)


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _neighbour(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Write a whole file or nothing: to a temporary neighbour that is renamed into place.

    Compressed where the name ends in ``.gz``, ``.bz2`` or ``.xz``. A device or a pipe is
    written directly.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as direct:
            yield direct
        return
    path = Path(os.path.realpath(path))  # through a link, not over it
    opener = _OPEN_BY_SUFFIX.get(path.suffix)
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
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Fill a whole folder or nothing; one that stands there already is replaced at the end."""
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, old = _neighbour(path), _neighbour(path)
    temporary.mkdir()
    try:
        yield temporary
        if path.exists():
            path.rename(old)
        temporary.rename(path)
    except BaseException:
        if old.exists() and not path.exists():
            old.rename(path)
        raise
    finally:
        for left in (temporary, old):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink(missing_ok=True)
