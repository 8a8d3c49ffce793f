"""Compiled code of :mod:`~nlpseq.embeddings.train.stream.counting`: look-ups, many at a time.

A table is an open-addressing one of 2^b slots over a pool of bytes. A slot is two numbers of 64
bits: the word's first eight bytes, and its length with its number; so that a short word, and most
are, is compared at once. Longer ones are compared with the pool, eight bytes at a time.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

#: bytes after a block or a pool that kernels may read
PAD = 16
#: in a stream of numbers, where a document ends
END = -1
#: places in a table's state
WORDS, USED, POSITION, IDS = range(4)

_BATCH = 128  # words looked up together
_LOW = np.uint64(0x2121212121212121)  # 33 in each byte: blanks and control characters are less
_HIGH = np.uint64(0x8080808080808080)
_LENGTH, _NUMBER = np.uint64(0xFFFFFFFF00000000), np.uint64(0xFFFFFFFF)  # the halves of a slot
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio (Knuth, volume 3, section 6.4)


def _loading(context: Any, data: Any, i: Any) -> Any:
    """Eight bytes from any place as one number, the first of them the lowest."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(data, types.int64), code


def _counting_zeros(context: Any, x: Any) -> Any:
    """How many of a number's lowest bits are 0."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), code


def _fetching(context: Any, slots: Any, slot: Any) -> Any:
    """Have a slot, two numbers, brought to the cache, and do not wait for it."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        word, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        row = builder.shl(arguments[1], ir.Constant(ir.IntType(64), 1))
        place = builder.bitcast(builder.gep(array.data, [row]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(fetch, [place, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(slots, types.uint64), code


_load: Any = intrinsic(_loading)
_zeros: Any = intrinsic(_counting_zeros)
_prefetch: Any = intrinsic(_fetching)


@njit(nogil=True, cache=True)
def _cut(x, rest):  # type: ignore[no-untyped-def]
    """The first of eight bytes, so many as ``rest`` says, and zeros."""
    return x if rest >= 8 else x & ((np.uint64(1) << np.uint64(8 * rest)) - np.uint64(1))


@njit(nogil=True, cache=True)
def _hash(data, start, size):  # type: ignore[no-untyped-def]
    h = (_cut(_load(data, start), size) ^ np.uint64(size)) * _MIX
    h ^= h >> np.uint64(32)
    for i in range(8, size, 8):
        h = (h ^ _cut(_load(data, start + i), size - i)) * _MIX
        h ^= h >> np.uint64(32)
    return h


# No helper below takes arrays inside a loop: numba would count their references at every turn.


@njit(nogil=True, cache=True)
def number(  # type: ignore[no-untyped-def]
    data, starts, sizes, hashes, weights, ids, first, end,
    slots, counts, offsets, pool, state,
):  # fmt: skip
    """Number words, and add those that are new; the first one for which there is no room.

    :param sizes: their bytes; END stands for itself
    :param ids: where the numbers go, from 0
    """
    mask = np.uint64(len(slots) - 1)
    words, used = state[WORDS], state[USED]
    j = first
    while j < end:
        start, size = starts[j], sizes[j]
        if size == END:
            ids[j] = END
            j += 1
            continue
        head = _cut(_load(data, start), size)
        length = np.uint64(size) << np.uint64(32)
        slot = hashes[j] & mask
        word = np.int64(END)
        while word == END and slots[slot, 1]:
            if slots[slot, 0] == head and slots[slot, 1] & _LENGTH == length:
                word = np.int64(slots[slot, 1] & _NUMBER) - 1
                at = offsets[word]
                for i in range(8, size, 8):
                    differ = _load(pool, at + i) ^ _load(data, start + i)
                    if _cut(differ, size - i):
                        word = np.int64(END)
                        break
            if word == END:
                slot = (slot + np.uint64(1)) & mask
        if word != END:
            counts[word] += weights[j]
        else:
            if (
                words == len(counts)
                or 3 * words >= 2 * len(slots)
                or used + size + 1 + PAD > len(pool)
            ):
                break
            word = words
            for i in range(size):
                pool[used + i] = data[start + i]
            pool[used + size] = 10
            used += size + 1
            words += 1
            offsets[words] = used
            counts[word] = weights[j]
            slots[slot, 0] = head
            slots[slot, 1] = length | np.uint64(words)
        ids[j] = word
        j += 1
    state[WORDS], state[USED] = words, used
    return j


@njit(nogil=True, cache=True)
def _is_space(c):  # type: ignore[no-untyped-def]
    return c == 32 or 9 <= c <= 13


@njit(nogil=True, cache=True)
def number_text(data, size, ids, slots, counts, offsets, pool, state):  # type: ignore[no-untyped-def]
    """Number the words of a text from where ``state`` says; whether there was room for all."""
    i, n = state[POSITION], state[IDS]
    mask = np.uint64(len(slots) - 1)
    starts, sizes = np.empty(_BATCH, np.int64), np.empty(_BATCH, np.int64)
    hashes, ones = np.empty(_BATCH, np.uint64), np.ones(_BATCH, np.int64)
    while i < size:
        some = 0
        while i < size and some < _BATCH:
            c = data[i]
            if _is_space(c):
                if c == 10:
                    starts[some], sizes[some] = i, END
                    some += 1
                i += 1
                continue
            start = i
            while True:
                x = _load(data, i)
                low = (x - _LOW) & ~x & _HIGH  # the lowest mark is right, others may not be
                if low == 0:
                    i += 8
                    continue
                i += _zeros(low) >> 3
                if _is_space(data[i]):
                    break
                i += 1
            starts[some], sizes[some] = start, i - start
            h = _hash(data, start, i - start)
            hashes[some] = h
            _prefetch(slots, h & mask)
            some += 1
        done = number(
            data, starts, sizes, hashes, ones, ids[n:], 0, some,
            slots, counts, offsets, pool, state,
        )  # fmt: skip
        n += done
        if done < some:
            state[POSITION], state[IDS] = starts[done], n
            return False
    state[POSITION], state[IDS] = i, n
    return True


@njit(nogil=True, cache=True)
def hash_all(data, starts, sizes, hashes):  # type: ignore[no-untyped-def]
    """The hash of each word, from which its search starts."""
    for i in range(len(starts)):
        hashes[i] = _hash(data, starts[i], sizes[i])


@njit(nogil=True, cache=True)
def fill(slots: Any, offsets: Any, pool: Any, words: int) -> None:
    """Give each word of a pool its slot; all slots are empty before."""
    mask = np.uint64(len(slots) - 1)
    for word in range(words):
        start = offsets[word]
        size = offsets[word + 1] - 1 - start
        slot = _hash(pool, start, size) & mask
        while slots[slot, 1]:
            slot = (slot + np.uint64(1)) & mask
        slots[slot, 0] = _cut(_load(pool, start), size)
        slots[slot, 1] = np.uint64(size) << np.uint64(32) | np.uint64(word + 1)


@njit(nogil=True, cache=True)
def compact(counts: Any, offsets: Any, pool: Any, words: int, least: int, rank: Any) -> int:
    """Drop rarer words, in place; ``rank`` is each word's new number, or -1."""
    kept = used = 0
    for word in range(words):
        start, end = offsets[word], offsets[word + 1]
        rank[word] = -1
        if counts[word] >= least:
            rank[word] = kept
            counts[kept] = counts[word]
            for i in range(start, end):
                pool[used + i - start] = pool[i]
            used += end - start
            kept += 1
            offsets[kept] = used
    return kept


@njit(nogil=True, cache=True)
def gather(pool: Any, offsets: Any, order: Any, keys: Any, tokens: Any, starts: Any) -> None:
    """Copy words out in an order, and the first 16 bytes of each as two numbers that sort so."""
    at = 0
    for i in range(len(order)):
        start = offsets[order[i]]
        size = offsets[order[i] + 1] - 1 - start
        keys[0, i] = keys[1, i] = 0
        for j in range(size):
            tokens[at + j] = pool[start + j]
        for j in range(min(size, 16)):
            keys[j >> 3, i] |= np.uint64(pool[start + j]) << np.uint64(56 - 8 * (j & 7))
        at += size
        starts[i + 1] = at
