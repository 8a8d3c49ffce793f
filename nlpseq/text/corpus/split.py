"""Splits by hash: the text alone tells its side, however the corpus grows or is reordered."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from itertools import accumulate

from nlpseq.errors import CallError
from nlpseq.text.corpus.documents import Document

_BITS = 53  # as many as a float holds exactly


def side(text: str, shares: Mapping[str, float], seed: int) -> str:
    """The side of a text: a function of its arguments and of no other text.

    BLAKE2b of (seed, text), read as a number in [0, 1), falls into one of the intervals that the
    shares cut out of it, in their order.

    :param shares: side → its share, such as ``{"train": 0.8, "dev": 0.2}``
    :raises CallError: where a share is not in (0, 1], or they do not add up to 1
    """
    _check(shares)
    return _side(text, shares, seed)


def split(
    documents: Iterable[Document], shares: Mapping[str, float], seed: int
) -> dict[str, list[Document]]:
    """The documents of each side, in their order; equal texts are always on one side.

    Shares are kept on average: of few documents a side may get none.

    :raises CallError: where a share is not in (0, 1], or they do not add up to 1
    """
    _check(shares)
    sides: dict[str, list[Document]] = {name: [] for name in shares}
    for document in documents:
        sides[_side(document.text, shares, seed)].append(document)
    return sides


def _side(text: str, shares: Mapping[str, float], seed: int) -> str:
    # digits and a line break: no other seed and text have the same bytes
    content = f"{seed}\n{text}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(content, digest_size=8).digest()
    place = (int.from_bytes(digest, "little") >> (64 - _BITS)) / (1 << _BITS)
    bounds = zip(shares, accumulate(shares.values()), strict=True)
    # the sum may be a rounding error below 1
    return next((name for name, bound in bounds if place < bound), list(shares)[-1])


def _check(shares: Mapping[str, float]) -> None:
    for name, share in shares.items():
        if not 0 < share <= 1:
            raise CallError(
                f"the share of {name!r} is {share}",
                remedy="a share is greater than 0 and at most 1, such as 0.1",
            )
    total = math.fsum(shares.values())
    if not math.isclose(total, 1, abs_tol=1e-9):
        raise CallError(f"the shares add up to {total:g}", remedy="they must add up to 1")
