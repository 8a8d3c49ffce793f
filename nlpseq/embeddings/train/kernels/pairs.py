"""Which words a group of centres is trained on: their windows, and the noise that they share."""

from typing import Any

import numpy as np
from numba import njit

from nlpseq.embeddings.train.kernels.drawing import draw_noise, draw_reach
from nlpseq.embeddings.train.kernels.tiles import FAST, TILE, prefetch

_FAST = set(FAST)


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def clear(rows: Any) -> None:
    """Fill an array of two dimensions with 0."""
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            rows[i, j] = 0


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def width(columns: int) -> int:
    """Numbers of a row of scores that has room for so many columns, and one to make them even."""
    return (columns + 1 + 7) // 8 * 8


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def workspace(D: int, columns: int) -> Any:
    """What a group of centres is worked out in, all 0.

    :return: h and dh, shape (T, D); scores and weights as one row and as shape (T, :func:`width`);
        rows of u, shape (:func:`width`,); begins and ends of windows, shape (T,)
    """
    C = width(columns)
    h, dh = np.zeros((TILE, D), np.float32), np.zeros((TILE, D), np.float32)
    flat_s, flat_weight = np.zeros(TILE * C, np.float32), np.zeros(TILE * C, np.float32)
    s, weight = flat_s.reshape((TILE, C)), flat_weight.reshape((TILE, C))
    begins, ends = np.zeros(TILE, np.int64), np.zeros(TILE, np.int64)
    return h, dh, flat_s, flat_weight, s, weight, np.zeros(C, np.int64), begins, ends


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def falling(rate: float, last_rate: float, offsets: Any, document: int) -> Any:
    """The learning rate of a document, where it falls linearly over the tokens of a run."""
    tokens = max(offsets[-1] - offsets[0], 1)
    return np.float32(rate + (last_rate - rate) * ((offsets[document] - offsets[0]) / tokens))


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def draw_windows(i: int, n: int, window: int, state: Any, begins: Any, ends: Any) -> Any:
    """Draw the windows of the centres from place ``i`` of a text of ``n`` words.

    :param begins: shape (T,): where each window begins, the centre inside it
    :param ends: shape (T,): where it ends
    :return: how many centres there are, and begin and end of the span of all windows
    """
    size = min(TILE, n - i)
    first, last = n, 0
    for t in range(size):
        reach = draw_reach(window, state)
        begins[t], ends[t] = max(0, i + t - reach), min(n, i + t + reach + 1)
        first, last = min(first, begins[t]), max(last, ends[t])
    return size, first, last


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def renew(noise: Any, threshold: Any, alias: Any, state: Any, u: Any, hot: int, own: int) -> None:
    """Draw the noise of the next group, and have its rows of u on their way.

    :param noise: rows of u, to be filled
    :param hot: as :mod:`~nlpseq.embeddings.train.kernels.copies` has it, and ``own``
    """
    for k in range(len(noise)):
        word = draw_noise(threshold, alias, state)
        noise[k] = word + own if word < hot else word
        prefetch(u, noise[k])


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def weigh(
    text: Any, i: int, size: int, first: int, last: int, begins: Any, ends: Any, noise: Any,
    rate: Any, share: Any, none: int, columns: Any, weight: Any,
) -> int:  # fmt: skip
    """Write down the words of a group of centres, and what each is to each centre.

    :param text: rows of u, and ``i``, ``size``, ``first``, ``last``, ``begins`` and ``ends`` as
        :func:`draw_windows` has them
    :param noise: words that the centres share
    :param rate: the learning rate, which is the weight of a context
    :param share: times ``rate`` and the number of a centre's contexts is the weight of noise
    :param none: a row that stands for no word
    :param columns: to be filled with the words of the span, noise, and one to make it even
    :param weight: float32, shape (T, :func:`width`): below 0 for noise, 0 for what is no pair
    :return: the number of columns, which is even
    """
    span = last - first
    C = weight.shape[1]
    seen = np.uint64(0)  # a bit for some of the words, most often enough to tell noise from them
    for j in range(span):
        columns[j] = text[first + j]
        seen |= np.uint64(1) << np.uint64(columns[j] & 63)
    filled = span + len(noise)
    columns[filled] = none
    for t in range(TILE):
        for j in range(C):
            weight[t, j] = 0
    for t in range(size):
        for j in range(begins[t] - first, ends[t] - first):
            weight[t, j] = rate
        weight[t, i + t - first] = 0
        each = -rate * share * np.float32(ends[t] - begins[t] - 1)
        for j in range(span, filled):
            weight[t, j] = each
    for k in range(len(noise)):
        word = noise[k]
        columns[span + k] = word
        if seen >> np.uint64(word & 63) & np.uint64(1):
            for j in range(span):  # noise that is a context is none to its centre
                if columns[j] == word:
                    for t in range(size):
                        weight[t, span + k] += share * weight[t, j]
    return filled + filled % 2


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def weigh_centres(
    text: Any, i: int, size: int, noise: Any, rate: Any, share: Any, none: int, columns: Any,
    weight: Any,
) -> int:  # fmt: skip
    """The same for CBOW, where each centre is told from noise: the first T columns are centres."""
    C = weight.shape[1]
    filled = TILE + len(noise)
    for t in range(TILE):
        columns[t] = text[i + t] if t < size else none
        for j in range(C):
            weight[t, j] = 0
    for k in range(len(noise)):
        columns[TILE + k] = noise[k]
    columns[filled] = none
    for t in range(size):
        weight[t, t] = rate
        for k in range(len(noise)):  # noise that is the centre is none
            if noise[k] != columns[t]:
                weight[t, TILE + k] = -rate * share
    return filled + filled % 2


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def average(
    text: Any, i: int, size: int, first: int, last: int, begins: Any, ends: Any, corrected: bool,
    none: int, contexts: Any, mean: Any, back: Any,
) -> int:  # fmt: skip
    """Write down the span of a group for CBOW: h is the mean over a centre's window.

    :param contexts: to be filled with the words of the span, and one to make them even
    :param mean: shape (T, at least as many): what each word is of each centre's h
    :param back: likewise: what it gets of dh, all of it or, ``corrected``, as much as ``mean``
    :return: the number of contexts, which is even
    """
    span = last - first
    for j in range(span):
        contexts[j] = text[first + j]
    contexts[span] = none
    clear(mean)
    clear(back)
    for t in range(size):
        part = np.float32(1) / np.float32(ends[t] - begins[t] - 1)
        for j in range(begins[t] - first, ends[t] - first):
            mean[t, j] = part
            back[t, j] = part if corrected else np.float32(1)
        mean[t, i + t - first] = 0
        back[t, i + t - first] = 0
    return span + span % 2
