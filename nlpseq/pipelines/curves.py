"""Learning curves of several combinations in one picture."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq import pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _LINE, _OTHERS, _GREY = "#222222", "#0072b2", "#c4c4c4", "#767676"
_PANEL = (2.5, 1.9)  # inches
_COLUMNS, _DPI = 5, 150
_LONGEST = 30  # letters of a panel's name


class Curve(NamedTuple):
    """One combination; arrays of shape (epochs,)."""

    reached: float  #: the seeds' best epochs, on average: what the table has
    epochs: npt.NDArray[np.int64]
    worst: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    best: npt.NDArray[np.float64]


def draw(
    curves: Mapping[str, Sequence[Sequence[float]]],
    *,
    title: str,
    figure: str,
    baseline: float | None = None,
) -> dict[str, bytes]:
    """The picture as PNG and SVG, by the end of the file's name.

    Each combination has a panel, on the same scales, with the others in grey behind it: a dozen
    lines that end within a point of each other cannot be told apart on top of each other. A line
    is the mean over the seeds, as far as the shortest of them went; its band reaches from the
    worst seed to the best; a dot is its best epoch. The figure in the panel's name is the mean of
    each seed's best epoch. The scale is that of the best epochs: what is far below is cut off.

    :param curves: name → the development figure after each epoch, one list a seed
    :param figure: what the figure is called
    :param baseline: a figure to compare with
    """
    from matplotlib.figure import Figure

    lines = {name: curve(seeds) for name, seeds in curves.items()}
    columns = min(_COLUMNS, math.ceil(math.sqrt(1.5 * len(lines))), len(lines))
    rows = math.ceil(len(lines) / columns)
    with pictures.drawing(font_size=9):
        size = (max(5.0, _PANEL[0] * columns + 0.5), max(3.2, _PANEL[1] * rows + 0.9))
        picture = Figure(size, dpi=_DPI, facecolor="white", layout="constrained")
        panels = picture.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for panel, name in zip(panels, lines, strict=False):
            _panel(panel, name, lines, baseline)
        for panel in panels[len(lines) :]:
            panel.set_axis_off()
        for panel in panels[max(0, len(lines) - columns) : len(lines)]:
            panel.tick_params(labelbottom=True)
        panels[0].set_xlim(0.8, max(line.epochs[-1] for line in lines.values()) + 0.2)
        panels[0].set_ylim(*limits(list(lines.values()), baseline))
        panels[0].xaxis.get_major_locator().set_params(integer=True)
        words = [f"{title}: {figure} on development documents after each epoch"]
        if len(next(iter(curves.values()))) > 1:
            words.append("mean, worst and best seed")
        if baseline is not None:
            words.append(f"dotted: linear baseline, {baseline:.3f}")
        picture.suptitle(
            "\n".join([words[0], "; ".join(words[1:])]).strip(),
            x=0.01, ha="left", fontsize=10, color=_INK, parse_math=False,
        )  # fmt: skip
        return {suffix: pictures.saved(picture, suffix) for suffix in ("png", "svg")}


def curve(seeds: Sequence[Sequence[float]]) -> Curve:
    """The line of some seeds, as far as the shortest of them went."""
    length = min(map(len, seeds))
    values = np.array([seed[:length] for seed in seeds])  # (seeds, epochs)
    return Curve(
        reached=sum(map(max, seeds)) / len(seeds),
        epochs=np.arange(1, length + 1),
        worst=values.min(axis=0),
        mean=values.mean(axis=0),
        best=values.max(axis=0),
    )


def limits(lines: Sequence[Curve], baseline: float | None) -> tuple[float, float]:
    """The scale of all panels: from a little above all to as far below the worst line's best epoch
    as that is from the top.
    """
    reached = [line.reached for line in lines]
    top = max([line.best.max() for line in lines] + ([baseline] if baseline is not None else []))
    lowest = min([line.worst.min() for line in lines] + ([baseline] if baseline else []))
    low = lowest if len(lines) == 1 else max(lowest, 2 * min(reached) - top)
    margin = 0.05 * (top - low) or 0.01
    return low - margin, top + margin


def _panel(panel: "Axes", name: str, lines: Mapping[str, Curve], baseline: float | None) -> None:
    for other, line in lines.items():
        if other != name:
            panel.plot(line.epochs, line.mean, color=_OTHERS, lw=0.8, zorder=2)
    if baseline is not None:
        panel.axhline(baseline, color=_GREY, lw=1.2, ls=(0, (1, 1.5)), zorder=3)
    line = lines[name]
    panel.fill_between(line.epochs, line.worst, line.best, color=_LINE, alpha=0.3, lw=0, zorder=4)
    panel.plot(line.epochs, line.mean, color=_LINE, lw=1.8, zorder=5)
    best = int(line.mean.argmax())
    panel.plot(line.epochs[best], line.mean[best], "o", color=_LINE, ms=5, zorder=6)
    short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    panel.set_title(
        f"{short}  {line.reached:.3f}",
        loc="left", fontsize=9, fontweight="bold", color=_INK, parse_math=False,
    )  # fmt: skip
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(axis="y", color="#ececec", lw=0.7)
