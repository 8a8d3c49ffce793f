"""What comes with compiled kernels, and a process that trains with them can do without.

For a process of nlpseq's own: all of this changes it as a whole.
"""

import ctypes
import mmap
import re
import sys
from pathlib import Path

from nlpseq import glibc

_LARGE = 1 << 18  # bytes of a block that goes back to the system when it is freed
_MAPS = Path("/proc/self/smaps")  # what lies where in memory, and how much of it; proc(5)
#: parts of LLVM that were never written to, and so can be read from the file again
_COMPILER = re.compile(
    r"^(\w+)-(\w+) r-\S+ .*/libllvmlite\.so\n(?:\w+: .*\n)*?Anonymous: +0 kB$", re.MULTILINE
)


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

    LLVM is some 60 MB of code and constants to load kernels that are compiled already, and nothing
    once they are. The system keeps what it has read of that file as long as it has room, but it is
    no longer this process' memory. Without effect elsewhere than on Linux with glibc.
    """
    library = glibc.library()
    if library is None or not _MAPS.exists():
        return
    for found in _COMPILER.finditer(_MAPS.read_text(encoding="utf-8", errors="replace")):
        start, end = (int(address, 16) for address in found.groups())
        library.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED)
