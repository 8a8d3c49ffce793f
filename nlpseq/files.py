"""Files as they are read: any compression, lines with their numbers, hashes."""

import bz2
import contextlib
import gzip
import hashlib
import io
import lzma
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, cast

from nlpseq.errors import CallError, DataError, nearest

#: What the command line's ``-`` stands for, on any system.
STDIN, STDOUT = Path("/dev/stdin"), Path("/dev/stdout")
_DASH = Path("-")

#: A longer line is refused: a few compressed bytes can unfold into any amount of memory.
MAX_LINE = 1 << 28


def _open_zstd(file: Any, mode: Any) -> Any:
    # of the standard library from 3.14 on; imported when such a file is met
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    return import_module(name).open(file, mode)


_Opener = Callable[[Any, Any], Any]
_MAGIC: dict[bytes, _Opener] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"\x28\xb5\x2f\xfd": _open_zstd,
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second: an archive of nothing
#: how a name ends → what opens such a file
OPENERS: dict[str, _Opener] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": _open_zstd,
}
#: how the names of packed files end
PACKED = tuple(OPENERS)
_BOM = "\ufeff"
_ESCAPED = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


def require(path: Path) -> Path:
    """``path``, or a CallError with the nearest name where there is no such file.

    ``ARCHIVE.zip/MEMBER`` is a path as well, and so is ``-``.
    """
    if is_stdin(path) or path.exists() or archive_of(path):
        return path
    siblings = (p.name for p in path.parent.iterdir()) if path.parent.is_dir() else ()
    near = nearest(path.name, siblings)
    raise CallError(
        "no such file",
        where=str(path),
        remedy=f"did you mean {path.parent / near}?" if near else None,
    )


def is_stdin(path: Path) -> bool:
    """Whether a path stands for the standard input: :data:`STDIN` or ``-``."""
    return path in (STDIN, _DASH)


def called(path: Path) -> str:
    """What an error calls a file."""
    return "standard input" if is_stdin(path) else str(path)


def archive_of(path: Path) -> Path | None:
    """The zip archive that a path leads into, or None."""
    above = next((parent for parent in path.parents if parent.exists()), None)
    return above if above and above.is_file() and zipfile.is_zipfile(above) else None


@contextlib.contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file or a pipe; gzip, bzip2, xz, zstd and zip are told by content and unpacked.

    A zip archive of several files is opened by ``ARCHIVE.zip/MEMBER``, the standard input by
    ``-``, which stays open.

    :raises DataError: also out of the caller's reading, where what is packed is damaged
    """
    require(path)
    if path.is_dir():
        raise CallError("this is a folder, a file is wanted", where=str(path))
    archive = archive_of(path)
    try:
        opened = standard_input() if is_stdin(path) else (archive or path).open("rb")
    except OSError as error:
        raise CallError(f"cannot be read: {error.strerror}", where=str(path)) from error
    with opened as raw:
        head = raw.peek(6)[:6]
        opener = next((found for magic, found in _MAGIC.items() if head.startswith(magic)), None)
        try:
            if archive or head.startswith(_ZIP):
                with _open_member(raw, archive or path, path) as unpacked:
                    yield unpacked
            elif opener:
                with opener(raw, "rb") as unpacked:
                    yield cast(BinaryIO, unpacked)
            else:
                yield raw
        except Exception as error:
            if _is_damage(error):
                raise _damaged(path, "") from error
            raise


@contextlib.contextmanager
def standard_input() -> Iterator[io.BufferedReader]:
    """The bytes of the standard input, which stays open.

    :raises CallError: where there is none
    """
    binary = getattr(sys.stdin, "buffer", None)
    if binary is None:  # closed by the shell, or replaced by a notebook
        raise CallError("there is no standard input here", remedy="name a file instead")
    if hasattr(binary, "peek"):
        yield binary
        return
    reader = io.BufferedReader(binary)
    try:
        yield reader
    finally:
        with contextlib.suppress(ValueError):  # it is closed already
            reader.detach()  # or it would close what it reads from


def is_plain(file: BinaryIO) -> bool:
    """Whether what a file gives are the bytes on the disk, neither unpacked nor from a pipe."""
    return isinstance(getattr(file, "raw", None), io.FileIO) and file.seekable()


def _open_member(raw: BinaryIO, archive: Path, path: Path) -> BinaryIO:
    """The file in an archive that a path names; the archive alone names its only file."""
    if not raw.seekable():
        raise CallError("a zip archive cannot be read from a pipe", where=called(path))
    try:
        packed = zipfile.ZipFile(raw)
    except (OSError, ValueError) as error:  # a seek to where nothing is
        raise _damaged(path, "") from error
    members = [
        member.filename
        for member in packed.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    wanted = path.relative_to(archive).as_posix()
    if wanted != ".":
        members = [name for name in members if name == wanted] or members
    if len(members) != 1:
        listed = ", ".join(members[:10]) or "nothing"
        raise CallError(
            f"the archive holds {listed}",
            where=str(path),
            remedy=f"name one of them: {archive}/{members[0]}" if members else None,
        )
    if wanted not in (".", members[0]):
        raise CallError(
            "no such file in the archive", where=str(path), remedy=f"it holds {members[0]}"
        )
    if packed.getinfo(members[0]).flag_bits & 1:
        raise CallError("the archive is encrypted", where=str(path))
    try:
        member = packed.open(members[0])
    except (OSError, ValueError) as error:
        raise _damaged(path, "") from error
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, member)))


def _is_damage(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno is None  # with a number it is the disk's trouble, not the archive's
    kinds = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
    return isinstance(error, kinds) or type(error).__name__ == "ZstdError"


def _damaged(path: Path, after: str) -> DataError:
    return DataError(
        f"the compressed file is damaged or cut off{after}",
        where=called(path),
        remedy="fetch or make the file again",
    )


def lines_of(file: BinaryIO, name: Path, *, returns: bool = False) -> Iterator[tuple[int, bytes]]:
    r"""Each line with its number from 1, without its ``\n`` or ``\r\n``.

    Split on ``\n`` only: tokens may hold U+0085, U+2028 and their kin.

    :param name: what an error calls the file
    :param returns: keep the ``\r`` of a ``\r\n``
    """
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise too_long(name, number)
        line = line.removesuffix(b"\n")
        yield number, line if returns else line.removesuffix(b"\r")


def too_long(path: Path, number: int) -> DataError:
    """What is raised for a line that is longer than :data:`MAX_LINE`."""
    return DataError(
        f"a line of more than {MAX_LINE >> 20} MB",
        where=f"{called(path)}:{number}",
        remedy="is this a text file, with one document a line?",
    )


def lines(
    path: Path, split: Callable[[BinaryIO, Path], Iterator[tuple[int, bytes]]] = lines_of
) -> Iterator[tuple[int, bytes]]:
    """Each line of a file, unpacked, with its number, as ``split`` finds it."""
    number = 0
    with open_bytes(path) as file:
        try:
            for number, line in split(file, path):
                yield number, line
        except Exception as error:
            if _is_damage(error):
                raise _damaged(path, f" after line {number}") from error
            raise


def decode(line: bytes, path: Path, number: int) -> str:
    """The text of a line that must be UTF-8; a byte order mark opening the file is dropped."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte {error.start + 1} of the line, 0x{line[error.start]:02x}, is not UTF-8",
            where=f"{called(path)}:{number}",
            remedy="convert the file first, for example: iconv -f latin1 -t utf-8 IN > OUT",
        ) from error
    return text.removeprefix(_BOM) if number == 1 else text


def escaped(text: str) -> str:
    r"""``text`` on one line and in one column: what would break either is written ``\uXXXX``.

    That is control characters, U+2028 and U+2029, lone surrogates, which UTF-8 cannot hold, and
    the backslash.
    """
    return _ESCAPED.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def unescaped(text: str) -> str:
    """What :func:`escaped` was given."""
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Each line of a UTF-8 file, decoded, with its number from 1."""
    for number, line in lines(path):
        yield number, decode(line, path, number)


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
