"""The compiled parts of fastText; the equations are those of
:mod:`~nlpseq.embeddings.train.methods.fasttext`.

Rows of words and of n-grams are one matrix. Those of word i are
``lists[starts[i]:starts[i + 1]]``, its own and those of its n-grams, of which one may stand there
several times.
"""

from typing import Any

import numpy as np
from numba import njit

from nlpseq.embeddings.train.kernels import tiles
from nlpseq.embeddings.train.kernels.copies import give, give_if_due, rows_of, take
from nlpseq.embeddings.train.kernels.drawing import longest, thin
from nlpseq.embeddings.train.kernels.logistic import errors, loss
from nlpseq.embeddings.train.kernels.pairs import (
    clear,
    draw_windows,
    falling,
    renew,
    weigh,
    weigh_centres,
    width,
    workspace,
)
from nlpseq.embeddings.train.kernels.tiles import FAST, TILE, prefetch

BLOCK = 4 * TILE  #: centres of CBOW for which a word's rows are read and written once
_LOOK = 64  # the loss is taken of one group of centres in so many


@njit(nogil=True, fastmath=set(FAST), error_model="numpy", cache=True)
def _mean(inputs: Any, lists: Any, starts: Any, word: int, out: Any) -> None:
    """out = the mean of a word's rows, shape (D,)."""
    first, last = starts[word], starts[word + 1]
    for k in range(len(out)):
        out[k] = 0
    whole = first + (last - first) // 4 * 4
    for i in range(first, whole, 4):  # four at once, for fewer loads and stores of the sum
        a, b, c, d = lists[i], lists[i + 1], lists[i + 2], lists[i + 3]
        for k in range(len(out)):
            out[k] += (inputs[a, k] + inputs[b, k]) + (inputs[c, k] + inputs[d, k])
    for i in range(whole, last):
        a = lists[i]
        for k in range(len(out)):
            out[k] += inputs[a, k]
    part = np.float32(1) / np.float32(last - first)
    for k in range(len(out)):
        out[k] *= part


@njit(nogil=True, fastmath=set(FAST), error_model="numpy", cache=True)
def _move(inputs: Any, lists: Any, starts: Any, word: int, change: Any) -> None:
    """Each of a word's rows += change."""
    for i in range(starts[word], starts[word + 1]):
        a = lists[i]
        for k in range(len(change)):
            inputs[a, k] += change[k]


@njit(nogil=True, fastmath=set(FAST), error_model="numpy", cache=True)
def _prefetch(inputs: Any, lists: Any, starts: Any, word: int) -> None:
    for i in range(starts[word], starts[word + 1]):
        prefetch(inputs, lists[i])


@njit(nogil=True, fastmath=set(FAST), error_model="numpy", cache=True)
def means(inputs: Any, lists: Any, starts: Any, words: Any, out: Any) -> None:
    """The vectors of words.

    :param inputs: float32, shape (n, D)
    :param words: int64, shape (m,)
    :param out: float32, shape (m, D), to fill
    """
    for i in range(len(words)):
        _mean(inputs, lists, starts, words[i], out[i])


@njit(nogil=True, fastmath=set(FAST), error_model="numpy", cache=True)
def train_skip_gram(
    ids: Any, offsets: Any, keep: Any, threshold: Any, alias: Any, inputs: Any, outputs: Any,
    lists: Any, starts: Any, window: int, negatives: int, draws: int, rate: float,
    last_rate: float, state: Any, hot: int, own: int, part: Any,
) -> tuple[float, float]:  # fmt: skip
    """Train on a run of documents, in place, to tell each word's contexts from noise.

    :param ids: int32, the whole stream
    :param offsets: int64, shape (documents + 1,): where this run's documents start in it
    :param inputs: z, float32, shape (n, D), D a multiple of ``tiles.LANES``
    :param outputs: u, float32, shape (V + 1 and copies, D); row V is 0
    :param rate: learning rate at the first document; falls linearly to ``last_rate``
    :param state: uint64, shape (1,): the random state, never 0
    :param hot: with ``own`` and ``part``, for the outputs: see
        :mod:`~nlpseq.embeddings.train.kernels.copies`
    :return: the loss of some pairs, and their number
    """
    V, D = len(keep), inputs.shape[1]
    h, dh, flat_s, flat_weight, s, weight, columns, begins, ends = workspace(
        D, TILE + 2 * window + draws
    )
    noise = np.zeros(draws, np.int64)
    text = np.empty(longest(offsets), np.int32)
    rows = np.empty_like(text)  # of the outputs
    share = np.float32(negatives) / np.float32(draws)
    since = 0
    take((outputs,), hot, own)
    total, pairs, groups = np.float64(0), 0, 0

    renew(noise, threshold, alias, state, outputs, hot, own)
    for document in range(len(offsets) - 1):
        lr = falling(rate, last_rate, offsets, document)
        n = thin(ids[offsets[document] : offsets[document + 1]], keep, state, text)
        rows_of(text, n, hot, own, rows)
        for i in range(0, n, TILE):
            size, first, last = draw_windows(i, n, window, state, begins, ends)
            if last - first < 2:
                continue
            whole = weigh(
                rows, i, size, first, last, begins, ends, noise, lr, share, V, columns, weight
            )
            for t in range(size):
                _mean(inputs, lists, starts, text[i + t], h[t])
            clear(dh)
            # what the next group needs is on its way meanwhile
            renew(noise, threshold, alias, state, outputs, hot, own)
            for j in range(i + TILE, min(i + 2 * TILE, n)):
                _prefetch(inputs, lists, starts, text[j])
            for j in range(last, min(last + TILE, n)):
                prefetch(outputs, rows[j])

            tiles.scores(h, outputs, columns, whole, s)
            groups += 1
            if groups % _LOOK == 0:
                total += loss(flat_s, flat_weight) / lr
                for t in range(size):
                    pairs += ends[t] - begins[t] - 1
            errors(flat_s, flat_weight)
            tiles.update(h, dh, outputs, columns, whole, s)
            for t in range(size):
                _move(inputs, lists, starts, text[i + t], dh[t])
        since = give_if_due((outputs,), since + n, hot, own, part)
    give((outputs,), hot, own, part)
    return total, float(pairs)


@njit(nogil=True, fastmath=set(FAST), error_model="numpy", cache=True)
def train_cbow(
    ids: Any, offsets: Any, keep: Any, threshold: Any, alias: Any, inputs: Any, outputs: Any,
    lists: Any, starts: Any, window: int, negatives: int, draws: int, rate: float,
    last_rate: float, state: Any, hot: int, own: int, part: Any,
) -> tuple[float, float]:  # fmt: skip
    """The same to tell each word from noise by its contexts.

    :return: the loss of some centres, and their number
    """
    none, D = len(keep), inputs.shape[1]
    room = BLOCK + 2 * window
    # the vectors of the words around a block, before and after it; the last stands for no word
    before, after = np.zeros((room, D), np.float32), np.zeros((room + 1, D), np.float32)
    h, dh, flat_s, flat_weight, s, weight, columns, begins, ends = workspace(D, TILE + draws)
    most = width(TILE + 2 * window)
    mean, back = np.zeros((TILE, most), np.float32), np.zeros((TILE, most), np.float32)
    contexts = np.zeros(most, np.int64)
    noise = np.zeros(draws, np.int64)
    text = np.empty(longest(offsets), np.int32)
    rows = np.empty_like(text)  # of the outputs
    share = np.float32(negatives) / np.float32(draws)
    since = 0
    take((outputs,), hot, own)
    total, centres, groups = np.float64(0), 0, 0

    renew(noise, threshold, alias, state, outputs, hot, own)
    for document in range(len(offsets) - 1):
        lr = falling(rate, last_rate, offsets, document)
        n = thin(ids[offsets[document] : offsets[document + 1]], keep, state, text)
        rows_of(text, n, hot, own, rows)
        if n < 2:
            continue
        for block in range(0, n, BLOCK):
            around = max(0, block - window)  # the first of the words around
            beyond = min(n, block + BLOCK + window)
            for j in range(around, beyond):
                _mean(inputs, lists, starts, text[j], after[j - around])
                before[j - around] = after[j - around]
            for j in range(beyond, min(beyond + BLOCK, n)):
                _prefetch(inputs, lists, starts, text[j])

            for i in range(block, min(block + BLOCK, n), TILE):
                size, first, last = draw_windows(i, n, window, state, begins, ends)
                span = last - first
                whole_span = span + span % 2
                for j in range(span):
                    contexts[j] = first + j - around
                contexts[span] = room
                # h is the mean over the rows of a centre's window; back is what moves with it
                clear(mean)
                clear(back)
                for t in range(size):
                    number = 0
                    for j in range(begins[t], ends[t]):
                        if j != i + t:
                            number += starts[text[j] + 1] - starts[text[j]]
                    for j in range(begins[t], ends[t]):
                        if j != i + t:
                            mine = starts[text[j] + 1] - starts[text[j]]
                            mean[t, j - first] = np.float32(mine) / np.float32(number)
                            back[t, j - first] = 1
                whole = weigh_centres(rows, i, size, noise, lr, share, none, columns, weight)
                clear(h)
                clear(dh)
                renew(noise, threshold, alias, state, outputs, hot, own)
                for j in range(i + TILE, min(i + 2 * TILE, n)):
                    prefetch(outputs, rows[j])

                tiles.gather(h, after, contexts, whole_span, mean)
                tiles.scores(h, outputs, columns, whole, s)
                groups += 1
                if groups % _LOOK == 0:
                    total += loss(flat_s, flat_weight) / lr
                    centres += size
                errors(flat_s, flat_weight)
                tiles.update(h, dh, outputs, columns, whole, s)
                tiles.scatter(dh, after, contexts, whole_span, back)

            for j in range(beyond - around):
                for k in range(D):
                    before[j, k] = after[j, k] - before[j, k]
                _move(inputs, lists, starts, text[around + j], before[j])
        since = give_if_due((outputs,), since + n, hot, own, part)
    give((outputs,), hot, own, part)
    return total, float(centres)
