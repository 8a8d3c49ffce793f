"""The compiled parts of the CRF; the equations are those of :mod:`~nlpseq.layers.crf`.

Sums over all paths are taken in float64, in logarithms from step to step and as plain products
within one: with m the largest a_i and E = exp(T - max T),

    log sum_i exp(a_i + T_ij) = m + max T + log sum_i exp(a_i - m) E_ij

so that a step takes K exponentials and K logarithms for K² products. What is less likely than its
rivals by exp(-745) counts as impossible.
"""

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, error_model="numpy", cache=True)
def _exponentials(a: Any, out: Any) -> float:
    """out = exp(a - m), for the largest number m of a, which is returned."""
    m = a[0]
    for i in range(1, len(a)):
        m = max(m, a[i])
    for i in range(len(a)):
        out[i] = np.exp(a[i] - m)
    return float(m)


@njit(nogil=True, error_model="numpy", cache=True)
def _product(p: Any, E: Any, out: Any) -> None:
    """out_j = sum_i p_i E_ij."""
    for j in range(len(out)):
        out[j] = 0
    for i in range(len(p)):
        for j in range(len(out)):
            out[j] += p[i] * E[i, j]


@njit(nogil=True, error_model="numpy", cache=True)
def expect(
    emissions: Any, lengths: Any, transitions: Any, start: Any, end: Any, marginals: Any, pairs: Any
) -> Any:
    """The sums over all paths of a batch.

    :param emissions: e, shape (batch, steps, K)
    :param lengths: shape (batch,), each at least 1
    :param transitions: T, float64, shape (K, K); ``start`` and ``end`` of shape (K,)
    :param marginals: to be filled: P(y_t = j), shape (batch, steps, K), 0 beyond a row's length
    :param pairs: to be filled: the expected number of steps from i to j, shape (batch, K, K)
    :return: log Z, float64, shape (batch,)
    """
    B, L, K = emissions.shape
    highest = transitions.max()
    E = np.exp(transitions - highest)
    turned = E.T.copy()
    a = np.zeros((L, K))  # of a path that ends in j at t, all before summed up
    b, p, w, sums = np.zeros(K), np.zeros(K), np.zeros(K), np.zeros(K)
    log_z = np.zeros(B)
    for row in range(B):
        n = lengths[row]
        for j in range(K):
            a[0, j] = start[j] + emissions[row, 0, j]
        for t in range(1, n):
            m = _exponentials(a[t - 1], p)
            _product(p, E, sums)
            for j in range(K):
                a[t, j] = np.log(sums[j]) + m + highest + emissions[row, t, j]
        for j in range(K):
            b[j] = end[j]
            w[j] = a[n - 1, j] + end[j]
        m = _exponentials(w, p)
        log_z[row] = z = np.log(p.sum()) + m
        for j in range(K):
            marginals[row, n - 1, j] = np.exp(a[n - 1, j] + b[j] - z)
        pairs[row] = 0
        for t in range(n - 1, 0, -1):
            for j in range(K):
                b[j] += emissions[row, t, j]
            behind = _exponentials(b, w)
            before = _exponentials(a[t - 1], p)
            scale = np.exp(min(before + behind + highest - z, 700.0))
            for i in range(K):
                part = p[i] * scale
                for j in range(K):
                    pairs[row, i, j] += part * E[i, j] * w[j]
            _product(w, turned, sums)
            for i in range(K):
                b[i] = np.log(sums[i]) + behind + highest
                marginals[row, t - 1, i] = np.exp(a[t - 1, i] + b[i] - z)
        for t in range(n, L):
            for j in range(K):
                marginals[row, t, j] = 0
    return log_z


@njit(nogil=True, error_model="numpy", cache=True)
def best(emissions: Any, lengths: Any, transitions: Any, start: Any, end: Any, tags: Any) -> None:
    """The most likely path of each row (Viterbi 1967); of equals the one of lower numbers.

    :param tags: to be filled, int64, shape (batch, steps), 0 beyond a row's length
    """
    B, L, K = emissions.shape
    back = np.zeros((L, K), np.int32)
    score, following = np.zeros(K), np.zeros(K)
    for row in range(B):
        n = lengths[row]
        for j in range(K):
            score[j] = start[j] + emissions[row, 0, j]
        for t in range(1, n):
            for j in range(K):
                following[j] = score[0] + transitions[0, j]
                back[t, j] = 0
            for i in range(1, K):
                for j in range(K):
                    s = score[i] + transitions[i, j]
                    if s > following[j]:
                        following[j] = s
                        back[t, j] = i
            for j in range(K):
                score[j] = following[j] + emissions[row, t, j]
        tag = np.argmax(score + end)
        for t in range(n, L):
            tags[row, t] = 0
        for t in range(n - 1, 0, -1):
            tags[row, t] = tag
            tag = back[t, tag]
        tags[row, 0] = tag
