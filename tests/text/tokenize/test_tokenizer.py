import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlpseq.text.tokenize import Tokenizer

TRICKY = " \t\n\u0085\u00a0\u2028\u200b\u200d\ufeff\ud800\u0301\u0949\u0e35İßΣ\U0001d165\U0001f469"
anything = st.text(st.sampled_from(TRICKY) | st.characters())
recipes = pytest.mark.parametrize("recipe", ["none", "lower"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\r\n\u00a0\u2028", []),
        ("Olá, mundo!", ["Olá", ",", "mundo", "!"]),
        ("d'água", ["d", "'", "água"]),
        ("guarda-chuva", ["guarda", "-", "chuva"]),
        ("R$ 3,14...", ["R", "$", "3", ",", "14", ".", ".", "."]),
        ("snake_case", ["snake_case"]),
        ("cafe\u0301 a\u0303o", ["cafe\u0301", "a\u0303o"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("ที่นี่", ["ที่นี่"]),
        ("क्\u200dष", ["क्\u200dष"]),
        ("¿Qué?", ["¿", "Qué", "?"]),
        ("a\u200bb", ["a", "\u200b", "b"]),
        ("é😀😀", ["é", "😀", "😀"]),
    ],
)
def test_words(text, words):
    assert Tokenizer("none").words(text) == words
    assert Tokenizer("none").tokenize(text).words == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("... !", []),
        ("Olá, mundo!", ["Olá", "mundo"]),
        ("it's 'quoted' d’água l'", ["it's", "quoted", "d’água", "l"]),
        ("guarda-chuva", ["guarda", "chuva"]),
        ("R$ 3,14", ["R", "3", "14"]),
    ],
)
def test_words_without_punctuation(text, words):
    tokenizer = Tokenizer("none", punctuation=False)
    assert tokenizer.words(text) == words
    assert tokenizer.tokenize(text).words == words


def test_the_recipe_changes_words_and_not_offsets():
    text = "O İÇE Gato"
    plain, lower = Tokenizer("none").tokenize(text), Tokenizer("lower").tokenize(text)
    assert lower.words == ["o", "i̇çe", "gato"]
    assert lower.starts.tolist() == plain.starts.tolist() == [0, 2, 6]
    assert lower.ends.tolist() == plain.ends.tolist() == [1, 5, 10]


def test_the_recipe_is_lower_by_default():
    assert Tokenizer().words("Olá") == ["olá"]


@pytest.mark.parametrize("text", ["", "a b"])
def test_offsets_are_int32_columns(text):
    tokens = Tokenizer().tokenize(text)
    for column in (tokens.starts, tokens.ends):
        assert column.dtype == np.int32
        assert column.shape == (len(tokens.words),)


@recipes
@given(text=anything)
@example("")
def test_offsets_are_ordered_inside_and_apart(recipe, text):
    tokens = Tokenizer(recipe).tokenize(text)
    last = 0
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        assert last <= start < end <= len(text)
        last = end


@given(text=anything)
def test_the_surface_is_the_word(text):
    words, starts, ends = Tokenizer("none").tokenize(text)
    assert [text[s:e] for s, e in zip(starts, ends, strict=True)] == words


@recipes
@given(text=anything)
def test_words_are_those_of_tokenize(recipe, text):
    tokenizer = Tokenizer(recipe)
    assert tokenizer.words(text) == tokenizer.tokenize(text).words


@given(text=anything)
def test_nothing_but_space_is_lost(text):
    assert "".join(Tokenizer("none").words(text)) == "".join(c for c in text if not c.isspace())


@given(text=anything)
def test_no_word_holds_space(text):
    assert not any(c.isspace() for word in Tokenizer().words(text) for c in word)
