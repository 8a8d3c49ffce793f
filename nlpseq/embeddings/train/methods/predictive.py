"""What skip-gram, CBOW and fastText share: they go through the stream at a falling rate."""

from abc import abstractmethod
from concurrent.futures import Executor
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix
from nlpseq.embeddings.train.kernels.drawing import alias_table, keep_probability, states
from nlpseq.embeddings.train.kernels.tiles import LANES
from nlpseq.embeddings.train.methods.trainer import Trained, Trainer
from nlpseq.embeddings.train.settings import NoiseSettings
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.train.stream.mapped import let_go

_BLOCK = 1 << 13  # rows drawn at a time
_PART = 500_000  # tokens that a thread trains before Python shows progress and sees Ctrl-C


def aligned(rows: int, dim: int) -> Matrix:
    """Zeros of shape (rows, dim filled up to whole registers), from the start of a cache line."""
    width = -(-dim // LANES) * LANES
    room = np.zeros(rows * width + 16, dtype=np.float32)
    start = -room.ctypes.data % 64 // 4
    return room[start : start + rows * width].reshape(rows, width)


def start(rows: int, dim: int, seed: int) -> Matrix:
    """Input rows before training, even in ±1 / D; what fills up is 0 and stays 0."""
    random = np.random.default_rng((seed, 0))
    matrix = aligned(rows, dim)
    for i in range(0, rows, _BLOCK):
        part = random.random((min(_BLOCK, rows - i), dim), dtype=np.float32)
        matrix[i : i + _BLOCK, :dim] = (2 * part - 1) / np.float32(dim)
    return matrix


class Predictive(Trainer):
    """Steps over a stream: each thread takes a run of whole documents of its stretch of it.

    :param stream: what is trained on
    :param seed: of every draw
    :param threads: that write to the same arrays without locks
    """

    noise_power: ClassVar[float] = 0.75  #: of a word's count, as word2vec has it
    last_rate: ClassVar[float] = 1e-4  #: of the learning rate, as word2vec has it

    def __init__(self, stream: Stream, settings: NoiseSettings, seed: int, threads: int) -> None:
        self.stream, self.seed, self.threads = stream, seed, threads
        self.dim, self.epochs = settings.dim, settings.epochs
        self.learning_rate = settings.learning_rate
        self.keep = keep_probability(stream.counts, settings.subsample)
        self.noise = alias_table(stream.counts**self.noise_power)
        self.amount = len(stream.ids)
        self._hot = min(len(stream.words), settings.copies) if threads > 1 else 0
        self.copies = 2 * self._hot * threads  #: rows that a matrix has behind its own
        self.steps = max(1, round(self.amount / (_PART * threads)))

    def step(self, epoch: int, step: int, pool: Executor) -> Trained:
        """Each thread trains on its part."""
        parts, offsets = self.parts(step), self.stream.offsets
        rates = self.rate(epoch, step), self.rate(epoch, step + 1)
        random = states(self.seed, epoch, step, self.threads)
        jobs = [
            pool.submit(self.train_part, offsets[first : last + 1], *rates, random[i], i)
            for i, (first, last) in enumerate(parts)
        ]
        done = [job.result() for job in jobs]
        let_go(self.stream.ids)
        amount = sum(int(offsets[last] - offsets[first]) for first, last in parts)
        return Trained(amount, sum(loss for loss, _ in done), sum(n for _, n in done))

    def own(self, thread: int) -> tuple[int, int, np.float32]:
        """What :mod:`~nlpseq.embeddings.train.kernels.copies` asks for: hot, own, part."""
        first = len(self.stream.words) + 1
        part = min(self.threads**-0.5, 2 / self.threads)
        return self._hot, first + 2 * self._hot * thread, np.float32(part)

    def parts(self, step: int) -> list[tuple[int, int]]:
        """A step's runs of documents, first and last + 1, one for each thread.

        A thread goes through a stretch of the corpus that is its own, as in word2vec's code: what
        comes last counts most, and where the text changes on the way, stretches mix it.
        """
        whole = self.steps * self.threads
        part = np.arange(step, whole, self.steps)
        cuts = np.stack([part, part + 1], axis=1) * self.amount // whole
        documents = np.searchsorted(self.stream.offsets, cuts).tolist()
        return [(first, last) for first, last in documents]

    def rate(self, epoch: int, step: int) -> float:
        """The learning rate before a step of an epoch; it falls linearly."""
        done = (epoch + step / self.steps) / self.epochs
        return self.learning_rate * max(self.last_rate, 1 - done)

    @abstractmethod
    def train_part(
        self,
        offsets: npt.NDArray[np.int64],
        rate: float,
        last_rate: float,
        state: npt.NDArray[np.uint64],
        thread: int,
    ) -> tuple[float, float]:
        """Train on a run of documents; the loss of the pairs that it was taken of, and their sum.

        :param offsets: shape (documents + 1,): where the run's documents start in the stream
        :param rate: learning rate at its first token; falls linearly to ``last_rate``
        :param state: random state, shape (1,)
        :param thread: its number, from 0
        """
