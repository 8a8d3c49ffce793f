"""Work on several cores: results in order, so much in flight and no more."""

import contextlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

from nlpseq.errors import NlpseqError

_In = TypeVar("_In")
_Out = TypeVar("_Out")

_ALONE = 4  # pieces that are done here before other processes are worth their start


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered(
    function: Callable[[_In], _Out], pieces: Iterable[_In], *, processes: int
) -> Generator[_Out]:
    """``map``, in processes of their own; at most two pieces a process are under way.

    Where the pieces break off with an error, the results of those before it are given first.
    The processes end with the generator, also where that is closed before its end.

    :param function: one that a new process can import, and so its arguments
    :param processes: with 1, and for the first few pieces, the work is done in this process
    :raises NlpseqError: where a process was ended from outside
    """
    pieces = iter(pieces)
    if processes == 1:
        yield from map(function, pieces)
        return
    yield from map(function, islice(pieces, _ALONE))
    first = next(pieces, None)
    if first is None:
        return
    # started anew, not forked: threads of other libraries may hold locks here
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, _heed_no_interrupt)
    waiting: deque[Future[_Out]] = deque()
    broken: Exception | None = None
    try:
        piece: _In = first
        while True:
            with _interrupts_later():
                waiting.append(pool.submit(function, piece))
            if len(waiting) >= 2 * processes:
                yield waiting.popleft().result()
            try:
                piece = next(pieces)
            except StopIteration:
                break
            except Exception as error:
                broken = error
                break
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise NlpseqError(
            "a process that did part of the work was ended from outside",
            remedy="the system may have run out of memory; fewer threads need less",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
    if broken is not None:
        raise broken


@contextlib.contextmanager
def _interrupts_later() -> Iterator[None]:
    """Hold Ctrl-C back; a process that starts meanwhile never gets it, from its first moment."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _heed_no_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent ends the rest
