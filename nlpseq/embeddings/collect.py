"""Out of a file's blocks, the rows that are wanted, each word once."""

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.formats.contents import Block, Contents, Report
from nlpseq.embeddings.formats.repairs import keep
from nlpseq.embeddings.indexing import Builder, find_each
from nlpseq.embeddings.rows import Matrix, Rows
from nlpseq.embeddings.words import Words
from nlpseq.progress import Progress, silent

Counts = npt.NDArray[np.int64]


class Collector:
    """Goes through contents once; afterwards knows the words of the rows that it gave.

    :param only: the words to keep; by default all
    :param first: how many rows to keep at most
    """

    def __init__(
        self,
        contents: Contents,
        report: Report,
        *,
        only: Words | None = None,
        first: int | None = None,
        progress: Progress = silent,
    ) -> None:
        self._contents, self.report, self._progress = contents, report, progress
        self._only, self._first = only, first
        self._builder = Builder()
        self.dim = contents.dim
        bounds = (None if only is None else len(only), first)
        self._most = min((bound for bound in bounds if bound is not None), default=1 << 62)
        self.expected = min(contents.expected, self._most)

    def __iter__(self) -> Iterator[tuple[Matrix, Counts | None]]:
        """Rows, shape (n, D), and their words' counts where the file has them."""
        reading = f"reading {self._contents.format}"
        # closed here: the threads of a reader that is left to the garbage collector may be waited
        # for in the midst of the start of another
        with closing(self._contents.blocks) as blocks, self._progress.task(reading) as task:
            for block in blocks:
                task.advance(len(block.matrix), f"{len(self._builder):,} words")
                if self._only is not None:
                    block = keep(block, find_each(self._only, block.tokens, block.offsets) >= 0)
                yield from self._new(block)
                if len(self._builder) >= self._most:
                    break

    def _new(self, block: Block) -> Iterator[tuple[Matrix, Counts | None]]:
        """The rows of a block whose words are new, as far as there is room."""
        place = np.arange(len(block.matrix))
        start = 0
        while start < len(place) and (room := self._most - len(self._builder)) > 0:
            # no more rows at a time than there is room for: some may be double, and leave room
            part = keep(block, (place >= start) & (place < start + room))
            start += room
            new = self._builder.add(part.tokens, part.offsets)
            if not new.all():
                self._tell(part, new)
                part = keep(part, new)
            yield part.matrix, part.counts

    def _tell(self, block: Block, new: npt.NDArray[np.bool_]) -> None:
        for i in np.flatnonzero(~new):
            word = bytes(block.tokens[block.offsets[i] : block.offsets[i + 1]]).decode()
            self.report.fault(
                f"the word {word!r} stands there twice",
                int(block.places[i]),
                self._contents.unit,
                done="the first is kept",
            )

    def words(self) -> Words:
        """The words of all rows that were given; once only."""
        return self._builder.finish()


def in_memory(collector: Collector) -> tuple[Words, Rows, Counts | None]:
    """All rows in one matrix, with never two copies of it."""
    # What is not touched of a large array takes no memory.
    matrix = np.empty((collector.expected, collector.dim), dtype=np.float32)
    counts: list[Counts] = []
    n = 0
    for rows, seen in collector:
        if n + len(rows) > len(matrix):
            # The system moves the pages; the room that is new is touched, so it is little.
            more = max(n + len(rows), len(matrix) * 17 // 16)
            matrix.resize((more, collector.dim), refcheck=False)
        matrix[n : n + len(rows)] = rows
        n += len(rows)
        if seen is not None:
            counts.append(seen)
    matrix.resize((n, collector.dim), refcheck=False)
    return collector.words(), Rows(matrix), np.concatenate(counts) if counts else None
