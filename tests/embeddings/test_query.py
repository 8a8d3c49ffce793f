"""The best rows, held against a naive search in more precision."""

import numpy as np
import pytest

from nlpseq.embeddings import query, questions
from nlpseq.embeddings.query import top
from nlpseq.embeddings.rows import Rows, convert
from nlpseq.embeddings.store import norms_of
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError

PRECISIONS = ["float32", "float16", "int8"]
#: how far scores may be off, by a few roundings of float64; 3CosMul divides by 0.001 at worst
CLOSE = {"add": 2e-14, "mul": 1e-12}


@pytest.fixture
def tiny_blocks(monkeypatch):
    """So small that every search goes through many blocks."""
    for name, value in (("_SCORES", 1), ("_LEAST", 3), ("_MOST", 5)):
        monkeypatch.setattr(query, name, value)


def scores_of(rows, question, method):
    """Of each row, in extended precision."""
    exact = rows.block(0, len(rows)).astype(np.longdouble)
    lengths = np.sqrt((exact**2).sum(axis=1))
    products = exact @ np.asarray(question, dtype=np.longdouble).T
    cosines = np.zeros_like(products)
    cosines[lengths > 0] = products[lengths > 0] / lengths[lengths > 0, None]
    if method == "add":
        return cosines.sum(axis=1)
    a, b, c = np.maximum(cosines.T + 1, 0) / 2
    return b * c / (a + 0.001)


def check(rows, question, k, method, leave_out, among, found):
    scores = scores_of(rows, question, method)
    may = np.arange(len(rows)) if among is None else np.asarray(among)
    may = may[~np.isin(may, leave_out)]
    ids, found_scores = found
    assert ids.dtype == np.int64
    assert found_scores.dtype == np.float64
    assert len(ids) == len(found_scores) == min(max(k, 0), len(may))
    assert len(set(ids.tolist())) == len(ids)
    assert np.isin(ids, may).all()
    # they are the best, and come best first
    close = {"rtol": CLOSE[method], "atol": CLOSE[method]}
    np.testing.assert_allclose(found_scores, scores[ids].astype(float), **close)
    assert (np.diff(found_scores) <= 0).all()
    best = np.sort(scores[may])[::-1][: len(ids)]
    np.testing.assert_allclose(scores[ids].astype(float), best.astype(float), **close)
    # of equal scores the rows come in their order, and the first of them are taken
    same = found_scores[:-1] == found_scores[1:]
    assert (np.diff(ids)[same] > 0).all()
    data, shown = rows.block(0, len(rows)), set(ids.tolist())
    for row in ids.tolist():
        earlier = may[: np.searchsorted(may, row)]
        twins = earlier[(data[earlier] == data[row]).all(axis=1)]
        assert shown.issuperset(twins.tolist())


def ask(rows, asked, k, method, leave_out, among):
    return top(
        rows, norms_of(rows), asked, k, method=method, leave_out=leave_out,
        among=None if among is None else np.asarray(among, dtype=np.int64),
    )  # fmt: skip


def matrix_of(random, kind, V, D):
    matrix = random.normal(size=(V, D))
    if kind == "integers":  # many rows of one score
        matrix = random.integers(-2, 3, size=(V, D)).astype(float)
    elif kind == "twins":
        matrix = matrix[random.integers(0, max(1, V // 4), size=V)]
    elif kind == "nearly equal":  # apart by a unit or two in the last place of float32
        matrix = (random.normal(size=D) + np.zeros((V, D))).astype(np.float32)
        matrix = matrix * (1 + random.integers(-2, 3, size=(V, D)) * 2.0**-23)
    elif kind == "zeros":
        matrix[random.random(V) < 0.5] = 0
    elif kind == "lengths":  # cosines do not know them
        matrix = matrix * 10.0 ** random.uniform(-4, 3, size=(V, 1))
    return matrix.astype(np.float32)


def unit(vectors):
    lengths = np.sqrt((vectors**2).sum(axis=-1, keepdims=True))
    return vectors / np.where(lengths > 0, lengths, 1)


def questions_of(random, matrix, q, n):
    """Unit vectors: some rows, some not, some of zeros."""
    asked = random.normal(size=(q, n, matrix.shape[1]))
    rows = random.integers(0, len(matrix), size=(q, n))
    of_rows = random.random((q, n)) < 0.6
    asked[of_rows] = matrix[rows[of_rows]]
    asked[random.random((q, n)) < 0.1] = 0
    return unit(asked), rows


KINDS = ["normal", "integers", "twins", "nearly equal", "zeros", "lengths"]


@pytest.mark.parametrize("method", ["add", "mul"])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("blocks", ["large", "tiny"])
def test_the_best_are_those_of_a_naive_search(request, method, precision, kind, blocks):
    if blocks == "tiny":
        request.getfixturevalue("tiny_blocks")
    random = np.random.default_rng([len(method), PRECISIONS.index(precision), KINDS.index(kind)])
    for V in (1, 2, 13, 200):
        D = int(random.choice([1, 2, 5, 33]))
        matrix = matrix_of(random, kind, V, D)
        rows = Rows(*convert(matrix, precision))
        for k in (1, 3, 10, V, V + 7):
            q = int(random.choice([1, 2, 5]))
            asked, named = questions_of(random, rows.block(0, V), q, 1 if method == "add" else 3)
            leave_out = [named[i].tolist() if random.random() < 0.6 else [] for i in range(q)]
            among = None
            if random.random() < 0.5:
                among = np.flatnonzero(random.random(V) < random.choice([0.1, 0.5, 1.0]))
                among = among if len(among) else np.array([0])
            found = ask(rows, asked, k, method, leave_out, among)
            assert len(found) == q
            for i in range(q):
                check(rows, asked[i], k, method, leave_out[i], among, found[i])


@pytest.mark.parametrize("method", ["add", "mul"])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_gives_exactly_what_single_questions_give(method, precision, kind, monkeypatch):
    random = np.random.default_rng([len(method), PRECISIONS.index(precision), KINDS.index(kind)])
    matrix = matrix_of(random, kind, 211, 19)
    rows = Rows(*convert(matrix, precision))
    asked, named = questions_of(random, matrix, 17, 1 if method == "add" else 3)
    leave_out = [one.tolist() if i % 3 else [] for i, one in enumerate(named)]
    for among in (None, np.arange(0, 211, 3)):
        batch = ask(rows, asked, 6, method, leave_out, among)
        for least in (512, 7):
            monkeypatch.setattr(query, "_LEAST", least)
            monkeypatch.setattr(query, "_SCORES", least)
            for i in range(17):
                alone = ask(rows, asked[i : i + 1], 6, method, leave_out[i : i + 1], among)[0]
                assert batch[i].ids.tolist() == alone.ids.tolist()
                assert batch[i].scores.tolist() == alone.scores.tolist()


@pytest.mark.parametrize("method", ["add", "mul"])
def test_an_answer_does_not_know_the_rows_beside_it(method):
    """A score is a function of its row and its question, to the last bit."""
    random = np.random.default_rng(5)
    rows = Rows(random.normal(size=(97, 31)).astype(np.float32))
    asked, _ = questions_of(random, rows.data, 1, 1 if method == "add" else 3)
    whole = ask(rows, asked, 97, method, [[]], None)[0]
    scores = dict(zip(whole.ids.tolist(), whole.scores.tolist(), strict=True))
    for among in ([3], [3, 4, 5], list(range(0, 97, 2))):
        found = ask(rows, asked, 97, method, [[]], among)[0]
        assert {i: scores[i] for i in among} == dict(
            zip(found.ids.tolist(), found.scores.tolist(), strict=True)
        )


@pytest.mark.parametrize("method", ["add", "mul"])
@pytest.mark.parametrize("k", [0, -1, -99])
def test_no_answers_wanted(method, k):
    rows = Rows(np.ones((3, 2), dtype=np.float32))
    found = ask(rows, np.ones((2, 1 if method == "add" else 3, 2)), k, method, [[], [1]], None)
    assert [len(one.ids) for one in found] == [0, 0]


@pytest.mark.parametrize("method", ["add", "mul"])
@pytest.mark.parametrize("among", [[], [1], [0, 1, 2]])
def test_no_row_is_left(method, among):
    """A filter that nothing passes has an answer too: none."""
    rows = Rows(np.ones((3, 2), dtype=np.float32))
    asked = np.ones((2, 1 if method == "add" else 3, 2))
    found = ask(rows, asked, 4, method, [among, [0, 1, 2]], among)
    assert [len(one.ids) for one in found] == [0, 0]
    assert [len(one.scores) for one in found] == [0, 0]


def test_no_rows_and_no_questions():
    nothing = Rows(np.empty((0, 2), dtype=np.float32))
    assert len(ask(nothing, np.ones((1, 1, 2)), 4, "add", [[]], None)[0].ids) == 0
    assert (
        ask(Rows(np.ones((3, 2), dtype=np.float32)), np.ones((0, 1, 2)), 4, "add", [], None) == []
    )


def test_a_question_of_zeros_has_the_first_rows():
    matrix = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
    rows = Rows(matrix)
    for k in (1, 5, 60):
        found = ask(rows, np.zeros((1, 1, 3)), k, "add", [[2, 0]], None)[0]
        assert found.ids.tolist() == [1, *range(3, 50)][:k]
        assert set(found.scores.tolist()) == {0.0}
        found = ask(rows, np.zeros((1, 1, 3)), k, "add", [[2, 0]], [0, 2, 7, 30, 41])[0]
        assert found.ids.tolist() == [7, 30, 41][:k]
        found = ask(rows, np.zeros((1, 3, 3)), k, "mul", [[2, 0]], None)[0]
        assert found.ids.tolist() == [1, *range(3, 50)][:k]


def test_rows_of_zeros_have_cosine_0(tiny_blocks):
    matrix = np.zeros((30, 2), dtype=np.float32)
    matrix[7], matrix[20] = [1, 1], [-1, -1]
    found = ask(Rows(matrix), unit(np.ones((1, 1, 2))), 30, "add", [[]], None)[0]
    others = [i for i in range(30) if i not in (7, 20)]
    assert found.ids.tolist() == [7, *others, 20]
    np.testing.assert_allclose(found.scores, [1, *[0] * 28, -1], atol=1e-15)


def test_ties_come_in_row_order_over_many_blocks(tiny_blocks):
    matrix = np.zeros((100, 2), dtype=np.float32)
    matrix[:, 0] = 1
    matrix[::7] = [0, 1]
    found = ask(Rows(matrix), np.array([[[1.0, 0.0]]]), 90, "add", [[1, 2]], None)[0]
    first = [i for i in range(100) if i % 7 and i not in (1, 2)]
    assert found.ids.tolist() == [*first, *range(0, 100, 7)][:90]


def test_rows_apart_by_less_than_float32_can_tell():
    """All cosines are one float32; in truth they differ, and their order is known."""
    steps = np.random.default_rng(2).permutation(200)
    matrix = np.ones((200, 2), dtype=np.float32)
    matrix[:, 1] = np.float32(1e-4) + steps.astype(np.float32) * np.float32(2.0**-37)
    question = unit(np.array([[[1.0, 0.0]]]))
    assert len(set((matrix / np.linalg.norm(matrix, axis=1)[:, None])[:, 0].tolist())) < 3
    found = ask(Rows(matrix), question, 20, "add", [[]], None)[0]
    scores = scores_of(Rows(matrix), question[0], "add")
    np.testing.assert_allclose(
        scores[found.ids].astype(float),
        np.sort(scores)[::-1][:20].astype(float),
        rtol=0,
        atol=3e-16,
    )


@pytest.mark.parametrize("power", [-44, -42, -39, -30, -20, 18, 19, 25, 37])
@pytest.mark.parametrize("method", ["add", "mul"])
@pytest.mark.filterwarnings("error")
def test_rows_of_any_length(power, method):
    """Every finite float32 is a number: the smallest rows and the largest have a cosine too."""
    random = np.random.default_rng(3)
    matrix = random.normal(size=(60, 5)).astype(np.float32)
    for row in (4, 30, 31):
        scaled = random.normal(size=5)
        scaled = scaled / np.abs(scaled).max() * 3.0 * 10.0**power
        matrix[row] = scaled.astype(np.float32)
    rows = Rows(matrix)
    for i in (4, 5, 30, 31):
        vector = unit(matrix[i].astype(np.float64) * 10.0**-power if i != 5 else matrix[5] * 1.0)
        asked = np.stack([vector] if method == "add" else [-vector, vector, vector])[None]
        for k in (1, 3, 60):
            found = ask(rows, asked, k, method, [[]], None)
            check(rows, asked[0], k, method, [], None, found[0])


@pytest.mark.filterwarnings("error")
def test_the_longest_row_that_is_finite():
    matrix = np.array([[1, 2], [3e38, 3e38], [1, 1], [-3e38, 1e38], [1e-45, 1e-45]], np.float32)
    rows = Rows(matrix)
    asked = unit(np.ones((1, 1, 2)))
    check(rows, asked[0], 3, "add", [], None, ask(rows, asked, 3, "add", [[]], None)[0])
    vectors = Vectors("abcde", matrix)
    assert [n.word for n in vectors.near("c", 2)] in (["b", "e"], ["e", "b"])
    assert vectors.near("b", 2)[0].score == pytest.approx(1)


# by words


def made(V=120, D=9, seed=0, precision="float32"):
    matrix = np.random.default_rng(seed).normal(size=(V, D)).astype(np.float32)
    return Vectors([f"w{i}" for i in range(V)], Rows(*convert(matrix, precision)))


def test_many_words_at_once_get_exactly_the_answers_of_one():
    for precision in PRECISIONS:
        vectors = made(precision=precision)
        words = [f"w{i * 7 % 120}" for i in range(250)]  # more than one pass answers
        assert vectors.near_each(words, 4) == [vectors.near(word, 4) for word in words]
        triples = [(f"w{i}", f"w{i * 5 % 120}", f"w{i * 11 % 120}") for i in range(110)]
        for method in ("add", "mul"):
            assert vectors.analogies(triples, 2, method) == [
                vectors.analogy(*abc, 2, method) for abc in triples
            ]


def test_words_and_vectors_may_be_asked_together():
    vectors = made()
    asked = ["w3", vectors["w4"], [1.0] * 9, "w5"]
    assert vectors.near_each(asked, 3) == [vectors.near(one, 3) for one in asked]
    assert vectors.near_each([], 3) == []
    assert vectors.analogies([], 3) == []


def test_answers_out_of_a_selection():
    vectors = Vectors(
        ["rei", "rainha", "reino", "Rio", "mar"],
        np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32),
        "lower",
        counts=np.array([50, 40, 30, 20, 10]),
    )

    def words(**conditions):
        return {n.word for n in vectors.near([1, 2, 3], among=vectors.select(**conditions))}

    assert words() == {"rei", "rainha", "reino", "Rio", "mar"}
    assert words(first=2) == {"rei", "rainha"}
    assert words(min_count=30) == {"rei", "rainha", "reino"}
    assert words(prefix="re") == {"rei", "reino"}
    assert words(words=["MAR", "rei", "nada"]) == {"mar", "rei"}
    assert words(prefix="r", min_count=31, words=["rainha", "reino", "mar"]) == {"rainha"}
    for nothing in ({"prefix": "z"}, {"first": 0}, {"words": []}, {"min_count": 99}):
        assert words(**nothing) == set()
        assert vectors.analogy("rei", "rainha", "mar", among=vectors.select(**nothing)) == []
    assert vectors.near("rei", among=vectors.select(words=["rei"])) == []
    assert vectors.select(prefix="re").tolist() == [0, 2]
    with pytest.raises(CallError, match="how often"):
        made().select(min_count=3)


def test_the_three_words_of_an_analogy_can_be_answers():
    vectors = made(12, 3)
    triple = ("w1", "w1", "w2")
    with_them = vectors.analogies([triple], 12, leave_out=False)[0]
    assert with_them[0].word == "w2"
    assert len(with_them) == 12
    assert len(vectors.analogies([triple], 12)[0]) == 10


def test_a_method_that_is_none():
    with pytest.raises(CallError, match="no method 'sum'"):
        made().analogy("w1", "w2", "w3", method="sum")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_question_that_is_no_vector(value):
    with pytest.raises(CallError):
        made().near([value] + [1.0] * 8)


@pytest.mark.parametrize("power", [-300, -170, -30, 30, 170, 300])
def test_a_question_of_any_length(power):
    vectors = made()
    vector = np.random.default_rng(4).normal(size=9)
    near = vectors.near(vector, 5)
    found = vectors.near(vector * 10.0**power, 5)
    assert [n.word for n in found] == [n.word for n in near]
    assert [n.score for n in found] == pytest.approx([n.score for n in near])


# the screen in eight bits, for questions that come one by one


@pytest.fixture
def screened(monkeypatch):
    monkeypatch.setattr(questions, "_SCREENED", 1)
    monkeypatch.setattr(questions, "_MANY", 1)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_screen_changes_no_answer(request, precision, kind):
    random = np.random.default_rng(KINDS.index(kind))
    rows = Rows(*convert(matrix_of(random, kind, 150, 13), precision))
    words = [f"w{i}" for i in range(150)]
    plain = Vectors(words, rows)
    asked = [*words[:12], *random.normal(size=(6, 13)), np.zeros(13)]
    triples = [tuple(f"w{i}" for i in random.integers(0, 150, 3)) for _ in range(8)]
    expected = [plain.near(one, k) for one in asked for k in (1, 10, 150)]
    expected_triples = [plain.analogy(*abc, 5) for abc in triples]
    request.getfixturevalue("screened")
    vectors = Vectors(words, rows)
    assert [vectors.near(one, k) for one in asked for k in (1, 10, 150)] == expected
    assert [vectors.analogy(*abc, 5) for abc in triples] == expected_triples


def test_a_screen_knows_rows_of_any_length(screened):
    matrix = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    matrix[3] = [3e38, 3e38, -3e38, 3e38]
    matrix[7] = np.array([1, 1, -1, 1]) * 1e-45
    vectors = Vectors([f"w{i}" for i in range(50)], matrix)
    for one in ("w3", "w7", [1, 1, -1, 1]):
        found = vectors.near(one, 2)
        assert {n.word for n in found} & {"w3", "w7"}
        assert found[0].score == pytest.approx(1)
