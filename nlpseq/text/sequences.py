"""Sequences of ids: padding, lengths, batches of like length."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from nlpseq.errors import CallError

Side = Literal["pre", "post"]
Truncation = Literal["pre", "post", "both"]
Unit = Literal["sentences", "tokens"]
Ids = npt.NDArray[np.integer]
Lengths = Sequence[int] | npt.NDArray[np.int64]


def one_hot(ids: Ids, size: int) -> npt.NDArray[np.float32]:
    """One-hot encoding (decks 000 and 002), shape (n, size): row i is 1 at ``ids[i]``, else 0.

    ``one_hot(ids, V) @ E`` is the look-up ``E[ids]``.

    :param ids: shape (n,), each from 0 to ``size`` - 1
    """
    encoded = np.zeros((len(ids), size), dtype=np.float32)
    encoded[np.arange(len(ids)), ids] = 1
    return encoded


def truncate(ids: Ids, length: int, side: Truncation = "post") -> Ids:
    """At most ``length`` ids; ``side`` is where the others are cut off: before what is kept,
    after it, or both: then head and tail are kept, half each, the odd one to the head.
    """
    if len(ids) <= length:
        return ids
    tail = {"post": 0, "pre": length, "both": length // 2}[side]
    return np.concatenate([ids[: length - tail], ids[len(ids) - tail :]])


def windows(ids: Ids, length: int, most: int) -> list[Ids]:
    """A document cut into windows of at most ``length`` ids, one after the other.

    Where it would take more than ``most``, so many are spread evenly over it, without overlap,
    the first at its start and the last at its end. A document without an id has no window.
    """
    starts = list(range(0, len(ids), length))
    if len(starts) > most:
        starts = [i * (len(ids) - length) // max(most - 1, 1) for i in range(most)]
    return [ids[start : start + length] for start in starts]


def pad(
    sequences: Sequence[Ids],
    value: int,
    *,
    length: int | None = None,
    side: Side = "post",
    truncate_side: Truncation = "post",
) -> npt.NDArray[np.int64]:
    """One rectangle, shape (n, length), of sequences of any length.

    :param value: what fills up, usually ``vocabulary.pad``
    :param length: the width; by default the longest sequence's
    :param side: where the filling goes
    :param truncate_side: where longer sequences are cut
    """
    width = max(map(len, sequences), default=0) if length is None else length
    padded = np.full((len(sequences), width), value, dtype=np.int64)
    kept = [ids if len(ids) <= width else truncate(ids, width, truncate_side) for ids in sequences]
    if not kept:
        return padded
    lengths = np.fromiter(map(len, kept), np.int64, len(kept))
    padded[mask(lengths, width, side=side)] = np.concatenate(
        kept
    )  # once for all rows: several times as fast as one by one
    return padded


def mask(
    lengths: Lengths, width: int | None = None, *, side: Side = "post"
) -> npt.NDArray[np.bool_]:
    """Where a padded rectangle holds ids and no filling, shape (n, width).

    :param lengths: how many ids each row has, shape (n,); more than ``width`` fill the row
    :param width: by default the longest row's
    :param side: where the filling is
    """
    lengths = np.asarray(lengths, dtype=np.int64)
    if width is None:
        width = int(lengths.max(initial=0))
    places = np.arange(width)
    if side == "post":
        return places < lengths[:, None]
    return places >= width - lengths[:, None]


def batches(
    lengths: Lengths, size: int, *, seed: int, epoch: int, unit: Unit = "sentences"
) -> Iterator[npt.NDArray[np.int64]]:
    """Indices of each batch of an epoch: rows of like length together, all in random order.

    The order is a function of (seed, epoch) alone. Rows are shuffled, cut into pools of 50
    batches, each pool sorted by length and cut, and the batches shuffled again.

    :param size: rows in a batch at most; by tokens, its rows times its longest row's length,
        filling counted, where only a row that is longer by itself makes a larger batch. An empty
        row counts as one token
    """
    if size < 1:
        raise CallError(f"a batch cannot be of size {size}", remedy="give 1 at least")
    random = np.random.default_rng((seed, epoch))
    lengths = np.asarray(lengths)
    order = random.permutation(len(lengths))
    cut: list[npt.NDArray[np.int64]] = []
    for pool in _pools(order, lengths, 50 * size, unit):
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        if unit == "sentences":
            cut.extend(pool[i : i + size] for i in range(0, len(pool), size))
        else:
            cut.extend(_by_tokens(pool, lengths[pool], size))
    for i in random.permutation(len(cut)):
        yield cut[i]


def longest_first(
    lengths: Lengths, fits: Callable[[npt.NDArray[np.int64]], int]
) -> Iterator[npt.NDArray[np.int64]]:
    """Indices of rows of like length, in batches for prediction, the longest first: an error of
    memory comes at once.

    :param fits: told the indices that are left, in rising order of length: how many of the last
        are a batch; one is in any case
    """
    left = np.argsort(lengths, kind="stable")
    while len(left):
        size = max(1, fits(left))
        yield left[-size:]
        left = left[:-size]


def _pools(
    order: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], size: int, unit: Unit
) -> list[npt.NDArray[np.int64]]:
    """The rows in order, cut where ``size`` rows or tokens are full."""
    if unit == "sentences":
        return [order[start : start + size] for start in range(0, len(order), size)]
    pool = np.cumsum(np.maximum(lengths[order], 1)) // size
    return np.split(order, np.flatnonzero(np.diff(pool)) + 1)


def _by_tokens(
    rows: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], size: int
) -> Iterator[npt.NDArray[np.int64]]:
    """Rows, the shortest first, cut so that each part's rectangle is of ``size`` at most."""
    start = 0
    for i, length in enumerate(lengths.tolist()):
        if i > start and (i + 1 - start) * max(length, 1) > size:
            yield rows[start:i]
            start = i
    if start < len(rows):
        yield rows[start:]
