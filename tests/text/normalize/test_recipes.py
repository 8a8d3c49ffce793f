from typing import get_args

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpseq.errors import CallError
from nlpseq.text.normalize import CUTTING, RECIPES, Recipe, normalize

unhurried = settings(deadline=None)  # the table of characters is made once

FRAGMENTS = [
    *"{}<>@.…–-'’\"“,$%_ \t\n\u0085\u2028\ud800\u0301\u200dİΣßé1٣१\U0001f469\U0001d165",
    *("http://", "https://", "...", "..", "--", "n't", "can", "not", "u.s.", "mr.", "ΟΔΟΣ", "a@b"),
]
texts = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3)).map("".join)


def test_every_recipe_has_its_function():
    assert set(RECIPES) == set(get_args(Recipe))
    assert set(CUTTING) <= set(RECIPES)


@pytest.mark.parametrize(
    ("recipe", "word", "found"),
    [
        ("none", "São", "São"),
        ("none", "É", "É"),
        ("lower", "São", "são"),
        ("lower", "ÁÉÇ", "áéç"),
        ("lower", "ΟΔΟΣ", "οδος"),
        ("lower", "Straße", "straße"),
        ("nilc", "Ação", "ação"),
        ("nilc", "2016", "0000"),
        ("nilc", "R$", "r$"),
        ("nilc", "1.234,56", "0.000,00"),
        ("nilc", "https://exemplo.com.br/x?1", "URL"),
        ("nilc", "http://", "http://"),
        ("nilc", "Fulano@exemplo.com", "EMAIL"),
        ("nilc", "@fulano", "@fulano"),
        ("lower", "", ""),
        ("lower", "\ud800A", "\ud800a"),
    ],
)
def test_recipes(recipe, word, found):
    assert RECIPES[recipe](word) == found


@pytest.mark.parametrize("recipe", ["none", "lower"])
@unhurried
@given(word=st.text(st.characters()))
def test_a_recipe_applied_twice_is_applied_once(recipe, word):
    once = RECIPES[recipe](word)
    assert RECIPES[recipe](once) == once


@pytest.mark.parametrize("recipe", CUTTING)
@unhurried
@given(text=texts)
def test_with_places_the_text_is_the_same(recipe, text):
    assert normalize(text, recipe).text == CUTTING[recipe].text(text)


@pytest.mark.parametrize("recipe", get_args(Recipe))
@unhurried
@given(text=texts)
@example("")
@example(" ")
def test_places_rise_up_to_the_length(recipe, text):
    found, origin = normalize(text, recipe)
    assert origin.shape == (len(found) + 1,)
    assert origin.dtype == np.int32
    assert (np.diff(origin) >= 0).all()
    assert origin[0] >= 0
    assert origin[-1] == len(text)


@pytest.mark.parametrize("recipe", CUTTING)
@unhurried
@given(text=texts)
def test_recipes_that_cut_leave_no_blanks_at_the_edges_and_one_between(recipe, text):
    found = CUTTING[recipe].text(text)
    assert found == found.strip()
    assert "  " not in found


def test_an_unknown_recipe_is_an_error():
    with pytest.raises(CallError, match="no recipe 'nilk'") as error:
        normalize("a", "nilk")
    assert error.value.remedy == "did you mean 'nilc'?"
    with pytest.raises(CallError, match="there are: none, lower, nilc, glove"):
        normalize("a", "xyzzy")


LONG = 300_000


@pytest.mark.parametrize("recipe", get_args(Recipe))
@pytest.mark.parametrize(
    "piece",
    ["<", "{", "@", "a", "'", ".", "..", "1,", "a.", "<>", "{\n", "http://", "n't", "İ", "Σ"],
)
def test_hostile_lengths(recipe, piece):
    text = (piece * LONG)[:LONG]
    found, origin = normalize(text, recipe)
    assert origin.shape == (len(found) + 1,)
    RECIPES[recipe](text)
