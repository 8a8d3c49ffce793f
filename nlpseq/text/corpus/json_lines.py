"""JSON lines: one object a line, whose keys are the fields."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from nlpseq.files import called
from nlpseq.text.corpus.lines import text_lines
from nlpseq.text.corpus.repairs import Repairs, fault


def read_json_lines(
    path: Path, *, encoding: str = "utf-8", repairs: Repairs | None = None
) -> Iterator[tuple[int, dict[str, object]]]:
    """The objects of a file with their lines.

    :param repairs: leave out and count lines that hold none, or one that names a field twice
    :raises DataError: with file and line, for such a line
    """
    for number, line in text_lines(path, encoding=encoding, repairs=repairs):
        message, remedy = None, "one JSON object a line"
        try:
            fields = _DECODER.decode(line)
        except (ValueError, RecursionError) as error:
            message = "an empty line" if not line.strip() else f"not JSON: {error}"
        else:
            if not isinstance(fields, dict):
                message, remedy = f"{kind_of(fields)}, not an object", 'like {"text": "…"}'
        if message is None:
            yield number, fields
        else:
            where = f"{called(path)}:{number}"
            fault(repairs, message, where=where, done="broken line left out", remedy=remedy)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the name {twice!r} stands there twice")
    return fields


# by itself it keeps the last of several values and drops the others
_DECODER = json.JSONDecoder(object_pairs_hook=_each_once)


def kind_of(value: object) -> str:
    """What an error calls a value that is not the wanted one."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return "a text" if value.strip() else "an empty text"
    names = {
        bool: "true or false",
        bytes: "bytes",
        int: "a number",
        float: "a number",
        list: "a list",
    }
    return names.get(type(value), "an object")
