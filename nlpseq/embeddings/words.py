"""The words of vectors: one UTF-8 blob, offsets and a hash index, all of them mappable.

Opening costs nothing however many words there are, and a look-up reads a few bytes. The
index is an open-addressing table of ``2^b`` row numbers, -1 for empty: the search for a word
starts at slot ``crc32(word) mod 2^b`` and goes on by one until the word or an empty slot.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload
from zlib import crc32

import numpy as np
import numpy.typing as npt

from nlpseq.errors import DataError, nearest

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]
Index = npt.NDArray[np.int32]

_SPELLINGS = 100_000  # words, the most frequent as a rule, that an error suggests one out of


class Words(Sequence[str]):
    """Distinct words in the order of their rows.

    :param tokens: the words' UTF-8, end to end
    :param offsets: shape (V + 1,): word i is ``tokens[offsets[i]:offsets[i + 1]]``
    :param index: shape (2^b,), larger than V
    :raises DataError: where the three cannot belong together
    """

    def __init__(self, tokens: Bytes, offsets: Offsets, index: Index) -> None:
        slots = len(index)
        if (
            len(offsets) < 1
            or slots < len(offsets)
            or slots & (slots - 1)
            or offsets[0] != 0
            or offsets[-1] != len(tokens)
        ):
            raise DataError("words, offsets and index do not belong together")
        self.tokens, self.offsets, self.table = tokens, offsets, index
        # Views that index to plain ints and bytes, which NumPy's own indexing is slow at.
        self._bytes = tokens.data
        self._starts = offsets.data
        self._slots = index.data

    @classmethod
    def of(cls, words: Iterable[str]) -> "Words":
        """Lay out and index words.

        :raises DataError: for a word that stands there twice or is no Unicode text
        """
        from nlpseq.embeddings.indexing import Builder

        listed = list(words)
        try:
            encoded = [word.encode() for word in listed]
        except UnicodeEncodeError as error:
            raise DataError(f"the word {error.object!r} is not Unicode text") from error
        offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(word) for word in encoded], out=offsets[1:])
        tokens = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        builder = Builder()
        new = builder.add(tokens, offsets)
        if not new.all():
            raise DataError(f"the word {listed[int(np.argmin(new))]!r} stands there twice")
        return builder.finish()

    def find(self, word: str) -> int | None:
        """The row of a word, or None."""
        try:
            key = word.encode()
        except UnicodeEncodeError:
            return None
        mask, size = len(self._slots) - 1, len(key)
        slot = crc32(key) & mask
        for _ in range(mask + 1):
            row = self._slots[slot]
            if row < 0:
                return None
            if row >= len(self):
                break
            start = self._starts[row]
            if self._starts[row + 1] - start == size and self._bytes[start : start + size] == key:
                return row
            slot = (slot + 1) & mask
        raise DataError("the index of the words is damaged", remedy="fetch or make the file again")

    def find_all(self, words: Iterable[str]) -> npt.NDArray[np.int64]:
        """The rows of words, shape (n,), -1 where there is none."""
        rows = map(self.find, words)
        return np.array([-1 if row is None else row for row in rows], dtype=np.int64)

    def starting_with(self, prefix: str) -> npt.NDArray[np.bool_]:
        """Which words start so, shape (V,)."""
        try:
            key = prefix.encode()
        except UnicodeEncodeError:
            return np.zeros(len(self), dtype=np.bool_)
        offsets = self.offsets
        fits = np.diff(offsets) >= len(key)
        if offsets.min() < 0 or offsets.max() > len(self.tokens):
            raise DataError(
                "the offsets of the words are damaged", remedy="fetch or make the file again"
            )
        rows = np.flatnonzero(fits)
        for i, byte in enumerate(key):
            rows = rows[self.tokens[offsets[rows] + i] == byte]
        fits[:] = False
        fits[rows] = True
        return fits

    def spelled_like(self, word: str) -> str | None:
        """A word that is spelled nearly so, out of the first ones; or None."""
        for other in (word.lower(), word.capitalize(), word.upper()):
            if other in self:
                return other
        frequent = self[:_SPELLINGS]
        return nearest(word, (other for other in frequent if other[:1] == word[:1]))

    def utf8(self, row: int) -> bytes:
        """The bytes of a word.

        :raises DataError: where the offsets are damaged
        """
        start, end = self._starts[row], self._starts[row + 1]
        if not 0 <= start <= end <= len(self._bytes):
            raise DataError(
                f"the offsets of word {row} are damaged", remedy="fetch or make the file again"
            )
        return bytes(self._bytes[start:end])

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        row = int(row)
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        try:
            return self.utf8(row % len(self)).decode()
        except UnicodeDecodeError as error:
            raise DataError(f"word {row} is not UTF-8") from error

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))

    def __contains__(self, word: Any) -> bool:
        return isinstance(word, str) and self.find(word) is not None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Words):
            return NotImplemented
        return np.array_equal(self.offsets, other.offsets) and np.array_equal(
            self.tokens, other.tokens
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Words({len(self):,}: {' '.join(self[:5])}{' …' if len(self) > 5 else ''})"
