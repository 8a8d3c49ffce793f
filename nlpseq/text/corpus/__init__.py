"""Corpora: any file of texts in, each record with its file and line."""

from nlpseq.text.corpus.documents import (
    Document,
    Label,
    Row,
    fingerprint,
    format_of,
    hold_out,
    read,
    rows,
    target,
    targets,
)

__all__ = [
    "Document",
    "Label",
    "Row",
    "fingerprint",
    "format_of",
    "hold_out",
    "read",
    "rows",
    "target",
    "targets",
]
