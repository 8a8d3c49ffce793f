"""Documents: what is wrong with the records of a file, one by one."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from nlpseq.errors import suggestion
from nlpseq.files import called
from nlpseq.pipelines.lint.characters import bad_characters
from nlpseq.pipelines.lint.side import Side
from nlpseq.text.corpus.documents import Row, rows
from nlpseq.text.corpus.json_lines import kind_of
from nlpseq.text.corpus.sources import Format, format_of

_LABEL = "label"


def documents(path: Path, side: Side) -> Iterator[str]:
    """The different texts of a file, each after it was checked; all are checked.

    :raises DataError: where the rest of the file cannot be read
    """
    given = side.options.format
    format = cast(Format, given) if given else format_of(path)
    plain = format == "text"
    text_field = "text" if plain else side.options.text
    label_field: str | None = None
    number, fields = 0, ""
    source = rows(path, encoding=side.options.encoding, format=format, repairs=side.faults)
    for number, row in enumerate(source, 1):
        if number == 1:
            fields = ", ".join(row.fields)
            label_field = side.options.label or (_LABEL if _LABEL in row.fields else None)
            label_field = None if plain else label_field
        text = _text(row, text_field, side)
        labels = None if label_field is None else _labels(row, label_field, side)
        side.faults.replaced = False
        if labels is not None:
            side.labels.add(labels, row.where)
        if text is None:
            continue
        side.cut(text, row.where)
        if _is_new(text, labels, row, side):
            yield text
    side.flush()
    side.findings.note("records", called(path), f"format {format}, {number:,} records", number)
    if fields and not plain:
        side.findings.note("fields", called(path), f"fields: {fields}")


def _is_new(text: str, labels: tuple[str, ...] | None, row: Row, side: Side) -> bool:
    label = side.labels.number(labels)
    first = side.compare(text, row.file, row.line, label)
    if first is None:
        return True
    if label and first.label and label != first.label:
        side.findings.problem(
            "label conflict",
            row.where,
            f"one text, two labels: here {side.labels.named(label)}, "
            f"{side.labels.named(first.label)} at {first.where}",
        )
    else:
        side.findings.problem("duplicate", row.where, f"the same text as {first.where}")
    return False


def _text(row: Row, field: str, side: Side) -> str | None:
    """The text of a record; what is wrong with it is said."""
    if not _has(row, field, side):
        return None
    value = row.fields[field]
    if not isinstance(value, str):
        side.findings.problem(
            "field", row.where, f"field {field!r} holds {kind_of(value)}, not text"
        )
        return None
    if wrong := bad_characters(value, replaced=side.faults.replaced):
        side.findings.problem("characters", row.where, f"the text holds {wrong}")
    if not value.strip():
        side.findings.problem("empty", row.where, "an empty text")
        return None
    return value


def _labels(row: Row, field: str, side: Side) -> tuple[str, ...] | None:
    """The label or labels of a record; what is wrong with them is said."""
    if not _has(row, field, side):
        return None
    value, separator = row.fields[field], side.options.separator
    if isinstance(value, str) and separator:
        value = [part.strip() for part in value.split(separator)] if value.strip() else []
    labels: list[str] = []
    several, wanted = isinstance(value, list), side.options.multilabel
    if wanted is not None and several != wanted:
        what = "a list of labels" if wanted else "a label"
        side.findings.problem(
            "field", row.where, f"field {field!r} holds {kind_of(value)}, not {what}"
        )
        return None
    for label in value if isinstance(value, list) else [value]:
        if isinstance(label, int) and not isinstance(label, bool):
            label = str(label)
        if not isinstance(label, str) or not label.strip():
            side.findings.problem(
                "field", row.where, f"field {field!r} holds {kind_of(label)}, not a label"
            )
            return None
        if label in labels:
            side.findings.problem(
                "field", row.where, f"field {field!r} holds the label {label!r} twice"
            )
        else:
            labels.append(label)
    return tuple(labels)


def _has(row: Row, field: str, side: Side) -> bool:
    if field in row.fields:
        return True
    near = suggestion(field, row.fields)
    listed = ", ".join(row.fields) or "none"
    side.findings.problem(
        "field",
        row.where,
        f"no field {field!r} here; the fields are: {listed}{f'; {near}' if near else ''}",
    )
    return False
