"""Recipes: how words were normalised before a vocabulary or vectors saw them.

A recipe has a name that travels with whatever was made under it, so that a look-up can
apply what training applied.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal

#: what a tokenizer can apply
Recipe = Literal["none", "lower"]

#: what vectors may have been trained under; NILC's recipe for Portuguese has further steps, for
#: whole texts, that a look-up of one word does not need
WordRecipe = Literal["none", "lower", "nilc"]

_URL = re.compile(r"https?://\S+")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def _nilc(word: str) -> str:
    """Lower case, each digit 0, addresses URL and EMAIL (Hartmann et al. 2017, section 2)."""
    word = re.sub(r"\d", "0", word.lower())
    if _URL.fullmatch(word):
        return "URL"
    return "EMAIL" if _EMAIL.fullmatch(word) else word


#: recipe → what it does to one word
RECIPES: Mapping[str, Callable[[str], str]] = {"none": str, "lower": str.lower, "nilc": _nilc}
