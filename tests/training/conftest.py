"""A small training with all that a checkpoint must hold."""

import os
import signal

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from nlpseq.training.loop import train
from nlpseq.training.settings import TrainingSettings

ROWS, EPOCHS, BATCH = 14, 3, 3  # five batches an epoch, one of them smaller
LENGTHS = np.arange(ROWS) % 4 + 1
IDS = torch.from_numpy(np.random.default_rng(3).integers(0, 7, (ROWS, 4)))
Y = IDS.float().mean(1)


class Network(nn.Module):
    """Frozen at first, with dropout, running figures and a matrix used twice."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.embedding.weight.requires_grad_(False)
        self.hidden = nn.Linear(4, 4)
        self.again = self.hidden
        self.norm = nn.BatchNorm1d(4, affine=False)
        self.dropout = nn.Dropout(0.3)
        self.output = nn.Linear(4, 1)

    def forward(self, ids):
        x = self.norm(self.hidden(self.embedding(ids).mean(1)).tanh())
        return self.output(self.dropout(self.again(x))).squeeze(1)


class Job:
    """A training that can be cut off: ``at(step)`` is called before each loss.

    Its development figures are its own, those given, or with () none.
    """

    def __init__(self, figures=None, thaw=1, **options):
        usual = {"epochs": EPOCHS, "batch_size": BATCH, "learning_rate": 0.05, "threads": 1}
        self.settings = TrainingSettings(**{**usual, **options})
        self.figures, self.thaw, self.steps, self.announced = figures, thaw, 0, []

    def run(self, checkpoint=None, at=lambda step: None, in_validation=lambda: None, **more):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = Network()
        self.steps = 0

        def loss(rows):
            self.steps += 1
            at(self.steps)
            return ((network(IDS[rows]) - Y[rows]) ** 2).float().mean()

        def validate():
            in_validation()
            with torch.inference_mode():
                return -((network(IDS) - Y) ** 2).mean().item()

        def thaw(epoch):
            self.announced.append(epoch)
            if epoch == self.thaw + 1:
                network.embedding.weight.requires_grad_(True)

        if self.figures is not None:
            figures = iter(self.figures)
            validate = (lambda: next(figures)) if self.figures else None
        self.history = train(
            network, LENGTHS, loss, self.settings, validate=validate,
            on_epoch=thaw, checkpoint=checkpoint, **more,
        )  # fmt: skip
        return save({n: t.clone() for n, t in network.state_dict().items()})


@pytest.fixture
def job():
    return Job


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
