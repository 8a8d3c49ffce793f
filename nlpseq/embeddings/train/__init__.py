"""Training of word vectors: one module a method, and the life of a job that they share.

:func:`~nlpseq.embeddings.train.job.train` is the public face. Under it: ``stream`` (a corpus as
ids), the methods (``methods`` names them; each is a ``trainer``), ``run`` (steps and epochs),
``checkpoint``, ``continuing`` (from saved vectors), ``watching`` (figures after each epoch) and
``history``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlpseq.embeddings.train.job import train
    from nlpseq.embeddings.train.watching import Evaluation

_HOMES = {"Evaluation": "watching", "train": "job"}

__all__ = ["Evaluation", "train"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
