r"""The TensorBoard projector's pair: ``NAME.tsv``, numbers with tabs between, and ``NAME-words.tsv``.

The second file is the projector's metadata of one column: no header, one word a line. Tabs,
line breaks and the backslash of a word are written ``\uXXXX``.
"""

import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from nlpseq.embeddings.rows import Rows
from nlpseq.files import atomic_write

_ESCAPED = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029]")
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
                escaped = _ESCAPED.sub(lambda m: f"\\u{ord(m.group()):04x}", word)
                names.write(f"{escaped}\n".encode())
