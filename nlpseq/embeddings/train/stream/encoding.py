"""Words to ids in one pass: blocks are numbered by several threads, and ranked at the end.

Each thread has a table of its own, so that none waits for another. What it makes of a block, the
words' numbers in its table, goes to a temporary file in the order of the text; when all is read
and the tables are merged, these numbers are replaced by ranks, and rare words fall out. A table
that is pruned on the way numbers its words anew, and so do the blocks after: its next generation.
"""

import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from nlpseq.embeddings.indexing import Builder
from nlpseq.embeddings.train.stream.counting import END, Ids, Table
from nlpseq.embeddings.words import Offsets, Words

#: longer documents are cut, so that several threads can share the one line of a huge file
LONGEST = 10_000
_HELD = 8  # words counted for each that is wanted, before the rarest go
_FEWEST = 1 << 20  # words that are counted in any case


class Block(Protocol):
    """A piece of a corpus."""

    def numbered(self, table: Table) -> Ids:
        """The numbers of its words, with END behind each document that ends in it."""


_AnyBlock = TypeVar("_AnyBlock", bound=Block)


class Ranked(NamedTuple):
    """The words that stay, and what became of others."""

    words: Words  #: most frequent first, ties in code-point order
    counts: Offsets  #: shape (V,)
    left_out: int  #: words that came often enough, and for which there was no room
    forgotten: int  #: times that a rare word was dropped while words were counted


class Encoder:
    """Numbers the words of blocks, counts them, and ranks them. For a ``with`` statement.

    :param threads: that number blocks at once
    :param max_vocab: words that stay at most; a multiple of it is held while counting, and with
        it the number of threads has a say in which of the rarest are dropped
    :param folder: where the temporary files are, by default the system's; they have no name, and
        so vanish with the process
    """

    def __init__(
        self, *, threads: int = 1, max_vocab: int | None = None, folder: Path | None = None
    ) -> None:
        self.tokens = 0  #: words seen so far
        self._tables = [Table() for _ in range(threads)]
        self._max_vocab = max_vocab
        self._most = max(_HELD * max_vocab, _FEWEST) // threads if max_vocab else None
        self._forgotten = 0
        self._parts: list[tuple[int, int, int]] = []  # of each block: table, generation, numbers
        self._opened = ExitStack()
        self._numbers = self._opened.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
        self._generations = [
            _Generations(self._opened.enter_context(tempfile.TemporaryFile(dir=folder)))  # noqa: SIM115
            for _ in range(threads)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.close()

    def add(self, blocks: Iterable[_AnyBlock], done: Callable[[_AnyBlock], None]) -> None:
        """Number blocks; ``done`` is told of each, in order. A few are held at a time."""
        tables = self._tables
        under_way: deque[tuple[int, _AnyBlock, Future[Ids]]] = deque()

        def finished() -> tuple[_AnyBlock, Ids]:
            t, block, future = under_way.popleft()
            ids = future.result()
            self._parts.append((t, self._generations[t].number, len(ids)))
            if self._most and len(tables[t]) > self._most:
                rank = tables[t].prune(self._most // 2)
                self._forgotten += int(np.count_nonzero(rank < 0))
                self._generations[t].add(rank)
            return block, ids

        def keep(block: _AnyBlock, ids: Ids) -> None:
            self._numbers.write(ids.data)
            self.tokens += int(np.count_nonzero(ids != END))
            done(block)

        with ThreadPoolExecutor(len(tables)) as pool:
            for i, block in enumerate(blocks, len(self._parts)):
                ready = finished() if len(under_way) == len(tables) else None
                t = i % len(tables)  # a table's turns depend on nothing but their order
                under_way.append((t, block, pool.submit(block.numbered, tables[t])))
                if ready:
                    keep(*ready)
            while under_way:
                keep(*finished())

    def rank(self, min_count: int) -> Ranked:
        """Decide which words stay. Nothing can be added afterwards."""
        merged, *others = self._tables
        numbers = [merged.merge(table) for table in others]
        order, tokens, starts = merged.ranked(min_count)
        V = min(len(order), self._max_vocab or len(order))
        rank = np.full(len(merged), END, dtype=np.int32)
        rank[order[:V]] = np.arange(V, dtype=np.int32)
        self._generations[0].finish(rank)
        for generations, known in zip(self._generations[1:], numbers, strict=True):
            generations.finish(rank[known])
        counts = merged.counts[order[:V]]
        self._tables = []
        builder = Builder()
        builder.add(tokens[: starts[V]], starts[: V + 1])
        return Ranked(builder.finish(), counts, len(order) - V, self._forgotten)

    def ids(self) -> Iterator[tuple[Ids, Offsets]]:
        """The stream in pieces: ids, and ends of documents, counted from the stream's start."""
        state = np.zeros(2, dtype=np.int64)
        self._numbers.seek(0)
        for t, generation, n in self._parts:
            numbers = np.empty(n, dtype=np.int32)
            _fill(self._numbers, numbers)
            ids = np.empty(n, dtype=np.int32)
            ends = np.empty(n, dtype=np.int64)
            found = _rank(numbers, self._generations[t].ranks(generation), ids, ends, state)
            yield ids[: found[0]], ends[: found[1]]


class _Generations:
    """How a table's words were numbered anew, again and again; all but one are on disk."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._sizes: list[int] = []
        self._loaded: tuple[int, Ids] | None = None

    @property
    def number(self) -> int:
        """Of the generation that the table is at."""
        return len(self._sizes)

    def add(self, rank: Ids) -> None:
        """Another one; ``rank`` is the new number of each word, or END."""
        self._file.write(rank.data)
        self._sizes.append(len(rank))

    def finish(self, rank: Ids) -> None:
        """The last one, which brings all before it to the same numbers."""
        self.add(rank)
        for number in range(len(self._sizes) - 2, -1, -1):
            before = self._read(number)
            rank = np.append(rank, np.int32(END))[before]  # -1 is the last
            self._file.seek(4 * sum(self._sizes[:number]))
            self._file.write(rank.data)

    def ranks(self, number: int) -> Ids:
        """What a generation's words became."""
        if self._loaded is None or self._loaded[0] != number:
            self._loaded = number, self._read(number)
        return self._loaded[1]

    def _read(self, number: int) -> Ids:
        ranks = np.empty(self._sizes[number], dtype=np.int32)
        self._file.seek(4 * sum(self._sizes[:number]))
        _fill(self._file, ranks)
        return ranks


def _fill(file: Any, array: npt.NDArray[Any]) -> None:
    if file.readinto(array.data.cast("B")) != array.nbytes:
        raise OSError("a temporary file was cut off")


@njit(nogil=True, cache=True)
def _rank(numbers: Any, rank: Any, ids: Any, ends: Any, state: Any) -> Any:
    """Replace numbers by ranks; ``state``: ids so far, and how many of them in this document."""
    n = e = 0
    total, length = state[0], state[1]
    for number in numbers:
        if number == END:
            ends[e] = total + n
            e += 1
            length = 0
        elif rank[number] != END:
            if length == LONGEST:
                ends[e] = total + n
                e += 1
                length = 0
            ids[n] = rank[number]
            n += 1
            length += 1
    state[0], state[1] = total + n, length
    return n, e
