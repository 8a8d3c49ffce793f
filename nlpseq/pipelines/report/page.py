"""A report as one HTML page, which needs nothing from the network."""

from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

from nlpseq.pages import escape, head
from nlpseq.pipelines.report.content import (
    Code,
    Curves,
    Facts,
    Grid,
    Part,
    Section,
    Warned,
)
from nlpseq.pipelines.report.details import Confusion
from nlpseq.pipelines.report.panels import panels

#: What colours the cells of a confusion, as parts of red, green and blue: right, and wrong. At most
#: half of it is laid over the paper, where letters stay readable.
HUES = {"right": ("29 95 168", "125 180 245"), "wrong": ("214 84 0", "255 140 80")}
_DEEPEST = 0.5
_ABREAST = 5  # labels of a confusion whose names stand side by side; those of more stand upright


def page(title: str, sections: Iterable[Section]) -> str:
    """The page."""
    sections = list(sections)
    day, night = (
        f":root {{ {' '.join(f'--{name}: {hues[side]};' for name, hues in HUES.items())} }}"
        for side in (0, 1)
    )
    style = resources.files("nlpseq.pipelines.report").joinpath("page.css").read_text("utf-8")
    links = (f'<a href="#s{i}">{escape(each.title)}</a>' for i, each in enumerate(sections))
    pieces = [
        head(title, lang="en", day=day, night=night),
        f"<style>\n{style}</style>\n</head>\n<body>\n<header>",
        f'<h1 dir="auto">{escape(title)}</h1>\n<nav>{" ".join(links)}</nav>\n</header>\n<main>',
    ]
    for i, section in enumerate(sections):
        pieces.append(f'<section id="s{i}">\n<h2>{escape(section.title)}</h2>')
        pieces += _parts(section.parts, 3)
        pieces.append("</section>")
    return "\n".join([*pieces, "</main>\n</body>\n</html>\n"])


def _parts(parts: Sequence[Part], depth: int) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Section):
            yield from _section(part, depth)
        elif isinstance(part, Grid):
            yield from _grid(part)
        elif isinstance(part, Confusion):
            yield from _confusion(part)
        elif isinstance(part, Curves):
            yield from panels(part)
        elif isinstance(part, Facts):
            items = (f"<dt>{escape(n)}</dt><dd>{escape(v)}</dd>" for n, v in part.items.items())
            yield f"<dl>{''.join(items)}</dl>"
        elif isinstance(part, Code):
            yield f"<pre><code>{escape(part.text)}</code></pre>"
        elif isinstance(part, Warned):
            yield f'<p class="warned" dir="auto">{escape(part.text)}</p>'
        else:
            yield f"<p>{escape(part)}</p>"


def _section(section: Section, depth: int) -> Iterator[str]:
    if section.folded:
        yield f'<details><summary dir="auto">{escape(section.title)}</summary>'
        yield from _parts(section.parts, depth)
        yield "</details>"
    else:
        yield f"<h{depth}>{escape(section.title)}</h{depth}>"
        yield from _parts(section.parts, min(6, depth + 1))


def _grid(grid: Grid) -> Iterator[str]:
    long = ' class="long"' if grid.long else ""
    yield f'<div class="wide" tabindex="0"><table{long}>'
    names = [escape(name) for name in grid.columns]
    kinds = [' class="words" dir="auto"' if i in grid.words else "" for i in range(len(names))]
    heads = (f'<th scope="col"{k}>{n}</th>' for n, k in zip(names, kinds, strict=True))
    yield f"<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>"
    for i, row in enumerate(grid.rows):
        cells = (
            f'<td data-name="{n}"{k}>{escape(cell)}</td>'
            for n, k, cell in zip(names, kinds, row, strict=True)
        )
        yield f"<tr{' class=strong' if i == grid.strong else ''}>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _confusion(found: Confusion) -> Iterator[str]:
    upright = " upright" if len(found.columns) > _ABREAST else ""
    yield f'<div class="wide" tabindex="0"><table class="confusion{upright}">'
    names = "".join(
        f'<th scope="col"><span title="{escape(n)}">{escape(n)}</span></th>' for n in found.columns
    )
    yield f'<thead><tr><td class="words">true \\ predicted</td>{names}</tr></thead>\n<tbody>'
    for i, (label, counts) in enumerate(zip(found.labels, found.counts, strict=True)):
        total = max(1, sum(counts))
        cells = (
            f'<td{_shade(n / total, i == j)} title="{n / total:.1%} of {escape(label)}">{n:,}</td>'
            for j, n in enumerate(counts)
        )
        name = f'<th scope="row" class="words" dir="auto">{escape(label)}</th>'
        yield f"<tr>{name}{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _shade(share: float, right: bool) -> str:
    if not share:
        return ' class="none"'
    hue, depth = "right" if right else "wrong", max(0.04, share * _DEEPEST)
    return f' style="background: rgb(var(--{hue}) / {depth:.3f})"'
