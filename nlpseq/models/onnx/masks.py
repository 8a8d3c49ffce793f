"""Masks: which steps of a padded batch are true ones, as in ``layers.masks``."""

from nlpseq.models.onnx.graph import Value


def inside(lengths: Value, steps: Value | int) -> Value:
    """True within each row's length, shape (batch, steps, 1)."""
    return (lengths.graph.range(steps) < lengths.unsqueeze(1)).unsqueeze(2)
