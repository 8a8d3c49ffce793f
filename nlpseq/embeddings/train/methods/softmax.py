"""Skip-gram and CBOW with the softmax over all words: for small vocabularies, where negative
sampling is no more than a way around it.

Skip-gram as the course writes it (deck 001, "Skip-grams (SG)"; Mikolov et al. 2013, equation 2):
for a centre c with input row v_c and a word o of its window with output row u_o,

    p(o | c) = exp(u_o . v_c) / sum_w exp(u_w . v_c)        L = - sum_o log p(o | c)

so that, with n_w for how often w stands in the window of |C| words,

    g_w = lr (n_w - |C| p(w | c))        v_c += sum_w g_w u_w        u_w += g_w v_c

In CBOW the mean h of the window's rows takes the place of v_c and the centre that of the window,
and each word of the window moves by the whole of what h does, as in
:mod:`~nlpseq.embeddings.train.methods.cbow`. Four centres that follow each other take a step
together.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from nlpseq.embeddings.rows import Matrix
from nlpseq.embeddings.train.kernels import tiles
from nlpseq.embeddings.train.kernels.drawing import longest, thin
from nlpseq.embeddings.train.kernels.pairs import average, clear, draw_windows, falling
from nlpseq.embeddings.train.kernels.tiles import FAST, TILE
from nlpseq.embeddings.train.methods.predictive import Predictive, aligned, start
from nlpseq.embeddings.train.settings import CbowSettings, SkipGramSettings
from nlpseq.embeddings.train.stream import Stream
from nlpseq.errors import CallError

MOST = 20_000  #: words of a vocabulary: each centre is compared with all of them


class Softmax(Predictive):
    """Trains input rows v and output rows u.

    :raises CallError: where there are too many words
    """

    def __init__(
        self,
        stream: Stream,
        settings: SkipGramSettings | CbowSettings,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        V = len(stream.words)
        if V > MOST:
            raise CallError(
                f"the softmax over {V:,} words takes too long, it is for {MOST:,} at most",
                where="loss",
                remedy="take negatives, a larger min_count or a max_vocab",
            )
        super().__init__(stream, settings, seed, threads)
        self._window = settings.window
        self._bag = settings.method == "cbow"
        self._back = isinstance(settings, CbowSettings) and settings.corrected
        self._inputs = start(V + 1, settings.dim, seed)
        self._inputs[V] = 0  # this one, and the last outputs, stand for no word
        self._outputs = aligned(V + 1 + V % 2, settings.dim)
        self.arrays = {"inputs": self._inputs, "outputs": self._outputs}
        # a step takes a second at most also where each word is compared with all
        self.steps = max(self.steps, min(len(stream.offsets) - 1, self.amount * V // 20_000_000))

    def matrix(self) -> Matrix:
        """The input rows."""
        return self._inputs[:-1, : self.dim]

    def train_part(
        self,
        offsets: npt.NDArray[np.int64],
        rate: float,
        last_rate: float,
        state: npt.NDArray[np.uint64],
        thread: int,
    ) -> tuple[float, float]:
        """See :func:`train_documents`."""
        found: tuple[float, float] = train_documents(
            self.stream.ids, offsets, self.keep, self._inputs, self._outputs,
            self._window, self._bag, self._back, rate, last_rate, state,
        )  # fmt: skip
        return found


@njit(nogil=True, fastmath=set(FAST), error_model="numpy", cache=True)
def train_documents(
    ids: Any, offsets: Any, keep: Any, inputs: Any, outputs: Any, window: int, bag: bool,
    corrected: bool, rate: float, last_rate: float, state: Any,
) -> tuple[float, float]:  # fmt: skip
    """Train on a run of documents, in place; the equations are the module's.

    :param inputs: v, float32, shape (V + 1, D), D a multiple of ``tiles.LANES``; the last row is 0
    :param outputs: u, shape (V + 1 or V + 2, D), the rest 0, so that their number is odd
    :param bag: CBOW instead of skip-gram
    :param rate: learning rate at the first document; falls linearly to ``last_rate``
    :return: the loss in nats, and the number of words that were predicted
    """
    V, D = len(inputs) - 1, inputs.shape[1]
    whole = V + V % 2
    most = TILE + 2 * window + 1
    h, dh = np.zeros((TILE, D), np.float32), np.zeros((TILE, D), np.float32)
    mean, back = np.zeros((TILE, most), np.float32), np.zeros((TILE, most), np.float32)
    contexts = np.zeros(most, np.int64)
    columns = np.arange(whole)
    s = np.zeros((TILE, whole), np.float32)
    begins, ends = np.zeros(TILE, np.int64), np.zeros(TILE, np.int64)
    text = np.empty(longest(offsets), np.int32)
    total, words = np.float64(0), 0

    for document in range(len(offsets) - 1):
        lr = falling(rate, last_rate, offsets, document)
        n = thin(ids[offsets[document] : offsets[document + 1]], keep, state, text)
        for i in range(0, n, TILE):
            size, first, last = draw_windows(i, n, window, state, begins, ends)
            if last - first < 2:
                continue
            whole_span = average(
                text, i, size, first, last, begins, ends, corrected, V, contexts, mean, back
            )
            if not bag:
                clear(mean)
                clear(back)
                for t in range(size):
                    mean[t, i + t - first] = back[t, i + t - first] = np.float32(1)
            clear(h)
            clear(dh)

            tiles.gather(h, inputs, contexts, whole_span, mean)
            tiles.scores(h, outputs, columns, whole, s)
            for t in range(size):
                # g_w = lr (n_w - |C| p_w), by way of s - log sum exp s, which cannot overflow
                largest = s[t, 0]
                for j in range(V):
                    largest = max(largest, s[t, j])
                summed = np.float32(0)
                for j in range(V):
                    summed += np.exp(s[t, j] - largest)
                norm = largest + np.log(summed)
                targets = 1 if bag else ends[t] - begins[t] - 1
                words += targets
                if bag:
                    total += norm - s[t, text[i + t]]
                else:
                    for j in range(begins[t], ends[t]):
                        if j != i + t:
                            total += norm - s[t, text[j]]
                for j in range(V):
                    s[t, j] = -lr * np.float32(targets) * np.exp(s[t, j] - norm)
                if bag:
                    s[t, text[i + t]] += lr
                else:
                    for j in range(begins[t], ends[t]):
                        if j != i + t:
                            s[t, text[j]] += lr
            for t in range(TILE):
                if t >= size:
                    s[t] = 0
                s[t, V:] = 0
            tiles.update(h, dh, outputs, columns, whole, s)
            tiles.scatter(dh, inputs, contexts, whole_span, back)
    return total, float(words)
