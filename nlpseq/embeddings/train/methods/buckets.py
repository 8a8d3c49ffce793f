"""The rows of all n-grams, of which training keeps those alone that some word has."""

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix, Rows


class Buckets(Rows):
    """B rows, of which few are there; the others are 0, or those of vectors trained before.

    fastText keeps all B, and one that no word of training has stays as it was drawn: noise in the
    mean of a word that has it. A zero says nothing of the n-gram.

    :param size: B
    :param used: shape (n,): the rows that are there, in ascending order
    :param places: shape (n,): where they are in ``trained``
    :param trained: shape (at least n, D); may go on changing
    :param before: shape (B, D): all rows as they were
    """

    def __init__(
        self,
        size: int,
        used: npt.NDArray[np.int64],
        places: npt.NDArray[np.int64],
        trained: Matrix,
        before: Rows | None = None,
    ) -> None:
        super().__init__(trained)
        self._size, self._used, self._places, self._before = size, used, places, before

    def __len__(self) -> int:
        return self._size

    def take(self, ids: npt.ArrayLike) -> Matrix:
        """The rows of ``ids``, in their order, shape (k, D)."""
        ids = np.asarray(ids, dtype=np.int64)
        found: Matrix
        if self._before is not None:
            found = self._before.take(ids)
        else:
            found = np.zeros((len(ids), self.dim), dtype=np.float32)
        at = np.searchsorted(self._used, ids)
        at[at == len(self._used)] = 0
        there = self._used[at] == ids if len(self._used) else np.zeros(len(ids), dtype=np.bool_)
        found[there] = self.data[self._places[at[there]]]
        return found

    def block(self, start: int, stop: int) -> Matrix:
        """Rows ``start`` to ``stop``, a copy."""
        return self.take(np.arange(start, min(stop, self._size)))
