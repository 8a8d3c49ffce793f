"""The TensorBoard projector's pair: ``NAME.tsv`` of numbers, and ``NAME-words.tsv``.

The first has tabs between its numbers. The second is the projector's metadata of one column: no
header, one word a line, escaped.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np

from nlpseq.embeddings.rows import Rows
from nlpseq.errors import CallError, DataError
from nlpseq.files import STDOUT, escaped
from nlpseq.writing import atomic_write

_BLOCK = 1024


def words_path(path: Path) -> Path:
    """Where the words stand of vectors at ``path``."""
    return path.with_name(f"{path.stem}-words{path.suffix}")


def write(path: Path, words: Iterable[str], rows: Rows) -> None:
    """Write both files; numbers have nine significant digits."""
    if path == STDOUT or (path.exists() and not path.is_file()):
        raise CallError("the projector takes two files", remedy="give a name that ends in .tsv")
    if not len(rows):
        raise DataError("there is no vector to write", where=str(path))
    line = "\t".join(["%.9g"] * rows.dim) + "\n"
    left = iter(words)
    with atomic_write(path) as numbers, atomic_write(words_path(path)) as names:
        for start in range(0, len(rows), _BLOCK):
            block = rows.block(start, start + _BLOCK)
            if not np.isfinite(block).all():
                raise DataError(
                    "a vector holds something that is no finite number", where=str(path)
                )
            numbers.write("".join(line % tuple(vector) for vector in block.tolist()).encode())
            for word in islice(left, len(block)):
                names.write(f"{escaped(word)}\n".encode())
        numbers.flush()  # a disk that is full says so while neither has its name
        names.flush()
