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
    from nlpseq.models.tag import Entity, Tagger, TaggerSettings, Tagging
    from nlpseq.models.translate import Translation, Translator, TranslatorSettings
    from nlpseq.pipelines.runner import Pipeline
    from nlpseq.text.corpus import Document, Pair
    from nlpseq.text.corpus.tagged import Tagged
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
    "Entity": "nlpseq.models.tag",
    "Labels": "nlpseq.models.classify",
    "NlpseqError": "nlpseq.errors",
    "Pair": "nlpseq.text.corpus",
    "Pipeline": "nlpseq.pipelines.runner",
    "SequenceClassifier": "nlpseq.models.estimator",
    "Subwords": "nlpseq.text.tokenize.subwords",
    "Tagged": "nlpseq.text.corpus.tagged",
    "Tagger": "nlpseq.models.tag",
    "TaggerSettings": "nlpseq.models.tag",
    "Tagging": "nlpseq.models.tag",
    "Tokenizer": "nlpseq.text.tokenize",
    "Tokens": "nlpseq.text.tokenize",
    "TrainingSettings": "nlpseq.training.settings",
    "Translation": "nlpseq.models.translate",
    "Translator": "nlpseq.models.translate",
    "TranslatorSettings": "nlpseq.models.translate",
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
    "Entity",
    "Labels",
    "NlpseqError",
    "Pair",
    "Pipeline",
    "SequenceClassifier",
    "Subwords",
    "Tagged",
    "Tagger",
    "TaggerSettings",
    "Tagging",
    "Tokenizer",
    "Tokens",
    "TrainingSettings",
    "Translation",
    "Translator",
    "TranslatorSettings",
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
