"""nlpseq: from raw text to a working sequence model on top of word vectors.

The public names are imported when they are first used, so that ``import nlpseq`` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from nlpseq.embeddings.vectors import Vectors
    from nlpseq.errors import CallError, DataError, NlpseqError
    from nlpseq.models import load
    from nlpseq.models.classify import Classification, Classifier, ClassifierSettings, Labels
    from nlpseq.models.estimator import SequenceClassifier
    from nlpseq.pipelines.runner import Pipeline
    from nlpseq.text.corpus import Document
    from nlpseq.text.tokenize import Tokenizer, Tokens
    from nlpseq.text.tokenize.subwords import Subwords
    from nlpseq.text.vocabulary import Vocabulary
    from nlpseq.training.settings import TrainingSettings

_HOMES = {
    "CallError": "nlpseq.errors",
    "Classification": "nlpseq.models.classify",
    "Classifier": "nlpseq.models.classify",
    "ClassifierSettings": "nlpseq.models.classify",
    "DataError": "nlpseq.errors",
    "Document": "nlpseq.text.corpus",
    "Labels": "nlpseq.models.classify",
    "NlpseqError": "nlpseq.errors",
    "Pipeline": "nlpseq.pipelines.runner",
    "SequenceClassifier": "nlpseq.models.estimator",
    "Subwords": "nlpseq.text.tokenize.subwords",
    "Tokenizer": "nlpseq.text.tokenize",
    "Tokens": "nlpseq.text.tokenize",
    "TrainingSettings": "nlpseq.training.settings",
    "Vectors": "nlpseq.embeddings.vectors",
    "Vocabulary": "nlpseq.text.vocabulary",
    "load": "nlpseq.models",
}

__all__ = [
    "CallError",
    "Classification",
    "Classifier",
    "ClassifierSettings",
    "DataError",
    "Document",
    "Labels",
    "NlpseqError",
    "Pipeline",
    "SequenceClassifier",
    "Subwords",
    "Tokenizer",
    "Tokens",
    "TrainingSettings",
    "Vectors",
    "Vocabulary",
    "__version__",
    "load",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'nlpseq' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
