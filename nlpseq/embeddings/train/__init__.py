"""Training of word vectors.

:func:`~nlpseq.embeddings.train.job.train` is the public face. ``stream`` makes ids of a corpus,
``methods`` learn from them, one module a method, by way of what they share in ``kernels``, and
``job`` is the life of a training: epochs, checkpoints, going on, figures.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlpseq.embeddings.train.job import train
    from nlpseq.embeddings.train.job.watching import Evaluation

_HOMES = {"Evaluation": "job.watching", "train": "job"}

__all__ = ["Evaluation", "train"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
