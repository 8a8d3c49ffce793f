"""Building the words of vectors block by block, in compiled code.

The look-up side, which needs no compiler, is :mod:`nlpseq.embeddings.words`.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from nlpseq.embeddings.words import Bytes, Index, Offsets, Words
from nlpseq.errors import DataError

_LARGEST = 2**30  # words; a row number is an int32


def _crc_table() -> npt.NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ np.uint32(0xEDB88320), table >> 1)
    return table.astype(np.uint32)


_CRC = _crc_table()


@njit(cache=True, nogil=True)
def _crc32(tokens, start, end):  # type: ignore[no-untyped-def]
    crc = np.uint32(0xFFFFFFFF)
    for i in range(start, end):
        crc = _CRC[np.uint8(crc) ^ tokens[i]] ^ (crc >> np.uint32(8))
    return np.int64(crc ^ np.uint32(0xFFFFFFFF))


@njit(cache=True, nogil=True)
def _same(a, a_start, b, b_start, size):  # type: ignore[no-untyped-def]
    for i in range(size):  # noqa: SIM110  # numba knows no generators
        if a[a_start + i] != b[b_start + i]:
            return False
    return True


@njit(cache=True, nogil=True)
def _slot(index, own, own_offsets, tokens, start, end):  # type: ignore[no-untyped-def]
    """Where a word is, or the empty slot where it would go."""
    mask = len(index) - 1
    slot = _crc32(tokens, start, end) & mask
    while index[slot] >= 0:
        row = index[slot]
        at = own_offsets[row]
        if own_offsets[row + 1] - at == end - start and _same(own, at, tokens, start, end - start):
            break
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def _extend(index, own, own_offsets, count, tokens, offsets, new):  # type: ignore[no-untyped-def]
    """Append the words that are not there yet; ``new`` says which they were."""
    for i in range(len(offsets) - 1):
        start, end = offsets[i], offsets[i + 1]
        slot = _slot(index, own, own_offsets, tokens, start, end)
        new[i] = index[slot] < 0
        if new[i]:
            at = own_offsets[count]
            for j in range(end - start):
                own[at + j] = tokens[start + j]
            own_offsets[count + 1] = at + end - start
            index[slot] = count
            count += 1
    return count


@njit(cache=True, nogil=True)
def _fill(index, own, own_offsets, count):  # type: ignore[no-untyped-def]
    mask = len(index) - 1
    for row in range(count):
        slot = _crc32(own, own_offsets[row], own_offsets[row + 1]) & mask
        while index[slot] >= 0:
            slot = (slot + 1) & mask
        index[slot] = row


@njit(cache=True, nogil=True)
def _find(index, own, own_offsets, tokens, offsets, rows):  # type: ignore[no-untyped-def]
    for i in range(len(offsets) - 1):
        rows[i] = index[_slot(index, own, own_offsets, tokens, offsets[i], offsets[i + 1])]


def find_each(words: Words, tokens: Bytes, offsets: Offsets) -> npt.NDArray[np.int32]:
    """The row in ``words`` of each word of a block, shape (n,), -1 where there is none."""
    rows = np.empty(len(offsets) - 1, dtype=np.int32)
    _find(words.table, words.tokens, words.offsets, tokens, offsets, rows)
    return rows


class Builder:
    """Words that arrive in blocks; the first occurrence of each is kept."""

    def __init__(self) -> None:
        self._count = 0
        self._tokens: Bytes = np.empty(1 << 16, dtype=np.uint8)
        self._offsets: Offsets = np.zeros(1 << 12, dtype=np.int64)
        self._index: Index = np.full(1 << 13, -1, dtype=np.int32)

    def __len__(self) -> int:
        return self._count

    def add(self, tokens: Bytes, offsets: Offsets) -> npt.NDArray[np.bool_]:
        """Append a block's words; which of them were new, shape (n,).

        :param tokens: the block's words in UTF-8, end to end
        :param offsets: shape (n + 1,), from 0
        """
        n = len(offsets) - 1
        most = self._count + n
        if most > _LARGEST:
            raise DataError(f"more than {_LARGEST:,} words")
        # resize() lets the operating system move the pages: never two copies of a large array
        size = int(self._offsets[self._count]) + int(offsets[-1])
        if size > len(self._tokens):
            self._tokens.resize(max(size, len(self._tokens) * 3 // 2), refcheck=False)
        if most + 1 > len(self._offsets):
            self._offsets.resize(max(most + 1, len(self._offsets) * 3 // 2), refcheck=False)
        if most * 3 > len(self._index) * 2:  # at most two thirds full
            slots = 1 << (most * 3 // 2).bit_length()
            self._index = np.full(slots, -1, dtype=np.int32)
            if self._count:  # else a kernel would be loaded for nothing
                _fill(self._index, self._tokens, self._offsets, self._count)
        new = np.empty(n, dtype=np.bool_)
        self._count = _extend(
            self._index, self._tokens, self._offsets, self._count, tokens, offsets, new
        )
        return new

    def finish(self) -> Words:
        """The words; the builder is used up."""
        size = int(self._offsets[self._count])
        self._tokens.resize(size, refcheck=False)
        self._offsets.resize(self._count + 1, refcheck=False)
        return Words(self._tokens, self._offsets, self._index)
