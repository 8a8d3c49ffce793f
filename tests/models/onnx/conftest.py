"""A small classifier with every encoder, pooling and option that changes its graph."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from nlpseq.models.classify import Classifier, ClassifierSettings
from nlpseq.models.onnx import export
from nlpseq.text.vocabulary import Vocabulary

WORDS = [f"w{i}" for i in range(50)]
LONGEST = 23

#: name → settings
CASES: dict[str, dict[str, Any]] = {
    "flatten": {"encoder": "flatten"},
    "flatten, pre": {"encoder": "flatten", "truncate": "pre"},
    "mean": {"encoder": "mean"},
    "rnn": {"encoder": "rnn", "layers": 2},
    "rnn, one way": {"encoder": "rnn", "bidirectional": False, "pooling": "last"},
    "gru": {"encoder": "gru", "layers": 2},
    "gru, one way": {"encoder": "gru", "bidirectional": False},
    "gru, last": {"encoder": "gru", "pooling": "last"},
    "gru, attention": {"encoder": "gru", "pooling": "attention"},
    "gru, flatten": {"encoder": "gru", "pooling": "flatten", "truncate": "pre"},
    "gru, batch norm": {"encoder": "gru", "pooling": "mean", "batch_norm": True},
    "gru, windows": {"encoder": "gru", "windows": 3},
    "gru, multilabel": {"encoder": "gru", "multilabel": True},
    "gru, torch": {"encoder": "gru", "variant": "torch"},
    "gru, torch, two biases": {"encoder": "gru", "variant": "torch", "biases": 2},
    "minimal-gru": {"encoder": "minimal-gru", "layers": 2},
    "minimal-gru, deck": {"encoder": "minimal-gru", "variant": "deck", "pooling": "last"},
    "lstm": {"encoder": "lstm", "layers": 2},
    "lstm, two biases": {"encoder": "lstm", "biases": 2, "bidirectional": False},
    "peephole": {"encoder": "peephole"},
    "peephole, deck": {"encoder": "peephole", "variant": "deck"},
    "janet": {"encoder": "janet"},
    "cnn": {"encoder": "cnn", "widths": [3, 4, 5]},
    "cnn, pool": {"encoder": "cnn", "widths": [2, 3], "layers": 3, "pool": 2},
    "cnn-rnn": {"encoder": "cnn-rnn", "widths": [5], "layers": 2, "pool": 3, "pooling": "last"},
    "tcn": {"encoder": "tcn", "widths": [3], "layers": 3},
    "transformer": {"encoder": "transformer", "heads": 2, "pooling": "cls", "layers": 2},
    "transformer, as it is": {"encoder": "transformer", "heads": 1, "hidden": 5},
    "transformer, learned": {"encoder": "transformer", "heads": 2, "positions": "learned"},
    "transformer, rotary": {"encoder": "transformer", "heads": 3, "positions": "rotary"},
    "transformer, post": {"encoder": "transformer", "heads": 2, "norm": "post"},
}


def make(name: str, labels: int = 2, **settings: Any) -> Classifier:
    """The classifier of a case, with weights so large that they show."""
    options = {"dim": 5, "max_length": LONGEST, **CASES[name], **settings}
    if options["encoder"] not in ("flatten", "mean"):
        options.setdefault("hidden", 6)
    model = Classifier(
        Vocabulary(WORDS), [f"l{i}" for i in range(labels)], ClassifierSettings(**options)
    )
    random = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.network.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=random)
        for name, figure in model.network.named_buffers():
            if name.startswith("norm.running"):
                figure += torch.rand(figure.shape, generator=random)
    return model


@pytest.fixture(scope="session")
def made() -> Callable[..., Classifier]:
    """The function :func:`make`."""
    return make


@functools.cache
def _case(name: str) -> Classifier:
    return make(name, labels=2 + list(CASES).index(name) % 2)


@pytest.fixture(scope="session", params=CASES)
def case(request: pytest.FixtureRequest) -> Classifier:
    """The classifier of each case in turn, with two labels or three."""
    return _case(request.param)


@pytest.fixture(scope="session")
def every_case() -> list[Classifier]:
    """All of them."""
    return [_case(name) for name in CASES]


@pytest.fixture(scope="session", autouse=True)
def little_timing() -> Iterator[None]:
    """Speeds are measured on few documents: no test asks how fast anything is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "_TIMED", 3)
        patch.setattr(export, "_TIMES", 1)
        yield
