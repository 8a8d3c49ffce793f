"""The compiled parts of reading fastText's ``.bin``: its dictionary, and each word's mean."""

import numpy as np
from numba import njit

# Why the parser of the dictionary stopped.
MORE = 0  #: there may be more entries behind these bytes
TOO_LONG = 1  #: the next word is longer than any

_BEHIND_WORD = 9  # int64 count, int8 type
_FNV_OFFSET, _FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)
_SIGN = np.uint32(0xFFFFFF00)
_NO_SIGN, _INFINITY = np.uint32(0x7FFFFFFF), np.uint32(0x7F800000)
_BEGIN, _END = np.uint8(60), np.uint8(62)  # < and >
_END_OF_LINE = np.frombuffer(b"</s>", dtype=np.uint8)


@njit(cache=True, nogil=True)
def entries(data, tokens, offsets, counts, types, longest):  # type: ignore[no-untyped-def]
    """Take the whole entries that open ``data``: (entries, bytes used, why it stopped).

    An entry is a word that ends in NUL, its count (int64) and its type (int8).

    :param data: uint8, shape (N,)
    :param tokens: uint8, shape (N,), to fill: the words, end to end
    :param offsets: int64, shape (n + 1,), to fill
    :param counts: uint8, shape (n, 8), to fill: the counts as they stand
    :param types: uint8, shape (n,), to fill
    :param longest: bytes that a word may have
    """
    size = min(len(data), len(tokens))
    most = min(len(offsets) - 1, len(counts), len(types))
    entry = at = 0
    offsets[0] = 0
    while entry < most:
        end = at
        limit = min(size, at + longest + 1)
        while end < limit and data[end] != 0:
            end += 1
        if end - at > longest:
            return entry, at, TOO_LONG
        if end + _BEHIND_WORD >= size:
            break
        token = offsets[entry]
        for i in range(end - at):
            tokens[token + i] = data[at + i]
        offsets[entry + 1] = token + end - at
        for i in range(8):
            counts[entry, i] = data[end + 1 + i]
        types[entry] = data[end + 9]
        entry += 1
        at = end + 10
    return entry, at, MORE


@njit(cache=True, nogil=True)
def first_not_finite(bits):  # type: ignore[no-untyped-def]
    """The first row that holds something that is no finite number, or -1.

    :param bits: uint32, shape (n, D): the memory of float32 numbers
    """
    for row in range(bits.shape[0]):
        largest = np.uint32(0)
        for i in range(bits.shape[1]):
            largest = max(largest, bits[row, i] & _NO_SIGN)
        if largest >= _INFINITY:
            return row
    return -1


@njit(cache=True, nogil=True)
def _marked(tokens, start, size, i):  # type: ignore[no-untyped-def]
    """Byte i of ``<word>``."""
    if i == 0:
        return _BEGIN
    if i > size:
        return _END
    return tokens[start + i - 1]


@njit(cache=True, nogil=True)
def _continues(byte):  # type: ignore[no-untyped-def]
    return byte & 0xC0 == 0x80


@njit(cache=True, nogil=True)
def _is_end_of_line(tokens, start, size):  # type: ignore[no-untyped-def]
    return size == len(_END_OF_LINE) and np.array_equal(tokens[start : start + size], _END_OF_LINE)


@njit(cache=True, nogil=True)
def _add_ngrams(matrix, words, tokens, start, size, minimum, maximum, total):  # type: ignore[no-untyped-def]
    """Add the rows of a word's n-grams to ``total``; how many they were."""
    buckets = np.uint32(matrix.shape[0] - words)
    added = 0
    for first in range(size + 2):
        if _continues(_marked(tokens, start, size, first)):
            continue
        value = _FNV_OFFSET
        at, n = first, 1
        while at < size + 2 and n <= maximum:
            while True:
                byte = _marked(tokens, start, size, at)
                extended = np.uint32(byte) | _SIGN if byte >= 128 else np.uint32(byte)
                value = np.uint32(np.uint32(value ^ extended) * _FNV_PRIME)
                at += 1
                if at == size + 2 or not _continues(_marked(tokens, start, size, at)):
                    break
            if n >= minimum and not (n == 1 and (first == 0 or at == size + 2)):
                row = words + np.int64(value % buckets)
                for i in range(len(total)):
                    total[i] += matrix[row, i]
                added += 1
            n += 1
    return added


@njit(cache=True, nogil=True)
def means(matrix, words, first, tokens, offsets, minimum, maximum, out):  # type: ignore[no-untyped-def]
    """The vectors of a block of words: each the mean of its row and of its n-grams' rows.

    :param matrix: float32, shape (words + B, D)
    :param first: row of the block's first word; the block ends at row ``words`` at the latest
    :param tokens: uint8: the block's words, end to end
    :param offsets: int64, shape (n + 1,), within ``tokens``
    :param maximum: characters of the longest n-gram, 0 where there are no n-grams
    :param out: float32, shape (n, D), to fill
    """
    for i in range(min(len(out), len(offsets) - 1, words - first)):
        start, size = offsets[i], offsets[i + 1] - offsets[i]
        for j in range(out.shape[1]):
            out[i, j] = matrix[first + i, j]
        n = 1
        if matrix.shape[0] > words and not _is_end_of_line(tokens, start, size):
            n += _add_ngrams(matrix, words, tokens, start, size, minimum, maximum, out[i])
        mean = np.float32(1 / n)
        for j in range(out.shape[1]):
            out[i, j] *= mean
