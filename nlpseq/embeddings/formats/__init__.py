"""File formats of word vectors, one module a format."""
