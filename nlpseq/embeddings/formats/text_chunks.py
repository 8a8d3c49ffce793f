"""Text of vectors in chunks of whole lines, each parsed by a thread of its own."""

import math
import mmap
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.formats import rows_of_text
from nlpseq.embeddings.formats.rows_of_text import FINE, HOLDS_SPACE, INEXACT, NO_NUMBER
from nlpseq.errors import DataError
from nlpseq.files import MAX_LINE, is_plain

_CHUNK = 1 << 19  # bytes
_AHEAD = 2  # chunks that each thread may be ahead of the reader


class Chunk(NamedTuple):
    """Some lines, and the m rows that were found among them."""

    text: npt.NDArray[np.uint8]  #: n whole lines, each of them ended
    kinds: npt.NDArray[np.uint8]  #: shape (n,): what rows_of_text made of each
    matrix: npt.NDArray[np.float32]  #: shape (m, D)
    tokens: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]  #: (m + 1,)


def chunks_of(file: BinaryIO, path: Path) -> Iterator[npt.NDArray[np.uint8]]:
    """The file in pieces of whole lines, each ended; a plain file is mapped, not copied."""
    if is_plain(file) and path.is_file():
        if path.stat().st_size:
            yield from _mapped(file, path)
        return
    left = b""
    while True:
        buffer = bytearray(len(left) + _CHUNK)
        buffer[: len(left)] = left
        n = file.readinto(memoryview(buffer)[len(left) :])  # type: ignore[attr-defined]
        if n == 0:
            break
        end = buffer.rfind(b"\n", 0, len(left) + n) + 1
        left = bytes(buffer[end : len(left) + n])
        if end:
            yield np.frombuffer(buffer, dtype=np.uint8, count=end)
        else:
            _check_line(len(left), path)
    if left:
        yield np.frombuffer(left + b"\n", dtype=np.uint8)


def _mapped(file: BinaryIO, path: Path) -> Iterator[npt.NDArray[np.uint8]]:
    text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    view = np.frombuffer(text, dtype=np.uint8)
    start = 0
    while start < len(text):
        end = text.rfind(b"\n", start, start + _CHUNK) + 1
        if end == 0:
            end = text.find(b"\n", start) + 1
            _check_line((end or len(text)) - start, path)
        if end == 0:
            yield np.append(view[start:], np.uint8(10))
            return
        yield view[start:end]
        start = end


def _check_line(size: int, path: Path) -> None:
    if size > MAX_LINE:
        raise DataError(f"a line of more than {MAX_LINE >> 20} MB", where=str(path))


def fields_of(line: bytes) -> list[bytes]:
    """What stands between the spaces of a line."""
    return line.removesuffix(b"\r").rstrip(b" ").split(b" ")


def parsed(chunks: Iterator[npt.NDArray[np.uint8]], dim: int, threads: int) -> Generator[Chunk]:
    """Each chunk parsed, in order, by threads that stay a little ahead."""
    ahead: deque[Any] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for chunk in chunks:
                ahead.append(pool.submit(_parse, chunk, dim))
                if len(ahead) > _AHEAD * threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for job in ahead:
                job.cancel()


def _parse(text: npt.NDArray[np.uint8], dim: int) -> Chunk:
    kinds = np.empty(rows_of_text.count_lines(text), dtype=np.uint8)
    # A row has 2 D bytes at least, so short lines cannot make us allocate.
    most = min(len(kinds), len(text) // (2 * dim)) + 1
    matrix = np.empty((most, dim), dtype=np.float32)
    tokens = np.empty(len(text), dtype=np.uint8)
    offsets = np.empty(most + 1, dtype=np.int64)
    n = rows_of_text.parse(text, kinds, matrix, tokens, offsets)
    chunk = Chunk(text, kinds, matrix[:n], tokens[: offsets[n]].copy(), offsets[: n + 1])
    return _exactly(chunk) if (kinds == INEXACT).any() else chunk


def _exactly(chunk: Chunk) -> Chunk:
    """Compute anew the rows whose float32 needs exact arithmetic; they are few."""
    lines, dim = bytes(chunk.text).split(b"\n"), chunk.matrix.shape[1]
    row_of = np.cumsum(chunk.kinds <= INEXACT) - 1
    kept = np.ones(len(chunk.matrix), dtype=np.bool_)
    for i in np.flatnonzero(chunk.kinds == INEXACT):
        fields = fields_of(lines[i])
        values = [nearest_float32(field) for field in fields[-dim:]]
        chunk.matrix[row_of[i]] = values
        kept[row_of[i]] = np.isfinite(values).all()
        chunk.kinds[i] = FINE if len(fields) == dim + 1 else HOLDS_SPACE
        if not kept[row_of[i]]:
            chunk.kinds[i] = NO_NUMBER
    lengths = np.diff(chunk.offsets)
    return chunk._replace(
        matrix=chunk.matrix[kept],
        tokens=chunk.tokens[np.repeat(kept, lengths)],
        offsets=np.concatenate([[0], np.cumsum(lengths[kept])]),
    )


def nearest_float32(text: bytes) -> np.floating[Any]:
    """The float32 nearest to a decimal number, ties to even, without double rounding."""
    double = float(text)
    with np.errstate(over="ignore"):
        single = np.float32(double)
        other = np.nextafter(single, np.float32(np.inf if double > float(single) else -np.inf))
    # what lies beyond the largest value counts as the next power of two
    pair = [float(x) if np.isfinite(x) else math.copysign(2.0**128, x) for x in (single, other)]
    if double == pair[0] or 2 * double != sum(pair):
        return single
    # The double is the middle of two float32 values: which side is the text itself on?
    exact, middle = Decimal(text.decode()), Decimal(double)
    if exact == middle:
        return single  # NumPy rounded the tie to even
    return max(single, other) if exact > middle else min(single, other)
