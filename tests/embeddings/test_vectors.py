import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError, UnknownWordError


def made(matrix, words=None, recipe="none"):
    matrix = np.array(matrix, dtype=np.float32)
    words = words or [f"w{i}" for i in range(len(matrix))]
    return Vectors(words, matrix, recipe)


def random_vectors(V=23, D=7, seed=0):
    return made(np.random.default_rng(seed).normal(size=(V, D)) * 3)


def cosines(vectors, query):
    """Naive, in float64; zero vectors have cosine 0 with everything."""
    found = []
    for row in vectors.matrix.astype(np.float64):
        norms = np.sqrt(np.sum(row**2)) * np.sqrt(np.sum(query**2))
        found.append(float(row @ query) / norms if norms else 0.0)
    return np.array(found)


def check(found, vectors, scores, left_out, k):
    scores = dict(zip(vectors.words, scores, strict=True))
    for word in left_out:
        del scores[word]
    expected = sorted(scores, key=lambda w: -scores[w])[:k]
    assert [n.word for n in found] == expected
    np.testing.assert_allclose([n.score for n in found], [scores[w] for w in expected], rtol=1e-4)


@pytest.mark.parametrize("k", [1, 5, 22])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_near_a_word_is_by_cosine(seed, k):
    vectors = random_vectors(seed=seed)
    scores = cosines(vectors, vectors["w4"].astype(np.float64))
    check(vectors.near("w4", k), vectors, scores, ["w4"], k)


@pytest.mark.parametrize("kind", [list, np.float32, np.float64])
def test_near_a_vector_leaves_no_word_out(kind):
    vectors = random_vectors()
    query = np.random.default_rng(9).normal(size=7)
    given = query.tolist() if kind is list else query.astype(kind)
    check(vectors.near(given, 8), vectors, cosines(vectors, query), [], 8)
    assert vectors.near(vectors["w3"], 1)[0].word == "w3"


@pytest.mark.parametrize("method", ["add", "mul"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_analogy(method, seed):
    vectors = random_vectors(seed=seed)
    a, b, c = (cosines(vectors, vectors[w].astype(np.float64)) for w in ("w1", "w2", "w3"))
    if method == "add":
        scores = b - a + c
    else:
        a, b, c = ((x + 1) / 2 for x in (a, b, c))
        scores = b * c / (a + 0.001)
    for k in (1, 6):
        found = vectors.analogy("w1", "w2", "w3", k, method)
        check(found, vectors, scores, ["w1", "w2", "w3"], k)


def test_analogy_finds_the_parallel():
    words = ["homem", "mulher", "rei", "rainha", "mesa"]
    vectors = made([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [-1, -1, -1]], words)
    assert vectors.analogy("homem", "mulher", "rei")[0].word == "rainha"
    assert vectors.analogy("mulher", "homem", "rainha", method="mul")[0].word == "rei"


def test_analogy_of_a_word_with_itself():
    vectors = random_vectors()
    found = vectors.analogy("w1", "w1", "w2", k=99)
    assert len(found) == 21
    assert [n.word for n in found] == [n.word for n in vectors.near("w2", 99) if n.word != "w1"]


@pytest.mark.parametrize(("k", "number"), [(0, 0), (-3, 0), (21, 21), (22, 22), (23, 22), (99, 22)])
def test_never_more_than_there_are(k, number):
    assert len(random_vectors().near("w0", k)) == number


def test_a_vector_has_every_word_for_neighbour():
    assert len(random_vectors().near(np.ones(7), 99)) == 23


def test_words_of_one_score_come_in_row_order():
    vectors = made([[0, 1], *[[1, 0]] * 40, [0, 2]])
    found = [n.word for n in vectors.near([1, 0], 42)]
    assert found == [f"w{i}" for i in range(1, 41)] + ["w0", "w41"]


@given(
    rows=st.lists(st.sampled_from([[1, 0], [0, 1], [-1, 0], [0, 0]]), min_size=1, max_size=60),
    k=st.integers(1, 60),
)
def test_fewer_neighbours_are_the_first_of_more(rows, k):
    vectors = made(rows)
    assert vectors.near([1, 0], k) == vectors.near([1, 0], 60)[:k]


def test_a_zero_vector_has_cosine_0():
    vectors = made([[1, 2], [0, 0], [-1, 1]])
    assert [n.score for n in vectors.near("w1")] == [0, 0]
    assert dict(vectors.near("w0"))["w1"] == 0
    assert [n.score for n in vectors.near([0, 0])] == [0, 0, 0]
    assert all(np.isfinite(n.score) for n in vectors.analogy("w0", "w1", "w2", 3, "mul"))


def test_length_does_not_matter():
    vectors = random_vectors()
    scale = np.logspace(-3, 3, 23)[:, None]
    scaled = made(vectors.matrix * scale)
    for one, other in zip(vectors.near("w2"), scaled.near("w2"), strict=True):
        assert one.word == other.word
        assert one.score == pytest.approx(other.score, rel=1e-4)


def test_asking_changes_nothing():
    vectors = random_vectors()
    before = vectors.matrix.copy()
    first = vectors.near("w1", 4)
    vectors.analogy("w1", "w2", "w3")
    assert vectors.near("w1", 4) == first
    assert np.array_equal(vectors.matrix, before)


@pytest.mark.parametrize("query", [np.zeros(6), np.zeros((1, 7)), np.zeros((7, 1)), 1.0, []])
def test_a_query_of_another_shape(query):
    with pytest.raises(CallError, match=r"shape \(7,\) is wanted"):
        random_vectors().near(query)


def test_look_up_is_exact_first_and_then_by_recipe():
    words = ["rei", "Rio", "rio"]
    lower = made([[1, 0], [0, 1], [1, 1]], words, "lower")
    assert lower["REI"].tolist() == [1, 0]
    assert lower["Rio"].tolist() == [0, 1]
    assert lower["RIO"].tolist() == [1, 1]
    assert [lower.find(w) for w in ("REI", "Rio", "RIO", "mar")] == [0, 1, 2, None]
    assert "REI" in lower
    assert [n.word for n in lower.near("REI", 1)] == ["rio"]
    none = made([[1, 0], [0, 1], [1, 1]], words)
    assert "REI" not in none
    assert none.find("RIO") is None


@pytest.mark.parametrize(
    ("word", "remedy"),
    [("cidde", "'cidade'"), ("Cidade", "'cidade'"), ("REI", "'rei'"), ("qqqq", "spelled")],
)
@pytest.mark.parametrize("ask", ["item", "near", "analogy"])
def test_an_unknown_word_names_the_near_spelling(word, remedy, ask):
    vectors = made(np.eye(3), ["cidade", "cabide", "rei"])
    with pytest.raises(UnknownWordError) as caught:
        if ask == "item":
            vectors[word]
        elif ask == "near":
            vectors.near(word)
        else:
            vectors.analogy("rei", "cidade", word)
    assert repr(word) in caught.value.message
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("shape", [(3, 2), (1, 2), (2,), (2, 2, 1)])
def test_words_and_rows_must_agree(shape):
    with pytest.raises((ValueError, DataError), match="of shape"):
        Vectors(["a", "b"], np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize(
    "name", ["v.txt", "v.txt.gz", "v.bz2", "v.xz", "v.zst", "v.safetensors", "v.bin"]
)
def test_save_and_open(tmp_path, name):
    vectors = random_vectors()
    vectors.save(tmp_path / name)
    opened = Vectors.open(str(tmp_path / name))
    assert opened.words == vectors.words
    assert np.array_equal(opened.matrix, vectors.matrix)
    assert (len(opened), opened.dim) == (23, 7)
    assert repr(opened) == "Vectors(23 words x 7)"


def test_open_tells_where_a_file_is_bad(tmp_path):
    path = tmp_path / "v.txt.gz"
    path.write_bytes(gzip.compress(b"2 2\na 1 2\nb 1 x\n"))
    with pytest.raises(DataError) as caught:
        Vectors.open(path)
    assert caught.value.where == f"{path}:3"


@pytest.mark.data
def test_real_portuguese_vectors(data):
    vectors = Vectors.open(data / "vectors/pt.skip100.txt.gz")
    assert vectors.matrix.shape == (32594, 100)
    for word, kin in [("cidade", "avenida"), ("três", "quatro"), ("mulher", "moça")]:
        assert kin in [n.word for n in vectors.near(word)]
    with pytest.raises(UnknownWordError) as caught:
        vectors["cidadde"]
    assert "'cidade'" in caught.value.remedy
