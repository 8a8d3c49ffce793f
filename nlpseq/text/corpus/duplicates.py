"""Near-duplicates: texts of a held-out part that the training part holds with few changes."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.errors import CallError

_Hashes = npt.NDArray[np.uint64]

_WORDS = 5  # of a shingle
_SKETCH = 128  # hashes
_KEPT = 256  # held-out texts whose shingles are at hand
_WORD = re.compile(r"[^\W_]+")
_BASE = np.uint64(0x9E3779B97F4A7C15)


class NearDuplicate(NamedTuple):
    """Two texts that say nearly the same."""

    held: int  #: index in the held-out part
    train: int  #: index in the training part
    similarity: float  #: Jaccard similarity of their shingles, at least the threshold


def near_duplicates(
    held: Sequence[str], train: Iterable[str], *, threshold: float = 0.8
) -> Iterator[NearDuplicate]:
    """Pairs of a held-out and a training text that are at least ``threshold`` alike.

    Alike is the Jaccard similarity of the sets of their shingles: all runs of 5 words, lowercased
    and without punctuation; a text of fewer words is one shingle, and one without any word is like
    no other. Pairs come in the order of the training part, which is streamed; within that, in the
    order of the held-out part.

    Candidates come from bottom-k sketches (Broder 1997, On the resemblance and containment of
    documents): the 128 lowest hashes of each held-out text are kept, and those that share at least
    half of what the threshold lets expect are verified by all shingles. So nothing is reported
    wrongly (up to collisions of 64-bit hashes), and a pair can be missed: one at the threshold
    itself with a chance below 1e-21 for 0.8, 1e-8 for 0.5, and 1 in 1,000 for 0.2. Pairs of which
    one contains the other but is much shorter are not alike in this sense. Neither are changes
    that touch every fifth word, nor is there anything to compare in text whose words no space or
    punctuation separates. As pairs are what is reported, n equal texts on each side are n².

    :param threshold: in (0, 1]
    :raises CallError: for a threshold out of its range
    """
    _check(threshold)
    return _pairs(held, train, threshold, within=False)


def near_duplicates_within(
    texts: Sequence[str], *, threshold: float = 0.8
) -> Iterator[NearDuplicate]:
    """Pairs within one part, each once: ``held`` is the index of the earlier text.

    Else as :func:`near_duplicates`.
    """
    _check(threshold)
    return _pairs(texts, texts, threshold, within=True)


def _check(threshold: float) -> None:
    if not 0 < threshold <= 1:
        raise CallError(
            f"the threshold is {threshold}", remedy="it is greater than 0 and at most 1, like 0.8"
        )


def _pairs(
    held: Sequence[str], train: Iterable[str], threshold: float, *, within: bool
) -> Iterator[NearDuplicate]:
    shingles = _Shingles()
    index = _Index([shingles.of(text)[:_SKETCH].copy() for text in held])
    held_shingles = lru_cache(_KEPT)(lambda i: shingles.of(held[i]))
    for number, text in enumerate(train):
        these = shingles.of(text)
        sketch = these[:_SKETCH]
        for i in index.sharing(sketch, at_least=threshold / 2 * len(sketch)):
            if within and i >= number:
                break  # found from the other side
            similarity = _jaccard(held_shingles(i), these)
            if similarity >= threshold:
                yield NearDuplicate(i, number, similarity)


def _jaccard(a: _Hashes, b: _Hashes) -> float:
    """Of two sorted sets."""
    both = np.intersect1d(a, b, assume_unique=True).size
    return both / (a.size + b.size - both)


class _Shingles:
    """Hashes of shingles; those of words are kept, since words come again."""

    _most = 1 << 20
    _longest = 64  # of the words that are kept, in characters

    def __init__(self) -> None:
        self._hashes: dict[str, int] = {}

    def of(self, text: str) -> _Hashes:
        """The distinct hashes of a text's shingles, in rising order."""
        # one by one: a list of a long text's words takes many times its memory
        found = (self._hash(match.group()) for match in _WORD.finditer(text.lower()))
        words = np.fromiter(found, dtype=np.uint64)
        if not words.size:
            return words
        length = min(_WORDS, words.size)
        count = words.size - length + 1
        hashes = np.zeros(count, dtype=np.uint64)
        for j in range(length):  # Horner's rule modulo 2⁶⁴
            hashes *= _BASE
            hashes += words[j : j + count]
        # the finaliser of splitmix64 (Steele et al. 2014): the lowest must be a fair sample
        hashes ^= hashes >> np.uint64(30)
        hashes *= np.uint64(0xBF58476D1CE4E5B9)
        hashes ^= hashes >> np.uint64(27)
        hashes *= np.uint64(0x94D049BB133111EB)
        hashes ^= hashes >> np.uint64(31)
        return np.unique(hashes)

    def _hash(self, word: str) -> int:
        found = self._hashes.get(word)
        if found is None:
            digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            found = int.from_bytes(digest, "little")
            if len(self._hashes) == self._most:
                self._hashes.clear()
            if len(word) <= self._longest:
                self._hashes[word] = found
        return found


class _Index:
    """Which sketches hold a hash."""

    def __init__(self, sketches: list[_Hashes]) -> None:
        lengths = [sketch.size for sketch in sketches]
        hashes = np.concatenate([np.zeros(0, dtype=np.uint64), *sketches])
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._owners = np.repeat(np.arange(len(sketches)), lengths)[order]

    def sharing(self, sketch: _Hashes, *, at_least: float) -> list[int]:
        """The sketches that share so many hashes with this one, in rising order."""
        first = np.searchsorted(self._hashes, sketch, side="left")
        last = np.searchsorted(self._hashes, sketch, side="right")
        ranges = [self._owners[a:b] for a, b in zip(first, last, strict=True) if a < b]
        if len(ranges) < at_least or not ranges:
            return []
        owners, counts = np.unique(np.concatenate(ranges), return_counts=True)
        found: list[int] = owners[counts >= at_least].tolist()
        return found
