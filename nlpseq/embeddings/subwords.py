"""Subwords: vectors for words that training never saw, out of their character n-grams.

Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", section 3.2, as
fastText computes it.
"""

import numpy as np

from nlpseq.embeddings.rows import Matrix, Rows
from nlpseq.errors import DataError

END_OF_LINE = "</s>"  #: fastText's word for the end of a line, which has no n-grams

_AT_ONCE = 4096  # rows that are held: a "word" may be as long as a line
_FNV_OFFSET, _FNV_PRIME, _UINT32 = 2166136261, 16777619, 0xFFFFFFFF


class Subwords:
    """The rows of character n-grams: each n-gram is hashed to one of B rows.

    The n-grams of a word are those of ``<word>`` with its marks of begin and end, 3 to 6
    characters long as a rule; a mark alone is none.

    :param rows: shape (B, D)
    :param minimum: characters of the shortest n-gram, ``minn`` in fastText
    :param maximum: characters of the longest one, ``maxn``
    :raises DataError: where there are no rows, or no n-gram can have such a length
    """

    def __init__(self, rows: Rows, minimum: int, maximum: int) -> None:
        if len(rows) == 0:
            raise DataError("subwords without a row")
        if not 0 <= minimum <= maximum or maximum < 1:
            raise DataError(f"no n-gram has {minimum} to {maximum} characters")
        self.rows, self.minimum, self.maximum = rows, minimum, maximum

    def ngrams(self, word: str) -> list[int]:
        """The row of each n-gram of a word, in the order of the word, shorter ones first.

        The row is the n-gram's FNV-1a hash modulo B; as in fastText, a byte counts as signed
        and is extended to 32 bits.
        """
        try:
            characters = [character.encode() for character in f"<{word}>"]
        except UnicodeEncodeError:
            return []
        if word == END_OF_LINE:
            return []
        found = []
        for start in range(len(characters)):
            value = _FNV_OFFSET
            for end in range(start + 1, min(start + self.maximum, len(characters)) + 1):
                for byte in characters[end - 1]:
                    extended = byte if byte < 128 else byte | 0xFFFFFF00
                    value = (value ^ extended) * _FNV_PRIME & _UINT32
                mark = end - start == 1 and (start == 0 or end == len(characters))
                if end - start >= self.minimum and not mark:
                    found.append(value % len(self.rows))
        return found

    def vector(self, word: str) -> Matrix | None:
        """The mean of the rows of a word's n-grams, shape (D,); None where it has no n-gram.

        :raises DataError: where the rows hold, or add up to, something that is no finite number
        """
        ngrams = self.ngrams(word)
        if not ngrams:
            return None
        total = np.zeros(self.rows.dim, dtype=np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(ngrams), _AT_ONCE):
                total += self.rows.take(ngrams[start : start + _AT_ONCE]).sum(axis=0)
            mean: Matrix = total * np.float32(1 / len(ngrams))
        if not np.isfinite(mean).all():
            raise DataError(f"the n-grams of {word!r} give no finite vector")
        return mean
