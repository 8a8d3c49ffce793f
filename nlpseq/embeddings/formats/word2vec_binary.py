r"""The word2vec binary format: ``V D\n``, then for each word the word, one space, D float32.

The original writes a ``\n`` behind each row, gensim does not: one in front of a word is no part
of it. The numbers hold bytes of every kind, spaces and ``\n`` included, so where a row ends is
known by D alone. How many words the header announces is never believed.
"""

import re
from collections.abc import Generator, Iterable
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nlpseq.embeddings.formats.contents import Block, Contents, Report, expect
from nlpseq.embeddings.formats.repairs import keep, mend_utf8
from nlpseq.embeddings.formats.window import Window
from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.words import Words
from nlpseq.errors import DataError
from nlpseq.files import is_plain, open_bytes
from nlpseq.writing import atomic_write

_HEADER = re.compile(rb"([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t]*\r?\n")
_LONGEST_HEADER = 64
_MOST_NUMBERS = 1 << 20  # of a word
_LONGEST = 1 << 16  # bytes of a word
_CHUNK = 1 << 20  # bytes that are parsed at a time
_TOLD_FROM = 64  # bytes behind the first word, at least, that tell numbers from text
_UNIT = "row"


def looks_like(head: bytes) -> bool:
    """Whether a file that opens with these bytes holds vectors in binary.

    That is a header, a word, and behind it what no text holds: control characters or bytes
    that are not UTF-8.
    """
    header = _HEADER.match(head)
    if header is None:
        return False
    word, space, rest = head[header.end() :].partition(b" ")
    numbers = rest[: max(4 * min(int(header[2]), _MOST_NUMBERS), _TOLD_FROM)]
    if not space or len(word) > _LONGEST:
        return False
    if re.search(rb"[\x00-\x08\x0e-\x1f]", numbers):
        return True
    try:
        numbers.decode()
    except UnicodeDecodeError as error:
        return error.end < len(numbers) or "unexpected end" not in error.reason
    return False


def read(path: Path, report: Report) -> Contents:
    """Open a file; its rows come block by block, a few MB at a time, unpacked on the way.

    :raises DataError: with file and row; also while the blocks are consumed, and there, unless
        the report repairs: a row without word, with something that is no finite number or cut
        off, a word that is not UTF-8
    """
    with ExitStack() as opened:
        file = opened.enter_context(open_bytes(path))
        announced, dim = _header(file, path)
        plain = is_plain(file)
        blocks = _blocks(file, announced, dim, path, report, opened.pop_all())
    expected = expect(announced, path, 4 * dim, plain=plain)
    return Contents("word2vec binary", dim, blocks, unit=_UNIT, expected=expected)


def _header(file: BinaryIO, path: Path) -> tuple[int, int]:
    """The words that are announced, and D."""
    found = _HEADER.fullmatch(file.readline(_LONGEST_HEADER))
    if found is None:
        raise DataError(
            "the first line is not the number of words and of their numbers",
            where=str(path),
            remedy="is this a file of word2vec's binary format?",
        )
    announced, dim = map(int, found.groups())
    if not 1 <= dim <= _MOST_NUMBERS:
        raise DataError(f"the header announces {dim:,} numbers a word", where=str(path))
    return announced, dim


def _blocks(
    file: BinaryIO, announced: int, dim: int, path: Path, report: Report, opened: ExitStack
) -> Generator[Block]:
    from nlpseq.embeddings.formats import word2vec_binary_kernels as kernels

    window = Window(file, _CHUNK + _LONGEST + 4 * dim)
    used = found = good = 0
    with opened:
        while True:
            data = window.advance(used)
            most = len(data) // (4 * dim + 1) + 1
            matrix = np.empty((most, dim), dtype=np.float32)
            tokens = np.empty(len(data), dtype=np.uint8)
            offsets = np.empty(most + 1, dtype=np.int64)
            kinds = np.empty(most, dtype=np.uint8)
            n, used, too_long = kernels.parse(
                data,
                matrix.view(np.uint8),
                matrix.view(np.uint32),
                tokens,
                offsets,
                kinds,
                _LONGEST,
            )
            places = np.arange(found + 1, found + n + 1)
            found += n
            for i in np.flatnonzero(kinds[:n]):
                wrong = (
                    "the row has no word"
                    if kinds[i] == kernels.NO_WORD
                    else "the row holds something that is no finite number"
                )
                report.fault(wrong, int(places[i]), _UNIT, done="left out")
            if n:
                block = Block(tokens[: offsets[n]].copy(), offsets[: n + 1], matrix[:n], places)
                block = mend_utf8(keep(block, kinds[:n] == kernels.FINE), report, _UNIT)
                good += len(block.places)
                yield block
            if too_long:
                raise DataError(
                    f"a word of more than {_LONGEST >> 10} KB",
                    where=f"{path}: {_UNIT} {found + 1:,}",
                    remedy="the file is damaged, or not of word2vec's binary format",
                )
            if n == 0 and window.ended:
                break
        if used < len(data):
            report.fault("the last row is cut off", found + 1, _UNIT, done="left out")
    if good == 0:
        raise DataError("no row of vectors", where=str(path))
    if found != announced:
        report.note(f"the header announces {announced:,} words, the file holds {found:,}")


def write(path: Path, words: Words | Iterable[bytes], rows: Rows) -> None:
    r"""Write what the original would, a ``\n`` behind each row.

    :param words: one a row, in UTF-8
    :raises DataError: for a word or a number that the format cannot hold
    """
    step = max(1, _CHUNK // (4 * rows.dim))
    left = map(words.utf8, range(len(words))) if isinstance(words, Words) else iter(words)
    if not len(rows):
        raise DataError("there is no vector to write", where=str(path))
    with atomic_write(path) as file:
        file.write(b"%d %d\n" % (len(rows), rows.dim))
        for start in range(0, len(rows), step):
            block = rows.block(start, start + step)
            if not np.isfinite(block).all():
                raise DataError(
                    "a vector holds something that is no finite number", where=str(path)
                )
            numbers = memoryview(np.ascontiguousarray(block, dtype="<f4").tobytes())
            packed: list[bytes | memoryview] = []
            for i, word in enumerate(islice(left, len(block))):
                if not word or b" " in word or b"\n" in word or len(word) > _LONGEST:
                    raise DataError(
                        f"word2vec's binary format cannot hold the word {word.decode()!r}",
                        where=str(path),
                        remedy="write text or nlpseq's own format, which hold any word",
                    )
                packed += [word, b" ", numbers[4 * rows.dim * i : 4 * rows.dim * (i + 1)], b"\n"]
            if len(packed) < 4 * len(block):
                raise ValueError(f"{len(rows)} rows and fewer words")
            file.write(b"".join(packed))
        if next(left, None) is not None:
            raise ValueError(f"{len(rows)} rows and more words")
