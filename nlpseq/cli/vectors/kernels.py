"""What comes with compiled kernels, and a process that trains with them can do without.

For a process of nlpseq's own: all of this changes it as a whole.
"""

import ctypes
import mmap
import sys
from pathlib import Path

from nlpseq import glibc

_LARGE = 1 << 18  # bytes of a block that goes back to the system when it is freed
_MAPS = Path("/proc/self/maps")  # what lies where in memory; proc(5)
_COMPILER, _CODE = "libllvmlite.so", "r-xp"


def without_blas() -> None:
    """Have numba without scipy's linear algebra, which no kernel here uses: it takes a fifth of a
    second and 16 MB, and other kernels could not multiply matrices then.
    """
    blas = "scipy.linalg.cython_blas"
    if blas in sys.modules:
        return
    sys.modules[blas] = None  # type: ignore[assignment]  # so it is not found
    try:
        import numba.np.arraymath  # noqa: F401  # which looks for it, once
    finally:
        del sys.modules[blas]


def without_freed_blocks() -> None:
    """Have large blocks given back to the system when they are freed: by itself glibc keeps ever
    larger ones, up to 32 MB, which lie about while vectors are trained. Elsewhere without effect.
    """
    if library := glibc.library():
        library.mallopt(glibc.MMAP_THRESHOLD, _LARGE)


def without_compiler() -> None:
    """Let go of the compiler's code, until a kernel is compiled or loaded again.

    LLVM is some 60 MB of code to load kernels that are compiled already, and nothing once they
    are. The system keeps what it has read of that file as long as it has room, but it is no longer
    this process' memory. Without effect elsewhere than on Linux with glibc.
    """
    library = glibc.library()
    if library is None or not _MAPS.exists():
        return
    for line in _MAPS.read_text(encoding="utf-8", errors="replace").splitlines():
        place, rights, *_ = line.split()
        if rights == _CODE and line.endswith(_COMPILER):  # never written to: read from the file
            start, end = (int(address, 16) for address in place.split("-"))
            at, size = ctypes.c_void_p(start), ctypes.c_size_t(end - start)
            library.madvise(at, size, mmap.MADV_DONTNEED)
