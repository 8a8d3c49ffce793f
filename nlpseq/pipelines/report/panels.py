"""Learning curves as pictures inside the page, whose colours and letters are the page's."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from nlpseq.pages import escape
from nlpseq.pipelines.curves import Curve, curve, limits
from nlpseq.pipelines.report.content import Curves

_MANY, _ALONE = (260, 160), (520, 260)  # width and height of a panel, in its own units
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 8, 22  # margins
_DOTS = 200  # epochs that have a dot each, at most


class _Scale:
    """From epochs and figures to places inside the margins of a panel."""

    def __init__(self, lines: Mapping[str, Curve], baseline: float | None, alone: bool) -> None:
        self.width, self.height = _ALONE if alone else _MANY
        self.across = self.width - _LEFT - _RIGHT
        self.down = self.height - _TOP - _BOTTOM
        self.last = max(int(line.epochs[-1]) for line in lines.values())
        self.low, self.high = limits(list(lines.values()), baseline)

    def x(self, epoch: float) -> float:
        return (epoch - 0.8) / (self.last - 0.6) * self.across

    def y(self, figure: float) -> float:
        return (self.high - figure) / (self.high - self.low) * self.down

    def places(self, epochs: npt.NDArray[np.int64], figures: npt.NDArray[np.float64]) -> str:
        pairs = zip(epochs.tolist(), figures.tolist(), strict=True)
        return " ".join(f"{self.x(e):.2f},{self.y(f):.2f}" for e, f in pairs)

    def epochs(self) -> Iterator[int]:
        """Those that are named below a panel."""
        yield from range(1, self.last + 1, max(1, math.ceil(self.last / 8)))

    def figures(self) -> Iterator[tuple[float, str]]:
        """Those that are named beside it, round ones, and their text."""
        rough = (self.high - self.low) / 4
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        for i in range(math.ceil(self.low / step), math.floor(self.high / step) + 1):
            yield i * step, f"{i * step:.{decimals}f}"


def panels(found: Curves) -> Iterator[str]:
    """A panel for each line, all on the same scales, with the others in grey behind it."""
    lines = {name: curve(seeds) for name, seeds in found.lines.items()}
    scale = _Scale(lines, found.baseline, len(lines) == 1)
    words = [f"{found.figure} on the development examples after each epoch; a dot is the best"]
    if any(len(seeds) > 1 for seeds in found.lines.values()):
        words.append("a line is the mean of the seeds, its band reaches from the worst to the best")
    if len(lines) > 1:
        words.append("grey: the others")
    if found.baseline is not None:
        words.append(f"dotted: the linear baseline, {found.baseline:.4f}")
    yield f"<figure><figcaption>{escape('; '.join(words))}.</figcaption>"
    yield f'<div class="panels{" alone" if len(lines) == 1 else ""}">'
    for number, (name, line) in enumerate(lines.items()):
        yield "<div>"
        if len(lines) > 1:
            yield f'<h3 dir="auto">{escape(name)} <b>{line.reached:.4f}</b></h3>'
        said = f"{name}: {found.figure} {line.reached:.4f} at best, {len(line.epochs)} epochs"
        yield f'<svg viewBox="0 0 {scale.width} {scale.height}" role="img" '
        yield f'aria-label="{escape(said)}">'
        yield from _axes(scale)
        yield f'<svg x="{_LEFT}" y="{_TOP}" width="{scale.across}" height="{scale.down}">'
        if len(lines) > 1 and number == 0:  # drawn once, and shown again behind each line
            others = (scale.places(other.epochs, other.mean) for other in lines.values())
            drawn = "".join(f'<polyline points="{places}"/>' for places in others)
            yield f'<g id="others" class="others">{drawn}</g>'
        elif len(lines) > 1:
            yield '<use href="#others"/>'
        if found.baseline is not None:
            y = f"{scale.y(found.baseline):.2f}"
            yield f'<line class="baseline" x1="0" x2="{scale.across}" y1="{y}" y2="{y}"/>'
        yield from _line(scale, line)
        yield "</svg></svg></div>\n"
    yield "</div></figure>"


def _axes(scale: _Scale) -> Iterator[str]:
    for figure, text in scale.figures():
        y = _TOP + scale.y(figure)
        ends = f'x1="{_LEFT}" x2="{scale.width - _RIGHT}" y1="{y:.2f}" y2="{y:.2f}"'
        yield f'<line class="rule" {ends}/>'
        yield f'<text class="y" x="{_LEFT - 6}" y="{y:.2f}">{text}</text>'
    for epoch in scale.epochs():
        x = _LEFT + scale.x(epoch)
        yield f'<text class="x" x="{x:.2f}" y="{scale.height - 6}">{epoch}</text>'


def _line(scale: _Scale, line: Curve) -> Iterator[str]:
    if (line.best > line.worst).any():
        there = scale.places(line.epochs, line.best)
        back = scale.places(line.epochs[::-1], line.worst[::-1])
        yield f'<polygon class="band" points="{there} {back}"/>'
    yield f'<polyline class="mean" points="{scale.places(line.epochs, line.mean)}"/>'
    best = int(line.mean.argmax())
    for i, (epoch, figure) in enumerate(zip(line.epochs.tolist(), line.mean.tolist(), strict=True)):
        if i == best or len(line.epochs) <= _DOTS:
            yield (
                f'<circle class="{"best" if i == best else "dot"}" cx="{scale.x(epoch):.2f}" '
                f'cy="{scale.y(figure):.2f}" r="{4.5 if i == best else 2}">'
                f"<title>epoch {epoch}: {figure:.4f}</title></circle>"
            )
