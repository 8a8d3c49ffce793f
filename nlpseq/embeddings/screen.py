"""A first pass over the matrix in eight bits, for questions that come one by one.

A single question is bound by memory: each float of the matrix is read for one product. An int8
copy is a quarter as much to read. What rounding may have cost each row is known exactly, so the
rows that could be among the k best are certain; :mod:`nlpseq.embeddings.query` scores those
in full precision, and its answers stay exact.

For a unit row u ~ s a with integers a, and a question x ~ t b with integers b,

    |u . x - s t (a . b)| <= |u| |x - t b| + |u - s a| |t b|
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from numba import njit

from nlpseq.embeddings import query
from nlpseq.embeddings.rows import Matrix, Rows

_ROWS = 127  # largest integer of a row, int8
_QUESTION = 32767  # largest integer of a question, int16
_ROOM = 1 << 14  # candidates that a thread can hold
_BLOCK = 1 << 12
_FAST = {"contract", "reassoc", "nsz", "arcp"}


@njit(cache=True, nogil=True, fastmath=_FAST)
def _quantise(block, norms, integers, scales, errors):  # type: ignore[no-untyped-def]
    """Unit rows as ``scales[i] * integers[i]``, and the length of what that is off by."""
    dim = block.shape[1]
    for i in range(len(block)):
        if norms[i] == 0:
            integers[i], scales[i], errors[i] = 0, 0, 0
            continue
        inverse = np.float32(1) / norms[i]
        largest = np.float32(0)
        for j in range(dim):
            largest = max(largest, abs(block[i, j]))
        scale = largest * inverse / np.float32(_ROWS)
        factor = np.float32(_ROWS) / largest
        off = 0.0
        for j in range(dim):
            integer = np.int8(np.rint(block[i, j] * factor))
            integers[i, j] = integer
            difference = np.float64(block[i, j] * inverse) - np.float64(scale) * integer
            off += difference * difference
        scales[i] = scale
        errors[i] = np.sqrt(off)


@njit(cache=True, nogil=True)
def _scan(  # type: ignore[no-untyped-def]
    integers, scales, errors, question, t, length, off, wanted, skipped, ids, highs
):
    """Rows whose best possible score reaches the ``wanted``-th best certain one so far.

    :param length: of t b
    :param off: of x - t b, with room for the roundings of float32
    :param ids: written: the rows, as offsets from ``skipped``
    :returns: how many, and the bound; -1 where there is no room for them
    """
    dim = integers.shape[1]
    best = np.full(wanted, -np.inf, dtype=np.float32)  # certain scores, the least one first
    found = 0
    for i in range(len(integers)):
        total = np.int32(0)
        for j in range(dim):
            # each step in 32 bits: numba's 64 would keep the processor from its multiply-and-add
            product = np.int32(np.int32(integers[i, j]) * np.int32(question[j]))
            total = np.int32(total + product)
        score = np.float32(total) * (scales[i] * t)
        slack = off + errors[i] * length
        if score + slack < best[0]:
            continue
        if found == len(ids):
            kept = 0
            for j in range(found):
                if highs[j] >= best[0]:
                    ids[kept], highs[kept] = ids[j], highs[j]
                    kept += 1
            found = kept
            if found > len(ids) // 2:
                return -1, best[0]
        ids[found], highs[found] = skipped + i, score + slack
        found += 1
        low = score - slack
        if low > best[0]:
            at = 0
            while at + 1 < wanted and best[at + 1] < low:
                best[at] = best[at + 1]
                at += 1
            best[at] = low
    return found, best[0]


class Screen:
    """An int8 copy of unit rows: one byte a number, and eight a row."""

    def __init__(self, rows: Rows, norms: Matrix, threads: int) -> None:
        self._threads = threads
        self._integers = np.empty((len(rows), rows.dim), dtype=np.int8)
        self._scales = np.empty(len(rows), dtype=np.float32)
        self._errors = np.empty(len(rows), dtype=np.float32)

        wild = query.wild(norms)
        self._wild = np.flatnonzero(wild & (norms != 0))  # always candidates
        trusted = np.where(wild, np.float32(0), norms)

        def fill(start: int) -> None:
            part = slice(start, start + _BLOCK)
            block = np.ascontiguousarray(rows.block(start, start + _BLOCK))
            _quantise(
                block, trusted[part], self._integers[part], self._scales[part], self._errors[part]
            )

        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(fill, range(0, len(rows), _BLOCK)):
                pass

    def best(
        self, rows: Rows, question: npt.NDArray[np.float64], k: int, leave_out: Sequence[int]
    ) -> list[query.Best] | None:
        """The ``k`` best rows for one question, shape (1, D); None where a screen is no help."""
        length = float(np.linalg.norm(question))
        if length == 0:
            return None
        slack = query.error_bound(rows.dim)
        ids = self.candidates(question[0] / length, k + len(leave_out), slack)
        return None if ids is None else [query.best(rows, question, ids, k, "add", leave_out)]

    def candidates(
        self, question: npt.NDArray[np.float64], wanted: int, slack: float
    ) -> npt.NDArray[np.int64] | None:
        """The rows that may be among the ``wanted`` best; None where they are too many.

        :param question: shape (D,), a unit vector
        :param slack: what float32 may add to the error of a cosine
        """
        dim = len(question)
        largest = min(_QUESTION, (2**31 - 1) // (_ROWS * dim))
        t = float(np.abs(question).max()) / largest
        if t == 0 or wanted > _ROOM // 4:
            return None
        integers = np.rint(question / t).astype(np.int16)
        length = float(np.linalg.norm(t * integers))
        off = float(np.linalg.norm(question - t * integers)) + 4 * slack
        cuts = np.linspace(0, len(self._scales), self._threads + 1).astype(np.int64)

        def scan(i: int) -> tuple[int, float, npt.NDArray[np.int64], Matrix]:
            part = slice(cuts[i], cuts[i + 1])
            ids, highs = np.empty(_ROOM, dtype=np.int64), np.empty(_ROOM, dtype=np.float32)
            found, least = _scan(
                self._integers[part], self._scales[part], self._errors[part], integers,
                np.float32(t), np.float32(length), np.float32(off), wanted, cuts[i], ids, highs,
            )  # fmt: skip
            return found, least, ids[:found], highs[:found]

        with ThreadPoolExecutor(self._threads) as pool:
            parts = list(pool.map(scan, range(self._threads)))
        if any(found < 0 for found, *_ in parts):
            return None
        least = max(least for _, least, _, _ in parts)
        found = [ids[highs >= least] for _, _, ids, highs in parts]
        return np.concatenate([*found, self._wild])
