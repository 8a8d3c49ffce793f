"""Text in, ids out, without torch: corpus readers, tokens, vocabulary, sequences."""
