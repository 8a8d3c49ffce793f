"""fastText: words that are made of their character n-grams (Bojanowski et al. 2017, "Enriching
Word Vectors with Subword Information", section 3.2), trained as skip-gram or as CBOW.

A word w has a row of its own and one for each of its n-grams, G_w together. Its vector is their
mean, as fastText computes it (the paper has the sum):

    h_w = 1/|G_w| sum_{g in G_w} z_g

Skip-gram. For a centre w with contexts c in C, and k noise words n for each, with output rows u,

    L = - sum_c [ log s(u_c . h_w) + sum_n log s(-u_n . h_w) ],    s(x) = 1 / (1 + exp(-x))

CBOW. With h the mean over the rows of all contexts together, in which a long word counts more,

    h = sum_c |G_c| h_c / sum_c |G_c|        L = - log s(u_w . h) - sum_n log s(-u_n . h)

Four centres that follow each other share K noise words, each of weight k |C| / K (in
CBOW k / K), as in :mod:`~nlpseq.embeddings.train.methods.skip_gram`. With scores from before,

    g = lr w (y - s(h uᵀ))        dh = g u        u += gᵀ h        z_g += dh

where fastText adds the whole of dh to each row, |G| times its gradient, so that h moves by dh.

The rows of a word, 20 or so, are read and written once for all its contexts. In CBOW that is once
for a block of centres: within it each context's vector moves by what its rows are moved by at the
block's end, of which its n-grams in other words of the block learn only then.
"""

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix, Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.train.methods import fasttext_kernels, ngrams
from nlpseq.embeddings.train.methods.buckets import Buckets
from nlpseq.embeddings.train.methods.predictive import Predictive, aligned, start
from nlpseq.embeddings.train.settings import FastTextSettings
from nlpseq.embeddings.train.stream import Stream
from nlpseq.errors import CallError

_ROWS = 1 << 13  # placed at a time


class FastText(Predictive):
    """Trains input rows z, of words and behind them of n-grams, and output rows u.

    Of the rows of n-grams only those that some word has are there, the ones used most first.
    """

    noise_power, last_rate = 0.5, 0.0  # as fastText has them

    def __init__(
        self, stream: Stream, settings: FastTextSettings, seed: int = 0, threads: int = 1
    ) -> None:
        super().__init__(stream, settings, seed, threads)
        self._settings = settings
        V = len(stream.words)
        self._rows = ngrams.numbered(
            stream.words, stream.counts, settings.min_n, settings.max_n, settings.buckets
        )
        self._inputs = start(V + len(self._rows.used), settings.dim, seed)
        self._outputs = aligned(V + 1 + self.copies, settings.dim)  # row V stands for no word
        self.arrays = {"inputs": self._inputs, "outputs": self._outputs[: V + 1]}
        self._buckets = self._all_buckets(None)

    def _all_buckets(self, before: Rows | None) -> Buckets:
        return Buckets(
            self._settings.buckets,
            self._rows.used,
            self._rows.places,
            self._inputs[len(self.stream.words) :, : self.dim],
            before,
        )

    def matrix(self) -> Matrix:
        """The mean of each word's rows, shape (V, D): a copy."""
        return self._means(np.arange(len(self.stream.words)))

    def _means(self, words: npt.NDArray[np.int64]) -> Matrix:
        out = aligned(len(words), self.dim)
        fasttext_kernels.means(self._inputs, self._rows.lists, self._rows.starts, words, out)
        return out[:, : self.dim]

    def subwords(self) -> Subwords:
        """All buckets: those that no word has are 0, or as they were in vectors to start from."""
        return Subwords(self._buckets, self._settings.min_n, self._settings.max_n)

    def take_subwords(self, saved: Subwords | None) -> None:
        """Start the rows of n-grams from those of saved vectors, where these have any.

        :raises CallError: where those are of other n-grams, or of another number
        """
        if saved is None:
            return
        own = self._settings
        theirs = saved.minimum, saved.maximum, len(saved.rows)
        if theirs != (own.min_n, own.max_n, own.buckets):
            names = zip(("min_n", "max_n", "buckets"), theirs, strict=True)
            told = ", ".join(f"{name} {value}" for name, value in names)
            raise CallError(
                "the vectors to start from are made of other n-grams",
                where="min_n, max_n, buckets",
                remedy=f"train with {told}",
            )
        _, _, used, places = self._rows
        for i in range(0, len(used), _ROWS):
            there = len(self.stream.words) + places[i : i + _ROWS]
            self._inputs[there, : self.dim] = saved.rows.take(used[i : i + _ROWS])
        self._buckets = self._all_buckets(saved.rows)

    def place(self, rows: npt.NDArray[np.int64], vectors: Matrix) -> None:
        """Give words these vectors, by the rows that are theirs alone: those of n-grams stay."""
        for i in range(0, len(rows), _ROWS):
            words = rows[i : i + _ROWS]
            change = vectors[i : i + _ROWS] - self._means(words)
            lengths = self._rows.starts[words + 1] - self._rows.starts[words]
            self._inputs[words, : self.dim] += change * lengths[:, None].astype(np.float32)

    def train_part(
        self,
        offsets: npt.NDArray[np.int64],
        rate: float,
        last_rate: float,
        state: npt.NDArray[np.uint64],
        thread: int,
    ) -> tuple[float, float]:
        """Train on a run of documents, as the architecture has it."""
        options = self._settings
        train = (
            fasttext_kernels.train_skip_gram
            if options.architecture == "skip-gram"
            else fasttext_kernels.train_cbow
        )
        hot, own, part = self.own(thread)
        found: tuple[float, float] = train(
            self.stream.ids, offsets, self.keep, *self.noise, self._inputs, self._outputs,
            self._rows.lists, self._rows.starts, options.window, options.negatives,
            options.draws, rate, last_rate, state, hot, own, part,
        )  # fmt: skip
        return found
