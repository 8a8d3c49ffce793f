import numpy as np
import pytest
import torch

import nlpseq
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError
from nlpseq.metrics.baseline import LinearBaseline
from nlpseq.models.classify import Classifier, ClassifierSettings
from nlpseq.models.onnx.export import export
from nlpseq.text.corpus import Document
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training.settings import TrainingSettings

WORDS = ["bom", "ruim", "não", "filme"]
ROWS = [
    Document("bom filme", "pos", "f.csv", 2),
    Document("filme ruim", "neg", "f.csv", 3),
    Document("não bom", "neg", "f.csv", 4),
    Document("não ruim", "pos", "f.csv", 5),
]


def make(vectors=None, labels=("neg", "pos"), **settings):
    settings = {"dim": 6, "hidden": 8, "dropout": 0.0, **settings}
    if settings.get("embedding", "learned") != "learned":
        del settings["dim"]
    return Classifier(
        Vocabulary(WORDS), labels, ClassifierSettings(**settings), vectors=vectors, seed=1
    )


@pytest.fixture
def vectors():
    matrix = np.random.default_rng(1).normal(size=(3, 5)).astype(np.float32)
    return Vectors(["bom", "ruim", "filme"], matrix)


@pytest.mark.parametrize(
    "settings",
    [{}, {"pooling": "mean"}, {"pooling": "last"}, {"bidirectional": False}, {"layers": 2}],
    ids=str,
)
def test_it_learns_what_no_bag_of_words_can(settings):
    model = make(**settings)
    model.fit(ROWS, training=TrainingSettings(epochs=80, learning_rate=0.03, batch_size=3))
    assert [a.label for a in model.predict(d.text for d in ROWS)] == ["pos", "neg", "neg", "pos"]


def test_probabilities_are_a_distribution_and_the_label_is_the_best():
    for answer in make(labels=("a", "b", "c")).predict(["bom", "filme ruim"]):
        assert sum(answer.probabilities.values()) == pytest.approx(1)
        assert answer.probability == max(answer.probabilities.values())
        assert answer.probabilities[answer.label] == answer.probability


@pytest.mark.parametrize(("mode", "moves"), [("frozen", False), ("tuned", True)])
def test_vectors_are_carried_into_the_layer(vectors, mode, moves):
    model = make(vectors, embedding=mode)
    start = model.network.embedding.weight.detach().clone()
    assert start[model.vocabulary.get("ruim")].tolist() == vectors["ruim"].tolist()
    assert model.settings.dim == 5
    assert model.coverage.words == 3 / 4
    model.fit(ROWS, training=TrainingSettings(epochs=2))
    assert torch.equal(model.network.embedding.weight, start) is not moves


def test_a_frozen_embedding_stays_so_through_a_folder(vectors, tmp_path):
    model = make(vectors, embedding="frozen")
    model.save(tmp_path / "m")
    loaded = Classifier.load(tmp_path / "m")
    assert loaded.parameters == model.parameters
    assert loaded.frozen_parameters == model.frozen_parameters == 6 * 5


@pytest.mark.parametrize(("side", "equal"), [("post", True), ("pre", False)])
def test_long_documents_are_cut_where_asked(side, equal):
    model = make(max_length=2, truncate=side)
    short, long = model.predict(["bom filme", "bom filme ruim não"])
    assert (short == long) is equal
    [end] = model.predict(["ruim não"])
    assert (end == long) is not equal


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Document("bom", "neutral", "dev.csv", 17), "'neutral' never occurs"),
        (Document("bom", None, "dev.csv", 17), "no label"),
        (Document("bom", "Pos", "dev.csv", 17), "did you mean 'pos'"),
    ],
)
def test_a_bad_label_is_named_with_its_place_before_any_training(row, message):
    model = make()
    start = [p.clone() for p in model.network.parameters()]
    for call in (lambda: model.fit(ROWS, [row]), lambda: model.evaluate([row])):
        with pytest.raises(DataError, match=message) as error:
            call()
        assert error.value.where == "dev.csv:17"
    assert all(map(torch.equal, start, model.network.parameters()))


def test_an_empty_training_document_is_named_with_its_place():
    with pytest.raises(DataError, match="empty") as error:
        make().fit([*ROWS, Document(" ", "pos", "f.csv", 6)])
    assert error.value.where == "f.csv:6"


def test_an_empty_document_counts_as_wrong():
    report = make().evaluate([Document("", "pos")])
    assert report.figures["accuracy"] == 0
    assert report.confusion.tolist() == [[0, 0, 0], [0, 0, 1]]


def test_vectors_are_wanted_where_the_embedding_is_not_learned():
    with pytest.raises(ValueError, match="needs vectors"):
        make(embedding="tuned")


def test_more_documents_than_are_held_at_a_time():
    texts = ["bom", "filme ruim não", ""] * 1000
    answers = list(make().predict(texts))
    assert len(answers) == 3000
    assert answers[2999].reason
    assert answers[0].label == answers[2997].label


def baseline(labels=("neg", "pos")):
    """Of documents twice, so that their words count."""
    rows = [*ROWS, *ROWS]
    return LinearBaseline.fit(
        [row.text.split() for row in rows], [row.label for row in rows], classes=labels
    )


def test_the_linear_baseline_has_its_share_in_an_answer(tmp_path):
    texts = [*(row.text for row in ROWS), "", "nunca visto"]
    alone, model = make(), make(linear=0.25)
    model.baseline = baseline()
    scores = model.baseline.scores([text.split() for text in texts]).astype(np.float64)
    for text, before, answer, score in zip(
        texts, alone.predict(texts), model.predict(texts), scores, strict=True
    ):
        if not text:
            assert answer == before
            continue
        p = np.array([before.probabilities[label] for label in ("neg", "pos")])
        q = np.exp(score) / np.exp(score).sum()
        wanted = p**0.75 * q**0.25
        found = [answer.probabilities[label] for label in ("neg", "pos")]
        np.testing.assert_allclose(found, wanted / wanted.sum(), rtol=1e-5)
    model.save(tmp_path / "m")
    answers = list(model.predict(texts))
    assert list(Classifier.load(tmp_path / "m").predict(texts)) == answers
    export(model, tmp_path / "o", weights="float32")
    for ours, theirs in zip(answers, nlpseq.load(tmp_path / "o").predict(texts), strict=True):
        assert theirs.label == ours.label
        assert theirs.probabilities == pytest.approx(ours.probabilities, abs=1e-4)


def test_a_share_without_a_baseline_and_a_baseline_of_other_labels(tmp_path):
    model = make(linear=0.5)
    with pytest.raises(CallError, match=r"is 0\.5, and there is none"):
        list(model.predict(["bom"]))
    model.baseline = baseline(("neg", "none", "pos"))
    model.save(tmp_path / "m")
    with pytest.raises(DataError, match="has other labels"):
        Classifier.load(tmp_path / "m")
