import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import nlpseq
from nlpseq import (
    CallError,
    ClassifierSettings,
    DataError,
    SequenceClassifier,
    TrainingSettings,
    Vectors,
)

SETTINGS = ClassifierSettings(encoder="mean", dim=5, dropout=0.0)
TRAINING = TrainingSettings(epochs=40, learning_rate=0.05, batch_size=7)
X = [
    f"{subject} {verdict}"
    for subject in ("o filme", "a história", "este livro", "o ator", "a sala")
    for verdict in ("é ótimo", "é ruim", "é lindo", "é feio")
]
Y = ["pos", "neg"] * 10


def make(settings=SETTINGS, training=TRAINING, **options):
    return SequenceClassifier(settings, training, **{"validation_fraction": 0, **options})


@pytest.mark.parametrize(
    "y",
    [
        Y,
        [1 if label == "pos" else -1 for label in Y],
        np.array([label == "pos" for label in Y]),
        np.array([2.0 if label == "pos" else 0.0 for label in Y]),
        np.array(Y, dtype=object),
    ],
    ids=["strings", "integers", "booleans", "floats", "objects"],
)
def test_labels_of_any_type_come_back(y):
    model = make().fit(X, y)
    assert model.classes_.tolist() == sorted(set(y))
    answers = model.predict(X)
    assert answers.dtype == np.asarray(y).dtype
    assert answers.tolist() == list(y)
    assert model.score(X, y) == 1


def test_probabilities_are_in_the_order_of_the_classes():
    y = [10, 9, 100, 9] * 5  # as words they would sort otherwise
    model = make().fit(X, y)
    probabilities = model.predict_proba(X)
    assert model.classes_.tolist() == [9, 10, 100]
    assert probabilities.shape == (20, 3)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(20))
    assert model.classes_[probabilities.argmax(axis=1)].tolist() == model.predict(X).tolist() == y


def test_a_text_without_a_token_gets_the_shares_of_the_labels():
    model = make().fit(X[:18], ["a"] * 12 + ["b"] * 6)
    assert model.predict_proba(["", X[0]])[0] == pytest.approx([12 / 18, 6 / 18])
    assert model.predict([" "]).tolist() == ["a"]
    assert model.predict([]).shape == (0,)


def test_texts_come_as_any_column():
    expected = make().fit(X, Y).predict_proba(X)
    for texts in (tuple(X), np.array(X), np.array(X, dtype=object), iter(X)):
        model = make().fit(texts, Y)
        assert np.array_equal(model.predict_proba(X), expected)


def test_it_follows_random_state_alone():
    first, again, other = (
        make(random_state=seed).fit(X, Y).predict_proba(X) for seed in (1, np.int64(1), 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("fraction", "held"), [(0.1, 2), (0.01, 0), (0, 0)])
def test_a_part_is_held_out_to_choose_the_epoch(fraction, held):
    texts = [f"palavra{i}" for i in range(20)]
    model = make(validation_fraction=fraction).fit(texts, Y).model_
    assert (model.history[0].figure is not None) is (held > 0)
    assert len(model.vocabulary) == 2 + 20 - held  # its words are not looked at


def test_the_vocabulary_follows_its_options():
    model = make(max_size=6).fit(X, Y)
    assert len(model.model_.vocabulary) == 6
    assert "ator" not in make(min_count=5).fit(X, Y).model_.vocabulary


def test_vectors_and_their_words():
    matrix = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    vectors = Vectors(["ótimo", "excelente", "péssimo"], matrix)
    settings = ClassifierSettings(encoder="mean", embedding="frozen")
    model = make(settings, vectors=vectors, from_vectors=2).fit(X, Y)
    assert "excelente" in model.model_.vocabulary
    assert "péssimo" not in model.model_.vocabulary
    assert model.model_.settings.dim == 4
    assert clone(model).vectors is vectors


def test_the_model_saves_itself(tmp_path):
    model = make().fit(X, Y)
    model.model_.save(tmp_path / "m")
    loaded = nlpseq.load(tmp_path / "m")
    assert [a.label for a in loaded.predict(X)] == model.predict(X).tolist()


# what scikit-learn does with it


def test_cross_validation():
    scores = cross_val_score(make(), np.array(X), Y, cv=2)
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


def test_a_grid_of_single_options():
    grid = {"settings__dim": np.array([2, 6]), "training__epochs": [1, 30], "min_count": [1]}
    search = GridSearchCV(make(), grid, cv=2, error_score="raise").fit(X, Y)
    assert search.best_params_["training__epochs"] == 30
    best = search.best_estimator_
    assert best.model_.settings.dim == search.best_params_["settings__dim"]
    assert best.settings.encoder == "mean"
    assert search.predict(X).tolist() == Y


def test_a_pipeline():
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    model = make_pipeline(lower, make()).fit([text.upper() for text in X], Y)
    assert model.score(X, Y) == 1


def test_a_clone_has_the_options_and_no_model():
    model = make(min_count=2, random_state=7).fit(X, Y)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert copy.settings is model.settings
    with pytest.raises(NotFittedError):
        copy.predict(X)


def test_options_are_read_and_set_one_by_one():
    model = SequenceClassifier()
    assert model.get_params()["settings__encoder"] == ClassifierSettings().encoder
    assert "settings__encoder" not in model.get_params(deep=False)
    model.set_params(settings__encoder="cnn", settings__widths=[2, 3], training__epochs=3)
    model.set_params(settings__hidden=8, min_count=2)
    assert model.settings == ClassifierSettings(encoder="cnn", widths=[2, 3], hidden=8)
    assert (model.training.epochs, model.min_count) == (3, 2)
    assert "settings=ClassifierSettings(" in repr(model)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"settings__hiden": 3}, "hiden: unknown key"),
        ({"settings__hidden": 0}, "hidden: .* not 0"),
        ({"settings__encoder": "mean", "settings__layers": 2}, "layers has no effect"),
    ],
)
def test_options_that_do_not_fit_are_refused(params, message):
    with pytest.raises(CallError, match=message):
        SequenceClassifier().set_params(**params)


def test_a_parameter_that_there_is_not():
    for name in ("hidden", "layers__hidden"):
        with pytest.raises(ValueError, match="Invalid parameter"):
            make().set_params(**{name: 3})


# what cannot be learned from


@pytest.mark.parametrize(
    ("texts", "labels", "message", "where"),
    [
        (["a", "b"], ["x", "x"], "two labels at least", "y"),
        (["a", "b"], np.array(["x", 1], dtype=object), "cannot be sorted", "y"),
        (["a", None], ["x", "y"], "None is not a text", "X:1"),
        (["a", "b", " "], ["x", "y", "y"], "is empty", "X:2"),
    ],
)
def test_bad_data(texts, labels, message, where):
    with pytest.raises(DataError, match=message) as caught:
        make().fit(texts, labels)
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("texts", "labels", "options", "message"),
    [
        ("a text", ["x"], {}, "list of texts"),
        (np.array([["a", "b"]]), ["x"], {}, "list of texts"),
        (["a", "b"], ["x"], {}, "2 texts, and labels of shape"),
        (["a", "b"], [["x"], ["y"]], {}, "2 texts, and labels of shape"),
        (["a", "b"], ["x", "y"], {"validation_fraction": 1.0}, "cannot hold 2 of 2"),
        (["a", "b"], ["x", "y"], {"random_state": -1}, "not -1"),
        (["a", "b"], ["x", "y"], {"random_state": None}, "not None"),
        (["a", "b"], ["x", "y"], {"training": TrainingSettings(seed=3)}, "random_state"),
        (["a", "b"], ["x", "y"], {"settings": ClassifierSettings(multilabel=True)}, "several"),
    ],
)
def test_bad_calls(texts, labels, options, message):
    with pytest.raises(CallError, match=message):
        make(**options).fit(texts, labels)


@pytest.mark.parametrize("fraction", [0, 0.2])
def test_the_linear_baseline_has_its_share_where_it_is_asked_for(fraction):
    settings = SETTINGS.model_copy(update={"linear": 0.5})
    model = make(settings, validation_fraction=fraction).fit(X, Y)
    assert model.model_.baseline is not None
    assert make(validation_fraction=fraction).fit(X, Y).model_.baseline is None
    assert model.score(X, Y) == 1
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
