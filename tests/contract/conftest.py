"""The tasks that the contract holds: a new task adds one case here and no test."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from seqeval.metrics import f1_score

from nlpseq.models.base import Model
from nlpseq.models.classify import Classifier, ClassifierSettings
from nlpseq.models.tag import Tagger, TaggerSettings
from nlpseq.models.tag.tagset import labels_of
from nlpseq.models.tag.words import characters_of
from nlpseq.models.translate import Translator, TranslatorSettings, vocabulary_of
from nlpseq.text.corpus import Document, Pair
from nlpseq.text.corpus.tagged import Tagged
from nlpseq.text.tags import Scheme, spans, tagged
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

    model: Model[Any, Any]
    examples: list[Any]
    texts: list[Any]  #: of the examples
    files: set[str]  #: what the folder holds beside what every model's does
    scored: int  #: how many answers, or tags of answers, are right or wrong
    figure: str  #: of the evaluation
    reckon: Callable[[list[Any], list[Any]], float]  #: the same, of answers and examples
    again: Callable[[], "Case"]

    def make(self) -> Model[Any, Any]:
        """The same model again, trained again."""
        return self.again().model


def _exact(answers: list[Any], documents: list[Document]) -> float:
    """The share of answers whose labels are all right, and no more."""
    given = [set(a.labels) if hasattr(a, "labels") else {a.label} for a in answers]
    return sum(map(set.__eq__, given, (set(d.labels) for d in documents))) / len(documents)


def _f1(answers: list[Any], sentences: list[Tagged]) -> float:
    """Of the entities, reckoned by seqeval."""
    told = [list(answer.tags) for answer in answers]
    return float(f1_score([sentence.tags for sentence in sentences], told))


def _right(answers: list[Any], sentences: list[Tagged]) -> float:
    """The share of words with the right tag."""
    told = [tag for answer in answers for tag in answer.tags]
    gold = [tag for sentence in sentences for tag in sentence.tags]
    return sum(map(str.__eq__, told, gold)) / len(gold)


def classify(documents: list[Document] = REVIEWS, **settings: Any) -> Case:
    vocabulary = Vocabulary.build(Tokenizer().words(d.text) for d in documents)
    options = ClassifierSettings(**{"dim": 8, "max_length": 50, "dropout": 0.2, **settings})
    labels = sorted({label for document in documents for label in document.labels})
    model = Classifier(vocabulary, labels, options, seed=4)
    model.fit(documents, documents[:4], TRAINING)
    figure = "exact_match" if options.multilabel else "accuracy"
    texts = [document.text for document in documents]
    files = {"vocabulary.txt", "labels.txt"}
    again = partial(classify, documents, **settings)
    return Case(model, documents, texts, files, len(texts), figure, _exact, again)


SENTENCES = [
    Tagged(f"{person} mora em {place} .".split(), [*tags, "O", "O", "B-LOC", *["I-LOC"] * n, "O"])
    for person, tags in (
        ("Ana", ["B-PER"]),
        ("Ana Maria Lopes", ["B-PER", "I-PER", "I-PER"]),
        ("ELE", ["O"]),
    )
    for place, n in (("São Paulo", 1), ("Recife", 0), ("Rio de Janeiro", 2))
]
PARTS = [
    Tagged(sentence.words, ["NOUN" if tag != "O" else "OTHER" for tag in sentence.tags])
    for sentence in SENTENCES
]


def tag(scheme: Scheme | None = "IOB2", **settings: Any) -> Case:
    sentences = PARTS if scheme is None else SENTENCES
    if scheme is not None:
        sentences = [
            replace(s, tags=tagged(spans(s.tags, "IOB2"), len(s), scheme)) for s in sentences
        ]
    words = [sentence.words for sentence in sentences]
    vocabulary = Vocabulary.build([word.lower() for word in each] for each in words)
    options = TaggerSettings(**{"dim": 8, "hidden": 5, "dropout": 0.2, **settings})
    characters = characters_of(words) if options.characters != "none" else None
    labels = labels_of(sentences, scheme)
    model = Tagger(vocabulary, labels, options, scheme=scheme, characters=characters, seed=4)
    model.fit(sentences, sentences[:4], TRAINING)
    files = {"vocabulary.txt", "labels.txt"} | ({"characters.txt"} if characters else set())
    figure, reckon = ("accuracy", _right) if scheme is None else ("f1", _f1)
    again = partial(tag, scheme=scheme, **settings)
    scored = sum(map(len, sentences)) if scheme is None else len(sentences)
    return Case(model, sentences, words, files, scored, figure, reckon, again)


SUBJECTS = [
    Document(d.text, tuple(word for word in ("filme", "ótimo", "ruim") if word in d.text))
    for d in REVIEWS
]
PAIRS = [
    Pair(f"{one} {ten} {end}", f"{end} {ten}")
    for one in ("a", "o")
    for ten in ("casa", "porta", "mesa azul")
    for end in ("é nova", "caiu", "fica")
]


def translate(**settings: Any) -> Case:
    sources, targets = [p.source for p in PAIRS], [p.target for p in PAIRS]
    known = [vocabulary_of(Tokenizer(), texts) for texts in (sources, targets)]
    options = TranslatorSettings(
        **{"hidden": 12, "layers": 1, "dropout": 0.1, "max_length": 30, **settings}
    )
    model = Translator(*known, options, seed=4)
    model.fit(PAIRS, PAIRS[:4], TRAINING)
    files = {"vocabulary.txt", "target-vocabulary.txt"}
    again = partial(translate, **settings)
    return Case(model, PAIRS, sources, files, len(PAIRS), "exact_match", _same, again)


def _same(answers: list[Any], pairs: list[Pair]) -> float:
    """The share of translations that are the target."""
    return sum(a.text == p.target for a, p in zip(answers, pairs, strict=True)) / len(pairs)


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
    "tag": tag,
    "tag IOB1 in pieces": partial(
        tag, scheme="IOB1", max_length=3, characters="lstm", character_hidden=6, inside="BILOU"
    ),
    "tag each word": partial(tag, crf=False, characters="none", casing=False, encoder="gru"),
    "tag by a Transformer": partial(tag, encoder="transformer", hidden=12, heads=3),
    "translate": partial(translate, architecture="recurrent"),
    "translate by a Transformer": partial(translate, architecture="transformer", heads=3),
    "tag plain": partial(tag, scheme=None, encoder="tcn", widths=[2]),
}


@pytest.fixture(scope="session", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]()
