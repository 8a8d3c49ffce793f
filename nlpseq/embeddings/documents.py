"""Vectors of documents: the mean of their words' vectors, plain or weighted by frequency."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError
from nlpseq.text.tokenize import Tokenizer

Weighting = Literal["mean", "frequency"]

_PIECE = 4096  # running words that are added up at a time
_KEPT = 64 << 20  # bytes of vectors that are kept for words to come
_LETTERS = 16 << 20  # characters of those words


class DocumentVector(NamedTuple):
    """A document's vector, or None and the reason."""

    vector: Matrix | None  #: shape (D,)
    known: int  #: running words that have a vector
    words: int  #: running words
    reason: str | None = None


_EMPTY = DocumentVector(None, 0, 0, "the document is empty")


class DocumentVectors:
    """Embeds documents.

    ``mean`` is the mean of the known words' vectors. ``frequency`` weights each by its smooth
    inverse frequency,

        v = 1/n sum_w a / (a + p(w)) v_w

    over the n known running words w, where p(w) is the word's share of the running words of
    training (Arora et al. 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings",
    section 3, algorithm 1, line 2). The paper then takes off the first singular vector of all
    documents (lines 4 to 6); that needs all of them at once, and is not done here. A word whose
    vector is made of subwords was never seen, so that its weight is 1.

    :param tokenizer: what cuts the documents; by default one that leaves words as they are, since
        a look-up applies the recipe of the vectors
    :param a: the smoothing; the paper takes 1e-3 to 1e-4
    :param ignore_case: whether a word that is not found is looked for in another case
    :raises CallError: for ``frequency`` where the vectors know no counts
    """

    def __init__(
        self,
        vectors: Vectors,
        tokenizer: Tokenizer | None = None,
        weighting: Weighting = "mean",
        a: float = 1e-3,
        *,
        ignore_case: bool = False,
    ) -> None:
        if weighting not in get_args(Weighting):
            raise CallError(
                f"no weighting {weighting!r}", remedy="documents are weighted by mean or frequency"
            )
        if not a > 0:
            raise CallError(f"a smoothing of {a}", remedy="it is above 0, such as 0.001")
        self.vectors = vectors
        self.tokenizer = tokenizer or Tokenizer("none")
        self.weighting, self.a, self.ignore_case = weighting, a, ignore_case
        self._total = _total(vectors) if weighting == "frequency" else 0

    def embed(self, texts: Iterable[str]) -> Iterator[DocumentVector]:
        """One answer for each text, in order, as a stream; memory does not grow with them.

        An answer does not depend on the texts beside it.

        :raises CallError: for a single text, whose characters would be taken for documents
        """
        if isinstance(texts, str):
            raise CallError(
                "embed takes documents, not one text", remedy="put it in a list: embed([text])"
            )
        kept = _Kept(self)
        return map(kept.document, self.tokenizer.stream_words(texts))

    def weighted(self, rows: Sequence[int]) -> npt.NDArray[np.float64]:
        """The vectors of rows, each times its word's weight, shape (n, D)."""
        taken = self.vectors.rows.take(rows).astype(np.float64)
        if self.weighting == "frequency":
            assert self.vectors.counts is not None  # _total() saw to it
            p = self.vectors.counts[np.asarray(rows)] / self._total
            taken *= (self.a / (self.a + p))[:, None]
        return taken


def _total(vectors: Vectors) -> int:
    """The running words of training, those of the words alone that have a vector."""
    counts = vectors.counts
    if counts is not None and len(counts) and counts.min() < 0:
        raise DataError("a word has a negative count", remedy="fetch or make the file again")
    total = 0 if counts is None else int(counts.sum())
    if total == 0:
        raise CallError(
            "these vectors do not know how often a word was seen",
            remedy="weight all words alike (mean), or take the store that training wrote",
        )
    return total


class _Kept:
    """The weighted vectors of words met lately, so that a frequent word is looked up once.

    What is kept has a bound: where it is reached, all is forgotten.
    """

    def __init__(self, model: DocumentVectors) -> None:
        self._model = model
        dim = model.vectors.dim
        self._most = max(_PIECE, _KEPT // (8 * max(1, dim)))
        self._matrix = np.empty((self._most, dim))  # float64: sums are rounded at the end alone
        self._slots: dict[str, int] = {}  # -1 for a word without a vector
        self._used = self._letters = 0

    def document(self, words: Sequence[str]) -> DocumentVector:
        if not words:
            return _EMPTY
        known, total = 0, np.zeros(self._matrix.shape[1])
        for start in range(0, len(words), _PIECE):
            slots = self._find(words[start : start + _PIECE])
            if -1 in slots:
                slots = [slot for slot in slots if slot >= 0]
            known += len(slots)
            total += self._matrix.take(slots, axis=0).sum(axis=0) if slots else 0
        if not known:
            return DocumentVector(None, 0, len(words), "no word of the document has a vector")
        return DocumentVector((total / known).astype(np.float32), known, len(words))

    def _find(self, words: Sequence[str]) -> list[int]:
        if len(self._slots) + len(words) > self._most or self._letters > _LETTERS:
            self._slots.clear()
            self._used = self._letters = 0
        slot = self._slots.__getitem__
        try:
            return list(map(slot, words))
        except KeyError:
            self._add([word for word in dict.fromkeys(words) if word not in self._slots])
            return list(map(slot, words))

    def _add(self, words: Sequence[str]) -> None:
        vectors, ignore_case = self._model.vectors, self._model.ignore_case
        rows, places = [], []
        for word in words:
            self._letters += len(word)
            found = vectors.resolve(word, ignore_case=ignore_case)
            if found is None:
                self._slots[word] = -1
                continue
            self._slots[word] = self._used
            if found.row is None:
                self._matrix[self._used] = vectors.vector(word)
            else:
                rows.append(found.row)
                places.append(self._used)
            self._used += 1
        if rows:
            self._matrix[places] = self._model.weighted(rows)
