"""A map as one HTML page to look around and search in, which needs nothing from the network."""

import json
import re
from collections.abc import Sequence
from importlib import resources

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.map_labels import COLOURS
from nlpseq.pages import escape, fill, head

#: The groups' colours on near-black, in the order of those on white.
_COLOURS_AT_NIGHT = (
    "#7db4f5",
    "#ff9a68",
    "#7ed487",
    "#d6a3f7",
    "#e6bb4c",
    "#ff8bb5",
    "#5ed0cf",
    "#cfae9f",
    "#aab2ff",
    "#c3d264",
)
_SIDE = 1_000_000  # the longer side of the map: whole numbers are short, and exact enough


def page(
    words: Sequence[str],
    points: npt.NDArray[np.float32],
    groups: npt.NDArray[np.int32],
    title: str,
    heads: int,
) -> bytes:
    """The page.

    :param words: the first ones are labelled first
    :param points: shape (n, 2), finite
    :param groups: shape (n,), each word's colour
    :param heads: the first so many words are the heads of their groups
    """
    wide = points.astype(np.float64)
    wide -= wide.min(axis=0)
    wide *= _SIDE / (wide.max() or 1)
    x, y = np.rint(wide).astype(np.int64).T.tolist()
    data = {
        "words": list(words),
        "x": x,
        "y": y,
        "groups": groups.tolist(),
        "heads": heads,
        "light": COLOURS,
        "dark": _COLOURS_AT_NIGHT,
    }
    title = title or "Map of words"
    values = {
        "head": head(title, lang="en", script=True),
        "title": escape(title),
        "data": _json(data),
    }
    template = resources.files("nlpseq.embeddings").joinpath("map_page.html").read_text("utf-8")
    # Half a surrogate pair in a word is written as JSON writes it.
    return fill(template, values).encode(errors="backslashreplace")


def _json(data: object) -> str:
    r"""JSON that may stand in a script: nothing in it ends the script or opens a comment.

    ``<``, ``>`` and ``&`` stand in words alone, where ``\u003c`` and its kin mean the same.
    """
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda m: f"\\u{ord(m.group()):04x}", written)
