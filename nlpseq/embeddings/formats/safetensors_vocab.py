"""A matrix in ``.safetensors`` with ``vocab.txt`` beside it: line i is the word of row i.

So the NILC group publishes its vectors on the hub. The header is read here: 8 bytes that say how
long it is, and JSON that says where each tensor lies.
"""

import json
import os
import struct
from codecs import BOM_UTF8
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.formats.contents import Block, Contents, Report
from nlpseq.embeddings.formats.repairs import keep, mend_utf8
from nlpseq.errors import CallError, DataError
from nlpseq.files import open_bytes, require

_VOCABULARY = "vocab.txt"
_STORE = "nlpseq-vectors"  # what nlpseq's own files say of themselves
_LENGTH = struct.Struct("<Q")
_LONGEST_HEADER = 1 << 20  # a matrix needs a hundred bytes
_TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}
_LONGEST = 1 << 16  # bytes of a word
_BLOCK_BYTES = 4 << 20  # of a block's vectors


class _Tensor(NamedTuple):
    name: str
    type: str
    shape: tuple[int, ...]
    start: int  # in the file
    end: int


def looks_like(path: Path) -> bool:
    """Whether a ``.safetensors`` file holds such a matrix, or a folder one and its words.

    nlpseq's own store, which is a ``.safetensors`` file as well, is none.
    """
    if path.is_dir():
        files = path.glob("*.safetensors")
        return (path / _VOCABULARY).is_file() and any(map(looks_like, files))
    if not path.is_file():
        return False
    try:
        _matrix(path)
    except (CallError, DataError):
        return False
    return True


def read(path: Path, report: Report) -> Contents:
    """Open a file with its ``vocab.txt`` beside it, or the folder of both; the matrix is mapped.

    :raises DataError: where there is no ``vocab.txt`` or it has not one line a row, where the
        matrix is not one matrix of float32 or float16, or the header is damaged; also while the
        blocks are consumed, and there, unless the report repairs: for a word that is missing or
        not UTF-8, a vector with something that is no finite number
    """
    path = _file_of(require(path))
    tensor = _matrix(path)
    vocabulary = path.parent / _VOCABULARY
    if not vocabulary.is_file():
        raise DataError(
            f"no {_VOCABULARY} beside it, and so no words",
            where=str(path),
            remedy=f"fetch it as well: one word a line, {tensor.shape[0]:,} lines",
        )
    with open_bytes(vocabulary) as file:
        lines = sum(1 for _ in _lines(file, vocabulary))
    if lines != tensor.shape[0]:
        raise DataError(
            f"{lines:,} lines, where {path.name} has {tensor.shape[0]:,} rows",
            where=str(vocabulary),
            remedy="fetch both files again, of one model",
        )
    matrix = np.memmap(path, _TYPES[tensor.type], "r", tensor.start, tensor.shape)
    blocks = _blocks(np.asarray(matrix), vocabulary, report)
    rows, dim = tensor.shape
    return Contents(f"safetensors with {_VOCABULARY}", dim, blocks, expected=rows)


def _file_of(path: Path) -> Path:
    """The file that is meant by a folder."""
    if not path.is_dir():
        return path
    files = sorted(path.glob("*.safetensors"))
    if len(files) != 1:
        named = ", ".join(file.name for file in files[:10]) or "none"
        raise CallError(
            f"one .safetensors file is wanted, and here is {named}",
            where=str(path),
            remedy="name the file" if files else None,
        )
    return files[0]


def _damaged(what: str, path: Path) -> DataError:
    return DataError(what, where=str(path), remedy="the file is damaged: fetch or make it again")


def _matrix(path: Path) -> _Tensor:
    """The only matrix of a file, which lies within it."""
    matrices = [tensor for tensor in _tensors(path) if len(tensor.shape) == 2]
    if len(matrices) != 1:
        named = ", ".join(tensor.name for tensor in matrices[:10]) or "none"
        raise DataError(f"one matrix is wanted, and here is {named}", where=str(path))
    matrix = matrices[0]
    if matrix.type not in _TYPES:
        raise DataError(
            f"the matrix {matrix.name} is of type {matrix.type!r}",
            where=str(path),
            remedy="float32 (F32) and float16 (F16) are read",
        )
    if 0 in matrix.shape:
        raise DataError(f"the matrix {matrix.name} is empty: {matrix.shape}", where=str(path))
    if matrix.end - matrix.start != prod(matrix.shape) * _TYPES[matrix.type].itemsize:
        raise _damaged(f"the matrix {matrix.name} is not as large as its shape says", path)
    return matrix


def _tensors(path: Path) -> list[_Tensor]:
    try:
        opened = path.open("rb")
    except OSError as error:
        raise CallError(f"cannot be read: {error.strerror}", where=str(path)) from error
    with opened as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        start = file.read(_LENGTH.size)
        length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else 0
        if not 2 <= length <= min(size - _LENGTH.size, _LONGEST_HEADER):
            raise DataError("not a file of safetensors with vectors", where=str(path))
        text = file.read(length)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged("the header is not JSON", path) from error
    if not isinstance(header, dict):
        raise _damaged("the header is no JSON object", path)
    about = header.pop("__metadata__", None)
    if isinstance(about, dict) and about.get("format") == _STORE:
        raise DataError("a store of nlpseq, which holds its words", where=str(path))
    data = _LENGTH.size + length
    return [_tensor(name, entry, data, size, path) for name, entry in header.items()]


def _tensor(name: str, entry: Any, data: int, size: int, path: Path) -> _Tensor:
    shown = repr(name[:40])
    try:
        kind, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    except (TypeError, KeyError, ValueError) as error:
        raise _damaged(f"tensor {shown} is not described", path) from error
    numbers = [start, end, *shape] if isinstance(shape, list) else [None]
    if not isinstance(kind, str) or any(type(n) is not int or n < 0 for n in numbers):
        raise _damaged(f"tensor {shown} is not described", path)
    if not start <= end <= size - data:
        raise _damaged(f"tensor {shown} lies outside the file", path)
    return _Tensor(shown, kind[:40], tuple(shape), data + start, data + end)


def _lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    r"""The words, one a line, split on ``\n`` only."""
    number = 0
    while line := file.readline(_LONGEST + 2):
        number += 1
        if number == 1:
            line = line.removeprefix(BOM_UTF8)
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        if len(line) > _LONGEST:
            raise DataError(f"a word of more than {_LONGEST >> 10} KB", where=f"{path}:{number}")
        yield line


def _blocks(matrix: npt.NDArray[Any], vocabulary: Path, report: Report) -> Generator[Block]:
    step = max(1, _BLOCK_BYTES // (4 * matrix.shape[1]))
    good = 0
    with ExitStack() as opened:
        words = _lines(opened.enter_context(open_bytes(vocabulary)), vocabulary)
        for start in range(0, len(matrix), step):
            rows = np.array(matrix[start : start + step], dtype=np.float32)
            listed = list(islice(words, len(rows)))
            if len(listed) != len(rows):
                raise _damaged("the file changed while it was read", vocabulary)
            finite = np.isfinite(rows).all(axis=1)
            left_out = np.array([not word for word in listed]) | ~finite
            for i in np.flatnonzero(left_out):
                wrong = (
                    "the vector holds something that is no finite number"
                    if listed[i]
                    else "the line has no word"
                )
                report.fault(wrong, start + int(i) + 1, done="left out")
            block = Block(
                np.frombuffer(b"".join(listed), dtype=np.uint8),
                np.cumsum([0, *map(len, listed)], dtype=np.int64),
                rows,
                np.arange(start + 1, start + len(rows) + 1),
            )
            block = mend_utf8(keep(block, ~left_out), report, "line")
            good += len(block.places)
            yield block
    if good == 0:
        raise DataError("no row of vectors", where=str(vocabulary))
