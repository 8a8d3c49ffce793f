"""Inputs in chunks, of a stream that may break off."""

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def chunks(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """Lists of ``size`` items, the last of fewer; where reading fails, what was read before that
    comes first, so that its answers are not lost.
    """
    while True:
        chunk: list[Item] = []
        try:
            chunk.extend(islice(items, size))  # keeps what came before an error
        except Exception:
            if chunk:
                yield chunk
            raise
        if not chunk:
            return
        yield chunk
