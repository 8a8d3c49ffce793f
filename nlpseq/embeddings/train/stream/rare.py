"""Leaving rare words out of a stream that has them still, as one whose phrases were joined."""

from typing import Any

import numpy as np
from numba import njit

from nlpseq.embeddings.train.stream import Stream, mapped, too_rare
from nlpseq.embeddings.words import Words


def without_rare(stream: Stream, *, min_count: int, max_vocab: int | None = None) -> Stream:
    """The stream of the words that come so often, and of the most frequent of them.

    :raises DataError: where there is none
    """
    V = int(np.count_nonzero(stream.counts >= min_count))  # these come first
    V = min(V, max_vocab or V)
    if V == 0:
        raise too_rare(min_count, len(stream.ids))
    ids = mapped.room(int(stream.counts[:V].sum()))
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
