from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.text.normalize import RECIPES, Recipe, Recipe


def test_every_recipe_has_its_function():
    assert set(RECIPES) == set(get_args(Recipe))
    assert set(get_args(Recipe)) <= set(RECIPES)


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


@pytest.mark.parametrize("recipe", get_args(Recipe))
@given(word=st.text(st.characters()))
def test_a_recipe_applied_twice_is_applied_once(recipe, word):
    once = RECIPES[recipe](word)
    assert RECIPES[recipe](once) == once
