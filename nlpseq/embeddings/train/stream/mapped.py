"""A stream on disk: one safetensors file that is opened by a memory map.

The ids come first, as they are made; the header is written at last, into the room left for it.
"""

import json
import mmap
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple, cast
from zlib import crc32

import numpy as np
import numpy.typing as npt
from numba import njit

from nlpseq.embeddings.train.stream.counting import Ids
from nlpseq.embeddings.words import Offsets, Words
from nlpseq.errors import DataError

_FORMAT, VERSION = "nlpseq-stream", "1"
_HEADER = 2048  # bytes, with the eight that say how long it is
_ALIGNED = 64
_LOOKED_AT = 1 << 20  # numbers, until their memory is given back
_TYPES = {
    "ids": "I32",
    "offsets": "I64",
    "counts": "I64",
    "token_offsets": "I64",
    "index": "I32",
    "tokens": "U8",
}
_DTYPES: dict[str, np.dtype[Any]] = {
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
}


class Parts(NamedTuple):
    """What a file holds; the arrays are mapped and cannot be written to."""

    words: Words
    counts: npt.NDArray[np.int64]
    ids: Ids
    offsets: Offsets


def write(
    file: BinaryIO, words: Words, counts: Offsets, pieces: Iterable[tuple[Ids, Offsets]]
) -> None:
    """Write a stream whose ids and ends of documents come in pieces.

    :param file: open for writing, seekable, at its start
    """
    header: dict[str, Any] = {"__metadata__": _about(words)}
    at = 0

    def entry(name: str, size: int) -> None:
        nonlocal at
        kind = _TYPES.get(name, "U8")
        end = at + size * _DTYPES[kind].itemsize
        header[name] = {"dtype": kind, "shape": [size], "data_offsets": [at, end]}
        at = end

    def align() -> None:
        # safetensors allows no gap, so a gap is a tensor
        if gap := -at % _ALIGNED:
            file.write(bytes(gap))
            entry(f"gap_{at}", gap)

    file.write(bytes(_HEADER))
    with TemporaryFile() as kept:
        kept.write(bytes(8))
        n, documents = 0, 0
        for ids, ends in pieces:
            file.write(ids.data)
            kept.write(ends.data)
            n, documents = n + len(ids), documents + len(ends)
        entry("ids", n)
        align()
        kept.seek(0)
        while some := kept.read(1 << 20):
            file.write(some)
        entry("offsets", documents + 1)
    for name, array in (
        ("counts", counts),
        ("token_offsets", words.offsets),
        ("index", words.table),
        ("tokens", words.tokens),
    ):
        align()
        file.write(np.ascontiguousarray(array).data)
        entry(name, len(array))
    file.seek(0)
    file.write((_HEADER - 8).to_bytes(8, "little"))
    file.write(json.dumps(header).encode().ljust(_HEADER - 8))
    file.flush()


def opened(file: BinaryIO) -> Parts:
    """Map a file and look all through it.

    :raises DataError: where it is no stream, or one that is cut off or damaged
    """
    length = os.fstat(file.fileno()).st_size
    file.seek(0)
    head = file.read(_HEADER)
    try:
        header = json.loads(head[8:])
        about = header["__metadata__"]
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        arrays = {name: _mapped(data, header[name], name, length) for name in _TYPES}
    except (KeyError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise DataError("the header of the stream is damaged") from error
    words = Words(arrays["tokens"], arrays["token_offsets"], arrays["index"])
    if about != _about(words):
        raise DataError("not a stream of this version, or its words are damaged")
    parts = Parts(words, arrays["counts"], arrays["ids"], arrays["offsets"])
    _check(parts)
    return parts


def room(n: int, dtype: npt.DTypeLike = np.int32, folder: Path | None = None) -> npt.NDArray[Any]:
    """An array to be written, shape (n,), in a temporary file that goes with it.

    :raises OSError: where the disk has no room for it
    """
    size = max(n, 1) * np.dtype(dtype).itemsize
    with TemporaryFile(dir=folder) as file:  # as long as it is mapped, it is there
        if hasattr(os, "posix_fallocate"):  # or a full disk would be told by a signal that kills
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
        return np.asarray(np.memmap(cast(Any, file), dtype, "r+", shape=(max(n, 1),))[:n])


def passed(array: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """A mapped array from its start to its end in parts, of which one is held at a time."""
    for start in range(0, len(array), _LOOKED_AT):
        yield array[start : start + _LOOKED_AT]
        let_go(array)


def let_go(array: npt.NDArray[Any]) -> None:
    """Give the memory of a mapped array back; the system reads it again when it is asked for."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def _about(words: Words) -> dict[str, str]:
    return {"format": _FORMAT, "version": VERSION, "tokens": f"{crc32(words.tokens.data):08x}"}


def _mapped(data: mmap.mmap, entry: Any, name: str, length: int) -> npt.NDArray[Any]:
    kind = _TYPES[name]
    dtype = _DTYPES[kind]
    (n,), (start, end) = entry["shape"], entry["data_offsets"]
    if (
        any(type(number) is not int for number in (n, start, end))
        or entry["dtype"] != kind
        or end - start != n * dtype.itemsize
        or not 0 <= start <= end <= length - _HEADER
        or start % _ALIGNED
    ):
        raise DataError(f"the entry of {name!r} is damaged")
    return np.frombuffer(data, dtype=dtype, count=n, offset=_HEADER + start)


def _check(parts: Parts) -> None:
    """Kernels that go by these numbers look at no bounds."""
    words, counts, ids, offsets = parts
    V = len(words)
    if (
        V == 0
        or len(counts) != V
        or len(offsets) < 1
        or offsets[0] != 0
        or offsets[-1] != len(ids)
        or (np.diff(offsets) < 0).any()
        or (np.diff(words.offsets) < 0).any()
        or not -1 <= words.table.min() <= words.table.max() < V
        or np.count_nonzero(words.table >= 0) != V  # else a search might never end
        or not _tallied(ids, counts.copy())
    ):
        raise DataError("the stream is damaged")


def _tallied(ids: Ids, left: npt.NDArray[np.int64]) -> bool:
    """Whether each word comes as often as its count says."""
    return all(_tally(part, left) for part in passed(ids)) and not left.any()


@njit(nogil=True, cache=True)
def _tally(ids: Any, left: Any) -> bool:
    """Count words down; False where one is none."""
    for word in ids:
        if not 0 <= word < len(left):
            return False
        left[word] -= 1
    return True
