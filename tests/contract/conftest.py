"""The tasks that the contract holds: a new task adds one case here and no test."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from nlpseq.models.base import Model
from nlpseq.models.classify import Classifier, ClassifierSettings
from nlpseq.text.corpus import Document
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training.settings import TrainingSettings

REVIEWS = [
    Document(f"{subject} {verdict}", label)
    for subject in ("o filme", "a história, no fim,", "este livro de 1999", "o ator")
    for verdict, label in (
        ("é ótimo !", "pos"),
        ("é ruim", "neg"),
        ("não é ruim", "pos"),
        ("não é ótimo", "neg"),
    )
]
TRAINING = TrainingSettings(epochs=3, batch_size=5, learning_rate=0.02, seed=4)


@dataclass(frozen=True)
class Case:
    """A task: its model, how that is made, and what it is trained on."""

    model: Model
    documents: list[Document]
    again: Callable[[], "Case"]

    def make(self) -> Model:
        """The same model again, trained again."""
        return self.again().model

    @property
    def texts(self) -> list[str]:
        return [document.text for document in self.documents]


def classify(documents: list[Document] = REVIEWS, **settings: Any) -> Case:
    vocabulary = Vocabulary.build(Tokenizer().words(d.text) for d in documents)
    options = ClassifierSettings(**{"dim": 8, "max_length": 50, "dropout": 0.2, **settings})
    labels = sorted({label for document in documents for label in document.labels})
    model = Classifier(vocabulary, labels, options, seed=4)
    model.fit(documents, documents[:4], TRAINING)
    return Case(model, documents, lambda: classify(documents, **settings))


SUBJECTS = [
    Document(d.text, tuple(word for word in ("filme", "ótimo", "ruim") if word in d.text))
    for d in REVIEWS
]
ENCODERS: dict[str, dict[str, Any]] = {
    "flatten": {"max_length": 7, "truncate": "pre"},
    "mean": {"windows": 3, "max_length": 4},
    "rnn": {"hidden": 5, "pooling": "last"},
    "gru": {"hidden": 5, "variant": "torch", "layers": 2},
    "minimal-gru": {"hidden": 5, "pooling": "attention"},
    "lstm": {"hidden": 5},
    "peephole": {"hidden": 5, "bidirectional": False, "pooling": "last"},
    "janet": {"hidden": 5, "variational": True},
    "cnn": {"hidden": 5, "widths": [2, 3], "layers": 2, "pool": 3},
    "cnn-rnn": {"hidden": 5, "pool": 2, "pooling": "last"},
    "tcn": {"hidden": 5, "widths": [2], "layers": 2},
    "transformer": {"hidden": 12, "heads": 3, "pooling": "cls"},
}
#: a classifier of each encoder, with the options that are not tried elsewhere among them
CASES: dict[str, Callable[[], Case]] = {
    **{
        f"classify {name}": partial(classify, encoder=name, **settings)
        for name, settings in ENCODERS.items()
    },
    "classify several labels": partial(classify, SUBJECTS, multilabel=True, hidden=5),
    "classify normalised": partial(classify, hidden=5, batch_norm=True, truncate="both"),
}


@pytest.fixture(scope="session", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]()
