"""Continuous bag of words with negative sampling (Mikolov et al. 2013, "Efficient Estimation of
Word Representations in Vector Space", section 3.1, and the noise of their later paper).

For a centre word i with contexts c in C and noise words n, with input rows v and output rows u,

    h = 1/|C| sum_c v_c        L = - log s(u_i . h) - sum_n log s(-u_n . h)

Four centres that follow each other share K noise words, each of weight k / K, as in
:mod:`~nlpseq.embeddings.train.methods.skip_gram`. With scores from before the step,

    g = lr w (y - s(h uᵀ))        dh = g u        u += gᵀ h        v_c += dh

where word2vec and gensim add the whole of dh to each context, |C| times its gradient. With
``corrected`` it is dh / |C| (İrsoy et al. 2021, "Corrected CBOW Performs as well as Skip-gram"),
which wants a larger learning rate.
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
    average,
    clear,
    draw_windows,
    falling,
    renew,
    weigh_centres,
    width,
    workspace,
)
from nlpseq.embeddings.train.kernels.tiles import FAST, TILE, prefetch
from nlpseq.embeddings.train.methods.predictive import Predictive, aligned, start
from nlpseq.embeddings.train.settings import CbowSettings
from nlpseq.embeddings.train.stream import Stream

_LOOK = 64  # the loss is taken of one group of centres in so many


class Cbow(Predictive):
    """Trains input rows v and output rows u."""

    def __init__(
        self, stream: Stream, settings: CbowSettings, seed: int = 0, threads: int = 1
    ) -> None:
        super().__init__(stream, settings, seed, threads)
        self._window, self._negatives = settings.window, settings.negatives
        self._draws, self._corrected = settings.draws, settings.corrected
        V = len(stream.words)
        self._inputs = start(V + 1 + self.copies, settings.dim, seed)
        self._inputs[V] = 0  # this row, and that of the outputs, stand for no word
        self._outputs = aligned(V + 1 + self.copies, settings.dim)
        self.arrays = {"inputs": self._inputs[: V + 1], "outputs": self._outputs[: V + 1]}

    def matrix(self) -> Matrix:
        """The input rows."""
        return self.arrays["inputs"][:-1, : self.dim]

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
            self._window, self._negatives, self._draws, self._corrected, rate, last_rate, state,
            hot, own, part,
        )  # fmt: skip
        return found


@njit(nogil=True, fastmath=set(FAST), error_model="numpy", cache=True)
def train_documents(
    ids: Any, offsets: Any, keep: Any, threshold: Any, alias: Any, inputs: Any, outputs: Any,
    window: int, negatives: int, draws: int, corrected: bool, rate: float, last_rate: float,
    state: Any, hot: int, own: int, part: Any,
) -> tuple[float, float]:  # fmt: skip
    """Train on a run of documents, in place; the equations are the module's.

    :param ids: int32, the whole stream
    :param offsets: int64, shape (documents + 1,): where this run's documents start in it
    :param inputs: v, float32, shape (V + 1 and copies, D), D a multiple of ``tiles.LANES``; row V
        is 0
    :param outputs: u, likewise
    :param rate: learning rate at the first document; falls linearly to ``last_rate``
    :param state: uint64, shape (1,): the random state, never 0
    :param hot: with ``own`` and ``part``: see
        :mod:`~nlpseq.embeddings.train.kernels.copies`
    :return: the loss of some centres, and their number
    """
    D = inputs.shape[1]
    none = len(keep)
    around = width(TILE + 2 * window)
    h, dh, flat_s, flat_weight, s, weight, columns, begins, ends = workspace(D, TILE + draws)
    mean, back = np.zeros((TILE, around), np.float32), np.zeros((TILE, around), np.float32)
    contexts = np.zeros(around, np.int64)
    noise = np.zeros(draws, np.int64)
    text = np.empty(longest(offsets), np.int32)
    share = np.float32(negatives) / np.float32(draws)
    since = 0
    take((inputs, outputs), hot, own)
    total, centres, groups = np.float64(0), 0, 0

    renew(noise, threshold, alias, state, outputs, hot, own)
    for document in range(len(offsets) - 1):
        lr = falling(rate, last_rate, offsets, document)
        n = thin(ids[offsets[document] : offsets[document + 1]], keep, state, text)
        rows_of(text, n, hot, own, text)
        if n < 2:
            continue
        for i in range(0, n, TILE):
            size, first, last = draw_windows(i, n, window, state, begins, ends)
            whole_span = average(
                text, i, size, first, last, begins, ends, corrected, none, contexts, mean, back
            )
            whole = weigh_centres(text, i, size, noise, lr, share, none, columns, weight)
            clear(h)
            clear(dh)
            # what the next group needs is on its way meanwhile
            renew(noise, threshold, alias, state, outputs, hot, own)
            for j in range(last, min(last + TILE, n)):
                prefetch(inputs, text[j])
            for j in range(i + TILE, min(i + 2 * TILE, n)):
                prefetch(outputs, text[j])

            tiles.gather(h, inputs, contexts, whole_span, mean)
            tiles.scores(h, outputs, columns, whole, s)
            groups += 1
            if groups % _LOOK == 0:
                total += loss(flat_s, flat_weight) / lr
                centres += size
            errors(flat_s, flat_weight)
            tiles.update(h, dh, outputs, columns, whole, s)
            tiles.scatter(dh, inputs, contexts, whole_span, back)
        since = give_if_due((inputs, outputs), since + n, hot, own, part)
    give((inputs, outputs), hot, own, part)
    return total, float(centres)
