"""Logistic regression of words against noise: what scores are worth, and where they should go.

A pair's weight says what it is: above 0 for words that stand together, below 0 for noise, and 0 for
no pair. Scores and weights are one row of numbers, so that no loop over them has a rest.
"""

from typing import Any

import numpy as np
from numba import njit

from nlpseq.embeddings.train.kernels.tiles import FAST

LARGEST = 6.0  #: a score beyond ± this counts as this, as in word2vec's table

_FAST = set(FAST)


# With NumPy's rules for a division by 0 there is nothing to raise, and loops become vectors.
@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
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


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def errors(s: Any, weight: Any) -> None:
    """In place, minus the gradient of the loss: |w| (1 - sigmoid(s)) or, for noise, |w| sigmoid(s).

    :param s: scores, shape (n,)
    :param weight: w of each pair, the learning rate included, shape (n,)
    """
    low, high = np.float32(-LARGEST), np.float32(LARGEST)
    for i in range(len(s)):
        x = min(max(s[i], low), high)
        s[i] = weight[i] * sigmoid(-x if weight[i] > 0 else x)


@njit(nogil=True, fastmath=_FAST, error_model="numpy", cache=True)
def loss(s: Any, weight: Any) -> float:
    """- sum |w| log sigmoid(± s), + for words and - for noise."""
    total = 0.0
    for i in range(len(s)):
        if weight[i] != 0:
            total += abs(weight[i]) * np.log1p(np.exp(-s[i] if weight[i] > 0 else s[i]))
    return total
