"""Out of a file's blocks, the rows that are wanted, each word once."""

from collections.abc import Iterator

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
        self._contents, self._report, self._progress = contents, report, progress
        self._only, self._first = only, first
        self._builder = Builder()

    def __iter__(self) -> Iterator[tuple[Matrix, Counts | None]]:
        """Rows, shape (n, D), and their words' counts where the file has them."""
        most = min(
            len(self._only) if self._only is not None else 1 << 62,
            self._first if self._first is not None else 1 << 62,
        )
        with self._progress.task(f"reading {self._contents.format}") as task:
            for block in self._contents.blocks:
                task.advance(len(block.matrix), f"{len(self._builder):,} words")
                if self._only is not None:
                    block = keep(block, find_each(self._only, block.tokens, block.offsets) >= 0)
                left = most - len(self._builder)
                if len(block.matrix) > left:
                    # cut after the last new word that fits; what is double is told nonetheless
                    block = keep(block, np.arange(len(block.matrix)) < left)
                new = self._builder.add(block.tokens, block.offsets)
                if not new.all():
                    self._tell(block, new)
                    block = keep(block, new)
                yield block.matrix, block.counts
                if len(self._builder) >= most:
                    break

    def _tell(self, block: Block, new: npt.NDArray[np.bool_]) -> None:
        for i in np.flatnonzero(~new):
            word = bytes(block.tokens[block.offsets[i] : block.offsets[i + 1]]).decode()
            self._report.fault(
                f"the word {word!r} stands there twice",
                int(block.places[i]),
                self._contents.unit,
                done="the first is kept",
            )

    def words(self) -> Words:
        """The words of all rows that were given; once only."""
        return self._builder.finish()


def in_memory(collector: Collector, dim: int) -> tuple[Words, Rows, Counts | None]:
    """All rows in one matrix, with never two copies of it."""
    matrix = np.empty((0, dim), dtype=np.float32)
    counts: list[Counts] = []
    n = 0
    for rows, seen in collector:
        if n + len(rows) > len(matrix):
            # the operating system moves the pages of a large array; what is not touched is not used
            matrix.resize((max(n + len(rows), len(matrix) * 3 // 2), dim), refcheck=False)
        matrix[n : n + len(rows)] = rows
        n += len(rows)
        if seen is not None:
            counts.append(seen)
    matrix.resize((n, dim), refcheck=False)
    return collector.words(), Rows(matrix), np.concatenate(counts) if counts else None
