import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.embeddings.subwords import END_OF_LINE, Subwords
from nlpseq.embeddings.train.methods import ngrams
from nlpseq.embeddings.words import Words


def one_by_one(words, minimum, maximum, buckets):
    subwords = Subwords.__new__(Subwords)  # rows that are only counted need not be there
    subwords.rows, subwords.minimum, subwords.maximum = range(buckets), minimum, maximum
    return [subwords.ngrams(word) for word in words]


def by_table(words, minimum, maximum, buckets):
    rows, offsets = ngrams.table(Words.of(words), minimum, maximum, buckets)
    assert rows.dtype == np.int32
    assert offsets.dtype == np.int64
    assert len(rows) == offsets[-1]
    return [part.tolist() for part in np.split(rows, offsets[1:-1])]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


@settings(deadline=None)  # the first one compiles
@given(
    st.lists(texts | st.sampled_from([END_OF_LINE, "<", ">", "ação", "日本語", "👩‍🚀"]),
             min_size=1, max_size=6, unique=True),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(1, 2**31 - 1),
)  # fmt: skip
def test_they_are_those_of_subwords(words, minimum, more, buckets):
    maximum = max(1, minimum + more)
    expected = one_by_one(words, minimum, maximum, buckets)
    assert by_table(words, minimum, maximum, buckets) == expected


def test_the_end_of_a_line_has_none_and_its_neighbours_have_theirs():
    found = by_table(["rei", END_OF_LINE, "s>"], 3, 6, 101)
    assert [len(rows) for rows in found] == [6, 0, 3]


@pytest.mark.parametrize("words", [[""], ["a"]])
def test_a_word_too_short_has_none(words):
    assert by_table(words, 4, 6, 7) == [[]]


def test_a_long_word():
    word = "çã" * 3000
    assert by_table([word, "a"], 2, 5, 997) == one_by_one([word, "a"], 2, 5, 997)
