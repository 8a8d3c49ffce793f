"""The character n-grams of a whole vocabulary: the rows that they are hashed to, for each word.

The n-grams are those of :meth:`nlpseq.embeddings.subwords.Subwords.ngrams`, in its order, compiled.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from nlpseq.embeddings.subwords import END_OF_LINE
from nlpseq.embeddings.words import Words

_FNV_OFFSET, _FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)
_SIGN = np.uint32(0xFFFFFF00)
_BEGIN, _END = np.uint8(ord("<")), np.uint8(ord(">"))


def table(
    words: Words, minimum: int, maximum: int, buckets: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """The row of each n-gram of each word.

    :param minimum: characters of the shortest n-gram, the marks of begin and end counted
    :param maximum: characters of the longest one
    :param buckets: B, the rows that there are
    :return: rows, shape (n,), and offsets, shape (V + 1,): those of word i are
        ``rows[offsets[i]:offsets[i + 1]]``
    """
    whole = words.find(END_OF_LINE)
    skipped = -1 if whole is None else whole
    tokens, starts = np.asarray(words.tokens), np.asarray(words.offsets)
    offsets = np.zeros(len(words) + 1, dtype=np.int64)
    _count(tokens, starts, minimum, maximum, skipped, offsets[1:])
    np.cumsum(offsets, out=offsets)
    rows = np.empty(offsets[-1], dtype=np.int32)
    _fill(tokens, starts, minimum, maximum, buckets, skipped, offsets, rows)
    return rows, offsets


class Numbered(NamedTuple):
    """Rows of one matrix: those of words first, then of n-grams, the ones used most first."""

    #: int32, shape (m,), and int64, shape (V + 1,): the rows of word i, of which the first is its
    #: own, are ``lists[starts[i]:starts[i + 1]]``
    lists: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    used: npt.NDArray[np.int64]  #: shape (n,): the buckets that some word uses, ascending
    places: npt.NDArray[np.int64]  #: shape (n,): which rows of n-grams are theirs


def numbered(
    words: Words, counts: npt.NDArray[np.int64], minimum: int, maximum: int, buckets: int
) -> Numbered:
    """Number the rows that a vocabulary needs, words' own and those of its n-grams.

    :param counts: shape (V,): how often each word is seen, once at least
    """
    rows, offsets = table(words, minimum, maximum, buckets)
    seen = np.zeros(buckets, dtype=np.int64)  # few of whose pages are touched
    _add_up(rows, offsets, counts, seen)
    used = np.flatnonzero(seen)
    places = np.empty(len(used), dtype=np.int64)
    places[np.argsort(-seen[used], kind="stable")] = np.arange(len(used))
    seen[used] = places
    starts = offsets + np.arange(len(words) + 1)
    lists = np.empty(starts[-1], dtype=np.int32)
    _list(rows, offsets, seen, starts, lists)
    return Numbered(lists, starts, used, places)


@njit(nogil=True, cache=True)
def _add_up(rows: Any, offsets: Any, counts: Any, seen: Any) -> None:
    for word in range(len(counts)):
        for i in range(offsets[word], offsets[word + 1]):
            seen[rows[i]] += counts[word]


@njit(nogil=True, cache=True)
def _list(rows: Any, offsets: Any, place: Any, starts: Any, lists: Any) -> None:
    V = len(offsets) - 1
    for word in range(V):
        lists[starts[word]] = word
        for i in range(offsets[word], offsets[word + 1]):
            lists[i + word + 1] = V + place[rows[i]]


@njit(nogil=True, cache=True)
def _opens(byte: Any) -> bool:
    """Whether a character of UTF-8 starts here."""
    return bool(byte & 0xC0 != 0x80)


@njit(nogil=True, cache=True)
def _count(tokens: Any, starts: Any, minimum: int, maximum: int, skipped: int, counts: Any) -> None:
    """How many n-grams each word has."""
    for word in range(len(counts)):
        characters = 2
        for at in range(starts[word], starts[word + 1]):
            characters += _opens(tokens[at])
        found = 0
        for n in range(max(minimum, 1), min(maximum, characters) + 1):
            found += characters - n + 1
            if n == 1:  # the marks alone are none
                found -= 2
        counts[word] = found if word != skipped else 0


@njit(nogil=True, cache=True)
def _fill(
    tokens: Any, starts: Any, minimum: int, maximum: int, buckets: int, skipped: int,
    offsets: Any, rows: Any,
) -> None:  # fmt: skip
    """The row of each n-gram: FNV-1a, of bytes that are extended by their sign, modulo B."""
    longest = 0
    for word in range(len(offsets) - 1):
        longest = max(longest, starts[word + 1] - starts[word])
    marked = np.empty(longest + 2, np.uint8)
    for word in range(len(offsets) - 1):
        if word == skipped:
            continue
        size = starts[word + 1] - starts[word] + 2
        marked[0], marked[size - 1] = _BEGIN, _END
        for at in range(1, size - 1):
            marked[at] = tokens[starts[word] + at - 1]
        entry = offsets[word]
        for first in range(size):
            if not _opens(marked[first]):
                continue
            value, at = _FNV_OFFSET, first
            for n in range(1, maximum + 1):
                if at == size:
                    break
                while True:
                    byte = np.uint32(marked[at])
                    value = np.uint32(value ^ (byte | _SIGN if byte > 127 else byte)) * _FNV_PRIME
                    at += 1
                    if at == size or _opens(marked[at]):
                        break
                mark = n == 1 and (first == 0 or at == size)
                if n >= minimum and not mark:
                    rows[entry] = np.uint32(value) % np.uint32(buckets)
                    entry += 1
