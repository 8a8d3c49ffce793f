"""Corpora: documents out of files of any known format, each with its file and line."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.errors import CallError, DataError, suggestion
from nlpseq.files import called
from nlpseq.text.corpus.holding_out import held_out
from nlpseq.text.corpus.json_lines import kind_of, read_json_lines
from nlpseq.text.corpus.lines import text_lines
from nlpseq.text.corpus.parquet import read_parquet
from nlpseq.text.corpus.repairs import Repairs, fault
from nlpseq.text.corpus.separated import read_separated
from nlpseq.text.corpus.sources import Format, files_of, format_of, place
from nlpseq.text.vocabulary import Vocabulary

#: the one label of a document; or its several, of which there may be none at all
Label = str | tuple[str, ...]

_LINE = "text"  # the one field of plain text


class Document(NamedTuple):
    """One text with its label or labels, and the place that it was read from."""

    text: str
    label: Label | None = None
    file: str = ""
    line: int = 0

    @property
    def labels(self) -> tuple[str, ...]:
        """Its labels, however many."""
        return (self.label,) if isinstance(self.label, str) else self.label or ()

    @property
    def where(self) -> str | None:
        """``file:line``, or None for a document that came from no file."""
        return place(self.file, self.line) if self.file else None


class Row(NamedTuple):
    """One record of a file, whatever its fields."""

    line: int  #: where it starts, from 1
    fields: dict[str, object]
    file: str = ""

    @property
    def where(self) -> str:
        """``file:line``."""
        return place(self.file, self.line)


def read(
    source: Path | str,
    *,
    text: str = "text",
    label: str | None = None,
    multilabel: bool = False,
    separator: str | None = None,
    encoding: str = "utf-8",
    format: Format | None = None,
    repairs: Repairs | None = None,
) -> Iterator[Document]:
    """Stream the documents of one or several files.

    :param source: JSON lines, CSV or TSV with a header, parquet, or plain text with one document
        a line; a file or what else :func:`files_of` takes
    :param text: the field that holds the text; plain text has no fields
    :param label: the field that holds the label, where labels are wanted
    :param multilabel: the field holds any number of labels: a JSON list, or a text
    :param separator: what stands between the labels of a text, such as ``;``
    :param encoding: of the files, as :func:`text_lines` has it
    :param format: what the files are, where their names do not tell it
    :param repairs: mend or leave out what is bad, and count it here
    :raises DataError: with file and line: a field that is missing, a broken row, bytes that the
        encoding does not have, no document at all
    """
    found, file, plain = 0, None, False
    for row in rows(source, encoding=encoding, format=format, repairs=repairs):
        if row.file != file:
            file = row.file
            plain = (format or format_of(Path(file))) == "text"
        if plain and label is not None:
            raise CallError(
                "plain text holds no labels",
                where=row.file,
                remedy="give JSON lines, CSV or TSV with a field for the text and one for the "
                "label",
            )
        try:
            document = _document(row, _LINE if plain else text, label, multilabel, separator)
        except DataError:
            if repairs is None:
                raise
            missing = text not in row.fields or (label is not None and label not in row.fields)
            what = "without a wanted field" if missing else "with an unfit value"
            repairs.add(f"record {what} left out", row.where)
            continue
        yield document
        found += 1
    if not found:
        raise DataError(
            "no document is left when what is bad is left out",
            where=str(source),
            remedy=str(repairs),
        )


def _document(
    row: Row, text: str, label: str | None, multilabel: bool, separator: str | None
) -> Document:
    found: Label | None = None
    if label is not None and multilabel:
        found = _labels(row, label, separator)
    elif label is not None:
        found = _label(_field(row, label), label, row)
    return Document(_text(row, text), found, row.file, row.line)


def rows(
    source: Path | str,
    *,
    encoding: str = "utf-8",
    format: Format | None = None,
    repairs: Repairs | None = None,
) -> Iterator[Row]:
    """Stream the records of one or several files, with all their fields.

    A line of plain text is a record with the field ``text``. The parameters are those of
    :func:`read`.

    :raises DataError: with file and line: a broken row, bytes that the encoding does not have,
        a file without records
    """
    for path in files_of(source):
        name, line = called(path), 0
        for line, fields in _records(path, format or format_of(path), encoding, repairs):
            yield Row(line, fields, name)
        if not line:
            fault(
                repairs,
                "the file holds no document",
                where=name,
                done="file without documents left out",
                remedy="give a file with at least one document, in a table below the header",
            )


def _records(
    path: Path, format: Format, encoding: str, repairs: Repairs | None
) -> Iterator[tuple[int, dict[str, object]]]:
    if format == "parquet":
        return read_parquet(path, repairs=repairs)
    if format in ("csv", "tsv"):
        delimiter = "," if format == "csv" else "\t"
        return read_separated(path, delimiter, encoding=encoding, repairs=repairs)
    if format == "jsonl":
        return read_json_lines(path, encoding=encoding, repairs=repairs)
    lines = text_lines(path, encoding=encoding, repairs=repairs)
    return ((number, {_LINE: line}) for number, line in lines)


def _field(row: Row, name: str) -> object:
    if name in row.fields:
        return row.fields[name]
    raise DataError(
        f"no field {name!r} here; the fields are: {', '.join(row.fields) or 'none'}",
        where=row.where,
        remedy=suggestion(name, row.fields, "name the field that you mean"),
    )


def _text(row: Row, name: str) -> str:
    value = _field(row, name)
    if not isinstance(value, str):
        raise DataError(
            f"field {name!r} holds {kind_of(value)}, not text",
            where=row.where,
            remedy="name the field that holds the text, or mend the record",
        )
    return value


def _label(value: object, name: str, row: Row) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise DataError(
            f"field {name!r} holds {kind_of(value)}, not a label",
            where=row.where,
            remedy="a label is a word or a whole number; several of them want multilabel",
        )
    return value


def _labels(row: Row, name: str, separator: str | None) -> tuple[str, ...]:
    value = _field(row, name)
    if isinstance(value, str) and separator:
        value = [part.strip() for part in value.split(separator)] if value.strip() else []
    if not isinstance(value, list):
        raise DataError(
            f"field {name!r} holds {kind_of(value)}, not a list of labels",
            where=row.where,
            remedy='a list is like ["a", "b"], and [] where no label applies; '
            "for a text, give the separator of its labels",
        )
    labels = tuple(_label(each, name, row) for each in value)
    if len(set(labels)) < len(labels):
        raise DataError(f"field {name!r} holds a label twice", where=row.where)
    return labels


def hold_out(
    documents: Sequence[Document], number: int, *, seed: int
) -> tuple[list[Document], list[Document]]:
    """Two parts, of which the second has ``number`` documents; each keeps its order.

    Documents are ranked by a hash of (seed, text), and the lowest are held out: the choice
    depends neither on their order nor on Python's own hash.
    """
    return held_out(documents, number, seed=seed, text=lambda document: document.text)


def fingerprint(documents: Iterable[Document]) -> str:
    """Eight hexadecimal digits that change with any text or label, or their order."""
    digest = hashlib.blake2b(digest_size=4)
    for document in documents:
        fields = json.dumps([document.text, document.label])
        digest.update(fields.encode())
    return digest.hexdigest()


def target(document: Document, labels: Vocabulary) -> int:
    """The id of a document's label.

    :raises DataError: naming the document, where it has none, several, or one that ``labels``
        lack
    """
    if not isinstance(document.label, str):
        several = "no label" if document.label is None else "several labels, one is wanted"
        raise DataError(f"the document has {several}", where=document.where)
    return _id(document.label, document, labels)


def targets(document: Document, labels: Vocabulary) -> npt.NDArray[np.bool_]:
    """Which of ``labels`` a document has, shape (labels,).

    :raises DataError: naming the document, where it was read without its labels or has one that
        ``labels`` lack
    """
    if document.label is None:
        raise DataError("the document has no label", where=document.where)
    has = np.zeros(len(labels), dtype=np.bool_)
    has[[_id(label, document, labels) for label in document.labels]] = True
    return has


def _id(label: str, document: Document, labels: Vocabulary) -> int:
    found = labels.get(label)
    if found is None:
        raise DataError(
            f"the label {label!r} never occurs in the training data; its labels are: "
            f"{', '.join(labels.words)}",
            where=document.where,
            remedy=suggestion(label, labels.words, "mend the label or the split"),
        )
    return found
