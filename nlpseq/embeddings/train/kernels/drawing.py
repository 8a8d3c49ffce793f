"""Random draws of training: which words stay, which are noise, and how large a window is."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from nlpseq.embeddings.train.kernels.tiles import FAST

_FAST = set(FAST)


def keep_probability(counts: npt.NDArray[np.int64], t: float) -> npt.NDArray[np.float32]:
    """sqrt(t / f) + t / f for words of relative frequency f (word2vec's code; over 1 is 1)."""
    f = counts / counts.sum()
    keep: npt.NDArray[np.float32] = (np.sqrt(t / f) + t / f).astype(np.float32)
    return keep


def alias_table(weights: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]:
    """Walker's alias method: draw i evenly, keep it where 32 random bits are <= threshold[i],
    else take alias[i]; each i then comes with probability weights[i] / sum(weights).
    """
    share = weights / weights.sum() * len(weights)
    threshold = np.full(len(share), 2**32 - 1, dtype=np.uint32)
    alias = np.arange(len(share), dtype=np.int32)
    _fill(share, threshold, alias)
    return threshold, alias


@njit(cache=True)
def _fill(share: Any, threshold: Any, alias: Any) -> None:
    V = len(share)
    small, large = np.empty(V, np.int32), np.empty(V, np.int32)
    smalls = larges = 0
    for i in range(V):
        if share[i] < 1:
            small[smalls] = i
            smalls += 1
        else:
            large[larges] = i
            larges += 1
    while smalls and larges:
        smalls -= 1
        i, j = small[smalls], large[larges - 1]
        threshold[i] = np.uint32(share[i] * (2**32 - 1))
        alias[i] = j
        share[j] -= 1 - share[i]
        if share[j] < 1:
            small[smalls] = j
            smalls += 1
            larges -= 1


def states(seed: int, epoch: int, step: int, threads: int) -> npt.NDArray[np.uint64]:
    """A random state for each thread of a step, shape (threads, 1), none of them 0."""
    random = np.random.default_rng((seed, 1, epoch, step))
    return random.integers(1, 2**63, size=(threads, 1)).astype(np.uint64)


@njit(nogil=True, fastmath=_FAST, cache=True)
def random_bits(state: Any) -> Any:
    """64 random bits (xorshift64, Marsaglia 2003); the lower ones are the worse."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return x


@njit(nogil=True, fastmath=_FAST, cache=True)
def draw_noise(threshold: Any, alias: Any, state: Any) -> Any:
    """A word out of an alias table."""
    bits = random_bits(state)
    word = np.int64(((bits >> np.uint64(32)) * np.uint64(len(alias))) >> np.uint64(32))
    if np.uint32(bits & np.uint64(0xFFFFFFFF)) > threshold[word]:
        return np.int64(alias[word])
    return word


@njit(nogil=True, fastmath=_FAST, cache=True)
def draw_reach(window: int, state: Any) -> Any:
    """How far a centre's window reaches on a side: evenly 1 to ``window``."""
    return 1 + np.int64(random_bits(state) >> np.uint64(33)) % window


@njit(nogil=True, fastmath=_FAST, cache=True)
def thin(document: Any, keep: Any, state: Any, text: Any) -> int:
    """Write to ``text`` the words of a document that stay, and give their number."""
    n = 0
    for word in document:
        uniform = np.float32(random_bits(state) >> np.uint64(40)) * np.float32(2.0**-24)
        if uniform < keep[word]:
            text[n] = word
            n += 1
    return n


@njit(nogil=True, fastmath=_FAST, cache=True)
def longest(offsets: Any) -> int:
    """Tokens of the longest document."""
    most = 0
    for i in range(len(offsets) - 1):
        most = max(most, offsets[i + 1] - offsets[i])
    return most
