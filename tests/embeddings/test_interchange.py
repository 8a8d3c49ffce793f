import sys

import numpy as np
import pytest

from nlpseq.embeddings.interchange import from_gensim, to_gensim, to_spacy
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError

WORDS = ["rei", "rainha", "são paulo", "Lisboa", "a\u2028b", "👍"]
TEXTS = [["o", "rei", "é", "bom"], ["a", "rainha", "é", "boa", "rei"]] * 7


def made(recipe="none", counts=(70, 53, 29, 7, 7, 1)):
    matrix = np.random.default_rng(0).normal(size=(len(WORDS), 5)).astype(np.float32)
    counts = None if counts is None else np.array(counts)
    return Vectors(WORDS, matrix, recipe, counts=counts)


def test_gensim_gives_the_same_answers():
    pytest.importorskip("gensim")
    vectors = made()
    keyed = to_gensim(vectors)
    assert keyed.index_to_key == WORDS
    assert (keyed["são paulo"] == vectors["são paulo"]).all()
    assert keyed.get_vecattr("rainha", "count") == 53
    found = keyed.most_similar("rei", topn=3)
    assert [word for word, _ in found] == [n.word for n in vectors.near("rei", 3)]
    scores = [n.score for n in vectors.near("rei", 3)]
    np.testing.assert_allclose([score for _, score in found], scores, rtol=1e-5)
    assert "count" not in to_gensim(made(counts=None)).expandos


def test_gensim_shares_the_matrix_and_cannot_change_it():
    pytest.importorskip("gensim")
    vectors = made()
    keyed = to_gensim(vectors)
    assert np.shares_memory(keyed.vectors, vectors.matrix)
    with pytest.raises(ValueError, match="read-only"):
        keyed.vectors[0] = 0
    keyed.add_vectors(["novo"], np.ones((1, 5)))
    assert (keyed["novo"] == 1).all()
    assert len(vectors) == len(WORDS)


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_a_store_goes_to_gensim_and_to_its_file_and_back(tmp_path, precision):
    gensim = pytest.importorskip("gensim")
    made().save(tmp_path / "v.safetensors", precision=precision)
    stored = Vectors.open(tmp_path / "v.safetensors")
    to_gensim(stored).save(str(tmp_path / "v.kv"))
    loaded = gensim.models.KeyedVectors.load(str(tmp_path / "v.kv"))
    back = from_gensim(loaded, "lower")
    assert list(back.words) == WORDS
    assert (back.matrix == stored.matrix).all()
    assert back.counts.tolist() == [70, 53, 29, 7, 7, 1]
    assert back.recipe == "lower"


def test_a_model_has_its_vectors_as_wv():
    models = pytest.importorskip("gensim.models")
    model = models.Word2Vec(TEXTS, vector_size=7, min_count=1, epochs=1)
    vectors = from_gensim(model)
    assert list(vectors.words) == model.wv.index_to_key
    assert np.shares_memory(vectors.matrix, model.wv.vectors)
    assert vectors.counts.sum() == sum(map(len, TEXTS))
    assert vectors.subwords is None


@pytest.mark.parametrize(("minimum", "maximum"), [(3, 6), (1, 4), (2, 2)])
def test_fasttext_brings_its_subwords(minimum, maximum):
    models = pytest.importorskip("gensim.models")
    model = models.FastText(
        TEXTS, vector_size=7, min_count=1, epochs=1, bucket=101, min_n=minimum, max_n=maximum
    )
    vectors = from_gensim(model)
    for word in ["rei", "reis", "coração", "日本語の", "👍👍👍"]:
        np.testing.assert_allclose(vectors[word], model.wv[word], rtol=1e-5, atol=1e-8)


def test_fasttext_without_ngrams_has_no_subwords():
    models = pytest.importorskip("gensim.models")
    for lengths in ({"max_n": 0}, {"min_n": 4, "max_n": 3}):
        model = models.FastText(TEXTS, vector_size=7, min_count=1, epochs=1, **lengths)
        assert from_gensim(model).subwords is None


def test_words_and_counts_that_gensim_makes_up_are_left_out(tmp_path):
    models = pytest.importorskip("gensim.models")
    (tmp_path / "v.txt").write_text("3 2\nrei 1 0\nrainha 0 1\nrei 2 0\n")
    keyed = models.KeyedVectors.load_word2vec_format(str(tmp_path / "v.txt"))
    assert keyed.get_vecattr("rei", "count") == 3
    vectors = from_gensim(keyed)
    assert list(vectors.words) == ["rei", "rainha"]
    assert vectors.matrix.tolist() == [[1, 0], [0, 1]]
    assert vectors.counts is None


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_other_numbers_become_float32(kind):
    models = pytest.importorskip("gensim.models")
    keyed = models.KeyedVectors(2, dtype=kind)
    keyed.add_vectors(["a", "b"], np.array([[1, 0.5], [2, 3]], dtype=kind))
    vectors = from_gensim(keyed)
    assert vectors.matrix.dtype == np.float32
    assert vectors["a"].tolist() == [1, 0.5]


@pytest.mark.parametrize(
    ("words", "rows", "message"),
    [
        (["a", "b"], [[1, 2], [3, np.nan]], "the vector of 'b'"),
        (["a", "b"], [[-np.inf, 2], [3, 4]], "the vector of 'a'"),
        (["a", "\ud800"], [[1, 2], [3, 4]], "not Unicode text"),
        ([1, "1"], [[1, 2], [3, 4]], "stands there twice"),
        ([], np.zeros((0, 2)), "0 words"),
    ],
)
def test_bad_vectors_of_gensim_are_named(words, rows, message):
    models = pytest.importorskip("gensim.models")
    keyed = models.KeyedVectors(2)
    keyed.index_to_key, keyed.vectors = words, np.array(rows, dtype=np.float32)
    with pytest.raises(DataError, match=message):
        from_gensim(keyed)


@pytest.mark.parametrize("thing", ["v.kv", None, {"a": [1, 2]}, np.ones((2, 2))])
def test_what_is_not_of_gensim_is_named(thing):
    with pytest.raises(CallError, match=f"a {type(thing).__name__} is no KeyedVectors"):
        from_gensim(thing)


def test_spacy_has_the_vectors():
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("pt")
    nlp("o rei")  # a lexeme from before
    vectors = made()
    assert to_spacy(vectors, nlp) is nlp
    rei, rainha, unknown = nlp("rei Lisboa xyz")
    assert (rei.vector == vectors["rei"]).all()
    assert (rainha.vector == vectors["Lisboa"]).all()
    assert not unknown.has_vector
    assert unknown.is_oov
    assert (nlp.vocab["são paulo"].vector == vectors["são paulo"]).all()
    assert (nlp.vocab["rei"].rank, nlp.vocab["rainha"].rank) == (0, 1)
    assert np.shares_memory(nlp.vocab.vectors.data, vectors.matrix)
    assert not nlp("REI")[0].has_vector


def test_spacy_finds_a_lower_case_word_in_capitals_also_after_saving(tmp_path):
    spacy = pytest.importorskip("spacy")
    vectors = made("lower")
    to_spacy(vectors, spacy.blank("pt")).to_disk(tmp_path / "pipeline")
    nlp = spacy.load(tmp_path / "pipeline")
    assert nlp.meta["vectors"]["vectors"] == len(WORDS)
    for token in nlp("rei Rei REI"):
        assert (token.vector == vectors["rei"]).all()
    assert (nlp("Lisboa")[0].vector == vectors["Lisboa"]).all()


def test_spacy_replaces_vectors_of_another_width():
    spacy = pytest.importorskip("spacy")
    nlp = to_spacy(made(), spacy.blank("en"))
    to_spacy(Vectors(["king"], np.ones((1, 3), dtype=np.float32)), nlp)
    assert nlp.vocab.vectors_length == 3
    assert nlp("king")[0].vector.tolist() == [1, 1, 1]
    assert not nlp("rei")[0].has_vector
    assert nlp.vocab["rei"].rank != 0


def test_the_name_of_a_language_is_no_pipeline():
    pytest.importorskip("spacy")
    with pytest.raises(CallError, match="a str is no pipeline") as caught:
        to_spacy(made(), "pt")
    assert "spacy.blank" in caught.value.remedy


@pytest.mark.parametrize(
    ("package", "ask"), [("gensim", to_gensim), ("spacy", lambda vectors: to_spacy(vectors, None))]
)
def test_a_missing_package_is_named(monkeypatch, package, ask):
    for name in [package, *(m for m in sys.modules if m.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(CallError, match=package) as caught:
        ask(made())
    assert caught.value.remedy == f"pip install 'nlpseq[{package}]'"
    assert caught.value.exit_code == 2
