"""Rows that a thread has for itself.

Where several threads write the rows of frequent words, each takes the cache lines away from the
others, which costs more than the arithmetic. So each has copies of the rows of the ``hot`` most
frequent words, and every now and then adds ``part`` of what it changed to the shared ones. The mean
over T threads, ``part`` 1 / T (local SGD, Stich 2019, section 2), learns a little less of these
words, and the sum overflows with many threads: it is 1 / sqrt(T), and 2 / T at most.

Copies are rows of the same matrix: behind the shared rows, from row ``own`` on, a thread's copies,
and behind them those rows as they were when the thread last looked.
"""

from typing import Any

from numba import njit

from nlpseq.embeddings.train.kernels.tiles import FAST

EVERY = 5000  #: words that a thread is trained on until it tells the others

_FAST = set(FAST)


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def take(matrices: Any, hot: int, own: int) -> None:
    """Copy the shared rows of each matrix of a tuple."""
    for matrix in matrices:
        for i in range(hot):
            for d in range(matrix.shape[1]):
                matrix[own + i, d] = matrix[own + hot + i, d] = matrix[i, d]


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def give(matrices: Any, hot: int, own: int, part: Any) -> None:
    """Add to the shared rows a part of what was changed since, and copy them again."""
    for matrix in matrices:
        for i in range(hot):
            for d in range(matrix.shape[1]):
                change = matrix[own + i, d] - matrix[own + hot + i, d]
                row = matrix[i, d] + part * change
                matrix[i, d] = matrix[own + i, d] = matrix[own + hot + i, d] = row


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def give_if_due(matrices: Any, since: int, hot: int, own: int, part: Any) -> int:
    """:func:`give` after ``EVERY`` words.

    :param since: words since the last time
    :return: the same now
    """
    if since <= EVERY:
        return since
    give(matrices, hot, own, part)
    return 0


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def rows_of(text: Any, n: int, hot: int, own: int, rows: Any) -> None:
    """Write down which row stands for each of the ``n`` words of a text."""
    for i in range(n):
        rows[i] = text[i] + own if text[i] < hot else text[i]
