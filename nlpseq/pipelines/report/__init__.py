"""The report of a run: what was run, what came of it, and how to run it again."""

from nlpseq.pipelines.report.details import details, origin
from nlpseq.pipelines.report.files import CURVES, HTML, PAGE, ROWS, write
from nlpseq.pipelines.report.summary import Table, table

__all__ = [
    "CURVES",
    "HTML",
    "PAGE",
    "ROWS",
    "Table",
    "details",
    "origin",
    "table",
    "write",
]
