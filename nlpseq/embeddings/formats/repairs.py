"""What is done to the rows of a block that are not as they should be."""

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.formats.contents import Block, Report


def keep(block: Block, kept: npt.NDArray[np.bool_]) -> Block:
    """Some rows of a block.

    :param kept: shape (n,)
    """
    if kept.all():
        return block
    sizes = np.diff(block.offsets)
    return Block(
        block.tokens[: block.offsets[-1]][np.repeat(kept, sizes)],
        np.concatenate([[0], np.cumsum(sizes[kept])]),
        block.matrix[kept],
        block.places[kept],
        None if block.counts is None else block.counts[kept],
    )


def mend_utf8(block: Block, report: Report, unit: str) -> Block:
    """The block with each word's bad bytes replaced by U+FFFD."""
    tokens, offsets = block.tokens, block.offsets
    starts = tokens[offsets[:-1][np.diff(offsets) > 0]]
    try:
        bytes(tokens).decode()
        if not (starts & 0xC0 == 0x80).any():  # no word starts inside a character
            return block
    except UnicodeDecodeError:
        pass
    words = []
    for start, end, place in zip(offsets[:-1], offsets[1:], block.places, strict=True):
        word = bytes(tokens[start:end])
        try:
            word.decode()
        except UnicodeDecodeError:
            wrong = f"the word {word[:40]!r} is not UTF-8"
            report.fault(wrong, int(place), unit, done="replaced by U+FFFD")
            word = word.decode(errors="replace").encode()
        words.append(word)
    return block._replace(
        tokens=np.frombuffer(b"".join(words), dtype=np.uint8),
        offsets=np.cumsum([0, *map(len, words)], dtype=np.int64),
    )
