"""Classification of documents, with one label or several.

The names are imported when they are first used: to answer with an exported model needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlpseq.models.classify.answers import Classification, Labels
    from nlpseq.models.classify.classifier import Classifier
    from nlpseq.models.classify.settings import ClassifierSettings

_HOMES = {
    "Classification": "nlpseq.models.classify.answers",
    "Classifier": "nlpseq.models.classify.classifier",
    "ClassifierSettings": "nlpseq.models.classify.settings",
    "Labels": "nlpseq.models.classify.answers",
}

__all__ = ["Classification", "Classifier", "ClassifierSettings", "Labels"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'nlpseq.models.classify' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
