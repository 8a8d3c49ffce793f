"""Training of word vectors: one module a method, and the stream of ids that they share."""
