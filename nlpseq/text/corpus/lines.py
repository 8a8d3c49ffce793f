"""Lines of a text file in any encoding, numbered; what is bad is located or mended."""

import codecs
from collections.abc import Iterator
from encodings.aliases import aliases
from functools import partial
from pathlib import Path
from typing import BinaryIO

from nlpseq import files
from nlpseq.errors import CallError, DataError, suggestion
from nlpseq.text.corpus.encoding import mended
from nlpseq.text.corpus.repairs import Repairs, fault

_CHUNK = 1 << 16
_BOM = "\ufeff"
#: of Python's text codecs those that are notations and not encodings of files
_NOTATIONS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
#: encoding whose byte order a mark tells → the mark → the encoding with that order
_ORDERED = {
    "utf-16": {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"},
    "utf-32": {codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be"},
}


def text_lines(
    path: Path, *, encoding: str = "utf-8", repairs: Repairs | None = None, returns: bool = False
) -> Iterator[tuple[int, str]]:
    r"""Each line of a file, unpacked and decoded, with its number from 1.

    Split on ``\n`` only, since texts may hold U+0085, U+2028 and their kin. A byte order mark
    that opens the file is dropped.

    :param path: a file, a member of a zip archive, or ``-``, the standard input
    :param encoding: any text encoding that Python knows, such as ``latin-1`` or ``utf-16``
    :param repairs: replace bad bytes by U+FFFD, mend what was encoded twice, and count both
    :param returns: keep the ``\r`` of a line that ends in ``\r\n``
    :raises DataError: with file and line: a byte that the encoding does not have, a line of more
        than ``files.MAX_LINE`` bytes
    :raises CallError: for an encoding that there is not
    """
    codec = codec_of(encoding)
    split = partial(_split, codec=codec)
    if codec not in _ORDERED and "\n".encode(codec) == b"\n":
        split = partial(files.lines_of, returns=True)
    for number, raw in files.lines(path, split):
        if number == 1:
            codec = _ordered(raw, codec, path)
        try:
            line = raw.decode(codec)
        except UnicodeDecodeError as error:
            fault(
                repairs,
                f"byte {error.start + 1} of the line, 0x{raw[error.start]:02x}, "
                f"is not {encoding.upper()}",
                where=f"{files.called(path)}:{number}",
                done="line with bad bytes, replaced by U+FFFD",
                remedy="name the encoding that the file is in, or convert it first, for example: "
                "iconv -f latin1 -t utf-8 IN > OUT",
            )
            line = raw.decode(codec, "replace")
        if number == 1:
            line = line.removeprefix(_BOM)
        if repairs is not None and (meant := mended(line)) != line:
            repairs.add("line that was encoded twice, mended", f"{files.called(path)}:{number}")
            line = meant
        yield number, line if returns else line.removesuffix("\r")


def codec_of(encoding: str) -> str:
    """The name that Python's codec has, whatever alias ``encoding`` is.

    :raises CallError: where there is no such encoding of text, with the nearest name
    """
    codec = _text_codec(encoding)
    if codec is None:
        names = {name.replace("_", "-") for name in {*aliases, *aliases.values()}}
        raise CallError(
            f"there is no text encoding {encoding!r}",
            where="encoding",
            remedy=suggestion(
                encoding,
                sorted(filter(_text_codec, names)),
                "known are utf-8, latin-1, cp1252, utf-16 and all that Python's codecs have",
            ),
        )
    return codec


def _text_codec(encoding: str) -> str | None:
    try:
        codec = codecs.lookup(encoding)
    except (LookupError, ValueError):  # the latter for a null character
        return None
    name = codec.name.replace("_", "-")
    # the private flag is what bytes.decode asks itself, to refuse rot13, hex and zip
    if not codec._is_text_encoding or name in _NOTATIONS:
        return None
    return "utf-8" if name == "utf-8-sig" else name


def _ordered(head: bytes | bytearray, codec: str, path: Path) -> str:
    """``codec``, or the one of a byte order that the mark in the file's first bytes tells."""
    if codec not in _ORDERED:
        return codec
    found = next((name for mark, name in _ORDERED[codec].items() if head.startswith(mark)), None)
    if found is None:
        raise DataError(
            "no byte order mark opens the file",
            where=files.called(path),
            remedy=f"name the order: {' or '.join(_ORDERED[codec].values())}",
        )
    return found


def _split(file: BinaryIO, path: Path, *, codec: str) -> Iterator[tuple[int, bytes]]:
    """Lines as ``files.lines_of`` has them, where a line feed is several bytes or another one."""
    data = bytearray(file.read(_CHUNK))
    if not data:
        return
    newline = "\n".encode(_ordered(data, codec, path))
    number, seen = 1, 0  # in data[:seen] there is no line feed
    while True:
        start = 0
        while (end := data.find(newline, seen)) >= 0:
            if end % len(newline):  # the halves of two characters
                seen = end + 1
                continue
            _bound(end - start, path, number)
            yield number, bytes(data[start:end])
            number, start = number + 1, end + len(newline)
            seen = start
        del data[:start]
        seen = max(0, len(data) - len(newline) + 1)
        _bound(len(data), path, number)
        if not (chunk := file.read(_CHUNK)):
            break
        data += chunk
    if data:
        yield number, bytes(data)


def _bound(length: int, path: Path, number: int) -> None:
    if length > files.MAX_LINE:
        raise files.too_long(path, number)
