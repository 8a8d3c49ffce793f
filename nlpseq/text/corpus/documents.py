"""Corpora: documents out of JSON lines, CSV, TSV and plain text, each with file and line."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.errors import CallError, DataError, suggestion
from nlpseq.files import MAX_LINE, text_lines
from nlpseq.text.vocabulary import Vocabulary

Format = Literal["jsonl", "csv", "tsv", "text"]
#: the one label of a document; or its several, of which there may be none at all
Label = str | tuple[str, ...]

_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "text",
}
_LINE = "text"  # the one field of plain text
_COMPRESSIONS = {".gz", ".bz2", ".xz"}


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
        return f"{self.file}:{self.line}" if self.file else None


class Row(NamedTuple):
    """One record of a file, whatever its fields."""

    line: int  #: where it starts, from 1
    fields: dict[str, object]


def format_of(path: Path) -> Format:
    """The format that the file's name tells, below a suffix for compression."""
    suffixes = [s.lower() for s in path.suffixes if s.lower() not in _COMPRESSIONS]
    if suffixes and suffixes[-1] in _SUFFIXES:
        return _SUFFIXES[suffixes[-1]]
    raise CallError(
        "the name does not tell the format",
        where=str(path),
        remedy=f"known endings: {', '.join(_SUFFIXES)} (also with .gz, .bz2, .xz)",
    )


def read(
    path: Path | str,
    *,
    text: str = "text",
    label: str | None = None,
    multilabel: bool = False,
    separator: str | None = None,
) -> Iterator[Document]:
    """Stream the documents of a file.

    :param path: JSON lines, CSV or TSV with a header, or plain text with one document a line
    :param text: the field that holds the text; plain text has no fields
    :param label: the field that holds the label, where labels are wanted
    :param multilabel: the field holds any number of labels: a JSON list, or a text
    :param separator: what stands between the labels of a text, such as ``;``
    :raises DataError: with file and line: a field that is missing, a broken row, bad UTF-8,
        no document at all
    """
    path = Path(path)
    plain = format_of(path) == "text"
    if plain and label is not None:
        raise CallError(
            "plain text holds no labels",
            where=str(path),
            remedy="give JSON lines, CSV or TSV with a field for the text and one for the label",
        )
    for number, fields in rows(path):
        where = f"{path}:{number}"
        found: Label | None = None
        if label is not None and multilabel:
            found = _labels(fields, label, where, separator)
        elif label is not None:
            found = _label(_field(fields, label, where), label, where)
        yield Document(_text(fields, _LINE if plain else text, where), found, str(path), number)


def rows(path: Path) -> Iterator[Row]:
    """Stream the records of a file; a line of plain text is one with the field ``text``.

    :raises DataError: with file and line: a broken row, bad UTF-8, no record at all
    """
    number = 0
    for number, fields in _READERS[format_of(path)](path):
        yield Row(number, fields)
    if not number:
        raise DataError("the file holds no document", where=str(path))


def _field(fields: dict[str, object], name: str, where: str) -> object:
    if name in fields:
        return fields[name]
    raise DataError(
        f"no field {name!r} here; the fields are: {', '.join(fields) or 'none'}",
        where=where,
        remedy=suggestion(name, fields, "name the field that you mean"),
    )


def _text(fields: dict[str, object], name: str, where: str) -> str:
    value = _field(fields, name, where)
    if not isinstance(value, str):
        raise DataError(f"field {name!r} holds {_kind(value)}, not text", where=where)
    return value


def _label(value: object, name: str, where: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise DataError(
            f"field {name!r} holds {_kind(value)}, not a label",
            where=where,
            remedy="a label is a word or a whole number; several of them want multilabel",
        )
    return value


def _labels(
    fields: dict[str, object], name: str, where: str, separator: str | None
) -> tuple[str, ...]:
    value = _field(fields, name, where)
    if isinstance(value, str) and separator:
        value = [part.strip() for part in value.split(separator)] if value.strip() else []
    if not isinstance(value, list):
        raise DataError(
            f"field {name!r} holds {_kind(value)}, not a list of labels",
            where=where,
            remedy='a list is like ["a", "b"], and [] where no label applies; '
            "for a text, give the separator of its labels",
        )
    labels = tuple(_label(each, name, where) for each in value)
    if len(set(labels)) < len(labels):
        raise DataError(f"field {name!r} holds a label twice", where=where)
    return labels


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return "a text" if value.strip() else "an empty text"
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "an object")


def _jsonl(path: Path) -> Iterator[Row]:
    for number, line in text_lines(path):
        where = f"{path}:{number}"
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = "an empty line" if not line.strip() else f"not JSON: {error}"
            raise DataError(reason, where=where, remedy="one JSON object a line") from error
        if not isinstance(fields, dict):
            raise DataError(
                f"{_kind(fields)}, not an object", where=where, remedy='like {"text": "…"}'
            )
        yield Row(number, fields)


def _separated(path: Path, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(MAX_LINE)  # its own bound is 128 KB, and documents are longer
    source = (f"{line}\n" for _, line in text_lines(path))
    rows = csv.reader(source, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        start = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                f"a broken row: {error}",
                where=f"{path}:{start}",
                remedy='a quoted field ends with " and doubles each " inside',
            ) from error
        if header is None:
            header = row
            if len(set(header)) < len(header):
                raise DataError("two columns have the same name", where=f"{path}:{start}")
        elif len(row) != len(header):
            raise DataError(
                f"{len(row)} columns where the header names {len(header)}",
                where=f"{path}:{start}",
                remedy="quote fields that hold the separator or a line break",
            )
        else:
            yield Row(start, dict(zip(header, row, strict=True)))


def _plain(path: Path) -> Iterator[Row]:
    for number, line in text_lines(path):
        yield Row(number, {_LINE: line})


_READERS: dict[Format, Callable[[Path], Iterator[Row]]] = {
    "jsonl": _jsonl,
    "csv": lambda path: _separated(path, ","),
    "tsv": lambda path: _separated(path, "\t"),
    "text": _plain,
}


def hold_out(
    documents: Sequence[Document], number: int, *, seed: int
) -> tuple[list[Document], list[Document]]:
    """Two parts, of which the second has ``number`` documents; each keeps its order.

    Documents are ranked by a hash of (seed, text), and the lowest are held out: the choice
    depends neither on their order nor on Python's own hash.
    """
    if not 0 < number < len(documents):
        raise CallError(
            f"cannot hold {number} of {len(documents)} documents out",
            remedy="hold out fewer than there are",
        )

    def rank(i: int) -> bytes:
        text = documents[i].text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=16, salt=seed.to_bytes(16, "little")).digest()

    held = set(sorted(range(len(documents)), key=rank)[:number])
    return (
        [d for i, d in enumerate(documents) if i not in held],
        [d for i, d in enumerate(documents) if i in held],
    )


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
