"""What all pictures share: PNG and SVG of equal bytes for equal content, and texts as labels."""

import contextlib
import io
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONT = "DejaVu Sans"  # matplotlib brings it: the same on every machine
#: what breaks a line, or what XML, which SVG is, has no sign for.
NO_SIGN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


@contextlib.contextmanager
def drawing(font_size: float = 10.0) -> Iterator[None]:
    """matplotlib with these settings and else its own: a reader's would change the picture.

    :param font_size: where nothing else is said, in 1/72 inch
    """
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "font.family": FONT,
                "font.size": font_size,
                "text.parse_math": False,  # a word of dollars is no formula
                "text.hinting": "none",  # letters as wide in PNG as in SVG
                "svg.fonttype": "path",  # as wide in every viewer
                "svg.hashsalt": "nlpseq",
            }
        )
        yield


def saved(figure: "Figure", suffix: str) -> bytes:
    """The picture, without a date or a version in it.

    :param suffix: ``png`` or ``svg``
    """
    out = io.BytesIO()
    unsigned = {"Software": None} if suffix == "png" else {"Date": None, "Creator": None}
    figure.savefig(out, format=suffix, dpi=figure.dpi, metadata=unsigned)
    return out.getvalue()


def label(text: str, longest: int) -> str:
    """A text as a label has it: one line, and not without end."""
    kept = NO_SIGN.sub(lambda match: f"\\u{ord(match.group()):04x}", text[: longest + 1])
    return kept if len(kept) <= longest else f"{kept[:longest]}…"
