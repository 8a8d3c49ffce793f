import os
import signal
from collections import defaultdict
from contextlib import contextmanager

import numpy as np
import pytest

from nlpseq.embeddings.train.job.run import Run
from nlpseq.embeddings.train.methods.trainer import Trained, Trainer
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.words import Words

WORDS = ["gato", "rei", "rainha", "homem", "mulher", "pé", "c"]
V, D, STEPS, EPOCHS = len(WORDS), 3, 4, 3


class Wanderer(Trainer):
    """A method that adds noise: a step is a function of arrays, seed and its number."""

    unit = "yards"
    steps, amount = STEPS, 10 * STEPS

    def __init__(self, stream, settings=None, seed=0, threads=1):
        self.seed, self.done = seed, []
        self.arrays = {
            "inputs": np.zeros((V, D + 2), np.float32),
            "counter": np.zeros(1, np.int64),
        }
        self.at = lambda epoch, step: None

    def step(self, epoch, step, pool):
        self.at(epoch, step)
        self.done.append((epoch, step))
        random = np.random.default_rng((self.seed, epoch, step))
        self.arrays["inputs"] *= np.float32(0.9)
        self.arrays["inputs"] += random.normal(size=(V, D + 2)).astype(np.float32)
        self.arrays["counter"] += 1
        return Trained(10, float(random.random()) * 2, 2)

    def matrix(self):
        return self.arrays["inputs"][:, :D]


class Recorder:
    def __init__(self):
        self.tasks, self.notes = {}, defaultdict(list)

    @contextmanager
    def task(self, description, total=None):
        self.current, self.tasks[description] = description, [0, total]
        yield self

    def advance(self, amount=1, note=""):
        self.tasks[self.current][0] += amount
        self.notes[self.current].append(note)


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def stream():
    ids = np.repeat(np.arange(V, dtype=np.int32), np.arange(V, 0, -1))
    counts = np.bincount(ids, minlength=V)
    return Stream(Words.of(WORDS), counts, ids, np.array([0, 10, len(ids)]))


@pytest.fixture
def wander(stream):
    """A new run of three epochs of four steps."""

    def made(at=None, **more):
        run = Run(Wanderer(stream), stream, EPOCHS, **more)
        run.trainer.at = at or run.trainer.at
        return run

    return made


@pytest.fixture(autouse=True)
def no_fsync(monkeypatch):
    """Spare the disk: no test pulls the plug."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def heeded():
    """Ctrl-C raises KeyboardInterrupt, also where the tests run in a shell's background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler
