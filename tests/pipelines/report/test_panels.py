"""The curves of the page, read as a person reads them: against the numbers beside and below."""

import numpy as np
import pytest

from nlpseq.pipelines.report.content import Curves
from nlpseq.pipelines.report.panels import panels


@pytest.fixture
def drawn(parsed):
    """Draws curves: one function a panel, from a place in it to epoch and figure."""

    def draw(lines, baseline=None):
        page = parsed("".join(panels(Curves(lines, "accuracy", baseline))))
        outer = [e for e in page.all("svg") if "viewbox" in e.attrs]
        return page, [Panel(page, svg) for svg in outer]

    return draw


class Panel:
    def __init__(self, page, svg):
        [self.inner] = page.all("svg", svg)
        x, y = self.inner.floats("x", "y")
        beside = [(e.floats("y")[0] - y, float(e.text)) for e in page.all("text", svg, cls="y")]
        below = [(e.floats("x")[0] - x, int(e.text)) for e in page.all("text", svg, cls="x")]
        assert len(beside) >= 2
        self.ticks = [figure for _, figure in beside]
        self.figure = np.polynomial.Polynomial.fit(*zip(*beside, strict=True), 1)
        self.epoch = None
        if len(below) > 1:
            self.epoch = np.polynomial.Polynomial.fit(*zip(*below, strict=True), 1)
        self.page = page

    def read(self, tag, cls):
        """Epochs and figures of a line."""
        [line] = self.page.all(tag, self.inner, cls=cls)
        pairs = [tuple(map(float, pair.split(","))) for pair in line.attrs["points"].split()]
        return [self.epoch(x) for x, _ in pairs], [self.figure(y) for _, y in pairs]


def test_a_line_stands_where_its_figures_are(drawn):
    _, [panel] = drawn({"a": [[0.61, 0.843, 0.79, 0.851]]})
    epochs, figures = panel.read("polyline", "mean")
    assert epochs == pytest.approx([1, 2, 3, 4], abs=0.02)
    assert figures == pytest.approx([0.61, 0.843, 0.79, 0.851], abs=1e-3)
    dots = panel.page.all("circle", panel.inner)
    assert [e.text for e in dots] == [
        "epoch 1: 0.6100", "epoch 2: 0.8430", "epoch 3: 0.7900", "epoch 4: 0.8510",
    ]  # fmt: skip
    assert [panel.figure(e.floats("cy")[0]) for e in dots] == pytest.approx(figures, abs=1e-6)
    assert [e.attrs["class"] for e in dots] == ["dot"] * 3 + ["best"]


def test_of_several_seeds_it_is_the_mean_and_a_band_holds_them(drawn):
    _, [panel] = drawn({"a": [[0.5, 0.7, 0.9], [0.6, 0.9]]})
    assert panel.read("polyline", "mean")[1] == pytest.approx([0.55, 0.8], abs=1e-3)
    epochs, figures = panel.read("polygon", "band")
    assert epochs == pytest.approx([1, 2, 2, 1], abs=0.02)
    assert figures == pytest.approx([0.6, 0.9, 0.7, 0.5], abs=1e-3)


def test_the_baseline_stands_at_its_figure(drawn):
    page, [panel] = drawn({"a": [[0.5, 0.7]]}, baseline=0.8123)
    [line] = page.all("line", panel.inner, cls="baseline")
    assert panel.figure(line.floats("y1")[0]) == pytest.approx(0.8123, abs=1e-3)
    assert "the linear baseline, 0.8123" in page.all("figcaption")[0].text


def test_panels_have_one_scale_and_the_others_behind(drawn):
    lines = {f"m{i}": [[0.5, 0.7 + i / 100]] for i in range(14)}
    page, found = drawn(lines)
    assert [e.text for e in page.all("h3")] == [f"m{i} {0.7 + i / 100:.4f}" for i in range(14)]
    assert len(found) == 14
    for i, panel in enumerate(found):
        assert panel.ticks == found[0].ticks
        assert panel.read("polyline", "mean")[1][1] == pytest.approx(0.7 + i / 100, abs=1e-3)
    [others] = page.all("g", id="others")
    assert len(page.all("polyline", others)) == 14
    assert len(page.all("use")) == 13
    assert {e.attrs["href"] for e in page.all("use")} == {"#others"}


@pytest.mark.parametrize(
    "seeds",
    [[[0.5]], [[0.0, 0.0]], [[12.3, 34.5, 33.0]], [[-2.5, -0.75]], [[1e-6, 3e-6]], [[0.5] * 999]],
    ids=["one epoch", "zeros", "of a hundred", "log P", "tiny", "long"],
)
def test_any_curve_can_be_read(drawn, seeds):
    page, [panel] = drawn({"a": seeds})
    [line] = page.all("polyline", panel.inner, cls="mean")
    ys = [float(pair.split(",")[1]) for pair in line.attrs["points"].split()]
    step = abs(panel.ticks[1] - panel.ticks[0])
    assert [panel.figure(y) for y in ys] == pytest.approx(seeds[0], abs=step / 50)
    assert len(set(panel.ticks)) == len(panel.ticks) <= 8
    assert len(page.all("text", cls="x")) <= 9
    width, height = panel.inner.floats("width", "height")
    for dot in page.all("circle", panel.inner):
        x, y = dot.floats("cx", "cy")
        assert 0 <= x <= width and 0 <= y <= height
