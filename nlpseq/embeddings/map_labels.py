"""A picture of labelled points, PNG or SVG, whose labels do not cover one another."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq import pictures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Points = npt.NDArray[np.float64]

#: The groups' colours on white, each of contrast 4.5 or more; a further group begins again.
COLOURS = (
    "#1d5fa8",
    "#b8410a",
    "#23762a",
    "#8a2fb0",
    "#9a6700",
    "#b0124f",
    "#007373",
    "#6b4a3a",
    "#5560c8",
    "#4f6000",
)

_DPI = 150
_WIDTH = 16 * _DPI  # of the page, in pixels
_LOWEST, _HIGHEST = 7 * _DPI, 12 * _DPI
_MARGIN = 60  # around the points, and left of the title
_LEADING = 45  # from one line of the title to the next
_GAP = 3  # pixels between labels, and between a label and its point
_LONGEST = 60  # letters of a label
# Which way a label lies from its point, the best first: right, left, above, below, corners.
_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))


class Box(NamedTuple):
    """A rectangle of whole pixels: ``left <= x < right``, ``bottom <= y < top``."""

    left: int
    bottom: int
    right: int
    top: int


class Size(NamedTuple):
    """The size of a label in pixels; its writing stands ``descent`` above its lower edge."""

    width: float
    height: float
    descent: float


def place(
    points: Points,
    radii: Points,
    measure: Callable[[int], Size],
    least: Size,
    page: tuple[int, int],
    heads: int = 0,
) -> list[Box | None]:
    """A box for each point's label, or None where there is no room; earlier points first.

    Of eight places around its point a label takes a free one that covers the fewest points,
    and none that covers the point of a head.

    :param points: shape (n, 2), pixels, within the page
    :param radii: shape (n,), how large the points are drawn
    :param measure: the size of a point's label; asked only where there is room for ``least``
    :param least: no label is smaller
    :param page: width and height
    """
    width, height = page
    taken = np.zeros((height, width), dtype=np.bool_)
    dots = np.zeros((height, width), dtype=np.int32)
    columns, rows = points.astype(np.int64).T
    np.add.at(dots, (rows, columns), 1)
    for (x, y), r in zip(points[:heads].tolist(), radii[:heads].tolist(), strict=True):
        _within(taken, _box(max(0, x - r), max(0, y - r), x + r, y + r))[:] = True
    radius = math.ceil(radii.min())

    def covered(box: Box) -> int:
        left, bottom = max(0, box.left - radius), max(0, box.bottom - radius)
        return int(_within(dots, Box(left, bottom, box.right + radius, box.top + radius)).sum())

    boxes: list[Box | None] = []
    for i, ((x, y), r) in enumerate(zip(points.tolist(), radii.tolist(), strict=True)):
        best = None
        dots[rows[i], columns[i]] -= 1  # its own point does not count
        if _free(taken, x, y, r, least):
            best = min(_free(taken, x, y, r, measure(i)), key=covered, default=None)
        dots[rows[i], columns[i]] += 1
        if best:
            _within(taken, best)[:] = True
        boxes.append(best)
    return boxes


def _box(left: float, bottom: float, right: float, top: float) -> Box:
    return Box(math.floor(left), math.floor(bottom), math.ceil(right), math.ceil(top))


def _within(page: npt.NDArray[Any], box: Box) -> npt.NDArray[Any]:
    return page[box.bottom : box.top, box.left : box.right]


def _free(taken: npt.NDArray[np.bool_], x: float, y: float, r: float, size: Size) -> list[Box]:
    height, width = taken.shape
    found = []
    for right, up in _WAYS:
        away = r + 1  # whole pixels cover up to one more
        left = x + right * away + (right - 1) * size.width / 2
        bottom = y + up * away + (up - 1) * size.height / 2
        box = _box(left, bottom, left + size.width, bottom + size.height)
        inside = min(box.left, box.bottom) >= 0 and box.right <= width and box.top <= height
        if inside and not _within(taken, box).any():
            found.append(box)
    return found


class _Pen:
    """Measures writing as the picture will hold it.

    :param points: the size of the letters
    """

    def __init__(self, renderer: Any, points: float, weight: str) -> None:
        from matplotlib.font_manager import FontProperties

        self.font = FontProperties(size=points, weight=weight)
        self._renderer = renderer
        _, height, self.descent = self._measured("lpÁ|")
        self._ascent = height - self.descent

    def _measured(self, text: str) -> tuple[float, float, float]:
        found: tuple[float, float, float] = self._renderer.get_text_width_height_descent(
            text, self.font, ismath=False
        )
        return found

    def size(self, text: str) -> Size:
        """The size of a label, the gap to others around it."""
        width, height, descent = self._measured(text)
        ascent, descent = max(height - descent, self._ascent), max(descent, self.descent)
        return Size(width + 2 * _GAP, ascent + descent + 2 * _GAP, descent + _GAP)

    def lines(self, text: str, width: float, number: int) -> list[str]:
        """``text`` in up to ``number`` lines; what goes beyond them ends in an ellipsis."""
        lines: list[str] = []
        while text and len(lines) < number:
            ends = range(1, len(text) + 1)
            fit = bisect_right(ends, width, key=lambda end: self._measured(text[:end])[0])
            end = max(1, fit)
            if end == len(text):
                lines.append(text)
            elif len(lines) == number - 1:
                lines.append(f"{text[: end - 1].rstrip()}…")
            else:
                space = text.rfind(" ", 0, end + 1)
                end = space if space > 0 else end
                lines.append(text[:end].rstrip())
            text = text[end:].lstrip()
        return lines


def picture(
    suffix: str,
    words: Sequence[str],
    points: npt.NDArray[np.float32],
    groups: npt.NDArray[np.int32],
    title: str,
    heads: int,
) -> tuple[bytes, int, int]:
    """A picture, how many words have no label, and how many hold a letter that is not drawn.

    :param suffix: ``png`` or ``svg``
    :param heads: the first so many words are labelled in bold, with a larger point
    """
    with pictures.drawing():
        figure, unlabelled, unreadable = draw(words, points, groups, title, heads)
        return pictures.saved(figure, suffix), unlabelled, unreadable


def draw(
    words: Sequence[str],
    points: npt.NDArray[np.float32],
    groups: npt.NDArray[np.int32],
    title: str,
    heads: int,
) -> tuple["Figure", int, int]:
    """The figure of :func:`picture`, with its two numbers."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.font_manager import findfont, get_font

    page = _page_height(points)
    figure = Figure(figsize=(_WIDTH / _DPI, page / _DPI), dpi=_DPI, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, _WIDTH), ylim=(0, page))  # data are pixels
    axes.set_axis_off()
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    heading = _Pen(renderer, 16, "bold")
    lines = heading.lines(pictures.NO_SIGN.sub(" ", title), _WIDTH - 2 * _MARGIN, 2)
    for i, line in enumerate(lines):
        axes.text(
            _MARGIN,
            page - 65 - _LEADING * i,
            line,
            fontproperties=heading.font,
            color="#1a1a1a",
            parse_math=False,
        )
    height = page - _LEADING * (len(lines) + 1) if lines else page
    where = _on_page(points, height)
    n = len(words)
    shown = [pictures.label(word, _LONGEST) for word in words]
    colours = [COLOURS[group % len(COLOURS)] for group in groups.tolist()]
    diameter = min(6.0, max(1.2, 6.0 * (150 / n) ** 0.3))  # in 1/72 inch, as letters are
    diameters = np.where(np.arange(n) < heads, 1.6 * diameter, diameter)
    axes.scatter(
        where[:, 0],
        where[:, 1],
        diameters**2,
        colours,
        linewidths=0,
        alpha=0.8 if n < 2000 else 0.55,
    )

    letters = 11.0 if n <= 150 else 9.0
    pen, bold = _Pen(renderer, letters, "normal"), _Pen(renderer, letters + 2, "bold")
    pens = [bold if i < heads else pen for i in range(n)]
    least = Size(2 * _GAP, pen.size("").height, 0)
    radii = diameters / 2 * _DPI / 72
    boxes = place(where, radii, lambda i: pens[i].size(shown[i]), least, (_WIDTH, height), heads)
    # Points shine through under a label, but faintly: they would look like its accents.
    corners = [
        ((b.left, b.bottom), (b.right, b.bottom), (b.right, b.top), (b.left, b.top))
        for b in filter(None, boxes)
    ]
    axes.add_collection(PolyCollection(corners, facecolors="white", linewidths=0, alpha=0.8))
    for i, box in enumerate(boxes):
        if box:
            axes.text(
                box.left + _GAP,
                box.bottom + pens[i].size(shown[i]).descent,
                shown[i],
                fontproperties=pens[i].font,
                color=colours[i],
                parse_math=False,  # a word of dollars is no formula
            )
    font = get_font(findfont(pen.font)).get_charmap()
    unreadable = sum(any(ord(letter) not in font for letter in word) for word in shown)
    return figure, sum(box is None for box in boxes), unreadable


def _page_height(points: npt.NDArray[np.float32]) -> int:
    """Of a page as wide as it is, so high that the points fill it, in pixels."""
    across, up = np.ptp(points.astype(np.float64), axis=0).tolist()
    fitting = up / across * _WIDTH + 3 * _LEADING if across > 0 else _HIGHEST
    return int(min(max(fitting, _LOWEST), _HIGHEST))


def _on_page(points: npt.NDArray[np.float32], height: int) -> Points:
    """The points in pixels, as large as the page allows, both ways in one scale."""
    wide = points.astype(np.float64)
    low, high = wide.min(axis=0), wide.max(axis=0)
    room = np.array([_WIDTH, height], dtype=np.float64) - 2 * _MARGIN
    extent = high - low
    scale = min((r / e for r, e in zip(room, extent, strict=True) if e > 0), default=0.0)
    placed: Points = (wide - low - extent / 2) * scale + room / 2 + _MARGIN
    return placed
