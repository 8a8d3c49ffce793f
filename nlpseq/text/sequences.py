"""Sequences of ids: padding, lengths, batches of like length."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

Side = Literal["pre", "post"]
Truncation = Literal["pre", "post", "both"]
Ids = npt.NDArray[np.integer]


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
    lengths = np.fromiter(map(len, kept), np.int64, len(kept))[:, None]
    places = np.arange(width)
    inside = places < lengths if side == "post" else places >= width - lengths
    padded[inside] = np.concatenate(kept)  # once for all rows: several times as fast as one by one
    return padded


def batches(
    lengths: Sequence[int] | npt.NDArray[np.int64], size: int, *, seed: int, epoch: int
) -> Iterator[npt.NDArray[np.int64]]:
    """Indices of each batch of an epoch: rows of like length together, all in random order.

    The order is a function of (seed, epoch) alone. Rows are shuffled, cut into pools of 50
    batches, each pool sorted by length and cut, and the batches shuffled again.
    """
    random = np.random.default_rng((seed, epoch))
    lengths = np.asarray(lengths)
    order = random.permutation(len(lengths))
    cut: list[npt.NDArray[np.int64]] = []
    for start in range(0, len(order), 50 * size):
        pool = order[start : start + 50 * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        cut.extend(pool[i : i + size] for i in range(0, len(pool), size))
    for i in random.permutation(len(cut)):
        yield cut[i]
