"""Logistic regression of words against noise: what scores are worth, and where they should go."""

from typing import Any

import numpy as np
from numba import njit

from nlpseq.embeddings.train.kernels.tiles import FAST, TILE

LARGEST = 6.0  #: a score beyond ± this counts as this, as in word2vec's table

_FAST = set(FAST)


@njit(nogil=True, fastmath=_FAST, cache=True)
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)) = 1/2 + tanh(x / 2) / 2 for x in ± 6, to 1e-6.

    tanh(y) is the quotient of its continued fraction that ends at 13, of degree 7 over 6.
    """
    y = x * np.float32(0.5)
    y2 = y * y
    top = np.float32(135135) + y2 * (np.float32(17325) + y2 * (np.float32(378) + y2))
    bottom = np.float32(135135) + y2 * (
        np.float32(62370) + y2 * (np.float32(3150) + y2 * np.float32(28))
    )
    return np.float32(0.5) + np.float32(0.5) * y * top / bottom


@njit(nogil=True, fastmath=_FAST, cache=True)
def errors(s: Any, weight: Any, words: int, n: int) -> None:
    """In place, s = weight ([j is a word] - sigmoid(s)): minus the gradient of the loss.

    :param s: scores, shape (T, at least n); the first ``words`` columns are words, the rest noise
    :param weight: of each pair, the learning rate included; 0 for what is no pair
    """
    low, high = np.float32(-LARGEST), np.float32(LARGEST)
    for t in range(TILE):
        for j in range(n):
            s[t, j] = -weight[t, j] * sigmoid(min(max(s[t, j], low), high))
        for j in range(words):
            s[t, j] += weight[t, j]


@njit(nogil=True, fastmath=_FAST, cache=True)
def loss(s: Any, weight: Any, words: int, n: int) -> float:
    """- sum weight log sigmoid(± s), + for words and - for noise."""
    total = 0.0
    for t in range(TILE):
        for j in range(n):
            if weight[t, j] != 0:
                x = s[t, j] if j < words else -s[t, j]
                total += weight[t, j] * np.log1p(np.exp(-x))
    return total
