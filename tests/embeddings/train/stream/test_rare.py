import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.embeddings.train.stream import encode
from nlpseq.embeddings.train.stream.rare import without_rare
from nlpseq.errors import DataError

DOCUMENTS = st.lists(st.lists(st.sampled_from("abcdé"), max_size=9), min_size=1, max_size=9)


@settings(deadline=None, max_examples=100)
@given(DOCUMENTS, st.integers(1, 4), st.none() | st.integers(1, 4))
def test_it_is_the_stream_without_them(documents, min_count, max_vocab):
    documents = [*documents, list("aaaa")]
    expected = encode(documents, min_count=min_count, max_vocab=max_vocab)
    found = without_rare(encode(documents, min_count=1), min_count=min_count, max_vocab=max_vocab)
    assert list(found.words) == list(expected.words)
    for ours, theirs in zip(found[1:], expected[1:], strict=True):
        assert np.array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


def test_no_word_is_left():
    with pytest.raises(DataError, match="no word occurs 3 times in 2 tokens"):
        without_rare(encode([["a", "b"]], min_count=1), min_count=3)
