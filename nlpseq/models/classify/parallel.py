"""Two batches at a time.

Most operations of a small network are too short for torch to share them out among threads, whole
batches are not: two threads with a batch each predict a fifth to two thirds more than two threads
with the same batch (a wide LSTM, whose products are long, as much). Each thread more would hold the
memory of one more batch.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from nlpseq.training import loop

_AT_ONCE = 2
_FEW = 4  # batches, which are better computed one after the other, by all threads

_Job = TypeVar("_Job")
_Found = TypeVar("_Found")


def in_parallel(
    compute: Callable[[_Job], _Found], jobs: Sequence[_Job], device: torch.device
) -> Iterator[_Found]:
    """What comes of each job, in their order. Torch's threads are meanwhile shared out among
    those that are computed at a time.

    :param compute: what it does, another thread may do at the same time
    :param device: that computes; on others than a CPU it is one job at a time
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads < _AT_ONCE or len(jobs) < _FEW:
        yield from map(compute, jobs)
        return
    with (
        loop.threads(threads // _AT_ONCE),
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        yield from pool.map(compute, jobs)
