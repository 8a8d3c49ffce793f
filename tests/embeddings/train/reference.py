"""The draws of training in plain Python, one after the other, and a stream to draw from."""

import numpy as np

from nlpseq.embeddings.train.kernels.drawing import alias_table, keep_probability
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.words import Words

MASK = 2**64 - 1
STATE = 0x9E3779B97F4A7C15
KEEP_ALL = 1e9  # a subsampling threshold that keeps every word


class Draws:
    def __init__(self, keep, threshold, alias, state=STATE):
        self.keep, self.threshold, self.alias, self.state = keep, threshold, alias, state

    def bits(self):
        x = self.state
        x ^= (x << 13) & MASK
        x ^= x >> 7
        x ^= (x << 17) & MASK
        self.state = x
        return x

    def noise(self, number):
        found = []
        for _ in range(number):
            bits = self.bits()
            word = ((bits >> 32) * len(self.alias)) >> 32
            kept = bits & 0xFFFFFFFF <= self.threshold[word]
            found.append(word if kept else int(self.alias[word]))
        return found

    def reach(self, window):
        return 1 + (self.bits() >> 33) % window

    def thinned(self, document):
        return [int(w) for w in document if (self.bits() >> 40) / 2**24 < self.keep[w]]


def groups(ids, offsets, draws, rate, last_rate):
    """Each group of four centres: the thinned document, the first centre, and the rate."""
    begin, end = int(offsets[0]), int(offsets[-1])
    for first, last in zip(offsets.tolist(), offsets[1:].tolist(), strict=False):
        lr = rate + (last_rate - rate) * (first - begin) / max(end - begin, 1)
        text = draws.thinned(ids[first:last])
        for i in range(0, len(text), 4):
            yield text, i, lr


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -6, 6)))


def stream(lengths, *, V=50, seed=0):
    """Zipf-like random words in documents of these lengths."""
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, V + 1)
    ids = random.choice(V, size=sum(lengths), p=weights / weights.sum()).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    counts = np.bincount(ids, minlength=V) + 1
    return Stream(Words.of(f"w{i}" for i in range(V)), counts, ids, offsets)


def randomise(trainer, scale, seed=0):
    """Random numbers in the trainer's arrays where it has numbers to train."""
    random = np.random.default_rng(seed)
    V, D = len(trainer.stream.words), trainer.dim
    for array in trainer.arrays.values():
        array[:V, :D] = random.normal(0, scale, (V, D))


def tables(counts, t, power=0.75):
    return [keep_probability(counts, t), *alias_table(counts**power)]


def take_all(trainer):
    """Have a thread's copies of frequent rows change the shared ones by all that it changed."""
    own = trainer.own
    trainer.own = lambda thread: (*own(thread)[:2], np.float32(1))
