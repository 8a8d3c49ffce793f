"""The best rows for questions: exact, in one pass over the matrix, with bounded memory.

A pass in float32 gives each score within a proven error, so the few rows that could be among
the k best are known; those are scored again in float64. The answers are therefore the same
whatever the batch, the number of threads or the way that the candidates were found.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix, Rows

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Method = Literal["add", "mul"]

_SCORES = 1 << 21  # scores that are held at a time
_LEAST, _MOST = 1 << 9, 1 << 15  # rows of a block
_SHORTEST, _LONGEST = 1e-18, 1e18  # lengths whose squares are within float32


class Best(NamedTuple):
    """The best rows of a question, best first; rows of one score in their order."""

    ids: Ids
    scores: Floats


def error_bound(dim: int) -> float:
    """How far a cosine in float32 may be from the truth (Higham 2002, section 3.1).

    The inner product of two vectors of n numbers, summed in any order, is off by gamma_n =
    n u / (1 - n u) of the product of their lengths at most, u = 2^-24. Lengths and scales add a
    few roundings.
    """
    n = (dim + 16) * 2.0**-24
    return n / (1 - n)


def score(cosines: Floats, method: Method) -> Floats:
    """What a row is worth, from its cosines with the vectors of a question.

    ``add``: their sum, so that a question of b - a + c is 3CosAdd; ``mul``: of cosines with
    (a, b, c) 3CosMul, cos b cos c / (cos a + 0.001), each shifted to [0, 1] (Levy and Goldberg
    2014, equations 3 and 4).

    :param cosines: shape (…, n), n = 1 for ``add`` and 3 for ``mul``
    """
    if method == "add":
        alone: Floats = cosines[..., 0]
        return alone
    a, b, c = np.moveaxis(np.maximum(cosines + 1, 0) / 2, -1, 0)
    ratio: Floats = b * c / (a + 0.001)
    return ratio


#: for each vector of a question: does the score rise with its cosine, or fall
_SIGNS = {"add": np.array([1.0]), "mul": np.array([-1.0, 1.0, 1.0])}


def top(
    rows: Rows,
    norms: Matrix,
    questions: Floats,
    k: int,
    *,
    method: Method = "add",
    leave_out: Sequence[Sequence[int]],
    among: Ids | None = None,
) -> list[Best]:
    """The ``k`` rows of highest score for each question.

    :param norms: shape (V,): the length of each row
    :param questions: shape (q, n, D), see :func:`score`
    :param leave_out: for each question, rows that are no answer
    :param among: the rows that may be answers, rising; by default all
    """
    q, n, dim = questions.shape
    wanted = k + max(map(len, leave_out), default=0)
    if k <= 0 or q == 0:
        return [Best(np.empty(0, np.int64), np.empty(0)) for _ in range(q)]
    lengths = np.linalg.norm(questions, axis=2)
    slack = error_bound(dim) * lengths * _SIGNS[method]
    queries = np.ascontiguousarray(questions.reshape(q * n, dim).T, dtype=np.float32)
    candidates = _Candidates(q, wanted, blank=~lengths.any(axis=1))
    for ids, block, inverse in _blocks(rows, norms, among, _SCORES // (q * n)):
        with np.errstate(over="ignore", invalid="ignore"):
            cosines = block @ queries
            cosines *= inverse[:, None]
        wild = np.isnan(inverse)
        if wild.any():
            candidates.always(ids[wild])
        if method == "add":
            candidates.add(ids, cosines, 2 * slack[:, 0].astype(np.float32))
        else:
            exactly = cosines.reshape(-1, q, n).astype(np.float64)
            low, high = score(exactly - slack, method), score(exactly + slack, method)
            candidates.add(ids, high, high - low)
    first = np.arange(min(wanted, len(rows))) if among is None else among[:wanted]
    return [
        best(rows, questions[i], candidates.of(i, first), k, method, leave_out[i]) for i in range(q)
    ]


def best(
    rows: Rows, question: Floats, ids: Ids, k: int, method: Method, leave_out: Sequence[int]
) -> Best:
    """The ``k`` best of some rows for one question, shape (n, D), scored in float64."""
    ids = np.sort(ids[~np.isin(ids, np.asarray(leave_out, dtype=np.int64))])
    scores = np.empty(len(ids))
    for start in range(0, len(ids), _MOST):
        exact = rows.take(ids[start : start + _MOST]).astype(np.float64)
        # einsum, not BLAS: what a row sums up to does not depend on the rows beside it
        lengths = np.sqrt(np.einsum("ij,ij->i", exact, exact))[:, None]
        products = np.einsum("ij,nj->in", exact, question)
        cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
        scores[start : start + _MOST] = score(cosines, method)
    order = np.argsort(-scores, kind="stable")[:k]
    return Best(ids[order], scores[order])


def wild(lengths: Matrix) -> npt.NDArray[np.bool_]:
    """Which rows are so short or so long that float32 cannot be trusted with their cosines.

    Rows of zeros, whose cosines are 0, are among them.
    """
    trusted: npt.NDArray[np.bool_] = (lengths > _SHORTEST) & (lengths < _LONGEST)
    return ~trusted


def _blocks(
    rows: Rows, norms: Matrix, among: Ids | None, size: int
) -> Iterator[tuple[Ids, Matrix, Matrix]]:
    """Row numbers, rows, and one over their lengths: 0 for a row of zeros, NaN for :func:`wild`."""
    size = min(max(size, _LEAST), _MOST)
    for start in range(0, len(rows) if among is None else len(among), size):
        if among is None:
            block = rows.block(start, start + size)
            ids = np.arange(start, start + len(block))
            lengths = norms[start : start + size]
        else:
            ids = among[start : start + size]
            block, lengths = rows.take(ids), norms[ids]
        untrusted = wild(lengths)
        inverse = np.divide(1, lengths, out=np.zeros_like(lengths), where=~untrusted)
        inverse[untrusted & (lengths != 0)] = np.nan
        yield ids, block, inverse


class _Candidates:
    """Rows that may be among the ``wanted`` best of a question, and what is known of each."""

    def __init__(self, questions: int, wanted: int, blank: npt.NDArray[np.bool_]) -> None:
        self._wanted = wanted
        # For a question of zeros all rows are worth the same: the first ones are the best.
        self._blank = blank
        self._least = np.where(blank, np.inf, -np.inf)  # what a candidate has to reach
        self._found: list[tuple[Ids, Ids, Floats, Floats]] = []
        self._blocks = 0
        self._always: Ids = np.empty(0, dtype=np.int64)

    def always(self, ids: Ids) -> None:
        """Rows that are candidates of every question."""
        if len(ids):
            self._always = np.concatenate([self._always, ids])

    def add(
        self, ids: Ids, high: npt.NDArray[np.floating], width: npt.NDArray[np.floating]
    ) -> None:
        """:param high: shape (m, q): an upper bound of each score; ``high - width`` a lower one"""
        if self._blocks == 0 and len(ids) >= self._wanted:
            # NaN, of damaged rows, sorts last, and would be the bound that nothing reaches
            low = np.nan_to_num(high - width, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
            first = np.partition(low, len(ids) - self._wanted, axis=0)[len(ids) - self._wanted]
            self._least = np.maximum(self._least, first)
        # of a flat array the positions come several times faster
        hits = np.flatnonzero(high >= self._least.astype(high.dtype))
        row, question = np.divmod(hits, high.shape[1])
        bound = high[row, question].astype(np.float64)
        low = bound - np.broadcast_to(width, high.shape)[row, question]
        self._found.append((question, ids[row], bound, low))
        self._blocks += 1
        if self._blocks & (self._blocks - 1) == 0:  # ever more seldom, as ever fewer are found
            self._tighten()

    def _tighten(self) -> None:
        question, ids, high, low = map(np.concatenate, zip(*self._found, strict=True))
        order = np.lexsort((-low, question))
        starts = np.searchsorted(question[order], np.arange(len(self._least) + 1))
        enough = np.flatnonzero(np.diff(starts) >= self._wanted)
        kth = low[order][starts[enough] + self._wanted - 1]
        self._least[enough] = np.maximum(self._least[enough], kth)
        kept = high >= self._least[question]
        self._found = [(question[kept], ids[kept], high[kept], low[kept])]

    def of(self, question: int, first: Ids) -> Ids:
        """The candidates of a question; for a question of zeros the ``first`` rows."""
        if self._blank[question]:
            return first
        if not self._found:
            return self._always
        if len(self._found) > 1:
            self._tighten()
        found = [ids[which == question] for which, ids, _, _ in self._found]
        return np.concatenate([*found, self._always])
