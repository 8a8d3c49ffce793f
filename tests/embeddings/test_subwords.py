import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.embeddings.rows import Rows, convert
from nlpseq.embeddings.subwords import Subwords
from nlpseq.errors import DataError

DATA = Path(__file__).parent / "formats" / "data"


def made(buckets=13, minimum=3, maximum=6, dim=5):
    matrix = np.random.default_rng(0).normal(size=(buckets, dim)).astype(np.float32)
    return Subwords(Rows(matrix), minimum, maximum)


@pytest.mark.parametrize(
    ("model", "buckets", "minimum", "maximum"),
    [
        ("skipgram", 101, 3, 6),
        ("cbow", 53, 2, 4),
        ("unigrams", 31, 1, 2),
        ("latin1", 17, 1, 3),
        ("supervised-ngrams", 71, 2, 3),
    ],
)
def test_the_ngrams_are_those_of_fasttext(model, buckets, minimum, maximum):
    subwords = made(buckets, minimum, maximum)
    said = json.loads((DATA / f"{model}.json").read_text())["ngrams"]
    assert len(said) > 15
    assert {word: subwords.ngrams(word) for word in said} == said


def hashed(text):
    """FNV-1a over signed bytes, one step a byte."""
    value = 2166136261
    for byte in text.encode():
        value ^= (byte - 256 if byte > 127 else byte) % 2**32
        value = value * 16777619 % 2**32
    return value


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    st.integers(0, 4),
    st.integers(1, 5),
    st.integers(1, 2**31),
)
def test_ngrams_are_substrings_of_the_marked_word(word, minimum, more, buckets):
    subwords = Subwords.__new__(Subwords)  # as many rows as that are not needed to count to them
    subwords.rows, subwords.minimum, subwords.maximum = range(buckets), minimum, minimum + more
    marked = f"<{word}>"
    expected = [
        hashed(marked[start:end]) % buckets
        for start in range(len(marked))
        for end in range(start + 1, len(marked) + 1)
        if minimum <= end - start <= minimum + more and marked[start:end] not in ("<", ">")
    ]
    if set("<>") & set(word) and minimum < 2:
        return  # a mark inside a word is an n-gram, which the comparison above denies
    assert subwords.ngrams(word) == ([] if word == "</s>" else expected)


@pytest.mark.parametrize(
    ("word", "minimum", "number"),
    [("a<b", 1, 3), ("<", 1, 1), ("", 1, 0), ("", 2, 1), ("é", 1, 1), ("</s>", 1, 0)],
)
def test_a_mark_alone_is_no_ngram_but_where_the_word_holds_it(word, minimum, number):
    assert len(made(minimum=minimum, maximum=minimum).ngrams(word)) == number


def test_the_vector_is_the_mean_of_the_rows():
    subwords = made()
    rows = [subwords.rows.data[i].astype(np.float64) for i in subwords.ngrams("coração")]
    vector = subwords.vector("coração")
    assert vector.dtype == np.float32
    assert vector.shape == (5,)
    np.testing.assert_allclose(vector, np.mean(rows, axis=0), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_rows_of_another_precision(precision):
    exact = made()
    kept = Subwords(Rows(*convert(exact.rows.data, precision)), 3, 6)
    vector = kept.vector("cidade")
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector, exact.vector("cidade"), atol=0.02)


@pytest.mark.parametrize("word", ["", "a", "</s>", "\ud800", "ab\udfff"])
def test_a_word_without_ngrams_has_no_vector(word):
    assert made(minimum=4).ngrams(word) == []
    assert made(minimum=4).vector(word) is None


@pytest.mark.parametrize(
    ("buckets", "minimum", "maximum"), [(0, 3, 6), (5, 3, 2), (5, -1, 3), (5, 0, 0)]
)
def test_what_cannot_be(buckets, minimum, maximum):
    with pytest.raises(DataError):
        made(buckets, minimum, maximum)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_a_vector_is_finite(value):
    subwords = Subwords(Rows(np.full((5, 2), value, dtype=np.float32)), 3, 6)
    with pytest.raises(DataError, match="no finite vector"):
        subwords.vector("cidade")
