from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from nlpseq.errors import CallError
from nlpseq.metrics import tfidf
from nlpseq.metrics.tfidf import TfIdf


def named(features, X):
    """Dense, the columns by n-gram."""
    V = len(features.words)
    pairs = [(features.words[code // V], features.words[code % V]) for code in features.pairs]
    names = [*((word,) for word in features.words), *pairs]
    return {name: X.toarray()[:, i] for i, name in enumerate(names)}


def ngrams(words):
    return [*((word,) for word in words), *pairwise(words)]


documents = st.lists(st.lists(st.sampled_from("abcdé "), max_size=12), min_size=1, max_size=9)


@settings(deadline=None)
@given(documents, documents)
def test_the_features_are_those_of_scikit_learn(train, others):
    features, X = TfIdf.fit(iter(train))
    counts = Counter(gram for document in train for gram in set(ngrams(document)))
    repeated = {gram for gram, n in counts.items() if n > 1}
    assert named(features, X).keys() == repeated
    assert X.dtype == np.float32
    if repeated:
        oracle = TfidfVectorizer(analyzer=ngrams, min_df=2, sublinear_tf=True).fit(train)
        for part, got in ((train, X), (others, features.of(others))):
            expected = oracle.transform(part).toarray()
            for name, column in named(features, got).items():
                assert column == pytest.approx(expected[:, oracle.vocabulary_[name]], abs=1e-6)


def test_pairs_do_not_cross_documents_nor_unknown_words():
    features, _ = TfIdf.fit([["a", "b"], ["b", "a"], ["x", "a", "b"]])
    assert named(features, features.of([])).keys() == {("a",), ("b",), ("a", "b")}
    found = named(features, features.of([["a"], ["b"], ["a", "x", "b"], ["a", "b"]]))
    assert found["a", "b"].astype(bool).tolist() == [False, False, False, True]


def test_blocks_of_documents_change_nothing(monkeypatch):
    random = np.random.default_rng(2)
    train = [random.choice(list("abcdef"), n).tolist() for n in (0, 3, 9, 1, 0, 5, 7, 0)]
    _, whole = TfIdf.fit(train)
    monkeypatch.setattr(tfidf, "_BLOCK", 3)
    assert np.array_equal(TfIdf.fit(train)[1].toarray(), whole.toarray())


def test_a_text_is_not_a_list_of_words():
    with pytest.raises(CallError, match="list of words"):
        TfIdf.fit(["a text"])
