"""Tokens of a text, with the offsets of their surface in the original."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Tokens(NamedTuple):
    """Columns, not one object a token; ``text[starts[i]:ends[i]]`` is the surface of word i."""

    words: list[str]  #: as the model sees them: normalised by the recipe
    starts: npt.NDArray[np.int32]  #: shape (n,)
    ends: npt.NDArray[np.int32]  #: shape (n,)


def sliced(text: str, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> list[str]:
    """The stretches of a text between places."""
    return [text[i:j] for i, j in zip(starts.tolist(), ends.tolist(), strict=True)]


def in_original(
    words: Sequence[str],
    starts: npt.NDArray[np.integer],
    ends: npt.NDArray[np.integer],
    origin: npt.NDArray[np.int32],
) -> Tokens:
    """Tokens of a rewritten text with places in the original, in order and apart.

    :param origin: of :class:`nlpseq.text.normalize.Normalized`
    """
    first = origin[starts].astype(np.int64)
    last = np.where(ends > starts, origin[np.maximum(ends - 1, 0)] + 1, first)
    # of what became more characters than it was (İ), the first token gets it and the next are
    # empty, so that no surface is given twice
    last = np.maximum.accumulate(np.maximum(first, last)) if len(first) else last
    first = np.maximum(first, np.concatenate([[0], last[:-1]])) if len(first) else first
    return Tokens(list(words), first.astype(np.int32), last.astype(np.int32))
