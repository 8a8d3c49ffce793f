"""The tasks that the contract holds: a new task adds one case here and no test."""

from dataclasses import dataclass
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
    """A task: how its model is made, and what it is trained on."""

    model: Model
    documents: list[Document]

    def make(self) -> Model:
        """The same model again, trained again."""
        return CASES[self.model.task]().model

    @property
    def texts(self) -> list[str]:
        return [document.text for document in self.documents]


def classify(**settings: Any) -> Case:
    vocabulary = Vocabulary.build(Tokenizer().words(d.text) for d in REVIEWS)
    options = ClassifierSettings(dim=7, hidden=5, max_length=50, **settings)
    model = Classifier(vocabulary, ["neg", "pos"], options, seed=4)
    model.fit(REVIEWS, REVIEWS[:4], TRAINING)
    return Case(model, REVIEWS)


CASES = {"classify": classify}


@pytest.fixture(scope="session", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]()
