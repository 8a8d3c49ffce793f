"""From tokenised documents to one stream of ids, so that no epoch hashes a word again."""

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.errors import DataError
from nlpseq.text.counting import require_words
from nlpseq.text.vocabulary import Vocabulary


class Stream(NamedTuple):
    """A corpus as ids, rare words left out."""

    vocabulary: Vocabulary  #: without specials, with counts
    ids: npt.NDArray[np.int32]  #: shape (tokens,)
    offsets: npt.NDArray[np.int64]  #: shape (documents + 1,): where each document starts


class _Ids(dict[str, int]):
    """Gives each new word the next id."""

    def __missing__(self, word: str) -> int:
        self[word] = new = len(self)
        return new


def encode(documents: Iterable[Sequence[str]], *, min_count: int) -> Stream:
    """Read the documents once; words seen fewer than ``min_count`` times are dropped.

    :raises DataError: where no word is frequent enough
    """
    first_seen = _Ids()
    tokens = array("i")
    ends = array("q", [0])
    for words in documents:
        tokens.extend(map(first_seen.__getitem__, require_words(words)))
        ends.append(len(tokens))
    ids = np.frombuffer(tokens, dtype=np.int32)
    words = list(first_seen)
    counts = np.bincount(ids, minlength=len(words))
    kept = sorted(
        (i for i in range(len(words)) if counts[i] >= min_count),
        key=lambda i: (-counts[i], words[i]),
    )
    if not kept:
        raise DataError(
            f"no word occurs {min_count} times in {len(ids):,} tokens",
            remedy="give more text or a lower min_count",
        )
    vocabulary = Vocabulary([words[i] for i in kept], specials=(), counts=counts[kept])
    rank = np.full(len(words), -1, dtype=np.int32)
    rank[kept] = np.arange(len(kept), dtype=np.int32)
    ids = rank[ids]
    before = np.concatenate([[0], np.cumsum(ids >= 0)])
    return Stream(vocabulary, ids[ids >= 0], before[np.frombuffer(ends, dtype=np.int64)])
