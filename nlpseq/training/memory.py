"""Freed memory that stays at hand.

Each batch frees large tensors and asks for others. glibc's ``malloc`` gives such memory back to
the system at once and gets it again page by page, each to be cleared first, which takes a training
of an LSTM half of its time.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4  # malloc.h; see mallopt(3)
_MEBIBYTE = 1 << 20
_BATCHES = 16  # after which free memory is given back, whose pages cost one of them its time


def _glibc() -> Any:
    """The C library of this process if it is glibc, else None."""
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows has no such thing
        return None
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None


_LIBRARY = _glibc()
_inside = 0


@contextmanager
def kept() -> Iterator[Callable[[], None]]:
    """Freed memory is kept for what comes next, and given back at the end.

    What it gives is to be called after each batch. Now and then it joins and gives back all that is
    free: gaps between what is held fit no other batch, and would come to gigabytes.

    Elsewhere than with glibc it changes nothing.
    """
    global _inside
    if _LIBRARY is None:
        yield lambda: None
        return
    batches = count(1)

    def tidy() -> None:
        if next(batches) % _BATCHES == 0:
            _LIBRARY.malloc_trim(0)

    _inside += 1
    _set(mmap_max=0, trim=-1)  # no block by itself; never
    try:
        yield tidy
    finally:
        _inside -= 1
        if not _inside:
            # what glibc comes to by itself when large blocks are freed
            _set(mmap_max=65536, trim=64 * _MEBIBYTE, mmap=32 * _MEBIBYTE)
            _LIBRARY.malloc_trim(0)


def _set(*, mmap_max: int, trim: int, mmap: int | None = None) -> None:
    _LIBRARY.mallopt(_MMAP_MAX, mmap_max)
    _LIBRARY.mallopt(_TRIM_THRESHOLD, trim)
    if mmap is not None:
        _LIBRARY.mallopt(_MMAP_THRESHOLD, mmap)
