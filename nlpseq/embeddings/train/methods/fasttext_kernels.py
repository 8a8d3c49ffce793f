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
from nlpseq.embeddings.train.kernels.drawing import draw_noise, draw_reach, longest, thin
from nlpseq.embeddings.train.kernels.logistic import errors, loss
from nlpseq.embeddings.train.kernels.tiles import FAST, TILE, prefetch

BLOCK = 4 * TILE  #: centres of CBOW for which a word's rows are read and written once
_LOOK = 64  # the loss is taken of one group of centres in so many


@njit(nogil=True, fastmath=set(FAST), cache=True)
def _mean(inputs: Any, lists: Any, starts: Any, word: int, out: Any) -> None:
    """out = the mean of a word's rows, shape (D,)."""
    first, last = starts[word], starts[word + 1]
    out[:] = 0
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


@njit(nogil=True, fastmath=set(FAST), cache=True)
def _move(inputs: Any, lists: Any, starts: Any, word: int, change: Any) -> None:
    """Each of a word's rows += change."""
    for i in range(starts[word], starts[word + 1]):
        a = lists[i]
        for k in range(len(change)):
            inputs[a, k] += change[k]


@njit(nogil=True, fastmath=set(FAST), cache=True)
def _prefetch(inputs: Any, lists: Any, starts: Any, word: int) -> None:
    for i in range(starts[word], starts[word + 1]):
        prefetch(inputs, lists[i])


@njit(nogil=True, fastmath=set(FAST), cache=True)
def means(inputs: Any, lists: Any, starts: Any, words: Any, out: Any) -> None:
    """The vectors of words.

    :param inputs: float32, shape (n, D)
    :param words: int64, shape (m,)
    :param out: float32, shape (m, D), to fill
    """
    for i in range(len(words)):
        _mean(inputs, lists, starts, words[i], out[i])


@njit(nogil=True, fastmath=set(FAST), cache=True)
def train_skip_gram(
    ids: Any, offsets: Any, keep: Any, threshold: Any, alias: Any, inputs: Any, outputs: Any,
    lists: Any, starts: Any, window: int, negatives: int, draws: int, rate: float,
    last_rate: float, state: Any,
) -> tuple[float, float]:  # fmt: skip
    """Train on a run of documents, in place, to tell each word's contexts from noise.

    :param ids: int32, the whole stream
    :param offsets: int64, shape (documents + 1,): where this run's documents start in it
    :param inputs: z, float32, shape (n, D), D a multiple of ``tiles.LANES``
    :param outputs: u, float32, shape (V + 1, D); the last row is 0
    :param rate: learning rate at the first document; falls linearly to ``last_rate``
    :param state: uint64, shape (1,): the random state, never 0
    :return: the loss of some pairs, and their number
    """
    V, D = len(outputs) - 1, inputs.shape[1]
    most = TILE + 2 * window + draws + 1
    h, dh = np.zeros((TILE, D), np.float32), np.zeros((TILE, D), np.float32)
    s, weight = np.zeros((TILE, most), np.float32), np.zeros((TILE, most), np.float32)
    columns = np.zeros(most, np.int64)
    noise = np.zeros(draws, np.int64)
    begins, ends = np.zeros(TILE, np.int64), np.zeros(TILE, np.int64)
    text = np.empty(longest(offsets), np.int32)
    tokens = max(offsets[-1] - offsets[0], 1)
    share = np.float32(negatives) / np.float32(draws)
    total, pairs, groups = np.float64(0), 0, 0

    for k in range(draws):
        noise[k] = draw_noise(threshold, alias, state)
    for document in range(len(offsets) - 1):
        done = (offsets[document] - offsets[0]) / tokens
        lr = np.float32(rate + (last_rate - rate) * done)
        n = thin(ids[offsets[document] : offsets[document + 1]], keep, state, text)
        for i in range(0, n, TILE):
            # the centres' windows, and the span of them all
            size = min(TILE, n - i)
            first, last = n, 0
            for t in range(size):
                reach = draw_reach(window, state)
                begins[t], ends[t] = max(0, i + t - reach), min(n, i + t + reach + 1)
                first, last = min(first, begins[t]), max(last, ends[t])
            span = last - first
            if span < 2:
                continue

            filled = span + draws
            whole = filled + filled % 2
            for j in range(span):
                columns[j] = text[first + j]
            for k in range(draws):
                columns[span + k] = noise[k]
            columns[filled] = V
            for t in range(TILE):
                weight[t, :whole] = 0
            for t in range(size):
                weight[t, begins[t] - first : ends[t] - first] = lr
                weight[t, i + t - first] = 0
                weight[t, span:filled] = lr * share * np.float32(ends[t] - begins[t] - 1)
            for k in range(draws):  # noise that is a context is none to its centre
                for j in range(span):
                    if columns[j] == noise[k]:
                        for t in range(size):
                            weight[t, span + k] -= share * weight[t, j]

            for t in range(TILE):
                if t < size:
                    _mean(inputs, lists, starts, text[i + t], h[t])
                else:
                    h[t] = 0
                dh[t] = 0
            for k in range(draws):  # the next group's, which are on their way meanwhile
                noise[k] = draw_noise(threshold, alias, state)
                prefetch(outputs, noise[k])
            for j in range(i + TILE, min(i + 2 * TILE, n)):
                _prefetch(inputs, lists, starts, text[j])
            for j in range(last, min(last + TILE, n)):
                prefetch(outputs, text[j])

            tiles.scores(h, outputs, columns, whole, s)
            groups += 1
            if groups % _LOOK == 0:
                total += loss(s, weight, span, filled) / lr
                for t in range(size):
                    pairs += ends[t] - begins[t] - 1
            errors(s, weight, span, whole)
            tiles.update(h, dh, outputs, columns, whole, s)
            for t in range(size):
                _move(inputs, lists, starts, text[i + t], dh[t])
    return total, float(pairs)


@njit(nogil=True, fastmath=set(FAST), cache=True)
def train_cbow(
    ids: Any, offsets: Any, keep: Any, threshold: Any, alias: Any, inputs: Any, outputs: Any,
    lists: Any, starts: Any, window: int, negatives: int, draws: int, rate: float,
    last_rate: float, state: Any,
) -> tuple[float, float]:  # fmt: skip
    """The same to tell each word from noise by its contexts.

    :return: the loss of some centres, and their number
    """
    none, D = len(outputs) - 1, inputs.shape[1]
    room = BLOCK + 2 * window
    # the vectors of the words around a block, before and after it; the last stands for no word
    before, after = np.zeros((room, D), np.float32), np.zeros((room + 1, D), np.float32)
    h, dh = np.zeros((TILE, D), np.float32), np.zeros((TILE, D), np.float32)
    most = TILE + 2 * window + 1
    mean, back = np.zeros((TILE, most), np.float32), np.zeros((TILE, most), np.float32)
    contexts = np.zeros(most, np.int64)
    # the four centres are the first columns, each a word to itself alone
    filled = TILE + draws
    whole = filled + filled % 2
    s, weight = np.zeros((TILE, whole), np.float32), np.zeros((TILE, whole), np.float32)
    columns = np.full(whole, none, np.int64)
    noise = np.zeros(draws, np.int64)
    text = np.empty(longest(offsets), np.int32)
    tokens = max(offsets[-1] - offsets[0], 1)
    share = np.float32(negatives) / np.float32(draws)
    total, centres, groups = np.float64(0), 0, 0

    for k in range(draws):
        noise[k] = draw_noise(threshold, alias, state)
    for document in range(len(offsets) - 1):
        done = (offsets[document] - offsets[0]) / tokens
        lr = np.float32(rate + (last_rate - rate) * done)
        n = thin(ids[offsets[document] : offsets[document + 1]], keep, state, text)
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
                # h, the mean over the rows of each centre's window; back, what moves with it
                size = min(TILE, n - i)
                first, last = max(0, i - window), min(n, i + size + window)
                span = last - first
                for j in range(span):
                    contexts[j] = first + j - around
                contexts[span] = room
                mean[:, : span + span % 2] = 0
                back[:, : span + span % 2] = 0
                weight[:] = 0
                for t in range(TILE):
                    columns[t] = none
                    h[t] = 0
                    dh[t] = 0
                for t in range(size):
                    reach = draw_reach(window, state)
                    begin, end = max(first, i + t - reach), min(last, i + t + reach + 1)
                    rows = 0
                    for j in range(begin, end):
                        if j != i + t:
                            rows += starts[text[j] + 1] - starts[text[j]]
                    for j in range(begin, end):
                        if j != i + t:
                            own = starts[text[j] + 1] - starts[text[j]]
                            mean[t, j - first] = np.float32(own) / np.float32(rows)
                            back[t, j - first] = 1
                    columns[t] = text[i + t]
                    weight[t, t] = lr
                    for k in range(draws):  # noise that is the centre is none
                        weight[t, TILE + k] = lr * share * np.float32(noise[k] != columns[t])
                for k in range(draws):
                    columns[TILE + k] = noise[k]
                for k in range(draws):  # the next group's, which are on their way meanwhile
                    noise[k] = draw_noise(threshold, alias, state)
                    prefetch(outputs, noise[k])
                for j in range(i + TILE, min(i + 2 * TILE, n)):
                    prefetch(outputs, text[j])

                tiles.gather(h, after, contexts, span + span % 2, mean)
                tiles.scores(h, outputs, columns, whole, s)
                groups += 1
                if groups % _LOOK == 0:
                    total += loss(s, weight, TILE, filled) / lr
                    centres += size
                errors(s, weight, TILE, whole)
                tiles.update(h, dh, outputs, columns, whole, s)
                tiles.scatter(dh, after, contexts, span + span % 2, back)

            for j in range(beyond - around):
                for k in range(D):
                    before[j, k] = after[j, k] - before[j, k]
                _move(inputs, lists, starts, text[around + j], before[j])
    return total, float(centres)
