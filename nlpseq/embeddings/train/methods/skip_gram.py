"""Skip-gram with negative sampling (Mikolov et al. 2013, "Distributed Representations of
Words and Phrases and their Compositionality", section 2.2).

For a centre word i with contexts c in C, and k noise words n for each pair, with input rows v and
output rows u, the loss is

    L = - sum_c [ log s(u_c . v_i) + sum_n log s(-u_n . v_i) ],    s(x) = 1 / (1 + exp(-x))

Four centres that follow each other share K noise words (after Ji et al. 2016, section 3), so that
all they need is the small product of four rows v and the rows u of their contexts and noise. A
centre with |C| contexts meets each noise word with the weight k |C| / K, which leaves the
gradient's expectation as it is; the larger K, the less it varies. With y = 1 for a context and 0
for noise, weights w, and scores from before the step,

    g = lr w (y - s(v uᵀ))        v += g u        u += gᵀ v
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from nlpseq.embeddings.rows import Matrix
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
    workspace,
)
from nlpseq.embeddings.train.kernels.tiles import FAST, TILE, prefetch
from nlpseq.embeddings.train.methods.predictive import Predictive, aligned, start
from nlpseq.embeddings.train.settings import SkipGramSettings
from nlpseq.embeddings.train.stream import Stream

_LOOK = 64  # the loss is taken of one group of centres in so many


class SkipGram(Predictive):
    """Trains input rows v and output rows u."""

    def __init__(
        self, stream: Stream, settings: SkipGramSettings, seed: int = 0, threads: int = 1
    ) -> None:
        super().__init__(stream, settings, seed, threads)
        self._window, self._negatives = settings.window, settings.negatives
        self._draws = settings.draws
        V = len(stream.words)
        self._inputs = start(V + 1 + self.copies, settings.dim, seed)
        self._outputs = aligned(V + 1 + self.copies, settings.dim)  # row V stands for no word
        self.arrays = {"inputs": self._inputs[:V], "outputs": self._outputs[: V + 1]}

    def matrix(self) -> Matrix:
        """The input rows."""
        return self.arrays["inputs"][:, : self.dim]

    def train_part(
        self,
        offsets: npt.NDArray[np.int64],
        rate: float,
        last_rate: float,
        state: npt.NDArray[np.uint64],
        thread: int,
    ) -> tuple[float, float]:
        """See :func:`train_documents`."""
        hot, own, part = self.own(thread)
        found: tuple[float, float] = train_documents(
            self.stream.ids, offsets, self.keep, *self.noise, self._inputs, self._outputs,
            self._window, self._negatives, self._draws, rate, last_rate, state,
            hot, own, part,
        )  # fmt: skip
        return found


@njit(nogil=True, fastmath=set(FAST), error_model="numpy", cache=True)
def train_documents(
    ids: Any, offsets: Any, keep: Any, threshold: Any, alias: Any, inputs: Any, outputs: Any,
    window: int, negatives: int, draws: int, rate: float, last_rate: float, state: Any,
    hot: int, own: int, part: Any,
) -> tuple[float, float]:  # fmt: skip
    """Train on a run of documents, in place; the equations are the module's.

    :param ids: int32, the whole stream
    :param offsets: int64, shape (documents + 1,): where this run's documents start in it
    :param inputs: v, float32, shape (V + 1 and copies, D), D a multiple of ``tiles.LANES``
    :param outputs: u, likewise; row V is 0
    :param rate: learning rate at the first document; falls linearly to ``last_rate``
    :param state: uint64, shape (1,): the random state, never 0
    :param hot: with ``own`` and ``part``: see
        :mod:`~nlpseq.embeddings.train.kernels.copies`
    :return: the loss of some pairs, and their number
    """
    V, D = len(keep), inputs.shape[1]
    h, dh, flat_s, flat_weight, s, weight, columns, begins, ends = workspace(
        D, TILE + 2 * window + draws
    )
    noise = np.zeros(draws, np.int64)
    text = np.empty(longest(offsets), np.int32)
    share = np.float32(negatives) / np.float32(draws)
    since = 0
    take((inputs, outputs), hot, own)
    total, pairs, groups = np.float64(0), 0, 0

    renew(noise, threshold, alias, state, outputs, hot, own)
    for document in range(len(offsets) - 1):
        lr = falling(rate, last_rate, offsets, document)
        n = thin(ids[offsets[document] : offsets[document + 1]], keep, state, text)
        rows_of(text, n, hot, own, text)
        for i in range(0, n, TILE):
            size, first, last = draw_windows(i, n, window, state, begins, ends)
            if last - first < 2:
                continue
            whole = weigh(
                text, i, size, first, last, begins, ends, noise, lr, share, V, columns, weight
            )
            for t in range(size):
                row = text[i + t]
                for d in range(D):
                    h[t, d] = inputs[row, d]
            clear(dh)
            # what the next group needs is on its way meanwhile
            renew(noise, threshold, alias, state, outputs, hot, own)
            for j in range(i + TILE, min(i + 2 * TILE, n)):
                prefetch(inputs, text[j])
            for j in range(last, min(last + TILE, n)):
                prefetch(outputs, text[j])

            tiles.scores(h, outputs, columns, whole, s)
            groups += 1
            if groups % _LOOK == 0:
                total += loss(flat_s, flat_weight) / lr
                for t in range(size):
                    pairs += ends[t] - begins[t] - 1
            errors(flat_s, flat_weight)
            tiles.update(h, dh, outputs, columns, whole, s)
            for t in range(size):
                row = text[i + t]
                for d in range(D):
                    inputs[row, d] += dh[t, d]
        since = give_if_due((inputs, outputs), since + n, hot, own, part)
    give((inputs, outputs), hot, own, part)
    return total, float(pairs)
