"""Heat maps of alignments, as deck 001 shows them ("Mecanismo de Atenção: exemplo de vetores de
alinhamento"): a row for each word of the target, a column for each of the source.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nlpseq import pictures
from nlpseq.errors import DataError
from nlpseq.models.translate.answers import Alignment

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

#: what a picture can be written as, by the end of the file's name
SUFFIXES = (".png", ".svg")

_INK, _FAINT, _LINE = "#1a1a1a", "#5c5f66", "#d4d7dc"
# One hue, from the paper's white; each step as much darker to the eye as the one before.
_RAMP = ("#ffffff", "#cfe0f2", "#94bde3", "#5295cf", "#1d69ad", "#0b3f78", "#041e42")
_DPI = 128  # a power of two: whole pixels stay whole
_LONGEST = 24  # letters of a word
_MOST = 256  # words of a side
_PAD, _GAP = 20, 8  # pixels: around the picture, between its parts
_BAR = 16  # how wide the scale is, and at most twelve times as high
_STEPS = 64  # of the scale


class _Scale(NamedTuple):
    cell: int  #: the side of a cell in pixels
    letters: float  #: in 1/72 inch


# words of the longer side up to which a scale is used
_SCALES = {16: _Scale(40, 11), 48: _Scale(30, 10), _MOST: _Scale(18, 7)}


class _Pen:
    """Measures writing in pixels."""

    def __init__(self, figure: "Figure", points: float) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.font_manager import FontProperties, findfont, get_font

        self.font = FontProperties(family=pictures.FONT, size=points)
        self._renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
        self._letters = get_font(findfont(self.font)).get_charmap()
        self.height = int(1.25 * points * _DPI / 72)

    def width(self, texts: Sequence[str]) -> int:
        """Of the widest text."""
        measure = self._renderer.get_text_width_height_descent
        return max(int(measure(text, self.font, ismath=False)[0]) + 1 for text in texts)

    def knows(self, text: str) -> bool:
        """Whether it has a sign for each letter; it writes a box otherwise."""
        return all(ord(letter) in self._letters for letter in text)


def picture(alignment: Alignment, suffix: str) -> tuple[bytes, int]:
    """A heat map, and how many words hold a letter that it cannot show.

    :param suffix: one of :data:`SUFFIXES`
    :raises DataError: where there is nothing to draw, or too much
    """
    with pictures.drawing():
        figure, unreadable = draw(alignment)
        return pictures.saved(figure, suffix.removeprefix(".")), unreadable


def draw(alignment: Alignment) -> tuple["Figure", int]:
    """The figure of :func:`picture`, with its number."""
    from matplotlib.figure import Figure

    rows, columns = alignment.weights.shape
    if alignment.reason:
        raise DataError(f"there is nothing to draw: {alignment.reason}")
    if max(rows, columns) > _MOST:
        raise DataError(
            f"{rows} × {columns} words are too many to draw",
            remedy=f"up to {_MOST} are drawn; the numbers of any come as JSON",
        )
    scale = next(scale for most, scale in _SCALES.items() if max(rows, columns) <= most)
    cell = scale.cell
    source, target = (
        [pictures.label(word, _LONGEST) for word in words]
        for words in (alignment.source, alignment.target)
    )
    pen, other = (_Pen(Figure(dpi=_DPI), points) for points in (scale.letters, 10))
    upright = pen.width(source) > cell - 4
    head = pen.width(source) if upright else pen.height  # the room of the source's words
    left = _PAD + other.height + _GAP + pen.width(target) + _GAP
    below = _PAD + max(0, 2 * other.height + 6 * _GAP - cell * rows)  # the scale needs its room
    width = left + cell * columns + 3 * _GAP + _BAR + _GAP + other.width(["0.5"]) + _PAD
    top = below + cell * rows
    height = top + _GAP + head + _GAP + other.height + _PAD

    figure = Figure((width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))  # data are pixels
    axes.set_axis_off()
    _cells(axes, alignment.weights, left, top, cell)
    for i, word in enumerate(target):
        y = top - cell * (i + 0.5)
        axes.text(left - _GAP, y, word, **_writing(pen), ha="right", va="center_baseline")
    for j, word in enumerate(source):
        x = left + cell * (j + 0.5)
        turned = 90 if upright else 0
        axes.text(x, top + _GAP, word, **_writing(pen), ha="center", va="bottom", rotation=turned)
    faint = _writing(other, _FAINT)
    across, down = left + cell * columns / 2, (top + below) / 2
    axes.text(across, height - _PAD, "source, j", **faint, ha="center", va="top")
    axes.text(_PAD, down, "target, i", **faint, ha="left", va="center", rotation=90)
    _bar(axes, left + cell * columns + 3 * _GAP, top, min(12 * _BAR, top - _PAD), other)
    return figure, sum(not pen.knows(word) for word in [*source, *target])


def _writing(pen: _Pen, colour: str = _INK) -> dict[str, Any]:
    return {"fontproperties": pen.font, "color": colour, "parse_math": False}


def _cells(axes: "Axes", weights: Any, left: int, top: int, cell: int) -> None:
    rows, columns = weights.shape
    axes.pcolormesh(
        left + cell * np.arange(columns + 1), top - cell * np.arange(rows + 1), weights,
        cmap=_colours(), vmin=0, vmax=1, edgecolors=_LINE, linewidth=0.4,
    )  # fmt: skip


def _bar(axes: "Axes", left: int, top: int, length: int, pen: _Pen) -> None:
    """The scale: which colour is which weight."""
    edges = np.linspace(top - length, top, _STEPS + 1)
    values = np.linspace(0, 1, _STEPS).reshape(-1, 1)
    axes.pcolormesh([left, left + _BAR], edges, values, cmap=_colours(), vmin=0, vmax=1)
    right, bottom = left + _BAR, top - length
    corners = ([left, right, right, left, left], [bottom, bottom, top, top, bottom])
    axes.plot(*corners, color=_LINE, linewidth=0.4)
    for share, va in ((0, "bottom"), (0.5, "center"), (1, "top")):
        axes.text(
            right + _GAP, bottom + share * length, f"{share:g}",
            **_writing(pen, _FAINT), ha="left", va=va,
        )  # fmt: skip
    axes.text(left, top + _GAP, "aᵢⱼ", **_writing(pen, _FAINT), ha="left", va="bottom")


def _colours() -> "Colormap":
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("weights", _RAMP)
