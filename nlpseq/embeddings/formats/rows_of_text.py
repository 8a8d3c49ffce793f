"""The compiled parser of rows of text: a word, then D decimal numbers, one space before each.

A number becomes the float32 nearest to its decimal text. It is computed as a double x that is
at most a few units in the last place off, and rounded; that can go wrong only where x lies
next to the middle between two float32 values (double rounding), so those, and the tiny numbers
whose float32 has fewer bits, are left to exact arithmetic.
"""

from typing import Any

import numpy as np
from numba import njit
from numba.core import types
from numba.extending import intrinsic

# What a row came to. Larger ones are worse.
FINE = 0
HOLDS_SPACE = 1  #: fine, but its word holds a space
INEXACT = 2  #: a number needs exact arithmetic
NO_WORD = 3
TOO_FEW = 4  #: fewer than D fields behind the word
NO_NUMBER = 5  #: a field is no finite number

_DIGITS = 19  # a uint64 holds any number of so many
_LONGEST = 1000  # bytes of a number
_POWERS = np.array([float(f"1e{k}") for k in range(309)])
_HALF, _NEAR = 1 << 28, 64  # the middle of the 29 bits that float32 drops, and "next to" it
_TINY, _NOTHING = 1.2e-38, 3.4e-46  # below: fewer bits; below: rounds to 0
_HUGE = 3.5e38
_SPACE, _NEWLINE, _RETURN, _ZERO, _MINUS, _PLUS, _POINT = 32, 10, 13, 48, 45, 43, 46


def _load(context: Any, text: Any, place: Any) -> Any:
    """``text[place]`` without numba's question whether ``place`` is negative: two fifths faster."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.load(builder.gep(array.data, [arguments[1]]))

    return types.uint8(text, place), code


_at: Any = intrinsic(_load)


@njit(cache=True, nogil=True, inline="always")
def _bits(value):  # type: ignore[no-untyped-def]
    return np.float64(value).view(np.int64)


@njit(cache=True, nogil=True)
def _number(text, at):  # type: ignore[no-untyped-def]
    """The number that starts at ``at``: (value, where it ends, what it came to)."""
    first = at
    negative = _at(text, at) == _MINUS
    if negative or _at(text, at) == _PLUS:
        at += 1
    start = at
    mantissa, power = np.uint64(0), 0
    while np.uint8(_at(text, at) - _ZERO) <= 9:
        mantissa = mantissa * np.uint64(10) + np.uint64(_at(text, at) - _ZERO)
        at += 1
    digits = at - start
    if _at(text, at) == _POINT:
        at += 1
        point = at
        while np.uint8(_at(text, at) - _ZERO) <= 9:
            mantissa = mantissa * np.uint64(10) + np.uint64(_at(text, at) - _ZERO)
            at += 1
        power = point - at
        digits -= power
    if digits == 0:
        return np.float32(0), at, NO_NUMBER
    if digits > _DIGITS:
        mantissa, power = _long(text, start, at)
    if _at(text, at) == 101 or _at(text, at) == 69:  # e, E
        at += 1
        down = _at(text, at) == _MINUS
        if down or _at(text, at) == _PLUS:
            at += 1
        start, exponent = at, 0
        while np.uint8(_at(text, at) - _ZERO) <= 9:
            if exponent < 100_000:
                exponent = exponent * 10 + int(_at(text, at) - _ZERO)
            at += 1
        if at == start:
            return np.float32(0), at, NO_NUMBER
        power += -exponent if down else exponent
    if -23 < power <= 0:
        value = np.float64(mantissa) / _POWERS[-power]
    else:
        value = _scaled(np.float64(mantissa), power)
    if not value < _HUGE or at - first > _LONGEST:
        return np.float32(0), at, NO_NUMBER
    came_to = FINE
    if value < _TINY:
        if value > _NOTHING:
            came_to = INEXACT
    elif abs((_bits(value) & ((1 << 29) - 1)) - _HALF) <= _NEAR:
        came_to = INEXACT
    single = np.float32(value)
    if came_to == FINE and np.isinf(single):
        came_to = NO_NUMBER
    return -single if negative else single, at, came_to


@njit(cache=True, nogil=True)
def _long(text, at, end):  # type: ignore[no-untyped-def]
    """The first 19 digits that count, of more, and the power of ten that goes with them."""
    mantissa, power, digits, point = np.uint64(0), 0, 0, False
    for i in range(at, end):
        if _at(text, i) == _POINT:
            point = True
        elif digits < _DIGITS:
            mantissa = mantissa * np.uint64(10) + np.uint64(_at(text, i) - _ZERO)
            digits += mantissa != 0
            power -= point
        else:
            power += not point
    return mantissa, power


@njit(cache=True, nogil=True)
def _scaled(mantissa, power):  # type: ignore[no-untyped-def]
    if mantissa == 0 or power < -400:
        return 0.0
    if power < -308:
        return mantissa / _POWERS[308] / _POWERS[-308 - power]
    if power < 0:
        return mantissa / _POWERS[-power]
    return mantissa * _POWERS[power] if power <= 308 else np.inf


@njit(cache=True, nogil=True)
def _numbers(text, at, numbers):  # type: ignore[no-untyped-def]
    """D numbers from ``at``, a space before each, and the line's end: (kind, where)."""
    worst = FINE
    for j in range(len(numbers)):
        if _at(text, at) != _SPACE:
            return TOO_FEW, at
        numbers[j], at, came_to = _number(text, at + 1)
        if came_to > worst:
            if came_to == NO_NUMBER:
                return NO_NUMBER, at
            worst = came_to
    while _at(text, at) == _SPACE:
        at += 1
    if _at(text, at) == _RETURN:
        at += 1
    return worst if _at(text, at) == _NEWLINE else NO_NUMBER, at


@njit(cache=True, nogil=True)
def count_lines(text):  # type: ignore[no-untyped-def]
    """How many lines end in ``text``."""
    n = 0
    for byte in text:
        n += byte == _NEWLINE
    return n


@njit(cache=True, nogil=True)
def parse(text, kinds, matrix, tokens, offsets):  # type: ignore[no-untyped-def]
    r"""Parse lines that end in ``\n``; the number of rows among them.

    :param text: uint8, n whole lines
    :param kinds: shape (n,), written: what each line came to; up to INEXACT it is a row
    :param matrix: shape (m + 1, D), written: the rows' numbers. m is at least the lines of
        2 D bytes or more, which a row has
    :param tokens: uint8, as long as ``text``, written: the rows' words, end to end
    :param offsets: shape (m + 2,), written: where each word starts
    """
    start, rows, filled = 0, 0, 0
    offsets[0] = 0
    for i in range(len(kinds)):
        # The word goes up to the first space, in nearly every row.
        at = start
        while _at(text, at) != _SPACE and _at(text, at) != _NEWLINE:
            at += 1
        word_end = at
        kind, end = _numbers(text, at, matrix[rows])
        if kind > INEXACT:
            while _at(text, end) != _NEWLINE:
                end += 1
            kind, word_end = _from_the_right(text, start, end, matrix[rows])
        if kind <= INEXACT and word_end == start:
            kind = NO_WORD
        kinds[i] = kind
        if kind <= INEXACT:
            for j in range(start, word_end):
                tokens[filled] = _at(text, j)
                filled += 1
            rows += 1
            offsets[rows] = filled
        start = end + 1
    return rows


@njit(cache=True, nogil=True)
def _from_the_right(text, start, end, numbers):  # type: ignore[no-untyped-def]
    """The last D fields as the numbers and all before them as the word: (kind, its end)."""
    if end > start and _at(text, end - 1) == _RETURN:
        end -= 1
    while end > start and _at(text, end - 1) == _SPACE:
        end -= 1
    at = end
    for _ in range(len(numbers)):
        at -= 1
        while at >= start and _at(text, at) != _SPACE:
            at -= 1
        if at < start:
            return TOO_FEW, start
    kind, _ = _numbers(text, at, numbers)
    return HOLDS_SPACE if kind == FINE else kind, at
