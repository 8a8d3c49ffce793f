"""Building blocks in torch, each with its equation and its shapes."""
