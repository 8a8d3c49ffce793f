"""fastText's ``.bin``, not quantised: words, their counts, and rows for character n-grams.

A magic number and a version; 12 int32 and a float64 of options; the dictionary; a flag for
quantised; the input matrix, whose first rows are the words' and whose others, ``bucket`` of
them, the n-grams'; the output matrix, of which we need nothing. A word's vector is the mean of
its row and of its n-grams' rows (Bojanowski et al. 2017, section 3.2).
"""

import os
import struct
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.formats.contents import Block, Contents, Report
from nlpseq.embeddings.formats.repairs import keep, mend_utf8
from nlpseq.embeddings.formats.window import Window
from nlpseq.embeddings.rows import Matrix, Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.words import Bytes, Offsets
from nlpseq.errors import DataError
from nlpseq.files import is_plain, open_bytes

_MAGIC = 793712314
_SIGNED = struct.Struct("<2i")  # magic, version
# dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate, t
_OPTIONS = struct.Struct("<12id")
_SIZES = struct.Struct("<3i2q")  # entries, words, labels; tokens, pairs of a pruned dictionary
_HEAD = _SIGNED.size + _OPTIONS.size + _SIZES.size
_MATRIX = struct.Struct("<B2q")  # quantised, rows, columns
_SUPERVISED = 3
_OF_FLORET = 8  # bytes that floret's options have more

_LONGEST_NGRAM = 64  # characters; nobody trains with so many, and the work grows with them
_LONGEST = 1 << 16  # bytes of a word
_MOST_NUMBERS = 1 << 20  # of a word
_CHUNK = 4 << 20  # bytes of the file that are read at a time
_BLOCK = 8192  # words
_BLOCK_BYTES = 16 << 20  # of a block's vectors
_UNIT = "row"


class _Header(NamedTuple):
    dim: int
    bucket: int
    minimum: int  # characters of an n-gram
    maximum: int  # 0 without n-grams
    entries: int
    words: int


class _Dictionary(NamedTuple):
    tokens: Bytes
    offsets: Offsets
    counts: npt.NDArray[np.int64]


def looks_like(head: bytes) -> bool:
    """Whether a file that opens with these bytes is a model of fastText, of any version."""
    return head.startswith(_MAGIC.to_bytes(4, "little")) or _is_unsigned(head)


def _is_unsigned(head: bytes) -> bool:
    """Whether these are the options of a file from before there was a magic number."""
    if len(head) < _OPTIONS.size:
        return False
    dim, ws, epoch, _, _, _, loss, model, bucket, minn, maxn, _, t = _OPTIONS.unpack_from(head)
    return bool(
        0 < dim <= _MOST_NUMBERS
        and 0 < ws <= 10_000
        and 0 < epoch <= 1_000_000
        and 1 <= loss <= 3
        and 1 <= model <= 3
        and bucket >= 0
        and 0 <= minn <= _LONGEST_NGRAM
        and 0 <= maxn <= _LONGEST_NGRAM
        and 0 < t <= 1
    )


def read(path: Path, report: Report) -> Contents:
    """Open a model; the words' vectors are computed block by block.

    A plain file is mapped. What is packed is unpacked into a temporary file, no further than
    to the end of the input matrix.

    :raises DataError: where the model is quantised, of another format or damaged; also while
        the blocks are consumed, and there, unless the report repairs: for a word without bytes
        or not UTF-8, and for a vector with something that is no finite number
    """
    with open_bytes(path) as file:
        window = Window(file, _CHUNK + _LONGEST)
        header = _header(bytes(window.advance(0)[: _HEAD + _OF_FLORET]), path)
        dictionary, used = _dictionary(window, header, path)
        _check_input(bytes(window.advance(used)[: _MATRIX.size]), header, path)
        data = window.advance(_MATRIX.size)
        if is_plain(file) and path.is_file():
            matrix = _mapped(file, window.used, header, path, report)
        else:
            matrix = _unpacked(file, data, header, path)
    subwords = None
    if header.maximum:
        subwords = Subwords(Rows(matrix[header.words :]), header.minimum, header.maximum)
    blocks = _blocks(matrix, dictionary, header, path, report)
    return Contents("fastText binary", header.dim, blocks, _UNIT, subwords, expected=header.words)


def _damaged(what: str, path: Path) -> DataError:
    return DataError(what, where=str(path), remedy="the file is damaged: fetch or make it again")


def _header(start: bytes, path: Path) -> _Header:
    if not start.startswith(_MAGIC.to_bytes(4, "little")):
        if not _is_unsigned(start):
            raise DataError(
                "not a model of fastText",
                where=str(path),
                remedy="take its .bin file; its .vec is text, and so told by itself",
            )
        raise DataError(
            "a model of fastText from before its version 0.1",
            where=str(path),
            remedy="load it with the fastText that made it, and open the .vec file that it writes",
        )
    if len(start) < _HEAD:
        raise _damaged("the model ends inside its header", path)
    _, version = _SIGNED.unpack_from(start)
    if version not in (11, 12):
        raise DataError(
            f"version {version} of fastText's format is not known",
            where=str(path),
            remedy="open the .vec file of the same model",
        )
    dim, *_, model, bucket, minn, maxn, _, _ = _OPTIONS.unpack_from(start, _SIGNED.size)
    entries, words, labels, _, pairs = _SIZES.unpack_from(start, _HEAD - _SIZES.size)
    if entries != words + labels and len(start) == _HEAD + _OF_FLORET:
        floret = _SIZES.unpack_from(start, _HEAD - _SIZES.size + _OF_FLORET)
        if floret[0] == floret[1] + floret[2]:
            raise DataError(
                "a model of floret, whose vectors are made in another way",
                where=str(path),
                remedy="open the .vec file that floret writes beside it",
            )
    if version == 11 and model == _SUPERVISED:
        maxn = 0  # it wrote a length, and used no n-grams
    if pairs >= 0:
        raise _quantised(path)
    if not 1 <= dim <= _MOST_NUMBERS:
        raise _damaged(f"the header announces {dim:,} numbers a word", path)
    if words < 0 or labels < 0 or entries != words + labels or pairs != -1:
        raise _damaged(f"{entries:,} entries cannot be {words:,} words and {labels:,} labels", path)
    if words == 0:
        raise DataError("the model holds no words", where=str(path))
    if bucket < 0 or not (0 <= minn <= _LONGEST_NGRAM and 0 <= maxn <= _LONGEST_NGRAM):
        raise _damaged(f"{bucket:,} rows for n-grams of {minn} to {maxn} characters", path)
    if minn > maxn:
        maxn = 0
    if maxn and not bucket:
        raise _damaged(f"no rows for n-grams of {minn} to {maxn} characters", path)
    return _Header(dim, bucket, minn, maxn, entries, words)


def _quantised(path: Path) -> DataError:
    return DataError(
        "the model is quantised, and its vectors are not exact",
        where=str(path),
        remedy="save the model without quantize (.bin, not .ftz), and open that",
    )


def _dictionary(window: Window, header: _Header, path: Path) -> tuple[_Dictionary, int]:
    """The words with their counts, and how many bytes of the window they took at last.

    It grows with what the file holds, not with what its header announces.
    """
    from nlpseq.embeddings.formats import fasttext_kernels as kernels

    tokens, offsets, counts, types = [], [np.zeros(1, dtype=np.int64)], [], []
    used, done, size = _HEAD, 0, 0
    while done < header.entries:
        data = window.advance(used)
        most = min(header.entries - done, len(data) // 10 + 1)
        token = np.empty(len(data), dtype=np.uint8)
        offset = np.empty(most + 1, dtype=np.int64)
        count = np.empty((most, 8), dtype=np.uint8)
        kind = np.empty(most, dtype=np.uint8)
        n, used, why = kernels.entries(data, token, offset, count, kind, _LONGEST)
        if why == kernels.TOO_LONG:
            raise _damaged(f"word {done + n + 1:,} has more than {_LONGEST >> 10} KB", path)
        if n == 0:
            raise _damaged(f"the model ends after {done:,} of {header.entries:,} words", path)
        tokens.append(token[: offset[n]].copy())
        offsets.append(offset[1 : n + 1] + size)
        counts.append(count[:n].copy().view("<i8")[:, 0])
        types.append(kind[:n])
        done += n
        size += int(offset[n])
    labels = np.concatenate(types) != 0
    if labels[: header.words].any() or not labels[header.words :].all():
        raise _damaged("words and labels are mixed", path)
    dictionary = _Dictionary(
        np.concatenate(tokens),
        np.concatenate(offsets)[: header.words + 1],
        np.concatenate(counts)[: header.words].astype(np.int64),
    )
    if dictionary.counts.min() < 0:
        raise _damaged("a word has a negative count", path)
    return dictionary, used


def _check_input(data: bytes, header: _Header, path: Path) -> None:
    if len(data) < _MATRIX.size:
        raise _damaged("the model ends behind its words", path)
    quantised, rows, columns = _MATRIX.unpack_from(data)
    if quantised == 1:
        raise _quantised(path)
    if quantised or rows != header.words + header.bucket or columns != header.dim:
        raise _damaged(
            f"{rows:,} rows of {columns:,} numbers, where the header announces"
            f" {header.words:,} words and {header.bucket:,} n-grams of {header.dim:,}",
            path,
        )


def _cut_off(path: Path) -> DataError:
    return _damaged("the model ends inside its matrix", path)


def _mapped(file: BinaryIO, start: int, header: _Header, path: Path, report: Report) -> Matrix:
    """The input matrix, mapped from a plain file."""
    shape = header.words + header.bucket, header.dim
    end = start + 4 * shape[0] * shape[1]
    size = file.seek(0, os.SEEK_END)
    if end > size:
        raise _cut_off(path)
    file.seek(end)
    output = file.read(_MATRIX.size)
    if len(output) == _MATRIX.size:
        _, rows, columns = _MATRIX.unpack(output)
        end += _MATRIX.size + 4 * rows * columns
    if end != size:
        report.note("the file does not end where it should; the words' vectors are whole")
    return np.asarray(np.memmap(file, np.float32, "r", start, shape))


def _unpacked(file: BinaryIO, data: Bytes, header: _Header, path: Path) -> Matrix:
    """The input matrix, mapped from a temporary copy.

    :param data: what was read already of it and of what follows
    """
    shape = header.words + header.bucket, header.dim
    size = 4 * shape[0] * shape[1]
    with tempfile.TemporaryFile() as copy:
        copy.write(data[:size].data)
        while (left := size - copy.tell()) > 0:
            piece = file.read(min(left, _CHUNK))
            if not piece:
                raise _cut_off(path)
            copy.write(piece)
        copy.flush()
        return np.asarray(np.memmap(copy, np.float32, "r", 0, shape))


def _blocks(
    matrix: Matrix, dictionary: _Dictionary, header: _Header, path: Path, report: Report
) -> Generator[Block]:
    from nlpseq.embeddings.formats import fasttext_kernels as kernels

    words, offsets = header.words, dictionary.offsets
    bad = kernels.first_not_finite(matrix[words:].view(np.uint32)) if header.maximum else -1
    if bad >= 0:
        raise _damaged(f"row {bad:,} of the n-grams holds something that is no finite number", path)
    step = max(1, min(_BLOCK, _BLOCK_BYTES // (4 * header.dim)))
    good = 0
    for start in range(0, words, step):
        stop = min(start + step, words)
        tokens = dictionary.tokens[offsets[start] : offsets[stop]]
        starts = offsets[start : stop + 1] - offsets[start]
        out = np.empty((stop - start, header.dim), dtype=np.float32)
        kernels.means(matrix, words, start, tokens, starts, header.minimum, header.maximum, out)
        block = Block(
            tokens, starts, out, np.arange(start + 1, stop + 1), dictionary.counts[start:stop]
        )
        empty = np.diff(starts) == 0
        left_out = empty | ~np.isfinite(out).all(axis=1)
        for i in np.flatnonzero(left_out):
            wrong = (
                "the row has no word"
                if empty[i]
                else "the vector holds something that is no finite number"
            )
            report.fault(wrong, start + 1 + int(i), _UNIT, done="left out")
        block = mend_utf8(keep(block, ~left_out), report, _UNIT)
        good += len(block.places)
        yield block
    if good == 0:
        raise DataError("no row of vectors", where=str(path))
