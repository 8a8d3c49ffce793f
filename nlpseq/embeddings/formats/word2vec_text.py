r"""The word2vec text format: ``V D\n``, then ``word v1 … vD\n``; GloVe's is the same, headless.

Rows are read from the right: the last D fields are numbers, and what is left of them is the
word, spaces included. The header is told from a row by its two integers; how many words it
announces is never believed, so it cannot make us allocate.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlpseq.errors import DataError
from nlpseq.files import atomic_write, lines

_BLOCK = 1024  # rows converted to numbers at a time


def read(path: Path) -> tuple[list[str], npt.NDArray[np.float32]]:
    """The words, and their vectors, shape (V, D).

    :raises DataError: with file and line: a row of another width, something that is no
        finite number, a word that is empty, not UTF-8 or stands there twice
    """
    numbered = _lines(path)
    first = next(numbered, None)
    if first is None:
        raise DataError("the file is empty", where=str(path))
    rows: Iterator[tuple[int, bytes]] = numbered
    header = first[1].split()
    if not _is_header(header):
        rows = chain([first], numbered)
    first_row = next(rows, None)
    if first_row is None:
        raise DataError("no vector follows the header", where=str(path))
    number, line = first_row
    width = _width(line, header if first_row is not first else None, f"{path}:{number}")
    rows = chain([first_row], rows)

    words: list[str] = []
    seen: set[str] = set()
    blocks: list[npt.NDArray[np.float32]] = []
    while block := list(islice(rows, _BLOCK)):
        fields = []
        for number, line in block:
            where = f"{path}:{number}"
            word, *values = line.rstrip(b" ").rsplit(b" ", width)
            if len(values) != width:
                raise DataError(f"{len(values)} numbers where {width} are wanted", where=where)
            words.append(_word(word, seen, where))
            fields.append(values)
        blocks.append(_numbers(fields, path, block[0][0]))
    return words, np.concatenate(blocks)


def looks_like(path: Path) -> bool:
    """Whether a file opens like vectors in text: a header and its row, or two rows of numbers."""
    start = [line.rstrip(b" ").split(b" ") for _, line in islice(_lines(path), 2)]
    if len(start) < 2:
        return False
    header, row = start
    if _is_header(header):
        return len(row) > int(header[1][:9]) and all(map(_is_number, row[-int(header[1][:9]) :]))
    return len(header) == len(row) > 2 and all(_is_number(v) for r in start for v in r[1:])


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    for number, line in lines(path):
        yield number, line.removeprefix(BOM_UTF8) if number == 1 else line


def _is_header(fields: list[bytes]) -> bool:
    return len(fields) == 2 and all(field.isdigit() for field in fields)


def _width(row: bytes, header: list[bytes] | None, where: str) -> int:
    fields = row.rstrip(b" ").split(b" ")
    if header is None:
        width = len(fields) - 1
    else:
        width = int(header[1][:9])
        if width > len(fields) - 1:
            raise DataError(
                f"the header announces {width} numbers a word, and here are {len(fields) - 1}",
                where=where,
            )
    if width < 1:
        raise DataError(
            "no numbers in this row", where=where, remedy="is this a file of word vectors?"
        )
    return width


def _word(word: bytes, seen: set[str], where: str) -> str:
    try:
        text = word.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"the word {word!r} is not UTF-8", where=where) from error
    if not text:
        raise DataError("the row has no word", where=where)
    if text in seen:
        raise DataError(f"the word {text!r} stands there twice", where=where)
    seen.add(text)
    return text


def _numbers(fields: list[list[bytes]], path: Path, first: int) -> npt.NDArray[np.float32]:
    shape = len(fields), len(fields[0])
    try:
        numbers = np.fromiter(map(float, chain.from_iterable(fields)), np.float64, np.prod(shape))
        with np.errstate(over="ignore"):
            matrix = numbers.astype(np.float32).reshape(shape)
        if np.isfinite(matrix).all():
            return matrix
    except ValueError:
        pass
    bad = next(i for i, row in enumerate(fields) if not all(map(_is_number, row)))
    raise DataError("something that is no finite number", where=f"{path}:{first + bad}")


def _is_number(field: bytes) -> bool:
    try:
        with np.errstate(over="ignore"):
            return bool(np.isfinite(np.float32(float(field))))
    except ValueError:
        return False


def write(path: Path, words: Sequence[str], matrix: npt.NDArray[np.float32]) -> None:
    """Write so that reading gives the same float32 back: nine significant digits.

    :param matrix: shape (V, D)
    :raises DataError: for a word or a number that the format cannot hold
    """
    if not np.isfinite(matrix).all():
        raise DataError("a vector holds something that is no finite number", where=str(path))
    row = " ".join(["%.9g"] * matrix.shape[1])
    with atomic_write(path) as file:
        file.write(f"{len(words)} {matrix.shape[1]}\n".encode())
        for start in range(0, len(words), _BLOCK):
            text = []
            for word, vector in zip(
                words[start : start + _BLOCK], matrix[start : start + _BLOCK], strict=True
            ):
                if not word or "\n" in word or word != word.encode("utf-8", "replace").decode():
                    raise DataError(f"word2vec text cannot hold the word {word!r}", where=str(path))
                text.append(f"{word} {row % tuple(vector.tolist())}\n")
            file.write("".join(text).encode())
