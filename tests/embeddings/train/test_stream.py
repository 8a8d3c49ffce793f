import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nlpseq.embeddings.train.stream import encode
from nlpseq.errors import CallError, DataError
from nlpseq.text.vocabulary import Vocabulary

word = st.sampled_from(["a", "b", "c", "d", "ç", "\n", "", "\ud800", "<unk>"])
documents = st.lists(st.lists(word, max_size=7), max_size=7)


@given(documents, st.integers(1, 3))
def test_the_stream_is_the_documents_without_rare_words(documents, min_count):
    flat = [w for d in documents for w in d]
    frequent = {w for w in flat if flat.count(w) >= min_count}
    assume(frequent)
    stream = encode(iter(documents), min_count=min_count)
    assert stream.ids.dtype == np.int32
    assert stream.offsets.dtype == np.int64
    back = [
        stream.vocabulary.decode(stream.ids[start:end])
        for start, end in zip(stream.offsets, stream.offsets[1:], strict=False)
    ]
    assert back == [[w for w in d if w in frequent] for d in documents]
    assert stream.offsets[0] == 0
    assert stream.offsets[-1] == len(stream.ids)


@given(documents, st.integers(1, 3))
def test_its_vocabulary_is_the_one_that_vocabulary_builds(documents, min_count):
    expected = Vocabulary.build(documents, min_count=min_count, specials=())
    assume(len(expected))
    vocabulary = encode(documents, min_count=min_count).vocabulary
    assert vocabulary == expected
    assert vocabulary.counts.tolist() == expected.counts.tolist()


def test_a_text_is_not_taken_for_a_list_of_words():
    with pytest.raises(CallError, match="list of words"):
        encode(["a text"], min_count=1)


def test_ids_go_by_frequency():
    stream = encode([["b", "c"], [], ["c", "a", "c", "x"], ["b", "a"]], min_count=2)
    assert stream.vocabulary.words == ["c", "a", "b"]
    assert stream.vocabulary.counts.tolist() == [3, 2, 2]
    assert stream.ids.tolist() == [2, 0, 0, 1, 0, 2, 1]
    assert stream.offsets.tolist() == [0, 2, 2, 5, 7]


@pytest.mark.parametrize(
    ("documents", "min_count", "message"),
    [
        ([], 1, "no word occurs 1 times in 0 tokens"),
        ([[], []], 1, "no word occurs 1 times in 0 tokens"),
        ([["a", "b"], ["a"]], 3, "no word occurs 3 times in 3 tokens"),
    ],
)
def test_nothing_to_train_on(documents, min_count, message):
    with pytest.raises(DataError, match=message) as caught:
        encode(documents, min_count=min_count)
    assert "min_count" in caught.value.remedy
