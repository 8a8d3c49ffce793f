import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.errors import CallError
from nlpseq.text.corpus import duplicates as module
from nlpseq.text.corpus import read
from nlpseq.text.corpus.duplicates import (
    NearDuplicate,
    near_duplicates,
    near_duplicates_within,
)

WORDS = [f"palavra{i}" for i in range(600)]


def prose(seed, length):
    return random.Random(seed).choices(WORDS, k=length)


def exact(a, b):
    """The definition, on sets of tuples."""

    def shingles(words):
        return {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))} if words else set()

    a, b = shingles(a), shingles(b)
    return len(a & b) / len(a | b) if a and b else 0.0


@pytest.mark.parametrize(
    ("held", "train", "similarity"),
    [
        ("um dois três quatro cinco", "Um, dois: três – quatro (cinco)!", 1.0),
        ("um dois", "UM dois.", 1.0),
        ("um", "um", 1.0),
        ("um dois três", "um dois", None),
        ("um dois", "dois um", None),
        ("", "", None),
        ("...", "!!!", None),
        ("a_b c d e", "a b c d e", 1.0),
        ("a b c d e f g h i j", "a b c d e f g h i x", 5 / 7),
        ("a b c d e f g", "a b c d e f g a b c d e f g", 3 / 7),
        ("1 2 3 4", "1 2 3 4 5", None),
        ("\ud800 a", "\ud800 a", 1.0),
        ("muito" * 50, "Muito" * 50, 1.0),
    ],
)
def test_similarity(held, train, similarity):
    expected = [] if similarity is None else [NearDuplicate(0, 0, pytest.approx(similarity))]
    assert list(near_duplicates([held], [train], threshold=0.3)) == expected


def test_pairs_in_order_and_the_training_part_streamed():
    held = ["a b c d e f", "outra coisa", "A B C D E F!"]

    def train():
        yield "nada disso aqui se parece"
        yield "a, b, c, d, e, f"
        yield "Outra coisa."
        raise AssertionError("read on before it was asked to")

    found = near_duplicates(held, train())
    assert [next(found) for _ in range(3)] == [(0, 1, 1.0), (2, 1, 1.0), (1, 2, 1.0)]


def test_long_texts_with_few_changes_are_found_with_their_exact_similarity():
    held, train = [], []
    for seed in range(30):
        words = prose(seed, 400)
        held.append(words)
        changed = list(words)
        for place in random.Random(seed).sample(range(400), k=seed // 2):
            changed[place] = "mudado"
        train.append(changed)
    found = list(near_duplicates([" ".join(w) for w in held], [" ".join(w) for w in train]))
    expected = [(i, i, exact(held[i], train[i])) for i in range(30)]
    assert found == [pytest.approx(pair) for pair in expected if pair[2] >= 0.8]
    assert 5 < len(found) < 30


@given(
    st.lists(st.lists(st.sampled_from("abc"), max_size=12), max_size=6),
    st.lists(st.lists(st.sampled_from("abc"), max_size=12), max_size=6),
    st.sampled_from([0.2, 0.5, 0.8, 1.0]),
)
def test_short_texts_as_the_definition_has_them(held, train, threshold):
    found = near_duplicates(
        [" ".join(w) for w in held], [" ".join(w) for w in train], threshold=threshold
    )
    assert list(found) == [
        (i, j, exact(a, b))
        for j, b in enumerate(train)
        for i, a in enumerate(held)
        if exact(a, b) >= threshold
    ]


def test_within_one_part_each_pair_once():
    texts = ["um dois três", "outro", "Um dois três.", "um, dois, três"]
    assert list(near_duplicates_within(texts)) == [(0, 2, 1.0), (0, 3, 1.0), (2, 3, 1.0)]
    assert list(near_duplicates_within([])) == []


def test_more_words_than_are_kept(monkeypatch):
    monkeypatch.setattr(module._Shingles, "_most", 3)
    texts = ["a b c d e f g h", "i j k l m n", "A B C D E F G H"]
    assert list(near_duplicates_within(texts)) == [(0, 2, 1.0)]


@pytest.mark.parametrize("threshold", [0.0, -1, 1.01, float("nan")])
@pytest.mark.parametrize(
    "call",
    [
        lambda threshold: near_duplicates([], [], threshold=threshold),
        lambda threshold: near_duplicates_within([], threshold=threshold),
    ],
)
def test_a_threshold_out_of_range(call, threshold):
    with pytest.raises(CallError, match="the threshold is"):
        call(threshold)


@pytest.mark.data
def test_reviews_that_were_sent_twice(data):
    texts = [d.text for d in read(data / "imdb" / "train.jsonl.gz")]
    held, train = texts[21_000:22_000], texts[:6_000]
    found = list(near_duplicates(held, train))
    assert found
    equal = {(i, j) for j, b in enumerate(train) for i, a in enumerate(held) if a == b}
    assert equal <= {(pair.held, pair.train) for pair in found}
    assert all(0.8 <= pair.similarity <= 1 for pair in found)
