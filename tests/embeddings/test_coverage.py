import numpy as np
import pytest

from nlpseq.embeddings.coverage import WAYS, Coverage, coverage
from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.vectors import Found, Vectors


def made(recipe="lower", subwords=False):
    matrix = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    return Vectors(
        ["rei", "Rio", "mar", ""],
        matrix,
        recipe,
        subwords=Subwords(Rows(matrix), 3, 4) if subwords else None,
    )


def test_words_and_running_words_by_the_way_they_were_found():
    found = [
        Found("exact", 3),
        None,
        Found("recipe", 1),
        Found("exact", 0),
        Found("subwords", None),
    ]
    result = coverage(found, [5, 100, 7, 1, 0])
    assert result.by_word == {"exact": 2, "recipe": 1, "case": 0, "subwords": 1, "missing": 1}
    assert result.by_token == {"exact": 6, "recipe": 7, "case": 0, "subwords": 0, "missing": 100}
    assert result.words == 4 / 5
    assert result.tokens == 13 / 113
    assert tuple(result.by_word) == tuple(result.by_token) == WAYS


def of_words(words, counts, vectors):
    return coverage([vectors.resolve(word) for word in words], counts)


def test_of_a_vocabulary():
    words, counts = ["rei", "MAR", "Rio", "reis", "zzz"], [9, 4, 2, 3, 2]
    result = of_words(words, counts, made())
    assert result.by_word == {"exact": 2, "recipe": 1, "case": 0, "subwords": 0, "missing": 2}
    assert result.by_token == {"exact": 11, "recipe": 4, "case": 0, "subwords": 0, "missing": 5}
    assert result.tokens == 15 / 20
    none = of_words(words, counts, made("none"))
    assert none.by_word["missing"] == 3
    rich = of_words(words, counts, made(subwords=True))
    assert rich.by_word["subwords"] == 2
    assert rich.words == rich.tokens == 1.0


def test_it_says_what_a_look_up_would_find():
    vectors = made(subwords=True)
    for word in ["rei", "REI", "Rio", "RIO", "mar ", "", "x", "\ud800", "desconhecida"]:
        (way,) = (w for w, n in of_words([word], [1], vectors).by_word.items() if n)
        assert (way == "missing") == (vectors.resolve(word) is None)
        assert way == "missing" or way == vectors.resolve(word).how
        if way != "missing":
            assert vectors[word].shape == (3,)


def test_the_ways_add_up():
    random = np.random.default_rng(1)
    hows = random.choice([*WAYS], size=500)
    counts = random.integers(0, 10**12, size=500)
    found = [None if how == "missing" else Found(how, 1) for how in hows]
    result = coverage(iter(found), counts)
    assert sum(result.by_word.values()) == 500
    assert sum(result.by_token.values()) == int(counts.sum())
    assert all(type(n) is int for n in result.by_token.values())


def test_nothing_is_covered_by_nothing():
    empty = coverage([], [])
    assert (empty.words, empty.tokens) == (0.0, 0.0)
    unseen = coverage([Found("exact", 0)], [0])
    assert (unseen.words, unseen.tokens) == (1.0, 0.0)
    assert isinstance(empty, Coverage)


def test_a_count_for_each_word():
    for counts in ([], [1], [1, 2, 3]):
        with pytest.raises(ValueError, match="argument"):
            coverage([None, None], counts)
