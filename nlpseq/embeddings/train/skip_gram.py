"""Skip-gram with negative sampling (Mikolov et al. 2013, "Distributed Representations of
Words and Phrases and their Compositionality", section 2.2), in one blocked kernel.

For a centre word o, its contexts c in C and k noise words n, all of one centre sharing the
noise (Ji et al. 2016, section 3), with input rows v and output rows u, the loss is

    L = - sum_c [ log s(u_o . v_c) + sum_n log s(-u_n . v_c) ],    s(x) = 1 / (1 + exp(-x))

and with g_cj = lr * ([j = o] - s(u_j . v_c)) one step is, each from the values before it,

    v_c += sum_j g_cj u_j        u_j += sum_c g_cj v_c
"""

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from pydantic import Field

from nlpseq import __version__
from nlpseq.embeddings.train.stream import Stream, encode
from nlpseq.embeddings.vectors import Vectors
from nlpseq.progress import Progress, silent
from nlpseq.settings import Settings
from nlpseq.text.normalize import Recipe

_SIGMOID_BINS, _SIGMOID_MAX = 1000, 6.0  # word2vec's table
_NOISE_POWER = 0.75
_LAST_RATE = 1e-4  # of the first, as word2vec has it
_CHUNK = 500_000  # tokens a thread trains before Python shows progress and sees Ctrl-C
_BUFFER = 10_000  # words after subsampling that are trained as one text

# Fast, but not so fast as to assume that there is no NaN and no infinity.
_FAST = {"contract", "reassoc", "nsz", "arcp", "afn"}


class SkipGramSettings(Settings):
    """Options of skip-gram training."""

    dim: int = Field(100, ge=1, le=4096, description="numbers of a vector")
    window: int = Field(5, ge=1, le=100, description="contexts on a side, drawn from 1 to this")
    negatives: int = Field(5, ge=1, le=100, description="noise words drawn for a centre")
    min_count: int = Field(5, ge=1, description="rarer words are left out")
    subsample: float = Field(1e-3, gt=0, description="words more frequent than this are thinned")
    epochs: int = Field(5, ge=1)
    learning_rate: float = Field(0.025, gt=0, description="at the start; falls linearly")


def train(
    documents: Iterable[Sequence[str]],
    settings: SkipGramSettings | None = None,
    *,
    recipe: Recipe = "none",
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
) -> Vectors:
    """Train vectors of tokenised documents.

    With one thread, equal input and seed give equal bytes. Several threads write without
    locks, and their result differs a little from run to run.

    :param documents: each a sequence of words; contexts never cross from one to the next
    :param recipe: the recipe that made the words, kept with the vectors
    """
    settings = settings or SkipGramSettings()
    with progress.task("reading text") as task:
        stream = encode(_counted(documents, task), min_count=settings.min_count)
    V, D = len(stream.vocabulary), settings.dim
    random = np.random.default_rng((seed, 0))
    inputs = (random.random((V, D), dtype=np.float32) - np.float32(0.5)) / np.float32(D)
    outputs = np.zeros((V, D), dtype=np.float32)

    counts = stream.vocabulary.counts
    assert counts is not None  # encode() counted
    keep = keep_probability(counts, settings.subsample)
    threshold, alias = alias_table(counts**_NOISE_POWER)
    edges = (np.arange(_SIGMOID_BINS) + 0.5) / _SIGMOID_BINS * 2 * _SIGMOID_MAX - _SIGMOID_MAX
    sigmoid = (1 / (1 + np.exp(-edges))).astype(np.float32)
    states = random.integers(1, 2**63, size=(threads, 1)).astype(np.uint64)

    total = settings.epochs * len(stream.ids)
    with (
        progress.task("training vectors", total) as task,
        ThreadPoolExecutor(threads) as pool,
    ):
        for epoch in range(settings.epochs):
            for parts in _schedule(stream, threads):
                begin = epoch * len(stream.ids) + int(stream.offsets[parts[0][0]])
                end = epoch * len(stream.ids) + int(stream.offsets[parts[-1][1]])
                rates = [
                    settings.learning_rate * max(_LAST_RATE, 1 - done / total)
                    for done in (begin, end)
                ]
                jobs = [
                    pool.submit(
                        train_block, stream.ids, stream.offsets[first : last + 1], keep,
                        threshold, alias, sigmoid, inputs, outputs, settings.window,
                        settings.negatives, rates[0], rates[1], states[i],
                    )
                    for i, (first, last) in enumerate(parts)
                ]  # fmt: skip
                for job in jobs:
                    job.result()
                task.advance(end - begin, f"epoch {epoch + 1}/{settings.epochs}")
    # its own fields alone: a subclass may hold paths, which are nobody else's business
    options = settings.model_dump(include=set(SkipGramSettings.model_fields))
    about = {
        "method": "skip-gram",
        "training": json.dumps({**options, "seed": seed, "threads": threads}),
        "made_by": f"nlpseq {__version__}",
    }
    return Vectors(stream.vocabulary.words, inputs, recipe, counts=counts, about=about)


def _counted(documents: Iterable[Sequence[str]], task: Any) -> Iterable[Sequence[str]]:
    for words in documents:
        yield words
        task.advance()


def _schedule(stream: Stream, threads: int) -> list[list[tuple[int, int]]]:
    """An epoch as steps, each of them one run of documents (first, last + 1) a thread."""
    steps = max(1, round(len(stream.ids) / (_CHUNK * threads)))
    cuts = np.linspace(0, len(stream.ids), steps * threads + 1)
    documents = np.searchsorted(stream.offsets, cuts)
    documents[0], documents[-1] = 0, len(stream.offsets) - 1
    runs = list(pairwise(documents.tolist()))
    return [runs[i : i + threads] for i in range(0, len(runs), threads)]


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
    small = [i for i in range(len(share)) if share[i] < 1]
    large = [i for i in range(len(share)) if share[i] >= 1]
    while small and large:
        i, j = small.pop(), large[-1]
        threshold[i] = int(share[i] * (2**32 - 1))
        alias[i] = j
        share[j] -= 1 - share[i]
        if share[j] < 1:
            small.append(large.pop())
    return threshold, alias


@njit(nogil=True, fastmath=_FAST, cache=True)
def _next(state: Any) -> Any:
    # xorshift64 (Marsaglia 2003)
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return x


@njit(nogil=True, fastmath=_FAST, cache=True)
def train_block(
    ids: Any, offsets: Any, keep: Any, threshold: Any, alias: Any, sigmoid: Any,
    inputs: Any, outputs: Any, window: int, negatives: int, rate: float, last_rate: float,
    state: Any,
) -> None:  # fmt: skip
    """Train on a run of documents, in place; the equations are the module's.

    :param ids: int32, the whole stream
    :param offsets: int64, shape (documents + 1,): where this run's documents start in it
    :param inputs: v, float32, shape (V, D)
    :param outputs: u, float32, shape (V, D)
    :param rate: learning rate at the first document; falls linearly to ``last_rate``
    :param state: uint64, shape (1,): the random state, never 0
    """
    V, D = inputs.shape
    rows = (negatives + 3) // 3 * 3  # target and noise, filled up: the loops take three at once
    u = np.zeros((rows, D), np.float32)
    du = np.zeros(D, np.float32)
    g = np.zeros((2 * window, rows), np.float32)
    drawn = np.zeros(rows, np.int32)
    contexts = np.zeros(2 * window, np.int32)
    text = np.empty(_BUFFER, np.int32)
    low, high = np.float32(-_SIGMOID_MAX + 1e-3), np.float32(_SIGMOID_MAX - 1e-3)
    bins = np.float32(_SIGMOID_BINS / (2 * _SIGMOID_MAX))
    tokens = max(offsets[-1] - offsets[0], 1)

    for document in range(len(offsets) - 1):
        position, end = offsets[document], offsets[document + 1]
        while position < end:
            share = (position - offsets[0]) / tokens
            lr = np.float32(rate + (last_rate - rate) * share)
            n = 0
            while position < end and n < _BUFFER:
                word = ids[position]
                position += 1
                uniform = np.float32(_next(state) >> np.uint64(40)) * np.float32(2.0**-24)
                if uniform < keep[word]:
                    text[n] = word
                    n += 1
            for i in range(n):
                reach = 1 + np.int64(_next(state) >> np.uint64(33)) % window
                size = 0
                first = i - reach if i > reach else 0
                last = i + reach if i + reach < n else n - 1
                for j in range(first, last + 1):
                    if j != i:
                        contexts[size] = text[j]
                        size += 1
                if size == 0:
                    continue

                # the target and its noise; noise that hits the target is dropped
                drawn[0] = text[i]
                filled = 1
                for _ in range(negatives):
                    bits = _next(state)
                    word = np.int32(((bits >> np.uint64(32)) * np.uint64(V)) >> np.uint64(32))
                    if np.uint32(bits & np.uint64(0xFFFFFFFF)) > threshold[word]:
                        word = alias[word]
                    if word != text[i]:
                        drawn[filled] = word
                        filled += 1
                whole = (filled + 2) // 3 * 3
                for j in range(filled):
                    row = drawn[j]
                    for d in range(D):
                        u[j, d] = outputs[row, d]
                for j in range(filled, whole):
                    for d in range(D):
                        u[j, d] = 0

                # u_j . v_c, three j a pass over v_c
                for c in range(size):
                    row = contexts[c]
                    for j in range(0, whole, 3):
                        dot0 = dot1 = dot2 = np.float32(0)
                        for d in range(D):
                            v = inputs[row, d]
                            dot0 += v * u[j, d]
                            dot1 += v * u[j + 1, d]
                            dot2 += v * u[j + 2, d]
                        g[c, j], g[c, j + 1], g[c, j + 2] = dot0, dot1, dot2
                    for j in range(filled):
                        x = min(max(g[c, j], low), high)
                        p = sigmoid[np.int32((x - np.float32(-_SIGMOID_MAX)) * bins)]
                        wanted = np.float32(1) if j == 0 else np.float32(0)
                        g[c, j] = (wanted - p) * lr
                    for j in range(filled, whole):
                        g[c, j] = 0

                # u_j += sum_c g_cj v_c: u holds the old values for the next step, v still has them
                for j in range(filled):
                    for d in range(D):
                        du[d] = 0
                    c = 0
                    while c + 2 < size:
                        row0, row1, row2 = contexts[c], contexts[c + 1], contexts[c + 2]
                        g0, g1, g2 = g[c, j], g[c + 1, j], g[c + 2, j]
                        for d in range(D):
                            du[d] += (
                                g0 * inputs[row0, d] + g1 * inputs[row1, d] + g2 * inputs[row2, d]
                            )
                        c += 3
                    while c < size:
                        row0, g0 = contexts[c], g[c, j]
                        for d in range(D):
                            du[d] += g0 * inputs[row0, d]
                        c += 1
                    row = drawn[j]
                    for d in range(D):
                        outputs[row, d] += du[d]

                # v_c += sum_j g_cj u_j
                for c in range(size):
                    row = contexts[c]
                    for j in range(0, whole, 3):
                        g0, g1, g2 = g[c, j], g[c, j + 1], g[c, j + 2]
                        for d in range(D):
                            inputs[row, d] += g0 * u[j, d] + g1 * u[j + 1, d] + g2 * u[j + 2, d]
