"""How often words stand near each other: the matrix that GloVe is trained on.

    X_ij = sum over i at p, j at q of one document, 0 < |p - q| <= window, of 1 / |p - q|

(Pennington et al. 2014, "GloVe: Global Vectors for Word Representation", section 4.2).

An index of the stream has the places of each word together, so that a row of X is summed up alone,
in an array of V numbers that stays in the cache: no table of pairs is needed. Where the index is
larger than the memory, it holds a range of words at a time and the stream is gone through again
for each. Cells that do not fit wait in a temporary file. Sums are in the order of the text,
whatever memory and threads are.
"""

import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.train.methods.cooccurrence_kernels import (
    fill_index,
    scatter,
    shuffle,
    sum_rows,
)
from nlpseq.embeddings.train.stream import Stream, mapped
from nlpseq.errors import DataError
from nlpseq.progress import Progress, silent

#: one number of the matrix that is not 0
CELL = np.dtype([("row", np.int32), ("column", np.int32), ("value", np.float32)])
Cells = npt.NDArray[Any]  #: of type CELL
Ids = npt.NDArray[np.int64]

_TASK = 1 << 21  # pairs of the rows that a thread sums up at a time, on a side
_BUCKET = 1 << 17  # cells that are shuffled at a time, in the cache
_CHUNKS = 100  # of cells that are few: so many at least, that the order is random still


def count(
    stream: Stream,
    window: int,
    *,
    chunk: int = 1,
    memory: float = 2.0,
    threads: int = 1,
    seed: int = 0,
    folder: Path | None = None,
    progress: Progress = silent,
) -> Cells:
    """All cells of X, in a random order that is a function of stream, window, chunk and seed.

    :param window: words on a side, at most 255
    :param chunk: 1 makes every order as likely; else cells are dealt to chunks, of so many on
        average or fewer, and each chunk goes from row to row
    :param memory: GB, over what the words themselves need (24 bytes each, for each thread) and a
        batch of finished rows; cells that need more lie in a file, of which the result is a map
    :param folder: for temporary files, which have no name and go with their last user
    :returns: shape (cells,), type :data:`CELL`
    :raises DataError: where no word has another one beside it
    """
    room = int(memory * 1e9)
    folder = folder if folder and folder.is_dir() else None
    with ExitStack() as stack:
        kept = _Kept(room // 2, folder, stack)
        with progress.task("counting pairs", int(stream.counts.sum())) as task:
            for cells, places in _rows(stream, window, room // 4, threads):
                kept.add(cells)
                task.advance(places, f"{kept.number:,} pairs")
        if not kept.number:
            raise DataError(
                "no two words stand in one document: there is nothing to count",
                remedy="give documents of several words, or a lower min_count",
            )
        return _shuffled(kept, chunk, seed, room // 2, folder, threads)


class _Kept:
    """Cells in the order in which they come; in a file where they are more than fit."""

    def __init__(self, room: int, folder: Path | None, stack: ExitStack) -> None:
        self._room, self._folder, self._stack = room, folder, stack
        self._file: BinaryIO | None = None
        self._parts: list[Cells] = []
        self._bytes = self.number = 0

    def add(self, cells: Cells) -> None:
        self._parts.append(cells)
        self._bytes += cells.nbytes
        self.number += len(cells)
        if self._bytes > self._room:
            if self._file is None:
                file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115, closed by the stack
                self._file = cast(BinaryIO, self._stack.enter_context(file))
            for part in self._parts:
                self._file.write(part.data)
            self._parts, self._bytes = [], 0

    def parts(self) -> Iterator[Cells]:
        if self._file:
            self._file.flush()
            self._file.seek(0)
            while data := self._file.read(_BUCKET * CELL.itemsize):
                yield np.frombuffer(data, CELL)
        while self._parts:
            yield self._parts.pop(0)


def _rows(stream: Stream, window: int, room: int, threads: int) -> Iterator[tuple[Cells, int]]:
    """The rows of X in their order, in batches; and how many places each batch went through."""
    V = len(stream.counts)
    ends = np.concatenate([[0], np.cumsum(np.bincount(stream.ids, minlength=V))])
    with ThreadPoolExecutor(threads) as pool:
        first = 0
        while first < V:
            last = _reach(ends, first, max(1, room // 8))
            index = np.empty(ends[last] - ends[first], np.uint64)
            starts = ends[first : last + 1] - ends[first]
            fill_index(stream.ids, stream.offsets, window, first, last, starts[:-1].copy(), index)
            running: deque[Future[tuple[Cells, int]]] = deque()
            row = first
            try:
                while row < last or running:
                    while row < last and len(running) < 2 * threads:
                        stop = _reach(ends[: last + 1], row, max(1, _TASK // window))
                        part = starts[row - first : stop - first + 1]
                        running.append(pool.submit(_sum, stream.ids, index, part, row, V, window))
                        row = stop
                    yield running.popleft().result()
            finally:
                for future in running:
                    future.cancel()
            first = last


def _reach(ends: Ids, first: int, places: int) -> int:
    """The end of as many rows as have so many places, at least one."""
    found = int(np.searchsorted(ends, ends[first] + places, side="right")) - 1
    return min(max(found, first + 1), len(ends) - 1)


def _sum(
    ids: npt.NDArray[np.int32],
    index: npt.NDArray[np.uint64],
    starts: Ids,
    row: int,
    V: int,
    window: int,
) -> tuple[Cells, int]:
    places = int(starts[-1] - starts[0])
    most = int(np.minimum(np.diff(starts) * 2 * window, V).sum())
    cells = np.empty(most, CELL)
    sums, seen = np.zeros(V, np.float64), np.empty(V, np.int32)
    number = sum_rows(ids, index, starts, row, sums, seen, cells)
    return cells[:number].copy(), places


def _shuffled(
    kept: _Kept, chunk: int, seed: int, room: int, folder: Path | None, threads: int
) -> Cells:
    """Each cell goes to a random bucket. Those are the chunks; or, without any, each is shuffled,
    and every order is as likely.
    """
    number = kept.number
    fits = number * CELL.itemsize <= room
    cells = np.empty(number, CELL) if fits else mapped.room(number, CELL, folder)
    buckets = -(-number // (chunk if chunk > 1 else _BUCKET))
    if chunk > 1:
        buckets = max(buckets, min(number, _CHUNKS))
    random = np.random.default_rng((seed, 2))
    keys = random.integers(1, 2**63, 1 + buckets).astype(np.uint64)
    sizes = np.zeros(buckets, np.int64)
    for first in range(0, number, _BUCKET):
        scatter(cells[:0], first, min(_BUCKET, number - first), keys[0], sizes, cells)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    heads, first = ends[:-1].copy(), 0
    for part in kept.parts():
        scatter(part, first, len(part), keys[0], heads, cells)
        first += len(part)
    if chunk > 1:
        return cells
    with ThreadPoolExecutor(threads) as pool:
        for future in [
            pool.submit(shuffle, cells[ends[i] : ends[i + 1]], keys[1 + i : 2 + i])
            for i in range(buckets)
        ]:
            future.result()
    return cells
