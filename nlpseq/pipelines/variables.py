"""``variables:`` of a pipeline file: values with a name, for ``${name}`` in its texts."""

import re
from dataclasses import replace
from typing import Any

from nlpseq.errors import CallError, suggestion
from nlpseq.pipelines.configuration import VARIABLES, Configuration, Key

_USE = re.compile(r"\$(\$?)\{([^{}]*)\}")  # with a second dollar it is text
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def filled(source: Configuration) -> Configuration:
    """The configuration with ``${name}`` replaced in each of its texts, and no variables left.

    .. code-block:: yaml

        variables: {data: lener-br, hidden: 100}
        stages:
          - sentences: {train: "${data}/train.conll", dev: "${data}/dev.conll"}
          - tagger:    {hidden: "${hidden}"}

    A text that is nothing else becomes the value, with its type. ``$${`` stands for ``${``. What
    the shell has set, it has set in all places: a path made of it starts from the current folder.

    :raises CallError: with the place, for a variable that there is not, and for one that is a list
        or a mapping
    """
    known = source.values.get(VARIABLES)
    known = {} if known is None else known
    if not isinstance(known, dict):
        raise CallError("variables are names with values", where=source.where((VARIABLES,)))
    for name, value in known.items():
        where = source.where((VARIABLES, name))
        if not _NAME.fullmatch(name):
            raise CallError(f"{name!r} is no name of a variable", where=where)
        if isinstance(value, dict | list):
            raise CallError(f"the variable {name!r} is no single value", where=where)
    places = dict(source.places)

    def fill(value: Any, key: Key) -> Any:
        if isinstance(value, dict):
            return {name: fill(each, (*key, name)) for name, each in value.items()}
        if isinstance(value, list):
            return [fill(each, (*key, i)) for i, each in enumerate(value)]
        if not isinstance(value, str):
            return value

        def known_as(name: str) -> Any:
            if name not in known:
                raise CallError(
                    f"there is no variable {name!r}",
                    where=source.where(key),
                    remedy=suggestion(name, known) or "declare it: variables: {NAME: VALUE}",
                )
            if source.from_shell((VARIABLES, name)):
                places[key] = source.where((VARIABLES, name))
            return known[name]

        whole = _USE.fullmatch(value)
        if whole and not whole[1]:
            return known_as(whole[2])
        return _USE.sub(lambda m: m[0][1:] if m[1] else _text(known_as(m[2])), value)

    values = {name: fill(v, (name,)) for name, v in source.values.items() if name != VARIABLES}
    return replace(source, values=values, places=places)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
