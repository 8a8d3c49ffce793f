"""The files of a report."""

from collections.abc import Sequence
from pathlib import Path

from nlpseq.pipelines import curves
from nlpseq.pipelines.outcome import Outcome
from nlpseq.pipelines.report import content, markdown, page
from nlpseq.pipelines.report.rows import rows
from nlpseq.writing import atomic_write

PAGE, HTML, ROWS, CURVES = "report.md", "report.html", "results.csv", "curves"


def write(folder: Path, title: str, outcomes: Sequence[Outcome], command: str) -> None:
    """Write the page, as HTML and as Markdown, the rows and, where there are any, the curves.

    :param command: of a shell that runs the same; empty where there is none
    :raises DataError: where an outcome has details that are none
    """
    files: dict[str, bytes] = {}
    found = content.curves(title, outcomes)
    if found.lines:
        pictures = curves.draw(
            found.lines, title=title, figure=found.figure, baseline=found.baseline
        )
        files |= {f"{CURVES}.{suffix}": picture for suffix, picture in pictures.items()}
    files[ROWS] = rows(outcomes).encode()
    sections = list(content.sections(title, outcomes, command))
    picture, more = f"{CURVES}.png", HTML
    files[PAGE] = markdown.page(title, sections, picture=picture, more=more).encode()
    files[HTML] = page.page(title, sections).encode()
    for name, written in files.items():
        with atomic_write(folder / name) as file:
            file.write(written)
