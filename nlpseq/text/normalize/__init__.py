"""Recipes: how text was normalised before a vocabulary or vectors saw it.

A recipe has a name that travels with whatever was made under it, so that a look-up can apply
what training applied.
"""

from nlpseq.text.normalize.recipes import CUTTING, RECIPES, Recipe, normalize
from nlpseq.text.normalize.rewriting import Normalized

__all__ = ["CUTTING", "RECIPES", "Normalized", "Recipe", "normalize"]
