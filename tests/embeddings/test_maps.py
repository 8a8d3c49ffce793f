import html
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.embeddings import map_labels, map_page
from nlpseq.embeddings.map_labels import Size, place
from nlpseq.embeddings.maps import Choice, choose, project, require_suffix, write_map
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError, UnknownWordError

UGLY = [
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "--><b>",
    "&lt;",
    "{{title}}",
    "$x^2$",
    "$\\frac$",
    "tab\there",
    "two\nlines\r\x00\x1b",
    "a\u2028b\u2029c\x85d",
    'q"\\u0041\\',
    "\ud800",
    "日本語",
    "",
    "e" * 500,
]


def made(words, matrix, recipe="none"):
    return Vectors(words, np.array(matrix, dtype=np.float32), recipe)


def animals(recipe="none"):
    """Three directions, three words of each; most frequent first."""
    words = ["cão", "mar", "rei", "gato", "rio", "rainha", "lobo", "lago", "príncipe"]
    matrix = np.eye(3)[[0, 1, 2] * 3] + 0.01 * np.arange(27).reshape(9, 3)
    return made(words, matrix, recipe)


def scattered(n, seed=0):
    rng = np.random.default_rng(seed)
    words = [f"palavra{i}" for i in range(n)]
    return words, rng.normal(size=(n, 2)).astype(np.float32), rng.integers(0, 12, n)


# choose


def test_the_first_words():
    choice = choose(animals(), first=4)
    assert choice.rows.tolist() == [0, 1, 2, 3]
    assert choice.groups.tolist() == [0, 0, 0, 0]
    assert (choice.heads, choice.unknown) == (0, [])
    assert len(choose(animals(), first=99).rows) == 9


def test_a_list_of_words_keeps_its_order_and_counts_the_unknown():
    choice = choose(animals("lower"), words=["rio", "REI", "zebra", "rei", "cão", "zebra", "ovo"])
    assert choice.rows.tolist() == [4, 2, 0]
    assert choice.unknown == ["zebra", "ovo"]


def test_a_list_without_a_known_word_names_the_nearest():
    with pytest.raises(UnknownWordError) as caught:
        choose(animals(), words=["rainhha", "zebra"])
    assert "'rainha'" in caught.value.remedy


def test_neighbourhoods_are_groups_with_their_words_first():
    choice = choose(animals(), near=["rei", "cão"], k=2)
    assert choice.heads == 2
    assert choice.rows.tolist() == [2, 0, 3, 5, 6, 8]
    assert choice.groups.tolist() == [0, 1, 1, 0, 1, 0]


def test_a_neighbour_of_two_words_belongs_to_the_nearest():
    vectors = made(["a", "b", "c", "d"], [[1, 0], [0, 1], [1, 0.5], [0.5, 1]])
    choice = choose(vectors, near=["a", "b"], k=3)
    assert choice == choice._replace(heads=2, unknown=[])
    assert choice.rows.tolist() == [0, 1, 2, 3]
    assert choice.groups.tolist() == [0, 1, 0, 1]


def test_an_unknown_word_has_no_neighbourhood():
    with pytest.raises(UnknownWordError, match="'cãoo'"):
        choose(animals(), near=["rei", "cãoo"])


def test_clusters_are_the_directions_with_a_head_each():
    choice = choose(animals(), first=9, clusters=3, seed=5)
    assert choice.heads == 3
    assert sorted(choice.rows.tolist()) == list(range(9))
    assert [choice.groups[choice.rows == row].item() for row in range(3)] == [0, 1, 2]
    assert choice.groups[:3].tolist() == [0, 1, 2]
    for group in range(3):
        assert len({row % 3 for row in choice.rows[choice.groups == group].tolist()}) == 1
    again = choose(animals(), first=9, clusters=3, seed=5)
    assert choice.rows.tolist() == again.rows.tolist()
    assert choice.groups.tolist() == again.groups.tolist()


def test_the_head_of_a_cluster_is_a_frequent_word_of_its_middle():
    rng = np.random.default_rng(0)
    matrix = np.eye(4)[0] + 0.1 * rng.normal(size=(50, 4))
    matrix[0] = [1, 1, 0, 0]  # frequent, but at the edge
    choice = choose(made([f"w{i}" for i in range(50)], matrix), first=50, clusters=1)
    rows = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    far = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
    middle = np.argsort(far)[:6]
    assert choice.rows[0] in middle
    assert choice.rows[0] <= min(np.argsort(far)[:5])
    assert choice.rows[1:].tolist() == [row for row in range(50) if row != choice.rows[0]]


def test_no_more_clusters_than_there_are(recwarn):
    choice = choose(made(["a", "b", "c"], [[1, 0], [2, 0], [0, 1]]), first=3, clusters=7)
    assert choice.heads == 2
    assert choice.groups[choice.rows == 0] == choice.groups[choice.rows == 1]
    assert not recwarn.list


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"first": 3, "words": ["rei"]},
        {"first": 0},
        {"words": []},
        {"near": []},
        {"words": "rei"},
        {"near": "rei"},
        {"near": ["rei"], "k": 0},
        {"near": ["rei"], "clusters": 2},
        {"first": 3, "clusters": 0},
        {"first": 3, "clusters": 2, "seed": -1},
    ],
)
def test_a_choice_that_is_none(call):
    with pytest.raises(CallError):
        choose(animals(), **call)


def test_no_words_at_all():
    with pytest.raises(CallError, match="no words to draw"):
        choose(made([], np.zeros((0, 3))), first=5)


# project


@pytest.mark.parametrize(("n", "D"), [(2, 3), (7, 3), (23, 5), (5, 23), (9001, 2)])
def test_pca_is_numpys_svd_up_to_sign(n, D):
    matrix = np.random.default_rng(n).normal(size=(n, D)) * np.logspace(0, 2, D) + 7
    points = project(matrix.astype(np.float32), "pca")
    wide = matrix.astype(np.float32).astype(np.float64)
    U, S, _ = np.linalg.svd(wide - wide.mean(axis=0), full_matrices=False)
    expected = U[:, :2] * S[:2]
    assert points.shape == (n, 2)
    assert points.dtype == np.float32
    for axis in range(2):
        way = np.sign(points[:, axis] @ expected[:, axis]) or 1
        np.testing.assert_allclose(
            points[:, axis], way * expected[:, axis], atol=1e-5 * np.abs(expected).max()
        )


def test_the_largest_component_of_a_direction_is_positive():
    for seed in range(8):
        matrix = np.random.default_rng(seed).normal(size=(40, 6)).astype(np.float32)
        axes = np.linalg.lstsq(matrix - matrix.mean(axis=0), project(matrix, "pca"))[0]
        assert (axes[np.abs(axes).argmax(axis=0), [0, 1]] > 0).all()


def test_pca_is_the_same_way_round_whatever_the_order():
    matrix = np.random.default_rng(3).normal(size=(40, 6)).astype(np.float32)
    np.testing.assert_allclose(
        project(matrix[::-1], "pca")[::-1], project(matrix, "pca"), atol=1e-5
    )


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("matrix", [[[1.0, 2, 3]], [[0.1, 7, 3]] * 4, [[0, 0]] * 3, [[3], [4]]])
def test_few_points_and_equal_ones(method, matrix):
    if method == "tsne":
        pytest.importorskip("openTSNE")
    points = project(np.array(matrix, dtype=np.float32), method)
    assert points.shape == (len(matrix), 2)
    if len(matrix) != 2:
        assert not points.any()
    else:
        np.testing.assert_allclose(np.abs(points), [[0.5, 0], [0.5, 0]])


def test_equal_vectors_have_equal_points():
    matrix = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
    matrix[5] = matrix[2]
    points = project(matrix, "pca")
    assert np.array_equal(points[5], points[2])


def clouds():
    """60 vectors of 3 directions, of all lengths, and one of zeros."""
    rng = np.random.default_rng(0)
    matrix = 4 * np.eye(10)[np.arange(60) % 3] + rng.normal(size=(60, 10)) * 0.3
    matrix *= np.logspace(-2, 2, 60)[:, None]
    return np.vstack([matrix, np.zeros((1, 10))]).astype(np.float32)


def test_tsne_keeps_neighbours_by_cosine_together():
    pytest.importorskip("openTSNE")
    points = project(clouds(), "tsne", seed=3)[:60]
    far = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(far, np.inf)
    nearest = far.argmin(axis=1)
    assert (nearest % 3 == np.arange(60) % 3).all()


def test_tsne_is_a_function_of_its_seed():
    pytest.importorskip("openTSNE")
    points = project(clouds(), "tsne", seed=3)
    assert np.array_equal(project(clouds(), "tsne", seed=3), points)
    assert not np.array_equal(project(clouds(), "tsne", seed=4), points)


@pytest.mark.parametrize("n", [5, 6, 11])
@pytest.mark.parametrize("perplexity", [1, 30, 30.7, 500])
def test_tsne_of_few_points(n, perplexity, caplog):
    pytest.importorskip("openTSNE")
    matrix = np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32)
    points = project(matrix, "tsne", perplexity=perplexity)
    assert points.shape == (n, 2)
    assert np.isfinite(points).all()
    assert not caplog.records


def test_tsne_of_equal_vectors_is_finite():
    pytest.importorskip("openTSNE")
    assert np.isfinite(project(np.ones((12, 3), dtype=np.float32), "tsne")).all()


def test_tsne_tells_how_far_it_is():
    pytest.importorskip("openTSNE")
    seen = []

    class Bar:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

        def task(self, description, total=None):
            seen.append(total)
            return self

        def advance(self, amount=1, note=""):
            seen.append(amount)

    project(clouds()[:20], "tsne", progress=Bar())
    assert seen[0] == sum(seen[1:])


def test_tsne_without_opentsne_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(CallError) as caught:
        project(clouds(), "tsne")
    assert "pip install 'nlpseq[maps]'" in caught.value.remedy


@pytest.mark.parametrize(
    ("matrix", "options", "error"),
    [
        (np.zeros((0, 3)), {}, CallError),
        (np.zeros((3, 0)), {}, CallError),
        (np.zeros(3), {}, CallError),
        ([[1, np.nan]], {}, DataError),
        ([[1, 2], [np.inf, 2]], {}, DataError),
        (np.eye(3), {"method": "umap"}, CallError),
        (np.eye(3), {"seed": -1}, CallError),
    ],
)
def test_what_cannot_be_laid_out(matrix, options, error):
    with pytest.raises(error):
        project(np.array(matrix, dtype=np.float32), **{"method": "pca", **options})


@pytest.mark.parametrize("perplexity", [0.5, -3, np.nan, np.inf])
def test_no_such_perplexity(perplexity):
    pytest.importorskip("openTSNE")
    with pytest.raises(CallError, match="no perplexity"):
        project(clouds(), "tsne", perplexity=perplexity)


# labels


@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(st.tuples(st.integers(0, 299), st.integers(0, 199)), min_size=1, max_size=60),
    widths=st.lists(st.floats(3, 120), min_size=60, max_size=60),
    heads=st.integers(0, 5),
)
def test_no_two_labels_overlap(points, widths, heads):
    radii = np.where(np.arange(len(points)) < heads, 6.5, 3.2)
    boxes = place(
        np.array(points, dtype=np.float64),
        radii,
        lambda i: Size(widths[i], 14.3, 3),
        Size(3, 14.3, 3),
        (300, 200),
        heads,
    )
    taken = np.zeros((200, 300), dtype=int)
    for i, box in enumerate(boxes):
        if box is None:
            continue
        assert min(box.left, box.bottom) >= 0
        assert box.right <= 300 and box.top <= 200
        assert box.right - box.left >= widths[i] and box.top - box.bottom >= 14.3
        taken[box.bottom : box.top, box.left : box.right] += 1
        for x, y in [points[i], *points[:heads]]:
            assert not (box.left < x < box.right and box.bottom < y < box.top)
    assert taken.max() <= 1


def test_the_first_word_has_its_label_and_one_in_its_place_has_none():
    points = np.array([[50.0, 20]] * 30)
    size = Size(40, 12, 3)
    boxes = place(points, np.full(30, 2.0), lambda i: size, size, (100, 40))
    assert boxes[0] is not None
    assert boxes.count(None) >= 20


def test_a_label_avoids_points_where_it_can():
    points = np.array([[50.0, 50], [60, 50], [70, 50], [40, 50], [30, 50]])
    size = Size(30, 10, 3)
    box = place(points, np.full(5, 2.0), lambda i: size, size, (200, 100))[0]
    assert box.bottom > 50 or box.top < 50


@pytest.mark.parametrize("x", [50, 50.4, 50.7, 50.9])
@pytest.mark.parametrize("radius", [2.0, 2.5, 8.3])
def test_a_lone_label_stands_to_the_right(x, radius):
    size = Size(30, 10, 3)
    box = place(np.array([[x, 50.2]]), np.array([radius]), lambda i: size, size, (200, 100))[0]
    assert box.left > x + radius
    assert box.bottom < 50 < box.top


def test_no_label_covers_the_point_of_a_head():
    points = np.array([[100.0, 50]] + [[80, 50]] * 40)
    size = Size(18, 4, 1)  # right of its point, such a label would end on the head
    boxes = place(points, np.full(41, 3.0), lambda i: size, size, (200, 100), 1)
    for box in filter(None, boxes):
        assert not (box.left < 103 and box.right > 97 and box.bottom < 53 and box.top > 47)


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("words", [[f"palavra{i}" for i in range(150)], UGLY * 5])
def test_labels_as_matplotlib_draws_them_do_not_overlap(words):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    _, points, groups = scattered(len(words))
    figure, unlabelled, _ = map_labels.draw(words, points * 3, groups, "Words\nand $more$", 4)
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = figure.axes[0].texts
    extents = [text.get_window_extent(renderer) for text in texts if text.get_text()]
    for i, one in enumerate(extents):
        assert one.x0 >= 0 and one.y0 >= 0
        assert one.x1 <= 2400 and one.y1 <= 1800
        assert not any(one.overlaps(other) for other in extents[i + 1 :])
    assert len(texts) - 1 + unlabelled == len(words)
    assert len(texts) > 1


def test_a_long_title_is_broken_and_then_cut():
    words, points, groups = scattered(3)
    for title, lines in [
        ("", 0),
        ("short", 1),
        ("long " * 30, 2),
        ("long " * 200, 2),
        ("w" * 999, 2),
    ]:
        figure, unlabelled, _ = map_labels.draw(words, points, groups, title, 0)
        texts = [text.get_text() for text in figure.axes[0].texts[:lines]]
        assert len(figure.axes[0].texts) == lines + 3 - unlabelled
        assert texts[-1:] == [] or texts[-1].endswith("…") == (len(title) > 500)


# write_map


def drawn(path, n=40, title="Título", heads=3):
    words, points, groups = scattered(n)
    return write_map(path, words, points, groups, title, heads=heads)


@pytest.mark.parametrize("suffix", ["png", "svg", "html", "tsv"])
def test_equal_maps_have_equal_bytes(tmp_path, suffix):
    import matplotlib

    drawn(tmp_path / f"a.{suffix}")
    with matplotlib.rc_context({"font.size": 33, "savefig.bbox": "tight"}):
        drawn(tmp_path / f"B.{suffix.upper()}")
        assert matplotlib.rcParams["font.size"] == 33
    written = (tmp_path / f"a.{suffix}").read_bytes()
    assert written == (tmp_path / f"B.{suffix.upper()}").read_bytes()
    assert b"Matplotlib" not in written
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("suffix", ["png", "svg", "html", "tsv"])
@pytest.mark.parametrize(
    "points",
    [[[3, 4]], [[3, 4], [3, 4]], [[1, 2], [1, 9]], [[-3e38, 0], [3e38, 1]], [[0, 0], [1e-45, 0]]],
)
def test_few_points_are_drawn(tmp_path, suffix, points, recwarn):
    words = [f"palavra{i}" for i in range(len(points))]
    found = write_map(tmp_path / f"map.{suffix}", words, np.array(points))
    assert (found.unlabelled, found.unreadable) == (0, 0)
    assert (tmp_path / f"map.{suffix}").stat().st_size > 20
    assert not recwarn.list


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_picture_says_what_it_could_not_show(tmp_path, suffix, recwarn):
    words = ["rei", "日本", "mar", "ψυχή"]
    found = write_map(tmp_path / f"a.{suffix}", words * 20, np.zeros((80, 2)))
    assert found.unreadable == 20
    assert 60 < found.unlabelled < 80
    assert not recwarn.list


def test_png_is_a_png_and_svg_is_xml(tmp_path):
    points = scattered(len(UGLY))[1]
    write_map(tmp_path / "a.png", UGLY, points, title="<&> $\\frac$")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    write_map(tmp_path / "a.svg", UGLY, points, title="<&> $\\frac$")
    root = ET.parse(tmp_path / "a.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not root.findall(".//{*}script") and not root.findall(".//{*}image")


def page_of(path):
    page = path.read_text("utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return page, data.group(1)


def test_html_holds_every_word_and_none_gets_out(tmp_path):
    words = [word + f" {i}" for i, word in enumerate(UGLY)]
    points = scattered(len(words))[1]
    title = "</title><script>alert(1)</script>{{data}} & \ud800"
    write_map(tmp_path / "a.html", words, points, np.arange(len(words)), title, heads=2)
    page, data = page_of(tmp_path / "a.html")
    assert not re.search("[<>&\u2028\u2029\n]", data)
    read = json.loads(data)
    assert read["words"] == words
    assert read["groups"] == list(range(len(words)))
    assert read["heads"] == 2
    assert page.count("<script") == 2 == page.count("</script>")
    shown = html.escape(title).replace("\ud800", "\ufffd")
    assert f"<title>{shown}</title>" in page
    assert f"{shown}</h1>" in page


def test_html_needs_nothing_from_the_network(tmp_path):
    drawn(tmp_path / "a.html")
    page, _ = page_of(tmp_path / "a.html")
    assert "default-src 'none'" in page
    assert not re.search(r"https?:|//\w|\bsrc=|\bhref=|@import|url\(|fetch\(|XMLHttp", page)


def test_html_keeps_both_axes_in_one_scale(tmp_path):
    points = np.array([[-2, 5], [2, 5], [0, 6]])
    write_map(tmp_path / "a.html", ["a", "b", "c"], points)
    read = json.loads(page_of(tmp_path / "a.html")[1])
    assert (read["x"], read["y"]) == ([0, 1_000_000, 500_000], [0, 0, 250_000])


@given(st.lists(st.text(), min_size=1, max_size=20))
def test_any_words_come_back_out_of_a_page(words):
    points = np.zeros((len(words), 2), dtype=np.float32)
    page = map_page.page(words, points, np.zeros(len(words), dtype=np.int32), "", 0).decode()
    data = page.split('id="data">')[1].split("</script>")[0]
    assert json.loads(data)["words"] == words


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_labels_can_be_read_by_day_and_by_night(tmp_path):
    drawn(tmp_path / "a.html")
    page, data = page_of(tmp_path / "a.html")
    read = json.loads(data)
    papers = re.findall(r"--paper: (#\w+)", page)
    assert len(papers) == 2
    for paper, colours in zip(papers, [read["light"], read["dark"]], strict=True):
        assert len(set(colours)) == 10
        for colour in colours:
            low, high = sorted([luminance(paper), luminance(colour)])
            assert (high + 0.05) / (low + 0.05) >= 4.5, colour


def test_tsv_escapes_what_would_break_a_line_or_a_column(tmp_path):
    points = scattered(len(UGLY))[1]
    write_map(tmp_path / "a.tsv", UGLY, points, np.arange(len(UGLY)))
    lines = (tmp_path / "a.tsv").read_text("utf-8").split("\n")
    assert lines[0] == "word\tx\ty\tgroup"
    assert lines[-1] == ""
    read = [line.split("\t") for line in lines[1:-1]]
    assert all(len(row) == 4 for row in read)
    words = [re.sub(r"\\u(....)", lambda m: chr(int(m.group(1), 16)), row[0]) for row in read]
    assert words == UGLY
    assert np.array_equal(np.array([row[1:3] for row in read], dtype=np.float32), points)
    assert [int(row[3]) for row in read] == list(range(len(UGLY)))


@pytest.mark.parametrize("name", ["map", "map.pdf", "map.html.gz", "map.jpg"])
def test_no_such_format(tmp_path, name):
    with pytest.raises(CallError) as caught:
        write_map(tmp_path / name, ["a"], np.zeros((1, 2)))
    assert caught.value.remedy.endswith(".png, .svg, .html, .tsv")
    with pytest.raises(CallError):
        require_suffix(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["png", "svg", "html", "tsv"])
@pytest.mark.parametrize(
    ("words", "points", "groups", "error"),
    [
        ([], np.zeros((0, 2)), None, CallError),
        (["a"], np.zeros((2, 2)), None, CallError),
        (["a"], np.zeros((1, 3)), None, CallError),
        (["a"], np.zeros((1, 2)), [0, 0], CallError),
        (["a"], np.zeros((1, 2)), [-1], CallError),
        (["a", "b"], [[0, 0], [np.nan, 1]], None, DataError),
    ],
)
def test_what_is_no_map(tmp_path, suffix, words, points, groups, error):
    with pytest.raises(error):
        write_map(tmp_path / f"map.{suffix}", words, np.array(points), groups)
    assert not list(tmp_path.iterdir())


def test_importing_maps_loads_nothing_heavy():
    code = (
        "import sys, nlpseq.embeddings.maps; "
        "print(sorted({'matplotlib', 'openTSNE', 'sklearn', 'scipy', 'numba'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


@pytest.mark.data
def test_real_words_lie_with_their_kin(data, tmp_path):
    vectors = Vectors.open(data / "vectors/pt.skip100.txt.gz", first=5000)
    choice: Choice = choose(vectors, near=["cidade", "mulher", "azul"], k=15)
    points = project(vectors.rows.take(choice.rows), "pca")
    words = [vectors.words[row] for row in choice.rows]
    assert words[:3] == ["cidade", "mulher", "azul"]
    centres = np.stack([points[choice.groups == group].mean(axis=0) for group in range(3)])
    far = np.linalg.norm(points[:, None] - centres[None], axis=-1)
    assert (far.argmin(axis=1) == choice.groups).mean() > 0.8
    found = write_map(tmp_path / "map.svg", words, points, choice.groups, "Words", heads=3)
    assert found.unlabelled < len(words) / 2
