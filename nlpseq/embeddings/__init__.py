"""Word vectors without torch: the vectors, their file formats, their training."""
