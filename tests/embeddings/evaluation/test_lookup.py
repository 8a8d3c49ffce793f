import numpy as np
import pytest

from nlpseq.embeddings.evaluation.lookup import Lookup, Options
from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.vectors import Found, Vectors
from nlpseq.errors import CallError

WORDS = ["rei", "Lima", "LIMA", "0000", "lima"]


def made(recipe="none", subwords=None):
    return Vectors(WORDS, np.eye(5, dtype=np.float32) * 3, recipe, subwords=subwords)


def test_each_word_is_looked_up_once():
    lookup = Lookup(made(), ["lima", "rei", "lima", "mar"], Options())
    assert lookup.words == ["lima", "rei", "mar"]
    assert lookup.numbers(["mar", "lima"]) == [2, 0]
    assert lookup.rows == [[4], [0], []]
    assert lookup.known.tolist() == [True, True, False]
    expected = [np.eye(5)[4], np.eye(5)[0], np.zeros(5), np.eye(5)[4]]
    assert np.array_equal(lookup.units([0, 1, 2, 0]), expected)


def test_the_recipe_applies():
    lookup = Lookup(made("nilc"), ["Rei", "1984", "Lima"], Options())
    assert lookup.found == [Found("recipe", 0), Found("recipe", 3), Found("exact", 1)]


def test_in_any_case_the_first_row_counts():
    lookup = Lookup(made("nilc"), ["lima", "REI", "1984", "mar"], Options(ignore_case=True))
    assert lookup.rows == [[1, 2, 4], [0], [3], []]
    assert lookup.found == [Found("exact", 1), Found("recipe", 0), Found("recipe", 3), None]
    assert Lookup(made(), ["REI"], Options(ignore_case=True)).found == [Found("case", 0)]


def test_the_first_rows_alone():
    assert Lookup(made(), ["lima", "rei"], Options(first=2)).rows == [[], [0]]
    assert Lookup(made(), ["lima", "rei"], Options(2, True)).rows == [[1], [0]]
    assert Lookup(made(), ["rei"], Options(first=99)).stop == 5
    with pytest.raises(CallError, match="none"):
        Lookup(made(), [], Options(first=0))


def test_what_is_unknown_is_made_of_subwords_unless_the_first_alone_count():
    subwords = Subwords(Rows(np.ones((4, 5), dtype=np.float32)), 2, 3)
    lookup = Lookup(made(subwords=subwords), ["mares", "rei"], Options())
    assert lookup.found == [Found("subwords", None), Found("exact", 0)]
    assert lookup.rows == [[], [0]]
    np.testing.assert_allclose(lookup.units([0]), np.full((1, 5), 5**-0.5))
    assert Lookup(made(subwords=subwords), ["mares"], Options(first=5)).found == [None]
    # a word that stands there in another case is that word
    any_case = Lookup(made(subwords=subwords), ["REI", "mares"], Options(ignore_case=True))
    assert any_case.found == [Found("case", 0), Found("subwords", None)]


def test_vectors_without_a_direction_are_zeros():
    matrix = np.array([[0, 0], [np.nan, 1], [np.inf, 0]], dtype=np.float32)
    lookup = Lookup(Vectors(["a", "b", "c"], matrix), ["a", "b", "c"], Options())
    assert np.array_equal(lookup.units([0, 1, 2]), np.zeros((3, 2)))


def test_bytes_that_are_no_text_stand_in_no_one_s_way():
    from nlpseq.embeddings.indexing import Builder

    builder = Builder()
    builder.add(np.frombuffer(b"rei\xff\xferio", dtype=np.uint8), np.array([0, 3, 5, 8]))
    vectors = Vectors(builder.finish(), np.eye(3, dtype=np.float32))
    assert Lookup(vectors, ["RIO"], Options(ignore_case=True)).rows == [[2]]


def test_options_as_a_signature_has_them():
    assert str(Options()) == "first all | case kept"
    assert str(Options(30, True)) == "first 30 | case ignored"
