"""Lists of words as blocks: unlike a text's, their words may hold white space."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nlpseq.embeddings.train.stream.counting import END, PAD, Ids, Table
from nlpseq.embeddings.words import Bytes, Offsets
from nlpseq.errors import CallError, DataError
from nlpseq.text.counting import require_words

_WORDS = 1 << 17  # of a block
_BETWEEN = "\x1f"  # what separates units (ASCII); hardly ever in a word


class Lists(NamedTuple):
    """Some documents."""

    data: Bytes  #: the words' UTF-8, and at least PAD bytes more
    starts: Offsets  #: shape (words,)
    ends: Offsets
    documents: list[int]  #: the words so far at the end of each document

    def numbered(self, table: Table) -> Ids:
        """The numbers of the words, with END behind each document."""
        ones = np.ones(len(self.starts), dtype=np.int64)
        ids = table.count_spans(self.data, self.starts, self.ends, ones)
        return np.insert(ids, self.documents, END)


def blocks(documents: Iterable[Sequence[str]]) -> Iterator[Lists]:
    """Documents, many at a time.

    :raises CallError: for what is no list of words
    :raises DataError: for a word that UTF-8 cannot hold
    """
    words: list[str] = []
    ends: list[int] = []
    done = 0
    for document in documents:
        words.extend(require_words(document))
        ends.append(len(words))
        if len(words) >= _WORDS:
            yield _block(words, ends, done)
            done += len(ends)
            words, ends = [], []
    if ends:
        yield _block(words, ends, done)


def _block(words: list[str], documents: list[int], done: int) -> Lists:
    try:
        data = bytearray(_BETWEEN.join(words).encode())
    except (TypeError, UnicodeEncodeError) as error:
        raise _unfit(words, documents, done) from error
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord(_BETWEEN))
    if len(ends) == len(words) - 1:
        ends = np.append(ends, len(data))
        starts = np.concatenate([[0], ends[:-1] + 1])
    else:  # a word holds it, or there is no word
        each = [word.encode() for word in words]
        data = bytearray(b"".join(each))
        ends = np.cumsum([0, *map(len, each)])
        starts, ends = ends[:-1], ends[1:]
    data += bytes(PAD)
    return Lists(np.frombuffer(data, dtype=np.uint8), starts, ends, documents)


def _unfit(words: list[str], documents: list[int], done: int) -> CallError | DataError:
    for i, word in enumerate(words):
        where = f"document {done + bisect_right(documents, i) + 1}"
        if not isinstance(word, str):
            return CallError(f"a document is a list of words, and this is none: {word!r}")
        try:
            word.encode()
        except UnicodeEncodeError:
            return DataError(f"the word {word!r} is not Unicode text", where=where)
    raise AssertionError("all are words")
