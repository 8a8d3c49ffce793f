"""Register tiles: four rows against two, over their whole width, with every sum in a register.

What training does over and over is three small products of the same matrices: of T = 4 local
rows h (T, D) and some rows u of a large matrix,

    s = h uᵀ          dh += g u          u += gᵀ h

Two rows u at a time share each load of h, and their sums stay in registers: 8 multiplications and
additions for 6 loads. A compiler that has to prove that no two of the rows overlap does not find
this, so the loops are written as vector instructions of LLVM, which fit any processor.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic

intrinsic: Any = _intrinsic  # its own types forget that numba gives the first argument

TILE = 4  #: T, the local rows of a tile

#: floats of a vector register: the width of every row is a multiple of it
LANES = 16 if llvm.get_host_cpu_features().get("avx512f") else 8

_FLOAT, _INT, _INDEX = ir.FloatType(), ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)
# Fast, but not so fast as to assume that there is no NaN and no infinity.
FAST = frozenset({"contract", "reassoc", "nsz", "arcp", "afn"})
_FLAGS = tuple(sorted(FAST))


_function_of: Any = cgutils.get_or_insert_function


def _index(number: int) -> Any:
    return ir.Constant(_INDEX, number)


def _function(builder: Any, kind: Any, name: str) -> Any:
    return _function_of(builder.module, kind, name)


class Builder:
    """Writes the instructions of one tile.

    :param arguments: of the function: arrays of shape (n, width), and numbers
    """

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self.builder, self.arguments = builder, arguments
        self._arrays = {
            i: context.make_array(kind)(context, builder, arguments[i])
            for i, kind in enumerate(signature.args)
            if isinstance(kind, types.Array)
        }
        self.done = context.get_dummy_value()

    def width(self, array: int) -> Any:
        """Numbers of a row of an array, which is named by its place among the arguments."""
        return cgutils.unpack_tuple(self.builder, self._arrays[array].shape, 2)[1]

    def at(self, array: int, row: Any, column: Any = None) -> Any:
        """A pointer to a number, by default the first of its row."""
        offset = self.builder.mul(row, self.width(array))
        if column is not None:
            offset = self.builder.add(offset, column)
        return self.builder.gep(self._arrays[array].data, [offset])

    def local(self, array: int) -> list[Any]:
        """Pointers to the T rows of a local array."""
        return [self.at(array, _index(t)) for t in range(TILE)]

    def pair(self, first: int) -> list[Any]:
        """The numbers ``first`` and ``first + 1`` of two columns; the argument names the first."""
        column = self.arguments[first]
        return [column, self.builder.add(column, _index(1))]

    @contextmanager
    def columns(self, array: int) -> Iterator[Any]:
        """A loop over the width of an array, a register at a time."""
        steps = _index(0), self.width(array), _index(LANES), _INDEX
        with cgutils.for_range_slice(self.builder, *steps) as (column, _):
            yield column

    def load(self, row: Any, column: Any) -> Any:
        """A register's worth of a row."""
        return self.builder.load(self._vector(row, column), align=4)

    def store(self, value: Any, row: Any, column: Any) -> None:
        """Write it back."""
        self.builder.store(value, self._vector(row, column), align=4)

    def _vector(self, row: Any, column: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(row, [column]), _VECTOR.as_pointer())

    def plus(self, a: Any, b: Any, c: Any) -> Any:
        """a b + c, which becomes one instruction."""
        return self.builder.fadd(self.builder.fmul(a, b, flags=_FLAGS), c, flags=_FLAGS)

    def everywhere(self, pointer: Any) -> Any:
        """A register filled with one number."""
        nothing = ir.Constant(_VECTOR, ir.Undefined)
        first = self.builder.insert_element(nothing, self.builder.load(pointer), _INT(0))
        lanes = ir.Constant(ir.VectorType(_INT, LANES), [0] * LANES)
        return self.builder.shuffle_vector(first, nothing, lanes)

    def total(self, vector: Any) -> Any:
        """The sum over a register."""
        kind = ir.FunctionType(_FLOAT, [_FLOAT, _VECTOR])
        name = f"llvm.vector.reduce.fadd.v{LANES}f32"
        add = _function(self.builder, kind, name)
        return self.builder.call(add, [_FLOAT(-0.0), vector], fastmath=_FLAGS)


@intrinsic
def _dots(typing: Any, h: Any, u: Any, first: Any, second: Any, s: Any, j: Any) -> Any:
    """s[t, j] = h[t] . u[first], s[t, j + 1] = h[t] . u[second]"""
    signature = types.void(h, u, types.int64, types.int64, s, types.int64)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = Builder(context, builder, signature, arguments)
        h, u = tile.local(0), [tile.at(1, arguments[2]), tile.at(1, arguments[3])]
        zero = ir.Constant(_VECTOR, None)
        sums = [[cgutils.alloca_once_value(builder, zero) for _ in u] for _ in h]
        with tile.columns(1) as column:
            loaded = [tile.load(row, column) for row in u]
            for t, row in enumerate(h):
                value = tile.load(row, column)
                for k, other in enumerate(loaded):
                    added = tile.plus(value, other, builder.load(sums[t][k]))
                    builder.store(added, sums[t][k])
        for t in range(TILE):
            for k, column in enumerate(tile.pair(5)):
                builder.store(tile.total(builder.load(sums[t][k])), tile.at(4, _index(t), column))
        return tile.done

    return signature, code


def _products(into_local: bool, into_rows: bool) -> Any:
    """The code of a tile that adds g u to dh, gᵀ h to u, or both from the values before."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = Builder(context, builder, signature, arguments)
        h, dh = tile.local(0), tile.local(1)
        u = [tile.at(2, arguments[3]), tile.at(2, arguments[4])]
        g = [
            [tile.everywhere(tile.at(5, _index(t), column)) for column in tile.pair(6)]
            for t in range(TILE)
        ]
        with tile.columns(2) as column:
            before = [tile.load(row, column) for row in u]
            after = list(before)
            for t in range(TILE):
                if into_local:
                    value = tile.load(dh[t], column)
                    for k in range(2):
                        value = tile.plus(g[t][k], before[k], value)
                    tile.store(value, dh[t], column)
                if into_rows:
                    value = tile.load(h[t], column)
                    for k in range(2):
                        after[k] = tile.plus(g[t][k], value, after[k])
            if into_rows:
                for k in range(2):
                    tile.store(after[k], u[k], column)
        return tile.done

    return code


def _signature(h: Any, dh: Any, u: Any, g: Any) -> Any:
    return types.void(h, dh, u, types.int64, types.int64, g, types.int64)


@intrinsic
def _both(typing: Any, h: Any, dh: Any, u: Any, first: Any, second: Any, g: Any, j: Any) -> Any:
    """dh[t] += sum_k g[t, j + k] u[k]; u[k] += sum_t g[t, j + k] h[t], from the values before"""
    return _signature(h, dh, u, g), _products(True, True)


@intrinsic
def _into_local(
    typing: Any, h: Any, dh: Any, u: Any, first: Any, second: Any, g: Any, j: Any
) -> Any:
    return _signature(h, dh, u, g), _products(True, False)


@intrinsic
def _into_rows(
    typing: Any, h: Any, dh: Any, u: Any, first: Any, second: Any, g: Any, j: Any
) -> Any:
    return _signature(h, dh, u, g), _products(False, True)


@intrinsic
def prefetch(typing: Any, u: Any, row: Any) -> Any:
    """Have a row on its way into the cache."""
    signature = types.void(u, types.int64)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = Builder(context, builder, signature, arguments)
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, _INT, _INT, _INT])
        fetch = _function(builder, kind, "llvm.prefetch.p0")
        start = tile.at(0, arguments[1])
        steps = _index(0), tile.width(0), _index(16), _INDEX  # floats of a line of the cache
        with cgutils.for_range_slice(builder, *steps) as (column, _):
            line = builder.bitcast(builder.gep(start, [column]), byte)
            builder.call(fetch, [line, _INT(1), _INT(3), _INT(1)])  # to write, keep, data
        return tile.done

    return signature, code


# In what follows ``columns`` are rows of u, shape (at least n), n is even, and s and g have shape
# (T, at least n). The last row of u stands for no row: it is 0 and stays 0.


@njit(nogil=True, fastmath=set(FAST), cache=True)
def scores(h: Any, u: Any, columns: Any, n: int, s: Any) -> None:
    """s[:, j] = h u[columns[j]] for all j < n."""
    for j in range(0, n, 2):
        _dots(h, u, columns[j], columns[j + 1], s, j)


@njit(nogil=True, fastmath=set(FAST), cache=True)
def apart(u: Any, columns: Any, g: Any, j: int) -> Any:
    """The second row of a pair; where it is the first once more, their parts of g become one."""
    if columns[j] != columns[j + 1]:
        return columns[j + 1]
    for t in range(TILE):
        g[t, j] += g[t, j + 1]
        g[t, j + 1] = 0
    return len(u) - 1


@njit(nogil=True, fastmath=set(FAST), cache=True)
def update(h: Any, dh: Any, u: Any, columns: Any, n: int, g: Any) -> None:
    """dh += g u and u += gᵀ h, a pair of columns after the other, each from the values before."""
    for j in range(0, n, 2):
        _both(h, dh, u, columns[j], apart(u, columns, g, j), g, j)


@njit(nogil=True, fastmath=set(FAST), cache=True)
def gather(h: Any, u: Any, columns: Any, n: int, g: Any) -> None:
    """h += g u."""
    for j in range(0, n, 2):
        _into_local(h, h, u, columns[j], columns[j + 1], g, j)


@njit(nogil=True, fastmath=set(FAST), cache=True)
def scatter(h: Any, u: Any, columns: Any, n: int, g: Any) -> None:
    """u += gᵀ h."""
    for j in range(0, n, 2):
        _into_rows(h, h, u, columns[j], apart(u, columns, g, j), g, j)
