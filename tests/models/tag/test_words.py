import numpy as np
import pytest

from nlpseq.models.tag.words import Reader, characters_of
from nlpseq.text.casing import CASES, casing
from nlpseq.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(["são", "paulo", "0000", "IBM"])
CHARACTERS = Vocabulary([*"SPaãolu"])


def read(surfaces, characters=CHARACTERS, recipe="lower"):
    return Reader(VOCABULARY, characters, recipe).words(surfaces)


def test_a_word_is_looked_up_by_the_recipe_and_spelt_as_written():
    words = read(["São", "SÃO", "xyz", "Paulo"])
    assert VOCABULARY.decode(words.ids) == ["são", "são", "<unk>", "paulo"]
    assert [CASES[i] for i in words.casing] == ["initial", "upper", "lower", "initial"]
    assert words.lengths.tolist() == [3, 3, 3, 5]
    pad, unk = CHARACTERS.pad, CHARACTERS.unk
    assert words.characters[0, :3].tolist() == CHARACTERS.encode("São").tolist()
    assert words.characters[1].tolist() == [CHARACTERS.get("S"), unk, unk, pad, pad]
    assert all(part.dtype == np.int64 for part in words)


def test_without_a_recipe_words_are_looked_up_as_they_are():
    assert VOCABULARY.decode(read(["IBM", "São"], recipe="none").ids) == ["IBM", "<unk>"]


def test_of_long_words_head_and_tail_are_read():
    word = "S" + "a" * 100 + "P"
    words = read([word])
    assert words.lengths.tolist() == [32] and words.characters.shape == (1, 32)
    spelt = CHARACTERS.decode(words.characters[0])
    assert (spelt[0], spelt[-1], set(spelt[1:-1])) == ("S", "P", {"a"})


def test_strange_words_have_a_character_too():
    words = read(["", "\ud800", "\x00", "e\u0301"])
    assert words.lengths.tolist() == [1, 1, 1, 2]
    assert set(words.characters.flatten()) == {CHARACTERS.pad, CHARACTERS.unk}
    assert words.casing[0] == casing("")


def test_characters_are_left_out_where_they_are_not_read():
    words = read(["São", "x"], characters=None)
    assert words.characters.shape == (2, 0)
    assert words.take(np.array([1])).characters.shape == (1, 0)


def test_some_words_are_as_wide_as_the_longest_of_them():
    words = read(["São", "Paulo", "a"])
    some = words.take(np.array([2, 0]))
    assert some.characters.shape == (2, 3)
    alone = read(["a", "São"])
    assert all(np.array_equal(a, b) for a, b in zip(some, alone, strict=True))
    assert words.take(np.array([], dtype=np.int64)).characters.shape == (0, 0)


@pytest.mark.parametrize("sentences", [[], [[]], [["a", "São", "a"], [], ["São", "A"]]])
def test_each_distinct_word_once(sentences):
    numbered = Reader(VOCABULARY, CHARACTERS, "lower").numbered(iter(sentences))
    distinct = list(dict.fromkeys(word for words in sentences for word in words))
    assert [[distinct[i] for i in row] for row in numbered.rows] == sentences
    for got, wanted in zip(numbered.words, read(distinct), strict=True):
        assert np.array_equal(got, wanted)


def test_characters_of_training():
    known = characters_of([["São", "e\u0301"], [], ["a"]])
    assert known.specials == ("pad", "unk")
    assert set(known.words[2:]) == set("Saãoe\u0301")
