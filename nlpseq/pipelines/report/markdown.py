"""A report as Markdown."""

import re
from collections.abc import Iterable, Iterator

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

_SIGNS = re.compile(r"([\\`*\[\]<>&|~])")  # those that mean something wherever they stand


def page(title: str, sections: Iterable[Section], *, picture: str, more: str) -> str:
    """The page, without what is folded in that of HTML.

    :param picture: the file of the curves
    :param more: that of the page of HTML
    """
    lines = [f"# {_escape(title)}", ""]
    for section in sections:
        lines += _section(section, 2, picture, more)
    return "\n".join(lines)


def _section(section: Section, depth: int, picture: str, more: str) -> Iterator[str]:
    yield from (f"{'#' * min(depth, 6)} {_escape(section.title)}", "")
    left = 0
    for part in section.parts:
        if not isinstance(part, Section):
            yield from (*_part(part, picture), "")
        elif part.folded:
            left += 1
        else:
            yield from _section(part, depth + 1, picture, more)
    if left:
        yield from (f"Sections that stand in [{more}]({more}) alone: {left}.", "")


def _part(part: Part, picture: str) -> list[str]:
    if isinstance(part, Grid):
        return _grid(part)
    if isinstance(part, Confusion):
        rows = [[name, *map(str, row)] for name, row in zip(part.labels, part.counts, strict=True)]
        return _grid(Grid(["true \\ predicted", *part.columns], rows))
    if isinstance(part, Facts):
        return [f"- {_escape(name)}: {_escape(value)}" for name, value in part.items.items()]
    if isinstance(part, Code):
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", part.text)), default=0))
        return [f"{fence}sh", part.text, fence]
    if isinstance(part, Curves):
        return [f"![The development figure after each epoch]({picture})"]
    if isinstance(part, Warned):
        return [f"**{_escape(part.text)}**"]
    return [_escape(part)] if isinstance(part, str) else []


def _grid(grid: Grid) -> list[str]:
    rows = [list(map(_escape, row)) for row in grid.rows]
    if grid.strong is not None:
        rows[grid.strong] = [f"**{cell}**" if cell else "" for cell in rows[grid.strong]]
    marks = ["---" if i in grid.words else "---:" for i in range(len(grid.columns))]
    return [*map(_row, (map(_escape, grid.columns), marks)), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))
