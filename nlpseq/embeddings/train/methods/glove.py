"""GloVe (Pennington et al. 2014, "GloVe: Global Vectors for Word Representation", section 3).

X_ij is how often j stands near i, see :mod:`~nlpseq.embeddings.train.methods.cooccurrence`. Words
have rows w, contexts rows c, both a bias b; over the cells of X that are not 0, in random order,

    L = 1/2 sum_ij f(X_ij) (w_i . c_j + b_i + b_j - log X_ij)²,    f(x) = min(1, (x / x_max)^alpha)

Each cell moves each number of its two rows by AdaGrad (Duchi et al. 2011): with a gradient g, held
to ±100, and s = 1 at the start,

    d = lr g        x -= d / sqrt(s)        s += d²

Biases move as if lr were 1, as in the authors' code of today: they have learned what is frequent
before the vectors do, which after one epoch would else hold little more. That is what s = lr² at
the start comes to, so that one loop moves all numbers.

The vectors are w + c.

The authors' code goes through the cells in any order. Here the chunks are random, and in a chunk
the cells of a word follow each other, so that its row stays in the cache. That is for speed: on
18 million words, loss and Spearman differ by less than from seed to seed. ``chunk=1`` is any order.

A row of an array is [w, b, 1, 0…] and [c, 1, b, 0…], so that one product has both biases, and
after it the s of each number; those of the ones are so large that they never move.
"""

from concurrent.futures import Executor
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix
from nlpseq.embeddings.train.kernels.tiles import LANES
from nlpseq.embeddings.train.methods import cooccurrence
from nlpseq.embeddings.train.methods.glove_kernel import to_logarithms, train
from nlpseq.embeddings.train.methods.predictive import aligned
from nlpseq.embeddings.train.methods.trainer import Trained, Trainer
from nlpseq.embeddings.train.settings import GloveSettings
from nlpseq.embeddings.train.stream import Stream
from nlpseq.progress import Progress, silent

_PART = 150_000_000  # numbers that a thread trains before Python shows progress and sees Ctrl-C
_HELD = 1e30  # of a number that is not to move


class Glove(Trainer):
    """Steps over the cells of the co-occurrence matrix, which are counted first.

    :param threads: that count, and then write to the same arrays without locks
    :param folder: for cells that do not fit into memory
    :raises DataError: where no word has another one beside it
    """

    unit: ClassVar[str] = "cells"
    made_of: ClassVar[tuple[str, ...]] = ("words", "contexts")

    def __init__(
        self,
        stream: Stream,
        settings: GloveSettings,
        seed: int,
        threads: int,
        *,
        folder: Path | None = None,
        progress: Progress = silent,
    ) -> None:
        self.stream, self.settings, self.threads = stream, settings, threads
        self.dim = settings.dim
        self.cells = cooccurrence.count(
            stream, settings.window, chunk=settings.chunk, memory=settings.memory,
            threads=threads, seed=seed, folder=folder, progress=progress,
        )  # fmt: skip
        to_logarithms(self.cells)
        self.amount = len(self.cells)
        self.steps = max(1, round(self.amount * settings.dim / (_PART * threads)))
        self.width = -(-(settings.dim + 2) // LANES) * LANES
        random = np.random.default_rng((seed, 0))
        self.arrays = {
            "words": self._start(settings.dim, random),
            "contexts": self._start(settings.dim + 1, random),
        }

    def _start(self, bias: int, random: np.random.Generator) -> Matrix:
        """Rows before training, even in ±1 / 2 (D + 1); a number of theirs is the bias."""
        V, D = len(self.stream.words), self.dim
        rows = aligned(V, 2 * self.width)
        rows[:, :D] = (random.random((V, D), dtype=np.float32) - np.float32(0.5)) / (D + 1)
        rows[:, bias] = (random.random(V, dtype=np.float32) - np.float32(0.5)) / (D + 1)
        one = 2 * D + 1 - bias
        rows[:, one] = 1
        rows[:, self.width :] = 1
        least = self.settings.learning_rate**2  # which may be more than a float32 holds
        rows[:, self.width + bias] = min(least, _HELD)
        rows[:, self.width + one] = _HELD
        return rows

    def step(self, epoch: int, step: int, pool: Executor) -> Trained:
        """Each thread trains on its part of the cells; every epoch goes through them alike."""
        cuts = np.linspace(0, self.amount, self.steps * self.threads + 1).astype(np.int64)
        parts = pairwise(cuts[step * self.threads : (step + 1) * self.threads + 1].tolist())
        numbers = self.settings.learning_rate, self.settings.alpha, np.log(self.settings.x_max)
        rate, alpha, log_most = map(np.float32, numbers)
        words, contexts = (self.arrays[name].reshape(-1, self.width) for name in self.made_of)
        jobs = [
            (last - first, pool.submit(
                train, self.cells[first:last], words, contexts, rate, alpha, log_most
            ))
            for first, last in parts
        ]  # fmt: skip
        loss = sum(job.result() for _, job in jobs)
        amount = sum(number for number, _ in jobs)
        return Trained(amount, loss, amount)

    def matrix(self) -> Matrix:
        """w + c, computed anew."""
        both: Matrix = self.arrays["words"][:, : self.dim] + self.arrays["contexts"][:, : self.dim]
        return both

    def place(self, rows: npt.NDArray[np.int64], vectors: Matrix) -> None:
        """Both rows of a word become half its vector."""
        for array in self.arrays.values():
            array[rows, : self.dim] = vectors / np.float32(2)
