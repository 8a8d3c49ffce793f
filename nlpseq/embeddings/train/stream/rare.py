"""Leaving rare words out of a stream that has them still, as one whose phrases were joined."""

import tempfile
from typing import Any

import numpy as np
from numba import njit

from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.words import Words
from nlpseq.errors import DataError


def without_rare(stream: Stream, *, min_count: int, max_vocab: int | None = None) -> Stream:
    """The stream of the words that come so often, and of the most frequent of them.

    :raises DataError: where there is none
    """
    V = int(np.count_nonzero(stream.counts >= min_count))  # these come first
    V = min(V, max_vocab or V)
    if V == 0:
        raise DataError(
            f"no word occurs {min_count} times in {len(stream.ids):,} tokens",
            remedy="give more text or a lower min_count",
        )
    with tempfile.TemporaryFile() as file:  # as long as it is mapped, it is there
        ids = np.memmap(file, dtype=np.int32, mode="w+", shape=(int(stream.counts[:V].sum()),))
    offsets = np.zeros(len(stream.offsets), dtype=np.int64)
    _keep(stream.ids, stream.offsets, V, ids, offsets)
    return Stream(Words.of(stream.words[:V]), stream.counts[:V], ids, offsets)


@njit(nogil=True, cache=True)
def _keep(ids: Any, offsets: Any, V: int, out: Any, ends: Any) -> None:
    n = 0
    for document in range(len(offsets) - 1):
        for i in range(offsets[document], offsets[document + 1]):
            if ids[i] < V:
                out[n] = ids[i]
                n += 1
        ends[document + 1] = n
