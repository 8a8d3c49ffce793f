"""The compiled parts of counting co-occurrences."""

from typing import Any

import numpy as np
from numba import njit

_PLACE = np.uint64(16)  # bits of a place's two reaches, below its number
_BYTE = np.uint64(8)
_LOW = np.uint64(255)


@njit(nogil=True, cache=True)
def fill_index(
    ids: Any, offsets: Any, window: int, first: int, last: int, heads: Any, index: Any
) -> None:
    """Where the words ``first`` to ``last`` - 1 stand, the places of one word together.

    A place is (number << 16) + (reach to the left << 8) + reach to the right, so far as the
    document goes.

    :param heads: shape (last - first,): where in ``index`` each word's places start; moved on
    """
    for document in range(len(offsets) - 1):
        begin, end = offsets[document], offsets[document + 1]
        for i in range(begin, end):
            word = ids[i]
            if first <= word < last:
                before, after = min(window, i - begin), min(window, end - 1 - i)
                place = (np.uint64(i) << _PLACE) | (np.uint64(before) << _BYTE) | np.uint64(after)
                index[heads[word - first]] = place
                heads[word - first] += 1


@njit(nogil=True, cache=True)
def sum_rows(ids: Any, index: Any, starts: Any, row: int, sums: Any, seen: Any, cells: Any) -> int:
    """Write the cells of rows from ``row`` on, and give their number.

    :param starts: shape (rows + 1,): of each row's places in the index
    :param sums: shape (V,): zeros, before and after
    :param seen: shape (V,): room
    """
    weights = 1 / np.arange(256.0)
    number = 0
    for r in range(len(starts) - 1):
        columns = 0
        for at in range(starts[r], starts[r + 1]):
            place = index[at]
            i = np.int64(place >> _PLACE)
            before, after = np.int64((place >> _BYTE) & _LOW), np.int64(place & _LOW)
            for d in range(1, before + 1):
                word = ids[i - d]
                if sums[word] == 0:
                    seen[columns] = word
                    columns += 1
                sums[word] += weights[d]
            for d in range(1, after + 1):
                word = ids[i + d]
                if sums[word] == 0:
                    seen[columns] = word
                    columns += 1
                sums[word] += weights[d]
        for k in range(columns):
            word = seen[k]
            cells[number].row = row + r
            cells[number].column = word
            cells[number].value = sums[word]
            sums[word] = 0
            number += 1
    return number


@njit(nogil=True, cache=True)
def _mixed(x: Any) -> Any:
    """64 bits that look random, of a number (splitmix64, Steele et al. 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(nogil=True, cache=True)
def scatter(cells: Any, first: int, number: int, key: Any, heads: Any, out: Any) -> None:
    """Bring cells to where their buckets' heads stand, which move on; without any, only that.

    The bucket of a cell is drawn by its number, which starts at ``first``.
    """
    for i in range(number):
        bits = _mixed(key + np.uint64(first + i) * np.uint64(0x9E3779B97F4A7C15))
        bucket = np.int64(((bits >> np.uint64(32)) * np.uint64(len(heads))) >> np.uint64(32))
        if len(cells):
            out[heads[bucket]] = cells[i]
        heads[bucket] += 1


@njit(nogil=True, cache=True)
def shuffle(cells: Any, key: Any) -> None:
    """Fisher and Yates's shuffle, in place."""
    for i in range(len(cells) - 1, 0, -1):
        bits = _mixed(key[0] + np.uint64(i) * np.uint64(0x9E3779B97F4A7C15))
        j = np.int64(((bits >> np.uint64(32)) * np.uint64(i + 1)) >> np.uint64(32))
        row, column, value = cells[i].row, cells[i].column, cells[i].value
        cells[i].row, cells[i].column = cells[j].row, cells[j].column
        cells[i].value = cells[j].value
        cells[j].row, cells[j].column, cells[j].value = row, column, value
