"""The recipes by their names."""

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import numpy as np

from nlpseq.errors import CallError, suggestion
from nlpseq.text.normalize import glove, nilc
from nlpseq.text.normalize.rewriting import Normalized, Whole, lower, lowered

Recipe = Literal["none", "lower", "nilc", "glove"]


#: recipe → what it does to one word that was cut out of a text already
RECIPES: Mapping[Recipe, Callable[[str], str]] = {
    "none": str,
    "lower": lower,
    "nilc": nilc.word,
    "glove": glove.word,
}
#: those that also say where words begin and end
CUTTING: Mapping[Recipe, Whole] = {
    "nilc": nilc.TEXT,
    "glove": glove.TEXT,
}


def normalize(text: str, recipe: Recipe) -> Normalized:
    """A text under a recipe, and for each character where it came from.

    ``none`` leaves everything as it is; ``lower`` is lower case; :mod:`nilc` and :mod:`glove`
    say themselves what they do.

    :raises CallError: for a recipe that there is not
    """
    if recipe in CUTTING:
        return CUTTING[recipe].traced(text)
    if recipe == "lower":
        return lowered(text)
    if recipe == "none":
        return Normalized(text, np.arange(len(text) + 1, dtype=np.int32))
    known = get_args(Recipe)
    raise CallError(
        f"no recipe {recipe!r}",
        remedy=suggestion(recipe, known, f"there are: {', '.join(known)}"),
    )
