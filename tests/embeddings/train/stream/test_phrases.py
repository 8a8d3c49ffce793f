import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.embeddings.train.stream import encode
from nlpseq.embeddings.train.stream.phrases import CONNECTORS, join, joined
from nlpseq.errors import CallError

WORDS = st.sampled_from(["new", "york", "of", "the", "bank", "america", "a", "b_c"])
DOCUMENTS = st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=20)


def texts(stream):
    ends = stream.offsets.tolist()
    return [[stream.words[i] for i in stream.ids[start:end]] for start, end in pairwise(ends)]


def by_gensim(documents, passes=1, **options):
    gensim = pytest.importorskip("gensim.models.phrases")
    found = []
    for _ in range(passes):
        phrases = gensim.Phrases(documents, delimiter="_", **options)
        found.append(phrases.export_phrases())
        documents = [phrases[document] for document in documents]
    return documents, found


@settings(deadline=None, max_examples=60)
@given(
    DOCUMENTS,
    st.sampled_from([("default", 0.5), ("default", 2.0), ("npmi", 0.1), ("npmi", 0.5)]),
    st.sampled_from([(), ("of", "the")]),
    st.integers(1, 2),
)
def test_it_joins_what_gensim_joins(documents, scoring, connectors, min_count):
    documents = [*documents, ["new", "york"]]
    kind, threshold = scoring
    options = {"scoring": kind, "threshold": threshold, "min_count": min_count}
    expected, (scores,) = by_gensim(documents, connector_words=frozenset(connectors), **options)
    stream = encode(documents, min_count=1)
    joined, (phrases,) = join(stream, connectors=connectors, **options)
    assert texts(joined) == expected
    assert [phrases.apply(document) for document in documents] == expected
    told = {"_".join(words): score for words, score in phrases.scores.items()}
    for name, score in scores.items():
        assert told[name] == pytest.approx(score)


def test_a_second_pass_joins_what_was_joined():
    documents = [["new", "york", "times", "of", "today"], ["a", "b"]] * 9
    options = {"threshold": 0.1, "min_count": 1}
    expected, _ = by_gensim(documents, passes=2, **options)
    joined, found = join(encode(documents, min_count=1), passes=2, **options)
    assert texts(joined) == expected
    assert len(found) == 2
    assert any(word.count("_") > 1 for word in joined.words)


def test_the_new_stream_is_one():
    documents = [["new", "york"], ["york"], ["new", "york", "é", "bela"], []] * 3
    stream, _ = join(encode(documents, min_count=1), threshold=0.1, min_count=1)
    assert set(stream.words) >= {"new_york", "york"}
    assert "new" not in stream.words
    assert stream.counts.tolist() == sorted(stream.counts.tolist(), reverse=True)
    assert np.array_equal(np.bincount(stream.ids), stream.counts)
    assert stream.ids.dtype == np.int32
    assert texts(stream)[3] == []
    assert stream.offsets[-1] == len(stream.ids)


def test_a_phrase_that_is_a_word_already():
    documents = [["new", "york"], ["new_york"]] * 4
    stream, _ = join(encode(documents, min_count=1), threshold=0.1, min_count=1)
    assert list(stream.words) == ["new_york"]
    assert stream.counts.tolist() == [8]


def test_nothing_to_join():
    stream = encode([["a", "b"], ["b", "a"]], min_count=1)
    joined, (phrases,) = join(stream, passes=3)
    assert texts(joined) == texts(stream)
    assert not phrases.scores


@pytest.mark.parametrize("language", CONNECTORS)
def test_connectors_stand_inside(language):
    inner = sorted(CONNECTORS[language])[3]
    documents = [["banco", inner, "brasil"]] * 5 + [["x", "y"]]
    stream, _ = join(
        encode(documents, min_count=1),
        threshold=0.1, min_count=1, connectors=CONNECTORS[language],
    )  # fmt: skip
    assert f"banco_{inner}_brasil" in stream.words


def test_several_connectors_stand_inside():
    documents = [["banco", "de", "o", "a", "brasil"], ["banco", "de", "a", "lua"]] * 5
    inner = ["de", "o", "a"]
    options = {"threshold": 0.1, "min_count": 1}
    expected, (scores,) = by_gensim(documents, connector_words=frozenset(inner), **options)
    joined, (phrases,) = join(encode(documents, min_count=1), connectors=inner, **options)
    assert texts(joined) == expected
    assert {"_".join(words) for words in phrases.scores} == set(scores)


def test_a_run_of_connectors_takes_memory_by_its_length():
    run = ["x", *["of", "the"] * 2000, "y"]
    stream = encode([run], min_count=1)
    join(stream, connectors=["of", "the"])  # compiled before it is measured
    tracemalloc.start()
    try:
        join(stream, connectors=["of", "the"])
        assert tracemalloc.get_traced_memory()[1] < 1000 * len(run)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("options", [{"scoring": "tf"}, {"passes": 0}, {"min_count": 0}])
def test_options_that_cannot_be(options):
    with pytest.raises(CallError):
        join(encode([["a", "b"]], min_count=1), **options)


def test_what_vectors_know_is_joined_the_longest_first():
    known = {"new_york", "new_york_times", "york", "banco_do_brasil"}
    assert joined(["the", "new", "york", "times"], known) == ["the", "new_york_times"]
    assert joined(["new", "york", "new"], known) == ["new_york", "new"]
    assert joined(["new", "york", "times"], known, longest=2) == ["new_york", "times"]
    assert joined(["banco", "do", "brasil"], known) == ["banco_do_brasil"]
    assert joined([], known) == []
