from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.text.normalize import RECIPES, Recipe


def test_every_recipe_has_its_function():
    assert set(RECIPES) == set(get_args(Recipe))


@pytest.mark.parametrize(
    ("recipe", "word", "found"),
    [
        ("none", "São", "São"),
        ("none", "É", "É"),
        ("lower", "São", "são"),
        ("lower", "ÁÉÇ", "áéç"),
        ("lower", "ΟΔΟΣ", "οδος"),
        ("lower", "Straße", "straße"),
        ("lower", "", ""),
        ("lower", "\ud800A", "\ud800a"),
    ],
)
def test_recipes(recipe, word, found):
    assert RECIPES[recipe](word) == found


@pytest.mark.parametrize("recipe", RECIPES)
@given(word=st.text(st.characters()))
def test_a_recipe_applied_twice_is_applied_once(recipe, word):
    once = RECIPES[recipe](word)
    assert RECIPES[recipe](once) == once
