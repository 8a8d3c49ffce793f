"""The store of vectors: one safetensors file that is opened by a memory map, at once.

docs/formats.md describes it. Any safetensors library reads the tensors; we read the header
ourselves, since a map needs the offsets, and check each of them against the file's size.
"""

import json
import math
import mmap
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix, Precision, Rows, convert
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.words import Words
from nlpseq.errors import CallError, DataError, NlpseqError
from nlpseq.files import open_bytes
from nlpseq.text.normalize import Recipe

FORMAT, VERSION = "nlpseq-vectors", "1"
#: metadata that are the store's own; the others are the user's, such as source and licence
_OWN = ("format", "version", "subwords")
_ALIGNED = 64
_LARGEST_HEADER = 1 << 20
_LARGEST_ABOUT = _LARGEST_HEADER - (1 << 14)  # the rest of the header is smaller than that
_REMEDY = "fetch or make the file again"
_BLOCK = 1 << 13  # rows copied at a time
_TYPES = {
    np.dtype(kind): name
    for kind, name in {
        "<f4": "F32",
        "<f2": "F16",
        "i1": "I8",
        "u1": "U8",
        "<i4": "I32",
        "<i8": "I64",
    }.items()
}
_DTYPES = {name: dtype for dtype, name in _TYPES.items()}


class Stored(NamedTuple):
    """What a store holds. The arrays are mapped: pages are read when they are touched."""

    words: Words
    rows: Rows
    norms: Matrix | None  #: shape (V,): the length of each row, where it is known
    counts: npt.NDArray[np.int64] | None
    subwords: Subwords | None
    about: dict[str, str]


def looks_like(head: bytes) -> bool:
    """Whether a file that opens with these bytes is a store."""
    return head[8:9] == b"{" and f'"format": "{FORMAT}"'.encode() in head[:256]


class Writer:
    """Writes a store as its rows arrive; only the words are kept in memory.

    :param file: open for writing, seekable
    :param about: metadata, such as recipe, source and licence
    """

    def __init__(
        self, file: BinaryIO, dim: int, precision: Precision, about: Mapping[str, str]
    ) -> None:
        if not file.seekable():
            raise CallError("a store cannot be written to a pipe", remedy="give the name of a file")
        self.dim, self._precision, self._file = dim, precision, file
        self.about = dict(about)  #: may be added to until the end, by a little
        _check_about(self.about)
        self._scales: list[Matrix] = []
        self._norms: list[Matrix] = []
        self._counts: list[npt.NDArray[np.int64]] = []
        # Room for the header, whose numbers are known at the end alone.
        room = 2048 + len(json.dumps(self.about).encode())
        self._start = -(-(8 + room) // _ALIGNED) * _ALIGNED
        self._header: dict[str, Any] = {}
        self._at = 0
        file.write(b"\0" * self._start)

    def add(self, matrix: Matrix, counts: npt.NDArray[np.int64] | None = None) -> None:
        """Append rows, shape (n, D), and how often each word was seen, where that is known."""
        data, scales = convert(matrix, self._precision)
        if scales is not None:
            self._scales.append(scales)
        self._norms.append(norms_of(Rows(data, scales)))
        if counts is not None:
            self._counts.append(counts)
        self._file.write(np.ascontiguousarray(data).data)

    def finish(self, words: Words, subwords: Subwords | None = None) -> None:
        """Write the words, in the order of the rows, and the header.

        :raises DataError: where there is no word
        """
        V = sum(map(len, self._norms))
        if V == 0:
            raise DataError("there is no vector to write")
        dtype = np.dtype(self._precision)
        self._at = V * self.dim * dtype.itemsize
        self._header["vectors"] = _entry(dtype, (V, self.dim), 0, self._at)
        self._tensor("norms", np.concatenate(self._norms))
        if self._scales:
            self._tensor("scales", np.concatenate(self._scales))
        self._tensor("token_offsets", words.offsets)
        if self._counts:
            self._tensor("counts", np.concatenate(self._counts))
        self._tensor("index", words.table)
        self._tensor("tokens", words.tokens)
        own = {"format": FORMAT, "version": VERSION}
        if subwords is not None:
            own["subwords"] = f"{subwords.minimum}-{subwords.maximum}"
            # int8 of a bucket would cost the accuracy of every word made of it
            kind: Precision = "float32" if self._precision == "float32" else "float16"
            self._blocks("buckets", subwords.rows, kind)
        header = {"__metadata__": {**own, **self.about}, **self._header}
        text = json.dumps(header, ensure_ascii=True).encode()
        self._file.seek(0)
        self._file.write((self._start - 8).to_bytes(8, "little"))
        self._file.write(text.ljust(self._start - 8))

    def _align(self) -> None:
        # safetensors allows no gap, so a gap is a tensor
        gap = -self._at % _ALIGNED
        if gap:
            self._header[f"gap_{self._at}"] = _entry(
                np.dtype(np.uint8), (gap,), self._at, self._at + gap
            )
            self._file.write(b"\0" * gap)
            self._at += gap

    def _tensor(self, name: str, array: npt.NDArray[Any]) -> None:
        self._align()
        end = self._at + array.nbytes
        self._header[name] = _entry(array.dtype, array.shape, self._at, end)
        self._file.write(np.ascontiguousarray(array).data)
        self._at = end

    def _blocks(self, name: str, rows: Rows, precision: Precision) -> None:
        self._align()
        dtype = np.dtype(precision)
        end = self._at + len(rows) * rows.dim * dtype.itemsize
        self._header[name] = _entry(dtype, (len(rows), rows.dim), self._at, end)
        for start in range(0, len(rows), _BLOCK):
            block, _ = convert(rows.block(start, start + _BLOCK), precision)
            self._file.write(np.ascontiguousarray(block).data)
        self._at = end


def _check_about(about: Mapping[str, str]) -> None:
    """Raise a CallError for metadata that could not be read again."""
    if taken := set(about) & set(_OWN):
        raise CallError(f"metadata cannot be named {', '.join(sorted(taken))}")
    for key, value in about.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise CallError(f"metadata are texts, and {key!r} is {value!r}")
        if re.search("[\ud800-\udfff]", key + value):
            raise CallError(f"the metadata {key!r} are no Unicode text")
    if about.get("recipe", "none") not in get_args(Recipe):
        raise CallError(f"no recipe {about['recipe']!r}")
    if len(json.dumps(about)) > _LARGEST_ABOUT:
        raise CallError(f"more than {_LARGEST_ABOUT >> 10} KB of metadata")


def write(file: BinaryIO, stored: Stored, precision: Precision = "float32") -> None:
    """Write a store whose parts are there already."""
    writer = Writer(file, stored.rows.dim, precision, stored.about)
    for start in range(0, len(stored.rows), _BLOCK):
        end = start + _BLOCK
        counts = None if stored.counts is None else stored.counts[start:end]
        writer.add(stored.rows.block(start, end), counts)
    writer.finish(stored.words, stored.subwords)


def norms_of(rows: Rows) -> Matrix:
    """The length of each row, shape (n,)."""
    norms = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = rows.block(start, start + _BLOCK)
        lengths = np.sqrt(np.einsum("ij,ij->i", block, block, dtype=np.float64))
        norms[start : start + _BLOCK] = np.minimum(lengths, np.finfo(np.float32).max)
    return norms


def _entry(dtype: np.dtype[Any], shape: tuple[int, ...], start: int, end: int) -> dict[str, Any]:
    return {"dtype": _TYPES[dtype], "shape": list(shape), "data_offsets": [start, end]}


def open_store(path: Path) -> Stored:
    """Map a store.

    :raises DataError: where the file is no store, is cut off, or its parts contradict each other
    """
    with open_bytes(path) as file:
        size = os.fstat(file.fileno()).st_size
        header, start = _read_header(file, size, path)
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise DataError("not a store of vectors", where=str(path))
    if metadata.get("version") != VERSION:
        raise DataError(
            f"a store of version {metadata.get('version')}, and this nlpseq reads {VERSION}",
            where=str(path),
            remedy="install a newer nlpseq",
        )
    try:
        tensors = {
            name: _mapped(name, entry, data, start, size)
            for name, entry in header.items()
            if not name.startswith("gap_")
        }
        return _assemble(tensors, metadata)
    except NlpseqError as error:
        raise DataError(
            f"the store is damaged: {error.message}",
            where=str(path),
            remedy=_REMEDY,
        ) from error


def _read_header(file: BinaryIO, size: int, path: Path) -> tuple[dict[str, Any], int]:
    start = 8 + int.from_bytes(file.read(8), "little")
    if not 8 < start <= min(size, 8 + _LARGEST_HEADER):
        raise DataError(
            "the header of the store is damaged or cut off", where=str(path), remedy=_REMEDY
        )
    try:
        header = json.loads(file.read(start - 8))
    except (ValueError, RecursionError) as error:
        raise DataError(
            "the header of the store is no JSON", where=str(path), remedy=_REMEDY
        ) from error
    if not isinstance(header, dict):
        raise DataError("the header of the store is no table", where=str(path), remedy=_REMEDY)
    return header, start


def _mapped(name: str, entry: Any, data: mmap.mmap, base: int, size: int) -> npt.NDArray[Any]:
    try:
        dtype, shape = _DTYPES[entry["dtype"]], entry["shape"]
        start, end = entry["data_offsets"]
        numbers = [*shape, start, end]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"the entry of {name!r} cannot be read") from error
    in_range = all(type(n) is int and 0 <= n < 1 << 48 for n in numbers)
    if not in_range or not isinstance(shape, list) or len(shape) > 2:
        raise DataError(f"the entry of {name!r} is out of range")
    n = math.prod(shape)
    if end - start != n * dtype.itemsize or base + end > size or (base + start) % dtype.itemsize:
        raise DataError(f"the offsets of {name!r} do not fit the file")
    return np.frombuffer(data, dtype=dtype, count=n, offset=base + start).reshape(shape)


def _assemble(tensors: dict[str, npt.NDArray[Any]], metadata: dict[str, Any]) -> Stored:
    if not all(isinstance(value, str) for value in metadata.values()):
        raise DataError("the metadata are no texts")

    def tensor(name: str, dtype: Any, shape: tuple[int, ...] | None = None) -> npt.NDArray[Any]:
        if name not in tensors:
            raise DataError(f"it holds no {name!r}")
        found = tensors[name]
        if found.dtype != dtype or (found.shape != shape if shape else found.ndim != 1):
            raise DataError(f"{name!r} has type {found.dtype} and shape {found.shape}")
        return found

    if "vectors" not in tensors:
        raise DataError("it holds no 'vectors'")
    shape = tensors["vectors"].shape
    if len(shape) != 2 or shape[1] == 0:
        raise DataError(f"'vectors' of shape {shape} is no matrix")
    V = shape[0]
    scales = tensor("scales", np.float32, (V,)) if "scales" in tensors else None
    rows = Rows(tensors["vectors"], scales)
    words = Words(
        tensor("tokens", np.uint8),
        tensor("token_offsets", np.int64, (V + 1,)),
        tensor("index", np.int32),
    )
    return Stored(
        words,
        rows,
        tensor("norms", np.float32, (V,)),
        tensor("counts", np.int64, (V,)) if "counts" in tensors else None,
        _subwords(tensors, metadata, rows.dim),
        {key: value for key, value in metadata.items() if key not in _OWN},
    )


def _subwords(
    tensors: dict[str, npt.NDArray[Any]], metadata: dict[str, str], dim: int
) -> Subwords | None:
    if "buckets" not in tensors:
        return None
    minimum, _, maximum = metadata.get("subwords", "").partition("-")
    rows = Rows(tensors["buckets"])
    lengths = minimum + maximum
    if not (minimum and maximum and lengths.isascii() and lengths.isdigit() and len(lengths) < 9):
        raise DataError("the lengths of subwords are missing")
    if rows.dim != dim or len(rows) == 0:
        raise DataError(f"vectors of {dim} and subwords of {rows.dim} numbers")
    return Subwords(rows, int(minimum), int(maximum))
