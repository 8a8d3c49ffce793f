"""Corpora: any file of texts in, each record with its file and line."""

from nlpseq.text.corpus.documents import (
    Document,
    Label,
    Row,
    fingerprint,
    hold_out,
    read,
    rows,
    target,
    targets,
)
from nlpseq.text.corpus.pairs import Pair, read_pairs
from nlpseq.text.corpus.repairs import Repairs
from nlpseq.text.corpus.sources import Format, files_of, format_of

__all__ = [
    "Document",
    "Format",
    "Label",
    "Pair",
    "Repairs",
    "Row",
    "files_of",
    "fingerprint",
    "format_of",
    "hold_out",
    "read",
    "read_pairs",
    "rows",
    "target",
    "targets",
]
