"""The C library of this process, where it is glibc: its ``malloc`` can be told what to keep."""

import ctypes
from typing import Any

#: what ``mallopt`` sets (malloc.h; see mallopt(3))
TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX = -1, -3, -4


def library() -> Any:
    """glibc, or None."""
    try:
        found = ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows has no such thing
        return None
    return found if hasattr(found, "mallopt") and hasattr(found, "malloc_trim") else None
