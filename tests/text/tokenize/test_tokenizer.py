import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nlpseq.errors import CallError
from nlpseq.text.normalize import CUTTING, RECIPES
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.tokenize.subwords import Subwords

unhurried = settings(deadline=None)  # the table of characters is made once

TRICKY = " \t\n\u0085\u00a0\u2028\u200b\u200d\ufeff\ud800\u0301\u0949\u0e35İßΣ\U0001d165\U0001f469"
anything = st.text(st.sampled_from(TRICKY) | st.characters())
FRAGMENTS = [
    *TRICKY,
    *"{}<>@.…–-—'’`\"“”,;:!?$€%_()[]/\\&#*+=~^|0123٣१²aZéºª",
    *("http://", "https://x.com", "f@x.com", "...", "..", "--", "<b>", "{x y}", "d'água", " -não"),
    *("ΟΔΟΣ", "ΑΣ'Α", "İİ", "R$", "n't", "'s", "can", "not", "u.s.", "Sr.", ":-)", "10km", "5,00"),
    *("cafe\u0301", "a\u200db", "gato"),
]
texts = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=2), max_size=12).map("".join)
RECIPE_NAMES = ["none", "lower", "nilc", "glove"]
LANGUAGES = ["pt", "en", "es"]
METHODS = ["bpe", "unigram", "wordpiece"]
SEEN = [
    "O gato d'água dorme.",
    "não há 5,00 em http://x.com",
    "cafe\u0301 ΟΔΟΣ (Sr.)",
    "gatos, gato",
]
KINDS = ["rules", "words", "whitespace", "characters", *LANGUAGES, *METHODS]
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
@unhurried
@given(text=anything)
@example("")
def test_offsets_are_ordered_inside_and_apart(recipe, text):
    tokens = Tokenizer(recipe).tokenize(text)
    last = 0
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        assert last <= start < end <= len(text)
        last = end


@unhurried
@given(text=anything)
def test_the_surface_is_the_word(text):
    words, starts, ends = Tokenizer("none").tokenize(text)
    assert [text[s:e] for s, e in zip(starts, ends, strict=True)] == words


@recipes
@unhurried
@given(text=anything)
def test_words_are_those_of_tokenize(recipe, text):
    tokenizer = Tokenizer(recipe)
    assert tokenizer.words(text) == tokenizer.tokenize(text).words


@unhurried
@given(text=anything)
def test_nothing_but_space_is_lost(text):
    assert "".join(Tokenizer("none").words(text)) == "".join(c for c in text if not c.isspace())


@unhurried
@given(text=anything)
def test_no_word_holds_space(text):
    assert not any(c.isspace() for word in Tokenizer().words(text) for c in word)


@pytest.fixture(scope="module")
def made():
    """One tokenizer for each kind and recipe, where they go together."""
    found = {}
    for recipe in RECIPE_NAMES:
        for kind in ("rules", "whitespace", "characters"):
            found[kind, recipe] = Tokenizer(recipe, kind=kind)
        found["words", recipe] = Tokenizer(recipe, kind="rules", punctuation=False)
        for language in LANGUAGES:
            found[language, recipe] = Tokenizer(recipe, kind="spacy", language=language)
        for method in METHODS:
            found[method, recipe] = Subwords.train(SEEN, method=method, size=60, recipe=recipe)
    return found


def same(one, other):
    return one.words == other.words and all(
        np.array_equal(a, b) for a, b in zip(one[1:], other[1:], strict=True)
    )


every = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("recipe", RECIPE_NAMES)
@pytest.mark.parametrize("kind", KINDS)
@every
@given(several=st.lists(texts, max_size=3))
@example(["İİ a\u0301", "", "ΟΔΟΣ'Α {<b> 'x'} f@x.com..."])
def test_every_kind_with_every_recipe(made, kind, recipe, several):
    tokenizer = made[kind, recipe]
    alone = [tokenizer.tokenize(text) for text in several]
    for text, tokens in zip(several, alone, strict=True):
        words, starts, ends = tokens
        assert len(words) == len(starts) == len(ends)
        assert starts.dtype == ends.dtype == np.int32
        places = np.stack([starts, ends], axis=1).ravel()
        assert (np.diff(np.array([0, *places, len(text)])) >= 0).all()
        assert tokenizer.words(text) == words
        surfaces = [text[i:j] for i, j in zip(starts, ends, strict=True)]
        if kind in METHODS:
            if recipe == "none":
                for word, surface in zip(words, surfaces, strict=True):
                    assert surface in (word, word.removeprefix("▁"), word.removeprefix("##"))
        elif recipe == "none" or (recipe == "nilc" and kind not in ("characters", "words")):
            assert [RECIPES[recipe](surface) for surface in surfaces] == words
    streamed = list(tokenizer.stream(several))
    assert len(streamed) == len(alone)
    assert all(map(same, streamed, alone))
    assert list(tokenizer.stream_words(several)) == [tokens.words for tokens in alone]


@pytest.mark.parametrize("recipe", CUTTING)
def test_recipes_that_cut_are_followed_by_whitespace(recipe):
    assert Tokenizer(recipe).cuts_by == "whitespace"
    assert Tokenizer(recipe).words("Sim, (10%)!") == [
        "sim",
        ",",
        "(",
        *(["00"] if recipe == "nilc" else ["10"]),
        "%",
        ")",
        "!",
    ]


def test_places_under_a_recipe_that_cuts():
    text = "Veja <b>http://x.com</b>, 10% d'água"
    words, starts, ends = Tokenizer("nilc").tokenize(text)
    surfaces = [text[i:j] for i, j in zip(starts, ends, strict=True)]
    assert words == ["veja", "URL", ",", "00", "%", "d'água"]
    assert surfaces == ["Veja", "http://x.com", ",", "10", "%", "d'água"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recipe": "nilc", "punctuation": False}, "marks cannot be left out .* whitespace"),
        ({"kind": "characters", "punctuation": False}, "marks cannot be left out .* characters"),
        ({"kind": "spacy"}, "needs a language"),
        ({"kind": "rules", "language": "pt"}, "language is for the kind spacy"),
        ({"language": "pt"}, "language is for the kind spacy"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(CallError, match=message):
        Tokenizer(**options)


LONG = 300_000


@pytest.mark.parametrize("recipe", RECIPE_NAMES)
@pytest.mark.parametrize("kind", ["rules", "whitespace", "characters", "pt"])
@pytest.mark.parametrize("piece", ["<", "a", "'"])
def test_hostile_lengths(made, kind, recipe, piece):
    text = (piece * LONG)[:LONG]
    tokenizer = made[kind, recipe]
    assert tokenizer.words(text) == tokenizer.tokenize(text).words
