"""What comes with compiled kernels."""

import sys


def without_blas() -> None:
    """Have numba without scipy's linear algebra, which no kernel here uses: it takes a fifth of a
    second and 16 MB.

    For a process of nlpseq's own: other kernels could not multiply matrices in it.
    """
    blas = "scipy.linalg.cython_blas"
    if blas in sys.modules:
        return
    sys.modules[blas] = None  # type: ignore[assignment]  # so it is not found
    try:
        import numba.np.arraymath  # noqa: F401  # which looks for it, once
    finally:
        del sys.modules[blas]
