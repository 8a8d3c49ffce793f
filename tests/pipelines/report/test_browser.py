"""The page in Chromium, where there is one: by day and night, on wide and on narrow screens."""

import html
import json
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nlpseq.pipelines.report import content, page

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")

# Runs beside the page, which forbids scripts: looks at what the browser has made of it.
LOOK = """
const frame = document.querySelector("iframe"), page = frame.contentDocument;
const view = frame.contentWindow, all = query => [...page.querySelectorAll(query)];
const style = e => view.getComputedStyle(e), box = e => e.getBoundingClientRect();
all("details").forEach(e => { e.open = true; });
document.body.replaceChildren(JSON.stringify({
  width: page.documentElement.scrollWidth,
  paper: style(page.body).backgroundColor,
  ink: style(page.body).color,
  loaded: view.performance.getEntriesByType("resource").length,
  confusion: all(".confusion")[0] && [...all(".confusion")[0].querySelectorAll("td[title]")]
    .map(e => style(e).backgroundColor),
  wide: all("body *").filter(e => !e.closest(".wide") && box(e).right > view.innerWidth + 1)
    .map(e => e.outerHTML.slice(0, 200)),
  line: style(all(".mean")[0]).stroke,
  baseline: box(all(".baseline")[0]).top,
  dots: all("svg")[0].querySelectorAll("circle").length,
  heights: [...all("svg")[0].querySelectorAll("circle")].map(e => {
    const {top, bottom} = box(e);
    return [parseFloat(e.textContent.split(": ")[1]), (top + bottom) / 2];
  }),
  ticks: [...all("svg")[0].querySelectorAll(".y")].map((e, i) =>
    [parseFloat(e.textContent), box(all(".rule")[i]).top]),
  hidden: all("p, td, th, dd, h1, h2, h3, summary, code")
    .filter(e => e.textContent.trim() && !box(e).height).map(e => e.outerHTML.slice(0, 200)),
}));
"""


def browse(folder, address, dark, *more):
    """What the browser writes of an address; it starts with nothing from before."""
    call = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        f"--user-data-dir={folder / 'browser'}", "--virtual-time-budget=3000",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}", *more, address,
    ]  # fmt: skip
    return subprocess.run(call, check=True, capture_output=True, timeout=120).stdout.decode()


@pytest.fixture
def look(tmp_path):
    """What the browser has made of a page."""

    def look(written, dark=False, width=1100):
        (tmp_path / "look.html").write_text(
            f'<!DOCTYPE html><meta charset="utf-8"><body><iframe width="{width}" height="900" '
            f'style="border: 0" srcdoc="{html.escape(written)}"></iframe>'
            f"<script>addEventListener('load', () => {{ {LOOK} }});</script>",
            encoding="utf-8",
        )
        address = (tmp_path / "look.html").as_uri()
        dom = browse(tmp_path, address, dark, "--window-size=1200,1000", "--dump-dom")
        return json.loads(html.unescape(re.search(r"<body>(.*)</body>", dom, re.DOTALL).group(1)))

    return look


@pytest.fixture
def written(both, outcome, details, hostile):
    """Writes the page of a report and gives it."""
    long = details(
        "x" * 100,
        examples=[
            {"text": text, "true": "y" * 100, "predicted": "pos", "confidence": 0.5}
            for text in ("w" * 300, hostile)
        ],
        signature="s" * 200,
        options={"classifier": {"o" * 80: "v" * 300}},
    )

    def write(several=False):
        outcomes = [outcome("", 1, 0.84, details=long, machine="m" * 300)]
        if several:
            outcomes = [*both, outcome("c" * 90, 1, 0.8, details=long)]
        sections = content.sections("t" * 90, outcomes, "nlpseq run " + "f" * 200)
        return page.page("t" * 90, sections)

    return write


def rgb(colour):
    return [float(part) for part in re.findall(r"[\d.]+", colour)]


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
def test_it_has_colours_by_day_and_by_night(look, written, dark):
    found = look(written(), dark)
    paper, ink = rgb(found["paper"]), rgb(found["ink"])
    assert (max(paper) < 60) == dark
    assert (min(ink) > 200) == dark
    assert rgb(found["line"]) != paper
    right, wrong, none = found["confusion"][0], found["confusion"][1], found["confusion"][-1]
    assert len({tuple(rgb(colour)[:3]) for colour in (right, wrong)}) == 2
    assert rgb(right)[3] > rgb(wrong)[3] > 0
    assert rgb(none)[3] == 0
    assert found["loaded"] == 0


@pytest.mark.parametrize("several", [False, True], ids=["one run", "several"])
@pytest.mark.parametrize("width", [400, 1100])
def test_nothing_stands_over_the_edge(look, written, width, several):
    found = look(written(several), width=width)
    assert found["wide"] == []
    assert found["width"] <= width
    assert found["hidden"] == []


def test_the_curve_is_drawn_where_its_figures_are(look, written):
    found = look(written())
    (low, low_y), *_, (high, high_y) = found["ticks"]
    scale = (high - low) / (high_y - low_y)
    assert found["dots"] == 3
    for (figure, y), meant in zip(found["heights"], (0.74, 0.84, 0.79), strict=True):
        assert figure == meant
        assert low + (y - low_y) * scale == pytest.approx(meant, abs=5e-4)
    assert low + (found["baseline"] - low_y) * scale == pytest.approx(0.8, abs=5e-4)


def test_it_opens_from_the_disk_and_no_request_leaves_it(tmp_path, written):
    safe = written()
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there = f"http://127.0.0.1:{server.server_port}"
        bad = (
            f'<img src="{there}/i"><script src="{there}/s"></script><link rel="stylesheet" '
            f'href="{there}/c"><iframe src="{there}/f"></iframe><script>document.title = "run"; '
            f'fetch("{there}/j")</script><p style="background: url({there}/u)">p</p></main>'
        )
        unsafe = re.sub(r"<meta http-equiv[^>]*>", "", safe)
        titles = []
        for name, content in (("safe", safe), ("unsafe", unsafe)):
            path = tmp_path / f"{name}.html"
            path.write_text(content.replace("</main>", bad), encoding="utf-8")
            before = len(asked)
            dom = browse(tmp_path, path.as_uri(), False, "--dump-dom")
            titles.append(re.search("<title>(.*?)</title>", dom).group(1))
            assert (len(asked) > before) == (name == "unsafe")
        server.shutdown()
    assert titles == ["t" * 90, "run"]
    assert {"/i", "/s", "/c", "/f", "/j", "/u"} <= set(asked)
