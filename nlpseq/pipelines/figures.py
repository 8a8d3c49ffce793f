"""Figures of stages, as people read them."""


def written(value: float | int | str) -> str:
    """Four decimals, or whole numbers in groups of three digits, or words as they are."""
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else value
