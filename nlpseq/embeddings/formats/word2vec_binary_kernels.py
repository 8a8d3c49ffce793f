"""The compiled parser of word2vec's binary rows: a word, one space, D float32."""

import numpy as np
from numba import njit

# What a row came to.
FINE = 0
NO_WORD = 1
NOT_FINITE = 2

_SPACE, _NEWLINE = 32, 10
_NO_SIGN, _INFINITY = np.uint32(0x7FFFFFFF), np.uint32(0x7F800000)


@njit(cache=True, nogil=True)
def parse(data, matrix, bits, tokens, offsets, kinds, longest):  # type: ignore[no-untyped-def]
    """Take the whole rows that open ``data``: (rows, bytes used, whether a word is too long).

    :param data: uint8, shape (N,)
    :param matrix: uint8, shape (n, 4 D), to fill: the rows' numbers as they stand
    :param bits: uint32, shape (n, D): the same memory
    :param tokens: uint8, shape (N,), to fill: the words, end to end
    :param offsets: int64, shape (n + 1,), to fill
    :param kinds: uint8, shape (n,), to fill: what each row came to
    :param longest: bytes that a word may have
    """
    width, D = matrix.shape[1], bits.shape[1]
    most = min(len(matrix), len(bits), len(kinds), len(offsets) - 1)
    size = min(len(data), len(tokens))
    row = at = 0
    offsets[0] = 0
    while row < most:
        while at < size and data[at] == _NEWLINE:
            at += 1
        end = at
        limit = min(size, at + longest + 1)
        while end < limit and data[end] != _SPACE:
            end += 1
        if end == limit:
            return row, at, end - at > longest
        numbers = end + 1
        if size - numbers < width:
            break
        token = offsets[row]
        for i in range(end - at):
            tokens[token + i] = data[at + i]
        offsets[row + 1] = token + end - at
        for i in range(width):
            matrix[row, i] = data[numbers + i]
        largest = np.uint32(0)
        for i in range(D):
            largest = max(largest, bits[row, i] & _NO_SIGN)
        if end == at:
            kinds[row] = NO_WORD
        elif largest >= _INFINITY:
            kinds[row] = NOT_FINITE
        else:
            kinds[row] = FINE
        row += 1
        at = numbers + width
    return row, at, False
