"""Texts that were seen, as hashes of 8 bytes, each with the place where it stood first."""

import hashlib
from array import array
from typing import NamedTuple

from nlpseq.text.corpus.sources import place

_FULL = 0.6  # share of the slots from which on there are twice as many
_LINES = 40  # bits of a place that tell the line; the rest tell the file


class First(NamedTuple):
    """Where a text stood first, and the number of its label there."""

    where: str
    label: int


def hash_of(text: str) -> int:
    """The 8 bytes that stand for a text.

    Two of a million texts are taken for one with a chance of 1 in 37 million.
    """
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1  # 0 marks a free slot


class Seen:
    """A set of texts in some 35 to 70 bytes each, however long they are."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._names: list[str] = []
        self._number = 0
        self._make(1 << 10)

    def _make(self, slots: int) -> None:
        self._hashes = array("Q", bytes(8 * slots))
        self._places = array("Q", bytes(8 * slots))
        self._labels = array("I", bytes(array("I").itemsize * slots))

    def __len__(self) -> int:
        return self._number

    def get(self, key: int) -> First | None:
        """Where the text of a hash stood first, or None where it did not."""
        slot = self._slot(key)
        return self._first(slot) if self._hashes[slot] else None

    def add(self, key: int, file: str, line: int, label: int = 0) -> First | None:
        """Take a text in; or give where it stands already, and change nothing."""
        slot = self._slot(key)
        if self._hashes[slot]:
            return self._first(slot)
        number = self._files.setdefault(file, len(self._files))
        if number == len(self._names):
            self._names.append(file)
        self._hashes[slot] = key
        self._places[slot] = number << _LINES | line
        self._labels[slot] = label
        self._number += 1
        if self._number > _FULL * len(self._hashes):
            self._grow()
        return None

    def _first(self, slot: int) -> First:
        number, line = divmod(self._places[slot], 1 << _LINES)
        return First(place(self._names[number], line), self._labels[slot])

    def _slot(self, key: int) -> int:
        """The slot of a hash, or the free one that it would take."""
        mask = len(self._hashes) - 1
        slot = key & mask
        while self._hashes[slot] not in (0, key):
            slot = slot + 1 & mask
        return slot

    def _grow(self) -> None:
        old = zip(self._hashes, self._places, self._labels, strict=True)
        self._make(2 * len(self._hashes))
        for key, where, label in old:
            if key:
                slot = self._slot(key)
                self._hashes[slot], self._places[slot], self._labels[slot] = key, where, label
