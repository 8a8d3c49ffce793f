"""Recipes: how words were normalised before a vocabulary or vectors saw them.

A recipe has a name that travels with whatever was made under it, so that a look-up can
apply what training applied.
"""

from collections.abc import Callable, Mapping
from typing import Literal

Recipe = Literal["none", "lower"]

#: recipe → what it does to one word
RECIPES: Mapping[str, Callable[[str], str]] = {"none": str, "lower": str.lower}
