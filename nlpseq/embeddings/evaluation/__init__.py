"""How good word vectors are: similarity, analogies, categories, and what of a text they hold."""
