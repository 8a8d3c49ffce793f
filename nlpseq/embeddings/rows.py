"""The matrix of vectors: float32, float16, or int8 with one scale a row."""

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from nlpseq.errors import CallError, DataError

Matrix = npt.NDArray[np.float32]
Precision = Literal["float32", "float16", "int8"]


class Rows:
    """A matrix of shape (n, D) that gives float32 whatever it is kept as.

    :param data: shape (n, D), float32, float16 or int8; may be mapped from a file
    :param scales: shape (n,), float32, for int8 alone: row i is ``scales[i] * data[i]``
    """

    def __init__(self, data: npt.NDArray[Any], scales: Matrix | None = None) -> None:
        if data.ndim != 2 or data.dtype not in (np.float32, np.float16, np.int8):
            raise DataError(f"{data.dtype} of shape {data.shape} is no matrix of vectors")
        if (data.dtype == np.int8) != (scales is not None):
            raise DataError("int8 vectors, and no others, have scales")
        if scales is not None and scales.shape != (len(data),):
            raise DataError(f"{len(data)} rows and scales of shape {scales.shape}")
        self.data, self.scales = data, scales

    @property
    def dim(self) -> int:
        """D, the numbers of one row."""
        return int(self.data.shape[1])

    @property
    def precision(self) -> Precision:
        """What the numbers are kept as."""
        return str(self.data.dtype)  # type: ignore[return-value]  # __init__ checked

    def __len__(self) -> int:
        return len(self.data)

    def take(self, ids: npt.ArrayLike) -> Matrix:
        """The rows of ``ids``, in their order, shape (k, D); a copy, of those rows alone."""
        ids = np.asarray(ids, dtype=np.int64)
        rows: Matrix = self.data[ids].astype(np.float32)
        if self.scales is not None:
            rows *= self.scales[ids, None]
        return rows

    def block(self, start: int, stop: int) -> Matrix:
        """Rows ``start`` to ``stop``: of float32 the rows themselves, else a copy."""
        rows: Matrix = np.asarray(self.data[start:stop]).astype(np.float32, copy=False)
        if self.scales is not None:
            rows = rows * self.scales[start:stop, None]
        return rows


def convert(matrix: Matrix, precision: Precision) -> tuple[npt.NDArray[Any], Matrix | None]:
    """A block of rows in another precision: the data and, for int8, the scales.

    int8 keeps ``round(x / s)`` with ``s = max|x| / 127`` of each row.

    :raises DataError: where a number is not finite, or too large for float16
    """
    if precision not in get_args(Precision):
        raise CallError(
            f"no precision {precision!r}", remedy=f"it is one of {', '.join(get_args(Precision))}"
        )
    if not np.isfinite(matrix).all():
        raise DataError("a vector holds something that is no finite number")
    if precision == "float32":
        return matrix, None
    if precision == "float16":
        with np.errstate(over="ignore"):
            half = matrix.astype(np.float16)
        if not np.isfinite(half).all():
            raise DataError("a number is too large for float16", remedy="keep float32 or int8")
        return half, None
    scales = np.abs(matrix).max(axis=1, initial=0) / np.float32(127)
    divisor = np.where(scales > 0, scales, np.float32(1))[:, None]
    data = np.clip(np.rint(matrix / divisor), -127, 127).astype(np.int8)
    return data, scales.astype(np.float32)
