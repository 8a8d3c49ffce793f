"""gensim's ``.kv`` and ``.model``, read by gensim itself.

They are pickles, and **a pickle can run any code while it is read**: nothing here is called
unless the user said that the file is gensim's.
"""

import re
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.formats.contents import Block, Contents, Report
from nlpseq.embeddings.formats.repairs import keep
from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.errors import CallError, DataError
from nlpseq.files import require

_PICKLE = re.compile(rb"\x80[\x02-\x05]")  # and its protocol
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLOCK_BYTES = 4 << 20  # of a block's vectors
_UNIT = "row"


def looks_like(head: bytes) -> bool:
    """Whether a file that opens with these bytes is a pickle, gensim's or not."""
    return _PICKLE.match(head) is not None


def parts_of(keyed: Any) -> tuple[list[Any], npt.NDArray[Any], npt.NDArray[np.int64] | None]:
    """Keys, matrix and counts of gensim's ``KeyedVectors``, where they are real.

    Gensim keeps room for a word that stood twice in a file, under the key None, and gives words
    without counts the numbers V, V - 1, ... 1: both are left out.
    """
    keys, matrix = list(keyed.index_to_key), np.asarray(keyed.vectors)
    counts = keyed.expandos.get("count")
    rows = len(keys)
    if None in keys and rows == len(matrix):
        filled = [row for row, key in enumerate(keys) if key is not None]
        keys, matrix = [keys[row] for row in filled], matrix[filled]
        counts = None if counts is None else np.asarray(counts)[filled]
    if counts is not None:
        counts = np.array(counts, dtype=np.int64)
        made_up = len(counts) > 0 and counts[0] == rows and (np.diff(counts) == -1).all()
        if len(counts) != len(keys) or made_up:
            counts = None
    return keys, matrix, counts


def read(path: Path, report: Report) -> Contents:
    """Load a file with gensim; **it can run code**, so only where the user asked for it.

    :raises CallError: where gensim is not installed
    :raises DataError: where gensim cannot load the file, or finds no vectors of words in it;
        also while the blocks are consumed, and there, unless the report repairs: for a word that
        is empty or no Unicode text, a vector with something that is no finite number
    """
    require(path)
    try:
        keyed_vectors = import_module("gensim.models").KeyedVectors
    except ImportError as error:
        raise CallError(
            "gensim reads this file, and is not installed",
            where=str(path),
            remedy="pip install 'nlpseq[gensim]'",
        ) from error
    packed = path.suffix in (".gz", ".bz2")  # where gensim cannot map
    try:
        loaded = keyed_vectors.load(str(path), mmap=None if packed else "r")
        loaded = getattr(loaded, "wv", loaded)
        words, matrix, counts = parts_of(loaded)
    except Exception as error:  # a pickle may raise anything
        raise DataError(
            f"gensim cannot load it: {type(error).__name__}: {error}",
            where=str(path),
            remedy="is it a .kv or .model of this version of gensim, with its .npy files beside?",
        ) from error
    if matrix.ndim != 2 or len(matrix) != len(words) or 0 in matrix.shape:
        raise DataError(
            f"{len(words):,} words and vectors of shape {matrix.shape}", where=str(path)
        )
    report.note("gensim's files can run code when they are read: keep another format")
    blocks = _blocks(words, matrix, counts, path, report)
    dim = int(matrix.shape[1])
    return Contents("gensim", dim, blocks, unit=_UNIT, subwords=_subwords(loaded, report))


def _subwords(loaded: Any, report: Report) -> Subwords | None:
    """The n-grams of gensim's FastText, which are fastText's."""
    rows = getattr(loaded, "vectors_ngrams", None)
    if rows is None or not len(rows) or not 0 < max(1, loaded.min_n) <= loaded.max_n:
        return None
    if not getattr(loaded, "compatible_hash", True):
        report.note("an early gensim hashed n-grams in another way: they are left out")
        return None
    if not np.isfinite(np.sum(rows, dtype=np.float64)):
        report.note(
            "the rows of n-grams hold something that is no finite number: they are left out"
        )
        return None
    return Subwords(Rows(np.asarray(rows, dtype=np.float32)), loaded.min_n, loaded.max_n)


def _blocks(words: Any, matrix: Any, counts: Any, path: Path, report: Report) -> Generator[Block]:
    step = max(1, _BLOCK_BYTES // (4 * matrix.shape[1]))
    good = 0
    for start in range(0, len(words), step):
        rows = np.array(matrix[start : start + step], dtype=np.float32)
        finite = np.asarray(np.isfinite(rows).all(axis=1))
        encoded = []
        left_out = np.zeros(len(rows), dtype=np.bool_)
        for i, word in enumerate(words[start : start + step]):
            place, text = start + i + 1, str(word)
            if not text:
                report.fault("the row has no word", place, _UNIT, done="left out")
                left_out[i] = True
            elif not finite[i]:
                report.fault(
                    f"the vector of {text!r} holds something that is no finite number",
                    place,
                    _UNIT,
                    done="left out",
                )
                left_out[i] = True
            elif _SURROGATE.search(text):
                report.fault(
                    f"the word {text!r} is not Unicode text",
                    place,
                    _UNIT,
                    done="replaced by U+FFFD",
                )
                text = _SURROGATE.sub("\ufffd", text)
            encoded.append(_SURROGATE.sub("\ufffd", text).encode())
        block = Block(
            np.frombuffer(b"".join(encoded), dtype=np.uint8),
            np.cumsum([0, *map(len, encoded)], dtype=np.int64),
            rows,
            np.arange(start + 1, start + len(rows) + 1),
            None if counts is None else np.array(counts[start : start + step], dtype=np.int64),
        )
        block = keep(block, ~left_out)
        good += len(block.places)
        yield block
    if good == 0:
        raise DataError("no row of vectors", where=str(path))
