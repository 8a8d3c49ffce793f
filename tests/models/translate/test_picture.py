import io
import re
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh

from nlpseq import pictures
from nlpseq.errors import DataError
from nlpseq.models.translate.answers import Alignment
from nlpseq.models.translate.picture import SUFFIXES, draw, picture

SOURCE = ("não", "àquela", "hora", "$x^2$", "<eos>")
TARGET = ("not", "ção", "<eos>")
WEIGHTS = np.array(
    [[0.9, 0.1, 0, 0, 0], [0, 0.2, 0.25, 0.55, 0], [0, 0, 0, 0, 1]], dtype=np.float32
)
UGLY = [
    "$", "$\\frac$", "\\", "tab\there", "two\nlines\r\x00\x1b", "a\u2028b\x85", "\ud800", "\ufffe",
    "日本語", "مرحبا بالعالم", "שלום", "👍🏽", "e\u0301\u0302", "e" * 500, "", "--><b>&amp;", "{x}",
]  # fmt: skip


def aligned(rows, columns, seed=0):
    z = np.random.default_rng(seed).normal(size=(rows, columns)) * 2
    weights = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    words = [[f"palavração{i}" for i in range(n)] for n in (columns, rows)]
    return Alignment(*map(tuple, words), weights.astype(np.float32))


def drawn(alignment):
    with pictures.drawing():
        figure, _ = draw(alignment)
        FigureCanvasAgg(figure).draw()
    cells = next(each for each in figure.axes[0].collections if isinstance(each, QuadMesh))
    return figure, cells


def labels(figure):
    """The texts with where they stand, in pixels from the lower left."""
    renderer = figure.canvas.get_renderer()
    return {t.get_text(): t.get_window_extent(renderer) for t in figure.axes[0].texts}


def lightness(png, cells, i, j):
    """Of a cell's middle, from 0 to 1."""
    edges = cells.get_coordinates()  # (rows + 1, columns + 1, 2), pixels
    x, y = (edges[i, j] + edges[i + 1, j + 1]) / 2
    return png[len(png) - 1 - int(y), int(x), :3].mean()


def read(content):
    return matplotlib.image.imread(io.BytesIO(content), format="png")


def fills(content):
    """The colours of an SVG's cells, in order."""
    found = re.findall(
        rb'<path d="M [^"]*?"[^>]*style="fill: (#[0-9a-f]{6}); stroke: #d4d7dc', content
    )
    return [each.decode() for each in found]


def test_pixels_are_the_weights():
    alignment = Alignment(SOURCE, TARGET, WEIGHTS)
    _, cells = drawn(alignment)
    png = read(picture(alignment, ".png")[0])
    seen = np.array([[lightness(png, cells, i, j) for j in range(5)] for i in range(3)])
    assert seen[WEIGHTS == 0] == pytest.approx(1)
    order = np.argsort(WEIGHTS.ravel(), kind="stable")
    falls = np.diff(seen.ravel()[order])
    assert (falls[np.diff(WEIGHTS.ravel()[order]) > 0] < -0.01).all()
    assert (seen.argmin(1) == WEIGHTS.argmax(1)).all()
    assert seen[2, 4] < 0.2


def test_the_cells_of_an_svg_are_the_weights():
    for alignment in (Alignment(SOURCE, TARGET, WEIGHTS), aligned(7, 11)):
        content, _ = picture(alignment, ".svg")
        ET.fromstring(content)
        found = fills(content)
        assert len(found) == alignment.weights.size
        light = [sum(bytes.fromhex(colour[1:])) for colour in found]
        shown = np.array(light).reshape(alignment.weights.shape)
        assert (shown.argmin(1) == alignment.weights.argmax(1)).all()
        assert shown.min() == shown.flat[alignment.weights.argmax()]


def test_target_words_stand_down_and_source_words_across():
    figure, cells = drawn(Alignment(SOURCE, ("not", "ção", "end"), WEIGHTS))
    edges, places = cells.get_coordinates(), labels(figure)
    np.testing.assert_allclose(cells.get_array().reshape(3, 5), WEIGHTS)
    for i, word in enumerate(("not", "ção", "end")):
        top, bottom = edges[i, 0, 1], edges[i + 1, 0, 1]
        assert bottom < (places[word].y0 + places[word].y1) / 2 < top
        assert places[word].x1 < edges[0, 0, 0]
    for j, word in enumerate(SOURCE):
        assert edges[0, j, 0] < (places[word].x0 + places[word].x1) / 2 < edges[0, j + 1, 0]
        assert places[word].y0 > edges[0, 0, 1]
    assert {"source, j", "target, i", "aᵢⱼ", "0", "1"} <= set(places)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 9), (40, 40), (3, 60), (256, 2)])
def test_nothing_overlaps_or_leaves_the_page(rows, columns):
    figure, cells = drawn(aligned(rows, columns))
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    edges = cells.get_coordinates()
    low, high = edges.min((0, 1)), edges.max((0, 1))
    boxes.append(matplotlib.transforms.Bbox([low, high]))
    width, height = figure.bbox.size
    for i, box in enumerate(boxes):
        assert min(box.x0, box.y0) >= 0
        assert box.x1 <= width
        assert box.y1 <= height
        for other in boxes[:i]:
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            up = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert min(across, up) <= 1
    cell = (high - low) / (columns, rows)
    np.testing.assert_array_equal(cell, cell.round())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_equal_input_gives_equal_bytes_whatever_the_readers_settings(suffix):
    alignment = aligned(4, 5)
    before, _ = picture(alignment, suffix)
    with matplotlib.rc_context({"font.size": 33, "savefig.bbox": "tight", "savefig.dpi": 20}):
        assert picture(alignment, suffix)[0] == before
        assert matplotlib.rcParams["font.size"] == 33
    assert b"Date" not in before
    assert b"matplotlib" not in before.lower().replace(b"matplotlib.org", b"")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ugly_words_are_drawn(suffix, recwarn):
    n = len(UGLY)
    alignment = Alignment(tuple(UGLY), tuple(UGLY), np.eye(n, dtype=np.float32))
    content, unreadable = picture(alignment, suffix)
    assert unreadable == 2 * 2  # 日本語 and 👍🏽, on both sides
    assert not recwarn.list
    if suffix == ".svg":
        ET.fromstring(content)
        assert len(fills(content)) == n * n
        return
    assert read(content).shape[2] == 4
    figure, _ = drawn(alignment)
    assert {"$\\frac$", "tab\\u0009here", f"{'e' * 24}…", "\\ud800"} <= set(labels(figure))


@settings(max_examples=10, deadline=None)
@given(st.text(st.characters(categories=["L", "M", "S", "C", "P", "Z"]), max_size=8))
def test_any_word_is_drawn(word):
    alignment = Alignment((word, "<eos>"), (word,), np.array([[0.5, 0.5]], dtype=np.float32))
    content, _ = picture(alignment, ".svg")
    ET.fromstring(content)
    assert picture(alignment, ".png")[0].startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(DataError, match="nothing to draw: the text is empty"):
        picture(Alignment.without("the text is empty"), ".png")
    with pytest.raises(DataError, match="257 × 2 words are too many") as error:
        picture(aligned(257, 2), ".png")
    assert "JSON" in error.value.remedy
