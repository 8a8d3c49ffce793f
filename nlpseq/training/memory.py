"""Freed memory that stays at hand.

Each batch frees large tensors and asks for others. glibc's ``malloc`` gives such memory back to
the system at once and gets it again page by page, each to be cleared first, which takes a training
of an LSTM half of its time.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

from nlpseq import glibc

_MEBIBYTE = 1 << 20
_SLACK = 3  # what may be held for batches: times what the largest of them needs
_PAGES = Path("/proc/self/statm")  # of the address space, in memory, of them of files; proc(5)

_LIBRARY: Any = glibc.library() if _PAGES.exists() else None
_inside = 0


class _Held:
    """What a process holds for batches, beyond what it holds else."""

    def __init__(self, pages: FileIO) -> None:
        self._pages = pages
        self._floor = self._before = self._own()
        self._largest = 0  # pages that one batch has added

    def tidy(self) -> None:
        """After a batch: give back what is free, if it is much more than a batch needs."""
        now = self._own()
        self._largest = max(self._largest, now - self._before)
        if now - self._floor > _SLACK * self._largest:
            _LIBRARY.malloc_trim(0)
            now = self._floor = self._own()
        self._before = now

    def _own(self) -> int:
        """Pages in memory that are this process' own, not a file's."""
        _, pages, of_files, *_ = map(int, os.pread(self._pages.fileno(), 256, 0).split())
        return pages - of_files


@contextmanager
def kept() -> Iterator[Callable[[], None]]:
    """Freed memory is kept for what comes next, and given back at the end.

    What it gives is to be called after each batch. Free memory is not only that of the last batch:
    gaps between what is held fit no other batch, and would come to gigabytes. So all that is free
    is given back whenever it comes to three times what the largest batch needed.

    Elsewhere than with glibc it changes nothing.
    """
    global _inside
    if _LIBRARY is None:
        yield lambda: None
        return
    _inside += 1
    _set(mmap_max=0, trim=-1)  # no block by itself; never
    try:
        with _PAGES.open("rb", buffering=0) as pages:
            yield _Held(pages).tidy
    finally:
        _inside -= 1
        if not _inside:
            # what glibc comes to by itself when large blocks are freed
            _set(mmap_max=65536, trim=64 * _MEBIBYTE, mmap=32 * _MEBIBYTE)
            _LIBRARY.malloc_trim(0)


def _set(*, mmap_max: int, trim: int, mmap: int | None = None) -> None:
    _LIBRARY.mallopt(glibc.MMAP_MAX, mmap_max)
    _LIBRARY.mallopt(glibc.TRIM_THRESHOLD, trim)
    if mmap is not None:
        _LIBRARY.mallopt(glibc.MMAP_THRESHOLD, mmap)
