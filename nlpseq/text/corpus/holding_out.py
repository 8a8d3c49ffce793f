"""Holding examples out by a hash, so that neither order nor Python's own hash chooses."""

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from nlpseq.errors import CallError

E = TypeVar("E")


def held_out(
    examples: Sequence[E], number: int, *, seed: int, text: Callable[[E], str]
) -> tuple[list[E], list[E]]:
    """Two parts, of which the second has ``number`` examples; each keeps its order.

    Examples are ranked by a hash of (seed, text), and the lowest are held out.

    :param text: of an example
    :raises CallError: where that would leave a part empty
    """
    if not 0 < number < len(examples):
        raise CallError(
            f"cannot hold {number} of {len(examples)} examples out",
            remedy="hold out fewer than there are",
        )

    def rank(i: int) -> bytes:
        content = text(examples[i]).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(content, digest_size=16, salt=seed.to_bytes(16, "little")).digest()

    held = set(sorted(range(len(examples)), key=rank)[:number])
    return (
        [example for i, example in enumerate(examples) if i not in held],
        [example for i, example in enumerate(examples) if i in held],
    )
