r"""Vectors as text: word2vec's ``V D\n`` and then ``word v1 … vD\n``; GloVe's, which has no header;
NILC's and fastText's ``.vec``, which are word2vec's.

Rows are read from the right: the last D fields are numbers, and what is left of them is the
word, spaces included. The header is told from a row by its two integers; how many words it
announces is never believed, so it cannot make us allocate.
"""

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.formats import rows_of_text
from nlpseq.embeddings.formats.contents import Block, Contents, Report, expect
from nlpseq.embeddings.formats.repairs import mend_utf8
from nlpseq.embeddings.formats.text_chunks import Chunk, chunks_of, fields_of, parsed
from nlpseq.embeddings.rows import Rows
from nlpseq.errors import DataError
from nlpseq.files import MAX_LINE, is_plain, open_bytes
from nlpseq.writing import atomic_write

_ROWS_TO_TELL = 10  # rows that the width of a file without header is told from
_ROWS_TO_WRITE = 1024


def looks_like(head: bytes) -> bool:
    """Whether a file that opens with these bytes holds vectors in text.

    That is a header and its row, or two rows of numbers.
    """
    lines = head.removeprefix(BOM_UTF8).split(b"\n")[:2]
    if len(lines) < 2:
        return False
    header, first, second = lines[0].split(), *map(fields_of, lines)
    if _is_header(header):
        dim = int(header[1])
        return 0 < dim < len(second) and all(map(_is_number, second[-dim:]))
    return len(first) == len(second) > 2 and all(map(_is_number, (*first[1:], *second[1:])))


def read(path: Path, report: Report, *, threads: int = 1) -> Contents:
    """Open a file; its rows come block by block while ``threads`` parse ahead.

    :raises DataError: with file and line; also while the blocks are consumed, and there, unless
        the report repairs: a row of another width, something that is no finite number, a word
        that is missing or not UTF-8
    """
    with ExitStack() as opened:
        file = opened.enter_context(open_bytes(path))
        chunks = chunks_of(file, path)
        first = _first_lines(chunks)
        if not len(first):
            raise DataError(
                "the file is empty", where=str(path), remedy="fetch or make the file again"
            )
        announced, dim, skipped = _opening(bytes(first), path)
        rows = parsed(_but(first[skipped:], chunks), dim, threads)
        stay_open = opened.pop_all()
    line = 1 + (announced is not None)
    return Contents(
        "GloVe text" if announced is None else "word2vec text",
        dim,
        _blocks(rows, line, announced, path, report, stay_open),
        expected=expect(announced, path, 4 * dim, plain=is_plain(file)),
    )


def _first_lines(chunks: Iterator[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    """The first chunk, or more where a row is as long as a chunk: a header and what follows."""
    first = next(chunks, np.empty(0, dtype=np.uint8))
    while (
        np.count_nonzero(first == 10) <= _ROWS_TO_TELL and (more := next(chunks, None)) is not None
    ):
        first = np.concatenate([first, more])
        if len(first) > MAX_LINE:
            break
    return first


def _but(
    first: npt.NDArray[np.uint8], rest: Iterator[npt.NDArray[np.uint8]]
) -> Iterator[npt.NDArray[np.uint8]]:
    if len(first):
        yield first
    yield from rest


def _opening(text: bytes, path: Path) -> tuple[int | None, int, int]:
    """The number of words that a header announces, D, and the bytes before the first row."""
    lines = text.split(b"\n", _ROWS_TO_TELL + 1)[:-1]
    bom = len(BOM_UTF8) if text.startswith(BOM_UTF8) else 0
    lines[0] = lines[0][bom:]
    header, rows = lines[0].split(), [fields_of(line) for line in lines[1:]]
    # "5 1" before "6 1" is a row of one dimension
    if _is_header(header) and not (rows and len(rows[0]) == 2 and int(header[1]) != 1):
        dim = int(header[1])
        if not rows:
            raise DataError("no vector follows the header", where=str(path))
        if dim > len(rows[0]) - 1:
            raise DataError(
                f"the header announces {header[1].decode()[:20]} numbers a word, "
                f"and here are {len(rows[0]) - 1}",
                where=f"{path}:2",
            )
        announced, skipped = int(header[0]), bom + len(lines[0]) + 1
    else:
        announced, skipped = None, bom
        rows.insert(0, fields_of(lines[0]))
        dim = _usual_width(rows)
    if dim < 1:
        raise DataError(
            "no numbers in this row",
            where=f"{path}:{1 if announced is None else 2}",
            remedy="is this a file of word vectors?",
        )
    return announced, dim, skipped


def _is_header(fields: Sequence[bytes]) -> bool:
    return len(fields) == 2 and all(f.isdigit() and len(f) < 1000 for f in fields)


def _is_number(field: bytes) -> bool:
    try:
        with np.errstate(over="ignore"):
            return b"_" not in field and bool(np.isfinite(np.float32(float(field))))
    except ValueError:
        return False


def _usual_width(rows: Sequence[Sequence[bytes]]) -> int:
    """The numbers of most rows; some words hold spaces, and some rows may be faulty."""
    most = _numbers_at_end(rows[0])
    widths = Counter(width for row in rows if 0 < (width := len(row) - 1) <= most)
    return max(widths, key=lambda width: (widths[width], width), default=most)


def _numbers_at_end(fields: Sequence[bytes]) -> int:
    n = 0
    while n < len(fields) - 1 and _is_number(fields[-1 - n]):
        n += 1
    return n


def _blocks(
    chunks: Generator[Chunk],
    line: int,
    announced: int | None,
    path: Path,
    report: Report,
    opened: ExitStack,
) -> Generator[Block]:
    """Rows that are in order; of the others the report is told."""
    found = 0
    with opened, closing(chunks):
        for chunk in chunks:
            places = line + np.flatnonzero(chunk.kinds <= rows_of_text.INEXACT)
            if chunk.kinds.any():
                _tell(chunk, line, report)
            line += len(chunk.kinds)
            found += len(places)
            block = Block(chunk.tokens, chunk.offsets, chunk.matrix, places)
            yield mend_utf8(block, report, "line")
    if found == 0:
        raise DataError("no row of vectors", where=str(path))
    if announced not in (None, found):
        report.note(f"the header announces {announced:,} words, the file holds {found:,}")


def _tell(chunk: Chunk, first: int, report: Report) -> None:
    """Every line of a chunk that is not as it should be."""
    lines = bytes(chunk.text).split(b"\n")
    dim = chunk.matrix.shape[1]
    for i in np.flatnonzero(chunk.kinds):
        kind, line, place = chunk.kinds[i], lines[i], first + int(i)
        if kind == rows_of_text.HOLDS_SPACE:
            word = b" ".join(fields_of(line)[:-dim]).decode(errors="replace")
            report.note(f'token holds a space: "{word}"', place)
        elif kind == rows_of_text.NO_WORD:
            report.fault("the row has no word", place, done="left out")
        elif kind == rows_of_text.TOO_FEW:
            n = _numbers_at_end(fields_of(line))
            report.fault(f"{n} numbers where {dim} are wanted", place, done="left out")
        else:
            bad = next((f for f in fields_of(line)[-dim:] if not _is_number(f)), b"")
            shown = bad[:40].decode(errors="replace")
            report.fault(f"{shown!r} is no finite number", place, done="left out")


def write(path: Path, words: Iterable[str], rows: Rows, *, header: bool = True) -> None:
    """Write so that reading gives the same float32 back: nine significant digits.

    :param header: word2vec's first line; GloVe has none
    :raises DataError: for a word or a number that the format cannot hold
    """
    row = " ".join(["%.9g"] * rows.dim)
    if not len(rows):
        raise DataError("there is no vector to write", where=str(path))
    with atomic_write(path) as file:
        if header:
            file.write(f"{len(rows)} {rows.dim}\n".encode())
        start, left = 0, iter(words)
        while start < len(rows):
            block = rows.block(start, start + _ROWS_TO_WRITE)
            if not np.isfinite(block).all():
                raise DataError(
                    "a vector holds something that is no finite number", where=str(path)
                )
            text: list[str] = []
            for word, vector in zip(islice(left, len(block)), block.tolist(), strict=True):
                opens = not header and start == 0 and not text and word.startswith("\ufeff")
                if (
                    not word
                    or opens
                    or "\n" in word
                    or word != word.encode("utf-8", "replace").decode()
                ):
                    raise DataError(f"the format cannot hold the word {word!r}", where=str(path))
                text.append(f"{word} {row % tuple(vector)}\n")
            file.write("".join(text).encode())
            start += len(block)
