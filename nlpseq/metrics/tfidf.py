"""tf-idf of word 1-2-grams.

A feature is a word, or two words side by side, that stands in two training documents or more.
The features of a document have length 1 together (Manning, Raghavan and Schütze 2008, §6.3.1 and
§6.4.1; idf smoothed as in scikit-learn)::

    x_dg = z_dg / |z_d|      z_dg = (1 + ln tf_dg) idf_g      idf_g = 1 + ln((1 + n) / (1 + df_g))

tf_dg: how often g stands in document d; df_g: in how many of the n training documents it stands.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from nlpseq.text.counting import require_words

Texts = Iterable[Sequence[str]]
Ids = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int64]
Sparse = Any  # a csr_array of scipy, which has no types

_FEWEST = 2  # documents that a feature stands in
_BLOCK = 1 << 11  # documents weighed at a time


class _Tokens(NamedTuple):
    """The tokens of all documents, end to end."""

    documents: int
    rows: Ids  #: the document of each token, ascending
    ids: Ids  #: -1 for an unknown word

    def block(self, start: int, end: int) -> "_Tokens":
        """Those of the documents from ``start`` to before ``end``, counted from 0 again."""
        first, last = np.searchsorted(self.rows, [start, end])
        count = min(end, self.documents) - start
        return _Tokens(count, self.rows[first:last] - np.int32(start), self.ids[first:last])

    def pairs(self, words: int) -> tuple[Codes, Ids]:
        """Each two known words side by side, as id of the first · ``words`` + id of the second;
        and their document.
        """
        first, second, row = self.ids[:-1], self.ids[1:], self.rows[1:]
        both = (self.rows[:-1] == row) & (first >= 0) & (second >= 0)
        return first[both].astype(np.int64) * words + second[both], row[both]


def _tokens(documents: Texts, identify: Callable[[Sequence[str]], Iterable[int]]) -> _Tokens:
    parts = [
        np.fromiter(identify(require_words(words)), np.int32, len(words)) for words in documents
    ]
    rows = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
    return _Tokens(len(parts), rows, np.concatenate([*parts, np.empty(0, np.int32)]))


@dataclass(frozen=True, eq=False)
class TfIdf:
    """The features, and what they weigh."""

    words: list[str]
    pairs: Codes  #: shape (P,), ascending: id of the first word · len(words) + id of the second
    idf: npt.NDArray[np.float32]  #: shape (len(words) + P,)

    @classmethod
    def fit(cls, documents: Texts) -> tuple[Self, Sparse]:
        """The features of tokenised documents, and these documents in them."""
        found: defaultdict[str, int] = defaultdict()
        found.default_factory = found.__len__
        tokens = _tokens(documents, lambda words: map(found.__getitem__, words))
        kept, df = _frequent(tokens.ids, tokens.rows)
        ids = np.full(len(found), -1, dtype=np.int32)
        ids[kept] = np.arange(len(kept))
        tokens = tokens._replace(ids=ids[tokens.ids])
        pairs, pair_df = _frequent(*tokens.pairs(len(kept)))
        idf = 1 + np.log((1 + tokens.documents) / (1 + np.concatenate([df, pair_df])))
        words = list(found)
        fitted = cls([words[i] for i in kept], pairs, idf.astype(np.float32))
        return fitted, fitted._weighted(tokens)

    def of(self, documents: Texts) -> Sparse:
        """Tokenised documents in these features, shape (documents, features), sparse."""
        return self._weighted(
            _tokens(documents, lambda words: map(self._ids.get, words, repeat(-1)))
        )

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    def _weighted(self, tokens: _Tokens) -> Sparse:
        from scipy.sparse import csr_array, vstack

        starts = range(0, tokens.documents, _BLOCK)
        blocks = [self._block(tokens.block(start, start + _BLOCK)) for start in starts]
        empty = csr_array((0, len(self.idf)), dtype=np.float32)
        return vstack([empty, *blocks], format="csr", dtype=np.float32)

    def _block(self, tokens: _Tokens) -> Sparse:
        from scipy.sparse import csr_array

        codes, rows = tokens.pairs(len(self.words))
        at = np.searchsorted(self.pairs, codes).astype(np.int32)
        is_feature = np.append(self.pairs, -1)[at] == codes
        known = tokens.ids >= 0
        index = (
            np.concatenate([tokens.rows[known], rows[is_feature]]),
            np.concatenate([tokens.ids[known], at[is_feature] + np.int32(len(self.words))]),
        )
        ones = np.ones(len(index[0]), dtype=np.float32)
        X = csr_array((ones, index), shape=(tokens.documents, len(self.idf)))  # adds up to tf
        X.data = (1 + np.log(X.data)) * self.idf[X.indices]
        row = np.repeat(np.arange(tokens.documents), np.diff(X.indptr))
        length = np.sqrt(np.bincount(row, X.data**2, minlength=tokens.documents))
        X.data /= length[row].astype(np.float32)
        return X


def _frequent(codes: npt.NDArray[np.integer], rows: Ids) -> tuple[Codes, npt.NDArray[np.int64]]:
    """The codes that stand in enough documents, ascending, and in how many."""
    order = np.argsort(codes, kind="stable")  # within a code the rows keep ascending
    codes, rows = codes[order], rows[order]
    is_first = np.ones(len(codes), dtype=np.bool_)
    is_first[1:] = (codes[1:] != codes[:-1]) | (rows[1:] != rows[:-1])
    found, df = np.unique(codes[is_first], return_counts=True)
    enough = df >= _FEWEST
    return found[enough].astype(np.int64), df[enough]
