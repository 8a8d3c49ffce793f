import json
import random

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression

from nlpseq.errors import CallError, DataError
from nlpseq.metrics.baseline import STRENGTHS, LinearBaseline
from nlpseq.metrics.multilabel import multilabel
from nlpseq.metrics.tfidf import TfIdf

pytestmark = pytest.mark.filterwarnings("error")

WORDS = {"pos": ["bom", "ótimo", "lindo"], "neg": ["ruim", "feio", "mau"], "meh": ["assim", "ok"]}


def corpus(n, labels=("neg", "pos"), seed=0, noise=0.2):
    """Tokenised documents of words that tell the label, most of the time."""
    chance = random.Random(seed)
    rows = []
    for i in range(n):
        label = labels[i % len(labels)]
        said = chance.choice(labels) if chance.random() < noise else label
        words = [chance.choice([*WORDS[said], "o", "filme", "é", "um"]) for _ in range(7)]
        rows.append((words, label))
    chance.shuffle(rows)
    return [words for words, _ in rows], [label for _, label in rows]


def several(n, seed=0):
    """The same where a document has a label for each kind of word in it."""
    chance = random.Random(seed)
    rows = []
    for _ in range(n):
        labels = tuple(label for label in sorted(WORDS) if chance.random() < 0.4)
        words = [chance.choice(WORDS[label]) for label in labels for _ in range(2)]
        rows.append(([*words, *chance.choices(["o", "filme"], k=3)], labels))
    return [words for words, _ in rows], [labels for _, labels in rows]


@pytest.mark.parametrize("labels", [("neg", "pos"), ("meh", "neg", "pos")])
def test_it_is_scikit_learn_s_regression_on_tf_idf(labels):
    train, gold = corpus(60, labels)
    dev, dev_gold = corpus(40, labels, seed=1)
    model = LinearBaseline.fit(train, gold, dev, dev_gold, classes=labels)
    features, X = TfIdf.fit(train)
    oracle = LogisticRegression(C=model.C, solver="newton-cg").fit(X.toarray(), gold)
    D = features.of(dev).toarray()
    assert softmax(model.scores(dev), axis=1) == pytest.approx(oracle.predict_proba(D), abs=2e-3)
    assert model.predict(dev) == oracle.predict(D).tolist()
    assert model.figure == pytest.approx(oracle.score(D, dev_gold))


def test_the_strength_is_the_one_that_is_best_on_dev():
    chosen = set()
    for seed in range(8):
        (train, gold), (dev, dev_gold) = (
            corpus(50, noise=0.6, seed=seed),
            corpus(31, seed=seed + 99),
        )
        features, X = TfIdf.fit(train)
        D = features.of(dev)
        scores = {C: LogisticRegression(C=C, solver="newton-cg").fit(X, gold).score(D, dev_gold)
                  for C in STRENGTHS}  # fmt: skip
        model = LinearBaseline.fit(train, gold, dev, dev_gold, classes=["neg", "pos"])
        assert max(scores, key=scores.__getitem__) == model.C  # of equal ones the first
        assert model.figure == pytest.approx(scores[model.C])
        chosen.add(model.C)
    assert len(chosen) > 1


def test_without_dev_a_tenth_chooses_and_all_is_learned_from():
    train, gold = corpus(70)
    train[9::10], gold[9::10] = [["raro", "raro"]] * 7, ["pos"] * 7
    model = LinearBaseline.fit(train, gold, classes=["neg", "pos"])
    assert "raro" in model.features.words
    assert model.figure is not None
    assert model.predict([["raro"]]) == ["pos"]
    same = LinearBaseline.fit(train, gold, train, gold, classes=["neg", "pos"])
    if same.C == model.C:
        assert np.array_equal(same.weights, model.weights)


def test_documents_are_read_once_and_equal_data_give_equal_weights():
    train, gold = corpus(40)
    models = [
        LinearBaseline.fit(documents, gold, iter(train[:9]), gold[:9], classes=["neg", "pos"])
        for documents in (train, iter(train), (tuple(words) for words in train))
    ]
    for model in models[1:]:
        assert np.array_equal(model.weights, models[0].weights)
        assert np.array_equal(model.bias, models[0].bias)


def test_an_answer_does_not_depend_on_the_others():
    train, gold = corpus(40)
    model = LinearBaseline.fit(train, gold, classes=["neg", "pos"])
    alone = np.vstack([model.scores([words]) for words in train])
    assert np.array_equal(alone, model.scores(train))
    assert model.scores([]).shape == (0, 2)
    assert model.predict([]) == []


def test_the_score_is_the_share_of_right_answers():
    train, gold = corpus(40)
    model = LinearBaseline.fit(train, gold, classes=["neg", "pos"])
    dev, dev_gold = corpus(21, seed=4)
    right = [a == g for a, g in zip(model.predict(dev), dev_gold, strict=True)]
    assert model.score(iter(dev), dev_gold) == pytest.approx(np.mean(right))


# corpora with little to learn from


@pytest.mark.parametrize(
    ("train", "gold", "classes", "answer"),
    [
        ([["a"], ["a"], ["b"]], ["x", "x", "x"], ["x"], "x"),  # one class
        ([["a"], ["a"], ["b"]], ["y", "y", "y"], ["x", "y", "z"], "y"),
        ([["a"], ["b"], ["c"]], ["x", "y", "y"], ["x", "y"], "y"),  # nothing stands twice
        ([["a"], ["b"], ["c"]], ["z", "y", "z"], ["x", "y", "z"], "z"),
        ([[], [], []], ["x", "y", "y"], ["x", "y"], "y"),
        ([["a"]], ["y"], ["x", "y"], "y"),
    ],
)
@pytest.mark.parametrize("dev", [False, True])
def test_with_nothing_to_learn_from_the_most_frequent_class_answers(
    train, gold, classes, answer, dev
):
    rows = (train, gold) if dev else ()
    model = LinearBaseline.fit(train, gold, *rows, classes=classes)
    assert model.predict([["a"], ["b"], []]) == [answer] * 3
    assert np.isfinite(model.scores([["a"]])).all()
    assert model.C == 1


@pytest.mark.parametrize("classes", [["neg", "pos"], ["a", "neg", "pos"], ["neg", "pos", "z"]])
def test_a_class_with_one_row_and_one_with_none(classes):
    train, gold = corpus(39, ["neg"])
    train, gold = [*train, ["bom", "ótimo"]], [*gold, "pos"]
    model = LinearBaseline.fit(train, gold, classes=classes)  # the one row is held out
    assert set(model.predict([*train, []])) <= {"neg", "pos"}
    probabilities = softmax(model.scores(train), axis=1)
    assert probabilities.shape == (40, len(classes))
    assert all(probabilities[:, classes.index(c)].max() < 1e-9 for c in set(classes) - set(gold))


def test_empty_documents_are_learned_from_and_answered():
    train, gold = corpus(30)
    model = LinearBaseline.fit([*train, [], []], [*gold, "pos", "neg"], classes=["neg", "pos"])
    assert model.predict([[], ["nunca", "visto"]]) in (["neg"] * 2, ["pos"] * 2)


def test_no_document_is_an_error():
    with pytest.raises(DataError, match="no document"):
        LinearBaseline.fit([], [], classes=["x"])


def test_a_label_of_no_class_is_refused():
    with pytest.raises(ValueError, match="no label 'z'"):
        LinearBaseline.fit([["a"]], ["z"], classes=["x"])


# any number of labels


def test_each_of_several_labels_has_its_own_regression():
    (train, gold), (dev, dev_gold) = several(80), several(60, seed=1)
    model = LinearBaseline.fit(train, gold, dev, dev_gold, classes=sorted(WORDS))
    assert model.multilabel
    assert model.figure > 0.9
    assert model.predict([["bom", "lindo", "assim"], ["o", "filme"]]) == [("meh", "pos"), ()]
    alone = LinearBaseline.fit(
        train, [("pos",) if "pos" in labels else () for labels in gold], dev,
        [("pos",) if "pos" in labels else () for labels in dev_gold], classes=["pos"],
    )  # fmt: skip
    if alone.C == model.C:
        assert model.scores(dev)[:, 2:] == pytest.approx(alone.scores(dev), abs=1e-3)


def test_the_score_of_several_labels_is_their_micro_f1():
    (train, gold), (dev, dev_gold) = several(30), several(40, seed=1)
    model = LinearBaseline.fit(train, gold, classes=sorted(WORDS))
    report = multilabel(dev_gold, model.predict(dev), sorted(WORDS))
    assert model.score(dev, dev_gold) == pytest.approx(report.figures["micro_f1"])


def test_the_thresholds_are_chosen_where_the_strength_is():
    train, gold = several(90)
    rare = [labels if i % 3 else () for i, labels in enumerate(gold)]  # labels that were forgotten
    dev, dev_gold = several(60, seed=1)
    model = LinearBaseline.fit(train, rare, dev, dev_gold, classes=sorted(WORDS))
    features, X = TfIdf.fit(train)
    has = np.array([["pos" in labels] for labels in rare]).ravel()
    oracle = LogisticRegression(C=model.C, solver="newton-cg").fit(X, has)
    shift = model.scores(dev)[:, 2] - oracle.decision_function(features.of(dev))
    assert np.ptp(shift) < 1e-2
    assert shift.mean() > 0.1  # a lower threshold finds them


@pytest.mark.parametrize("dev", [False, True])
def test_labels_of_every_row_and_of_none(dev):
    train, gold = several(40)
    gold = [("always", *labels) for labels in gold]
    rows = (train, gold) if dev else ()
    classes = ["always", "never", *sorted(WORDS)]
    model = LinearBaseline.fit(train, gold, *rows, classes=classes)
    for labels in model.predict([*train, []]):
        assert "always" in labels
        assert "never" not in labels


def test_no_label_at_all():
    model = LinearBaseline.fit([["a"]] * 20, [()] * 20, classes=["x"])
    assert model.predict([["a"], []]) == [(), ()]
    assert model.figure == 0  # as micro-F1 is by convention


# the file


@pytest.fixture(params=["two", "three", "several", "one", "nothing"])
def model(request):
    train, gold = several(40) if request.param == "several" else corpus(40, sorted(WORDS))
    if request.param == "two":
        train, gold = corpus(40)
    if request.param == "one":
        gold = ["meh"] * len(train)
    if request.param == "nothing":
        train = [[] for _ in train]
    train = [[*words, "\n", "\ud800", "a b"] if words else [] for words in train]
    classes = sorted({x for label in gold for x in ([label] if isinstance(label, str) else label)})
    return LinearBaseline.fit(train, gold, classes=classes)


def test_it_comes_back_from_its_file(model, tmp_path):
    texts = [*corpus(20, sorted(WORDS), seed=5)[0], [], ["\ud800", "a b"], ["a", "b"]]
    for name in ("a.safetensors", "b.safetensors"):
        model.save(tmp_path / name)
    loaded = LinearBaseline.load(tmp_path / "a.safetensors")
    assert np.array_equal(loaded.scores(texts), model.scores(texts))
    assert loaded.predict(texts) == model.predict(texts)
    for name in ("classes", "multilabel", "C", "figure"):
        assert getattr(loaded, name) == getattr(model, name)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.fixture
def file(tmp_path):
    train, gold = corpus(12, ("meh", "neg", "pos"))
    path = tmp_path / "baseline.safetensors"
    LinearBaseline.fit(train, gold, classes=["meh", "neg", "pos"]).save(path)
    return path


def refused(path, message=None):
    with pytest.raises(DataError, match=message) as caught:
        LinearBaseline.load(path)
    assert caught.value.where == str(path)
    assert caught.value.remedy


def test_a_file_that_is_cut_off_is_refused(file):
    content = file.read_bytes()
    for end in [*range(0, len(content), 61), len(content) - 1]:
        file.write_bytes(content[:end])
        refused(file)
    file.write_bytes(content + b"\0")
    refused(file)


def test_a_changed_byte_is_refused_or_does_no_harm(file):
    content = bytearray(file.read_bytes())
    LinearBaseline.load(file)
    chance = random.Random(3)
    for _ in range(300):
        changed = bytearray(content)
        changed[chance.randrange(len(changed))] = chance.randrange(256)
        file.write_bytes(changed)
        try:
            model = LinearBaseline.load(file)
        except DataError:
            continue
        assert set(model.predict([["bom", "filme"], []])) <= set(model.classes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pairs": None}, "no 'pairs'"),
        ({"idf": np.ones(3, np.float32)}, "'idf' has the type F32"),
        ({"idf": lambda a: a.astype(np.float64)}, "the type F64"),
        ({"idf": lambda a: a * 0}, "out of range"),
        ({"idf": lambda a: a * np.float32(np.nan)}, "out of range"),
        ({"pairs": lambda a: a[::-1]}, "pairs of words are damaged"),
        ({"pairs": lambda a: a - a[0] - 1}, "pairs of words are damaged"),
        ({"pairs": lambda a: a + 10**6}, "pairs of words are damaged"),
        ({"pairs": lambda a: np.where(np.arange(len(a)) < 1, a, -(2**63) + a)}, "pairs of words"),
        ({"pairs": lambda a: a[:, None]}, "'pairs' has the type I64"),
        ({"weights": lambda a: a[:, :1]}, "'weights' has the type"),
        ({"weights": lambda a: a * np.float32(np.inf)}, "no finite number"),
        ({"bias": lambda a: a * np.float32(np.nan)}, "no finite number"),
        ({"words_offsets": lambda a: a[:0]}, "offsets of 'words'"),
        ({"words_offsets": lambda a: a + 1}, "offsets of 'words'"),
        ({"words_offsets": lambda a: a[[0, 2, 1, *range(3, len(a))]]}, "offsets of 'words'"),
        ({"words": lambda a: a * 0 + 97}, "twice|offsets"),
        ({"words": lambda a: a * 0 + 255}, "not UTF-8"),
        ({"classes": np.zeros(0, np.uint8), "classes_offsets": np.zeros(1, np.int64)}, "no class"),
        ({"classes": np.zeros(2, np.uint8), "classes_offsets": np.arange(3)}, "a text twice"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(file, changes, message):
    tensors, header = load_file(file), header_of(file)
    for name, change in changes.items():
        if change is None:
            del tensors[name]
        else:
            made = change(tensors[name]) if callable(change) else change
            tensors[name] = np.ascontiguousarray(made)
    save_file(tensors, file, header)
    refused(file, message)


def header_of(path):
    content = path.read_bytes()
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"C": 0}, {"C": "4"}, {"figure": 2}, {"more": 1}, {"multilabel": None}, None],
)
def test_a_header_of_another_kind_is_refused(file, change):
    [(key, written)] = header_of(file).items()
    header = {key: json.dumps({**json.loads(written), **change})} if change else {"a": "b"}
    save_file(load_file(file), file, header)
    refused(file, "not a linear baseline")


def test_another_file_is_refused(tmp_path):
    for content in (b"", b"a text", b"\xff" * 100, b"\0" * 100):
        (tmp_path / "a").write_bytes(content)
        refused(tmp_path / "a", "not a linear baseline")
    with pytest.raises(CallError, match="no such file"):
        LinearBaseline.load(tmp_path / "b")


def test_probabilities_of_several_labels_are_sigmoids():
    train, gold = several(60)
    model = LinearBaseline.fit(train, gold, train, gold, classes=sorted(WORDS))
    reached = expit(model.scores(train)) > 0.5
    assert model.predict(train) == [
        tuple(label for label, has in zip(model.classes, row, strict=True) if has)
        for row in reached
    ]
