"""The TensorBoard projector's pair: ``NAME.tsv`` of numbers, and ``NAME-words.tsv``.

The first has tabs between its numbers. The second is the projector's metadata of one column: no
header, one word a line, escaped.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from nlpseq.embeddings.rows import Rows
from nlpseq.files import atomic_write, escaped

_BLOCK = 1024


def words_path(path: Path) -> Path:
    """Where the words stand of vectors at ``path``."""
    return path.with_name(f"{path.stem}-words{path.suffix}")


def write(path: Path, words: Iterable[str], rows: Rows) -> None:
    """Write both files; numbers have nine significant digits."""
    line = "\t".join(["%.9g"] * rows.dim) + "\n"
    left = iter(words)
    with atomic_write(path) as numbers, atomic_write(words_path(path)) as names:
        for start in range(0, len(rows), _BLOCK):
            block = rows.block(start, start + _BLOCK).tolist()
            numbers.write("".join(line % tuple(vector) for vector in block).encode())
            for word in islice(left, len(block)):
                names.write(f"{escaped(word)}\n".encode())
