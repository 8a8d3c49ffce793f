"""Register tiles: four local rows against rows of a large matrix, with every sum in a register.

What training does over and over is three small products of the same matrices: of T = 4 local
rows h (T, D) and some rows u of a large matrix,

    s = h uᵀ          dh += g u          u += gᵀ h

For s, two or four rows u at a time share each load of h over their whole width. For the others a
register's width of h and dh stays where it is while all rows u pass by: a row's part is read once,
takes part in 8 multiplications and additions, and is written. A compiler that has to prove that no
two of the rows overlap does not find this, so the loops are written as vector instructions of LLVM,
which fit any processor.
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

    def item(self, array: int, index: Any) -> Any:
        """A pointer to a number of an array of one dimension."""
        return self.builder.gep(self._arrays[array].data, [index])

    def local(self, array: int) -> list[Any]:
        """Pointers to the T rows of a local array."""
        return [self.at(array, _index(t)) for t in range(TILE)]

    def pair(self, first: int) -> list[Any]:
        """The numbers ``first`` and ``first + 1`` of two rows; the argument names the first."""
        row = self.arguments[first]
        return [row, self.builder.add(row, _index(1))]

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

    def totals(self, rows: list[list[Any]]) -> Any:
        """The sums over 4 × 4 registers of 16 numbers in one register, row after row."""
        a, b, c, d = map(self._quads, rows)
        ab = self._joined(a, b, [0, 1, 4, 5], [2, 3, 6, 7], 4)
        cd = self._joined(c, d, [0, 1, 4, 5], [2, 3, 6, 7], 4)
        return self._joined(ab, cd, [0, 2, 4, 6], [1, 3, 5, 7], 4)

    def _quads(self, row: list[Any]) -> Any:
        """In each four numbers of a register the sums over the same four of four registers."""

        def inside(places: list[int]) -> list[int]:  # of each four, in both registers
            return [4 * q + p % 4 + p // 4 * LANES for q in range(LANES // 4) for p in places]

        a, b, c, d = row
        ab, cd = (
            self._joined(x, y, inside([0, 4, 1, 5]), inside([2, 6, 3, 7]))
            for x, y in ((a, b), (c, d))
        )
        return self._joined(ab, cd, inside([0, 1, 4, 5]), inside([2, 3, 6, 7]))

    def _joined(self, a: Any, b: Any, some: list[int], others: list[int], size: int = 1) -> Any:
        """Some numbers of two registers plus others, in blocks of ``size``."""
        kind = ir.VectorType(_INT, LANES)
        chosen = (
            ir.Constant(kind, [size * place + k for place in places for k in range(size)])
            for places in (some, others)
        )
        parts = (self.builder.shuffle_vector(a, b, mask) for mask in chosen)
        return self.builder.fadd(*parts, flags=_FLAGS)


def _dots_of(number: int) -> Any:
    """The code of s[t, j + k] = h[t] . u[k] for so many rows u."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = Builder(context, builder, signature, arguments)
        first = arguments[4]
        places = [builder.add(first, _index(k)) for k in range(number)]
        h = tile.local(0)
        u = [tile.at(1, builder.load(tile.item(2, place))) for place in places]
        zero = ir.Constant(_VECTOR, None)
        sums = [[cgutils.alloca_once_value(builder, zero) for _ in u] for _ in h]
        with tile.columns(1) as column:
            loaded = [tile.load(row, column) for row in u]
            for t, row in enumerate(h):
                value = tile.load(row, column)
                for k, other in enumerate(loaded):
                    added = tile.plus(value, other, builder.load(sums[t][k]))
                    builder.store(added, sums[t][k])
        found = [[builder.load(part) for part in row] for row in sums]
        if number < 4:
            for t, row in enumerate(found):
                for place, part in zip(places, row, strict=True):
                    builder.store(tile.total(part), tile.at(3, _index(t), place))
            return tile.done
        every = tile.totals(found)
        four = ir.VectorType(_FLOAT, 4)
        for t in range(TILE):
            mask = ir.Constant(ir.VectorType(_INT, 4), [4 * t + k for k in range(4)])
            part = builder.shuffle_vector(every, every, mask)
            to = builder.bitcast(tile.at(3, _index(t), first), four.as_pointer())
            builder.store(part, to, align=4)
        return tile.done

    return code


def _dots_signature(h: Any, u: Any, columns: Any, s: Any) -> Any:
    return types.void(h, u, columns, s, types.int64)


@intrinsic
def _two_dots(typing: Any, h: Any, u: Any, columns: Any, s: Any, j: Any) -> Any:
    """s[t, j + k] = h[t] . u[columns[j + k]], k < 2"""
    return _dots_signature(h, u, columns, s), _dots_of(2)


@intrinsic
def _four_dots(typing: Any, h: Any, u: Any, columns: Any, s: Any, j: Any) -> Any:
    """The same for k < 4, in 21 registers: AVX-512 has 32, and others 16."""
    return _dots_signature(h, u, columns, s), _dots_of(4)


def _products(into_local: bool, into_rows: bool) -> Any:
    """The code that adds g u to dh, gᵀ h to u, or both from the values before, row after row."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tile = Builder(context, builder, signature, arguments)
        local, change = tile.local(0), tile.local(1)
        steps = _index(0), arguments[4], _index(1), _INDEX
        dh = [cgutils.alloca_once(builder, _VECTOR) for _ in range(TILE)]
        with tile.columns(2) as column:
            h = [tile.load(row, column) for row in local] if into_rows else []
            for row, sums in zip(change, dh, strict=True) if into_local else ():
                builder.store(tile.load(row, column), sums)
            with cgutils.for_range_slice(builder, *steps) as (j, _):
                row = tile.at(2, builder.load(tile.item(3, j)))
                before = after = tile.load(row, column)
                for t in range(TILE):
                    g = tile.everywhere(tile.at(5, _index(t), j))
                    if into_local:
                        builder.store(tile.plus(g, before, builder.load(dh[t])), dh[t])
                    if into_rows:
                        after = tile.plus(g, h[t], after)
                if into_rows:
                    tile.store(after, row, column)
            for row, sums in zip(change, dh, strict=True) if into_local else ():
                tile.store(builder.load(sums), row, column)
        return tile.done

    return code


def _signature(h: Any, dh: Any, u: Any, columns: Any, g: Any) -> Any:
    return types.void(h, dh, u, columns, types.int64, g)


@intrinsic
def _both(typing: Any, h: Any, dh: Any, u: Any, columns: Any, n: Any, g: Any) -> Any:
    """dh[t] += g[t, j] u; u += sum_t g[t, j] h[t], for u = u[columns[j]] and each j < n"""
    return _signature(h, dh, u, columns, g), _products(True, True)


@intrinsic
def _into_local(typing: Any, h: Any, dh: Any, u: Any, columns: Any, n: Any, g: Any) -> Any:
    return _signature(h, dh, u, columns, g), _products(True, False)


@intrinsic
def _into_rows(typing: Any, h: Any, dh: Any, u: Any, columns: Any, n: Any, g: Any) -> Any:
    return _signature(h, dh, u, columns, g), _products(False, True)


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
            # to read, into the second cache, data: into the first it pushes out what is in use
            builder.call(fetch, [line, _INT(0), _INT(1), _INT(1)])
        return tile.done

    return signature, code


# In what follows ``columns`` are rows of u, shape (at least n), n is even, and s and g have shape
# (T, at least n).


@njit(nogil=True, fastmath=set(FAST), cache=True)
def scores(h: Any, u: Any, columns: Any, n: int, s: Any) -> None:
    """s[:, j] = h u[columns[j]] for all j < n."""
    fours = n // 4 * 4 if LANES == 16 else 0
    for j in range(0, fours, 4):
        _four_dots(h, u, columns, s, j)
    for j in range(fours, n, 2):
        _two_dots(h, u, columns, s, j)


@njit(nogil=True, fastmath=set(FAST), cache=True)
def update(h: Any, dh: Any, u: Any, columns: Any, n: int, g: Any) -> None:
    """dh += g u and u += gᵀ h, a column after the other, each from the values before."""
    _both(h, dh, u, columns, n, g)


@njit(nogil=True, fastmath=set(FAST), cache=True)
def gather(h: Any, u: Any, columns: Any, n: int, g: Any) -> None:
    """h += g u."""
    _into_local(h, h, u, columns, n, g)


@njit(nogil=True, fastmath=set(FAST), cache=True)
def scatter(h: Any, u: Any, columns: Any, n: int, g: Any) -> None:
    """u += gᵀ h."""
    _into_rows(h, h, u, columns, n, g)
