"""Pairs as ids: what is learned from, and what is scored."""

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nlpseq.errors import DataError
from nlpseq.models.translate.sides import Ids, Side
from nlpseq.text.corpus import Pair

_log = logging.getLogger(__name__)


class Encoded(NamedTuple):
    """The ids of a pair, without specials."""

    source: Ids
    target: Ids

    @property
    def longest(self) -> int:
        """Words of the longer side."""
        return max(len(self.source), len(self.target))


@dataclass(frozen=True)
class Encoder:
    """Turns pairs of texts into pairs of ids.

    :param max_length: words of a side, at most
    """

    source: Side
    target: Side
    max_length: int

    def encode(self, pairs: Sequence[Pair]) -> list[Encoded]:
        """The ids of pairs of any length.

        :raises DataError: naming the pair with an empty side
        """
        sources = self.source.encode(pair.source for pair in pairs)
        targets = self.target.encode(pair.target for pair in pairs)
        encoded = [Encoded(*each) for each in zip(sources, targets, strict=True)]
        for pair, ids in zip(pairs, encoded, strict=True):
            for side, words in zip(("source", "target"), ids, strict=True):
                if not len(words):
                    raise DataError(
                        f"the {side} has no word", where=pair.where, remedy="remove the pair"
                    )
        return encoded

    def within(self, pairs: Sequence[Pair]) -> list[Encoded]:
        """The ids of pairs that may not be too long.

        :raises DataError: naming the pair that is, or that has an empty side
        """
        encoded = self.encode(pairs)
        for pair, ids in zip(pairs, encoded, strict=True):
            if ids.longest > self.max_length:
                raise DataError(
                    f"a side has more than max_length, {self.max_length} words",
                    where=pair.where,
                    remedy="cut the pair into sentences",
                )
        return encoded

    def learnable(self, pairs: Sequence[Pair]) -> list[Encoded]:
        """The ids of pairs, without those that are too long, of which a warning gives the number.

        :raises DataError: where none is left, or naming the pair with an empty side
        """
        encoded = self.encode(pairs)
        kept = [ids for ids in encoded if ids.longest <= self.max_length]
        if not kept:
            why = f": all have more than max_length, {self.max_length} words" if encoded else ""
            raise DataError(f"there is no pair to train on{why}")
        if left_out := len(encoded) - len(kept):
            message = "%d of %d pairs have more than max_length, %d words, and are left out"
            _log.warning(message, left_out, len(encoded), self.max_length)
        return kept


def digest(*data: Sequence[Encoded]) -> bytes:
    """Sixteen bytes that change with any id, or with their order."""
    found = hashlib.blake2b(digest_size=16)
    for row in (ids for part in data for pair in part for ids in pair):
        found.update(len(row).to_bytes(8, "little"))
        found.update(np.ascontiguousarray(row).tobytes())
    return found.digest()


def fingerprint(pairs: Iterable[Pair]) -> str:
    """Eight hexadecimal digits that change with any text, or their order."""
    found = hashlib.blake2b(digest_size=4)
    for pair in pairs:
        found.update(json.dumps([pair.source, pair.target]).encode())
    return found.hexdigest()
