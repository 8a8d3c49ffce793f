"""Counting words: a table that gives each distinct word a number."""

from typing import Any

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.train.stream.counting_kernels import (
    END,
    IDS,
    PAD,
    POSITION,
    USED,
    WORDS,
    compact,
    fill,
    gather,
    hash_all,
    number,
    number_text,
)
from nlpseq.embeddings.words import Bytes, Offsets
from nlpseq.errors import DataError

__all__ = ["END", "PAD", "Ids", "Table"]

Ids = npt.NDArray[np.int32]

_MOST = 1 << 30  # words: a number is an int32


class Table:
    """Distinct words, numbered as they come, and how often each came."""

    def __init__(self) -> None:
        self._slots = np.zeros((1 << 13, 2), dtype=np.uint64)
        self._counts: Offsets = np.zeros(1 << 12, dtype=np.int64)
        self._offsets: Offsets = np.zeros((1 << 12) + 1, dtype=np.int64)
        self._pool: Bytes = np.zeros(1 << 16, dtype=np.uint8)
        self._state: Offsets = np.zeros(4, dtype=np.int64)

    def __len__(self) -> int:
        return int(self._state[WORDS])

    @property
    def counts(self) -> Offsets:
        """Shape (words,): how often each came."""
        return self._counts[: len(self)]

    def count_text(self, data: Bytes, size: int) -> Ids:
        """The numbers of a text's words, with :data:`END` for each line feed.

        Between words is ASCII white space: blanks, tabs, returns, line, vertical and form feeds.

        :param data: shape (size + PAD or more,), of which the first ``size`` are the text; the
            byte after it is a blank
        """
        ids: Ids = np.empty(size, dtype=np.int32)
        self._state[POSITION:] = 0
        while not number_text(data, size, ids, *self._parts()):
            self._grow(size - int(self._state[POSITION]))
        return ids[: self._state[IDS]]

    def count_spans(self, data: Bytes, starts: Offsets, ends: Offsets, weights: Offsets) -> Ids:
        """The numbers of words of which start and end are known; each counts as its weight.

        :param data: the words' UTF-8, and :data:`PAD` bytes of anything
        """
        n = len(starts)
        ids: Ids = np.empty(n, dtype=np.int32)
        sizes, hashes = ends - starts, np.empty(n, dtype=np.uint64)
        hash_all(data, starts, sizes, hashes)
        done = 0
        while done < n:
            done = number(data, starts, sizes, hashes, weights, ids, done, n, *self._parts())
            if done < n:
                self._grow(int(sizes[done]))
        return ids

    def merge(self, other: "Table") -> Ids:
        """Add another's counts; the number here of each of its words."""
        offsets = other._offsets[: len(other) + 1]
        return self.count_spans(other._pool, offsets[:-1], offsets[1:] - 1, other.counts)

    def added(self, words: int) -> bytes:
        """All but the first ``words`` words, a line feed after each."""
        return self._pool[self._offsets[words] : self._state[USED]].tobytes()

    def prune(self, most: int) -> Ids:
        """Drop the rarest words, all of a count together, so that at most so many stay.

        The new number of each word, or -1.
        """
        words = len(self)
        falling = np.sort(self.counts)[::-1]
        least = int(falling[most]) + 1 if most < words else 0
        rank: Ids = np.empty(words, dtype=np.int32)
        kept = compact(self._counts, self._offsets, self._pool, words, least, rank)
        self._state[WORDS], self._state[USED] = kept, self._offsets[kept]
        self._index(len(self._slots))
        return rank

    def ranked(self, min_count: int) -> tuple[Ids, Bytes, Offsets]:
        """Words that came so often, most frequent first, ties in code-point order.

        Their numbers, shape (n,), their UTF-8 end to end, and where each starts, shape (n + 1,).
        """
        order = np.flatnonzero(self.counts >= min_count)
        keys = np.empty((2, len(order)), dtype=np.uint64)
        tokens, starts = self._copied(order, keys)
        falling = -self._counts[order]
        by = np.lexsort((keys[1], keys[0], falling))
        # the few words that share their count and sixteen bytes are told apart here
        same = np.zeros(len(order) + 1, dtype=np.bool_)
        same[1:-1] = np.logical_and.reduce(
            [key[by][1:] == key[by][:-1] for key in (falling, *keys)]
        )
        firsts = np.flatnonzero(~same[:-1] & same[1:])
        ends = np.flatnonzero(same[:-1] & ~same[1:]) + 1
        for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
            tied = by[first:end].tolist()
            tied.sort(key=lambda i: tokens[starts[i] : starts[i + 1]].tobytes())
            by[first:end] = tied
        order = order[by]
        return order.astype(np.int32), *self._copied(order, keys)

    def _copied(self, order: npt.NDArray[Any], keys: Any) -> tuple[Bytes, Offsets]:
        sizes = self._offsets[order + 1] - 1 - self._offsets[order]
        tokens: Bytes = np.empty(int(sizes.sum()), dtype=np.uint8)
        starts: Offsets = np.zeros(len(order) + 1, dtype=np.int64)
        gather(self._pool, self._offsets, order, keys, tokens, starts)
        return tokens, starts

    def _parts(self) -> tuple[Any, ...]:
        return self._slots, self._counts, self._offsets, self._pool, self._state

    def _grow(self, size: int) -> None:
        """Make room for another word of at most ``size`` bytes, and for many more."""
        words, used = len(self), int(self._state[USED])
        if words >= _MOST:
            raise DataError(
                f"more than {_MOST:,} different words", remedy="bound the vocabulary: max_vocab"
            )
        # resize() lets the operating system move the pages: never two copies of a large array
        if words == len(self._counts):
            self._counts.resize(2 * words, refcheck=False)
            self._offsets.resize(2 * words + 1, refcheck=False)
        if 3 * words >= 2 * len(self._slots):
            self._index(2 * len(self._slots))
        if used + size + 1 + PAD > len(self._pool):
            self._pool.resize(max(used + size + 1 + PAD, 2 * len(self._pool)), refcheck=False)

    def _index(self, slots: int) -> None:
        self._slots = np.zeros((slots, 2), dtype=np.uint64)
        fill(self._slots, self._offsets, self._pool, len(self))
