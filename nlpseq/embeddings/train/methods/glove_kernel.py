"""The compiled part of GloVe: the update is written as vector instructions, since a compiler cannot
know that two rows do not overlap; see :mod:`~nlpseq.embeddings.train.kernels.tiles`.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils

from nlpseq.embeddings.train.kernels.tiles import FAST, LANES, Builder, intrinsic, prefetch

_AHEAD = 4  # cells between the fetching of rows and their use
_CLIP = 100.0  # of a gradient
_FLAGS = tuple(sorted(FAST))
_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)
_tools: Any = cgutils


@intrinsic  # type: ignore[untyped-decorator]
def _move(typing: Any, words: Any, row: Any, contexts: Any, column: Any, g: Any, rate: Any) -> Any:
    """AdaGrad's step of both rows, from the values before."""
    signature = types.void(words, types.int64, contexts, types.int64, types.float32, types.float32)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = Builder(context, builder, signature, arguments)
        # A pair of rows is a word's numbers and their sums; its argument follows the array's.
        rows = [tile.at(array, row) for array in (0, 2) for row in tile.pair(array + 1)]
        numbers = *arguments[4:], _FLOAT(-_CLIP), _FLOAT(_CLIP)
        g, rate, low, high = (
            tile.everywhere(_tools.alloca_once_value(builder, number)) for number in numbers
        )
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        root = _tools.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f32")
        with tile.columns(0) as at:
            w, w_sum, c, c_sum = (tile.load(row, at) for row in rows)
            for x, total, other, to in ((w, w_sum, c, rows[:2]), (c, c_sum, w, rows[2:])):
                held = builder.fmul(g, other, flags=_FLAGS)
                for bound, beyond in ((high, ">"), (low, "<")):  # no NaN is beyond, it stays one
                    held = builder.select(builder.fcmp_ordered(beyond, held, bound), bound, held)
                d = builder.fmul(rate, held, flags=_FLAGS)
                moved = builder.fdiv(d, builder.call(root, [total], fastmath=_FLAGS), flags=_FLAGS)
                tile.store(builder.fsub(x, moved, flags=_FLAGS), to[0], at)
                tile.store(tile.plus(d, d, total), to[1], at)
        return tile.done

    return signature, code


@intrinsic  # type: ignore[untyped-decorator]
def _dot(typing: Any, words: Any, row: Any, contexts: Any, column: Any) -> Any:
    """The product of two rows."""
    signature = types.float32(words, types.int64, contexts, types.int64)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = Builder(context, builder, signature, arguments)
        w, c = tile.at(0, arguments[1]), tile.at(2, arguments[3])
        total = _tools.alloca_once_value(builder, ir.Constant(_VECTOR, None))
        with tile.columns(0) as at:
            added = tile.plus(tile.load(w, at), tile.load(c, at), builder.load(total))
            builder.store(added, total)
        return tile.total(builder.load(total))

    return signature, code


@njit(nogil=True, cache=True)
def to_logarithms(cells: Any) -> None:
    """Replace each value by its logarithm."""
    for i in range(len(cells)):
        cells[i].value = np.log(cells[i].value)


@njit(nogil=True, fastmath=set(FAST), cache=True)
def train(cells: Any, words: Any, contexts: Any, rate: Any, alpha: Any, log_most: Any) -> float:
    """Train on cells, one after the other, and give the sum of their losses.

    :param cells: type CELL, with the logarithms of counts
    :param words: shape (2 V, a multiple of LANES): after the numbers of each word's row the sums
        of the squares of what they were moved by
    :param contexts: likewise
    :param log_most: log x_max
    """
    loss = 0.0
    for i in range(len(cells)):
        if i + _AHEAD < len(cells):
            row, column = (
                2 * np.int64(cells[i + _AHEAD].row),
                2 * np.int64(cells[i + _AHEAD].column),
            )
            prefetch(words, row)
            prefetch(words, row + 1)
            prefetch(contexts, column)
            prefetch(contexts, column + 1)
        row, column = 2 * np.int64(cells[i].row), 2 * np.int64(cells[i].column)
        value = cells[i].value
        off = _dot(words, row, contexts, column) - value
        weight = np.float32(1)
        if value < log_most:
            weight = np.exp(alpha * (value - log_most))
        g = weight * off
        loss += 0.5 * g * off
        _move(words, row, contexts, column, g, rate)
    return loss
