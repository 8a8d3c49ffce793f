import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.embeddings import documents
from nlpseq.embeddings.documents import DocumentVectors
from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError
from nlpseq.text.tokenize import Tokenizer

WORDS = ["o", "rei", "rainha", "Lisboa", ","]
COUNTS = np.array([700, 53, 29, 7, 211])


def made(recipe="none", counts=COUNTS, D=7, **options):
    matrix = np.random.default_rng(0).normal(size=(len(WORDS), D)).astype(np.float32)
    return Vectors(WORDS, matrix, recipe, counts=counts, **options)


def one(vectors, text, *arguments, **options):
    [answer] = DocumentVectors(vectors, *arguments, **options).embed([text])
    return answer


def naive(vectors, words, a=None):
    """In float64, word by word."""
    total = np.zeros(vectors.dim)
    for word in words:
        p = vectors.counts[vectors.find(word)] / vectors.counts.sum()
        total += vectors[word].astype(np.float64) * (a / (a + p) if a else 1)
    return total / len(words)


def test_the_mean_of_the_known_words():
    vectors = made()
    answer = one(vectors, "o rei, o xyz")
    np.testing.assert_allclose(
        answer.vector, naive(vectors, ["o", "rei", ",", "o"]), rtol=1e-6, atol=1e-7
    )
    assert answer.vector.dtype == np.float32
    assert (answer.known, answer.words, answer.reason) == (4, 5, None)


def test_the_document_of_one_word_has_its_vector():
    vectors = made()
    assert (one(vectors, "rei").vector == vectors["rei"]).all()


@pytest.mark.parametrize("a", [1e-3, 0.1, 7])
def test_frequent_words_weigh_less(a):
    vectors = made()
    found = one(vectors, "o rei o rainha", weighting="frequency", a=a).vector
    expected = naive(vectors, ["o", "rei", "o", "rainha"], a)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("text", "words", "reason"),
    [
        ("", 0, "the document is empty"),
        (" \t\u2028", 0, "the document is empty"),
        ("xyz REI", 2, "no word of the document has a vector"),
        ("\ud800", 1, "no word of the document has a vector"),
    ],
)
def test_nothing_known_has_a_reason(text, words, reason):
    assert one(made(), text) == (None, 0, words, reason)


def test_words_are_found_as_the_vectors_find_them():
    assert one(made(), "O Rei").known == 0
    assert one(made("lower"), "O Rei").known == 2
    assert one(made("lower"), "Lisboa").known == 1  # as it stands, before the recipe
    assert one(made(), "O LISBOA", ignore_case=True).known == 2
    assert one(made(), "Lisboa", Tokenizer("lower")).known == 0


@pytest.mark.parametrize("weighting", ["mean", "frequency"])
def test_unknown_words_have_their_subwords_unweighted(weighting):
    rows = np.random.default_rng(1).normal(size=(11, 7)).astype(np.float32)
    vectors = made(subwords=Subwords(Rows(rows), 3, 4))
    answer = one(vectors, "reis", weighting=weighting)
    assert (answer.vector == vectors["reis"]).all()
    assert answer.known == 1


@given(st.lists(st.lists(st.sampled_from([*WORDS, "xyz"]), max_size=9).map(" ".join), max_size=9))
def test_an_answer_does_not_depend_on_its_neighbours(texts):
    model = DocumentVectors(made(), weighting="frequency")
    for text, (vector, *rest) in zip(texts, model.embed(texts), strict=True):
        [(alone, *others)] = model.embed([text])
        assert rest == others
        assert np.array_equal(vector, alone) if vector is not None else alone is None


def test_what_is_kept_has_a_bound_and_changes_nothing(monkeypatch):
    vectors = Vectors([f"w{i}" for i in range(50)], np.eye(50, 5, dtype=np.float32), counts=None)
    texts = [" ".join(f"w{(i * j) % 60}" for j in range(n)) for i, n in enumerate(range(0, 90, 7))]
    expected = list(DocumentVectors(vectors).embed(texts))
    monkeypatch.setattr(documents, "_PIECE", 8)
    monkeypatch.setattr(documents, "_KEPT", 1)
    for letters in (documents._LETTERS, 10):
        monkeypatch.setattr(documents, "_LETTERS", letters)
        kept = documents._Kept(DocumentVectors(vectors))
        for text, answer in zip(texts, expected, strict=True):
            found = kept.document(text.split())
            assert found[1:] == answer[1:]
            assert len(kept._slots) <= 8
            if answer.vector is not None:
                np.testing.assert_allclose(found.vector, answer.vector, rtol=1e-6)


def test_texts_are_a_stream():
    endless = DocumentVectors(made()).embed(itertools.cycle(["rei", ""]))
    assert [next(endless).known for _ in range(3)] == [1, 0, 1]


@pytest.mark.parametrize("counts", [None, np.zeros(5, dtype=np.int64)])
def test_frequency_needs_counts(counts):
    with pytest.raises(CallError, match="how often"):
        DocumentVectors(made(counts=counts), weighting="frequency")
    assert one(made(counts=counts), "rei").known == 1


def test_misuse_is_named():
    with pytest.raises(CallError, match="not one text"):
        DocumentVectors(made()).embed("rei")
    with pytest.raises(CallError, match="no weighting 'sif'"):
        DocumentVectors(made(), weighting="sif")
    for a in (0, -1, float("nan")):
        with pytest.raises(CallError, match="smoothing"):
            DocumentVectors(made(), a=a)
    with pytest.raises(DataError, match="negative"):
        DocumentVectors(made(counts=COUNTS - 99), weighting="frequency")


@pytest.mark.data
def test_real_vectors_tell_similar_sentences(data):
    vectors = Vectors.open(data / "vectors" / "pt.skip100.txt.gz", first=20_000, recipe="lower")
    near, middle, far = (
        answer.vector
        for answer in DocumentVectors(vectors).embed(
            [
                "Um homem anda de bicicleta na rua.",
                "Uma mulher caminha na praia com o cachorro.",
                "O tribunal negou o recurso do réu.",
            ]
        )
    )

    def cosine(x, y):
        return x @ y / np.sqrt((x @ x) * (y @ y))

    assert cosine(near, middle) > cosine(near, far) + 0.1
