"""``matrix:`` of a pipeline file: one configuration for each combination of its axes' values."""

import math
import re
from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

from nlpseq.errors import CallError
from nlpseq.pipelines.configuration import Configuration, Key

_MAX = 1000  # combinations: a few lines could ask for millions


class Variation(NamedTuple):
    """One combination, before its stages are made."""

    name: str
    folder: str  #: the name, as its files have it
    choices: dict[str, Any]  #: axis → the value, or the name of the variant
    configuration: Configuration


class _Setting(NamedTuple):
    """One option that a choice sets."""

    key: Key
    value: Any
    where: str


class _Choice(NamedTuple):
    """One value of an axis."""

    word: str  #: its part of the combination's name
    value: Any
    settings: Sequence[_Setting]


def expand(source: Configuration) -> list[Variation]:
    """The combinations of a file's ``matrix``, the last axis changing fastest; none without one.

    An axis is an option with a list of values, or a stage with named variants, each the options
    that it sets over the stage's own:

    .. code-block:: yaml

        matrix:
          corpus.limit: [200, 2000]
          classifier:
            small: {hidden: 16}
            large: {hidden: 64, training: {epochs: 4}}

    :raises CallError: naming the line
    """
    axes = source.values.get("matrix")
    if axes is None:
        return []
    if not isinstance(axes, dict) or not axes:
        raise CallError(
            "matrix is a mapping: {stage.option: [values]} or {stage: {name: {options}}}",
            where=source.where(("matrix",)),
        )
    lasts = [axis.split(".")[-1] for axis in axes]
    choices = [
        _axis(source, axis, last if lasts.count(last) == 1 else axis, values)
        for last, (axis, values) in zip(lasts, axes.items(), strict=True)
    ]
    if (number := math.prod(map(len, choices))) > _MAX:
        raise CallError(
            f"{number:,} combinations, of at most {_MAX:,}", where=source.where(("matrix",))
        )
    return [
        Variation(
            " ".join(choice.word for choice in combination),
            "+".join(_folder(choice.word) for choice in combination),
            {axis: choice.value for axis, choice in zip(axes, combination, strict=True)},
            _set(source, combination),
        )
        for combination in product(*choices)
    ]


def _axis(source: Configuration, axis: str, label: str, values: Any) -> list[_Choice]:
    place: Key = ("matrix", axis)
    names = axis.split(".")
    key = source.key_of(names, source.where(place))
    wanted, kind = ("{name: {options}, …}", dict) if len(names) == 1 else ("[value, …]", list)
    if not isinstance(values, kind) or not values:
        raise CallError(f"{axis} is an axis like {axis}: {wanted}", where=source.where(place))
    choices: list[_Choice] = []
    folders: set[str] = set()
    for part, value in enumerate(values) if isinstance(values, list) else values.items():
        inner: Key = (*place, part)
        if isinstance(values, list):
            setting = _Setting(key, value, source.where(inner))
            choices.append(_Choice(f"{label}={_word(value)}", value, [setting]))
        else:
            choices.append(_Choice(str(part), part, _leaves(source, value, key, inner)))
        word = choices[-1].word
        folder = _folder(word)
        if not 0 < len(folder) <= 50 or folder in folders:
            what = "is a name that is used" if folder in folders else "makes no name of a folder"
            raise CallError(
                f"{axis}: {word!r} {what}",
                where=source.where(inner),
                remedy=f"leave it out, or name variants: {names[0]}: {{name: {{options}}, …}}",
            )
        folders.add(folder)
    return choices


def _folder(word: str) -> str:
    """A name without what file systems refuse, or take for another of its letters."""
    return re.sub(r"[^\w.,=]+", "-", word).strip("-.").casefold()


def _leaves(source: Configuration, options: Any, key: Key, place: Key) -> list[_Setting]:
    if isinstance(options, dict):
        return [
            leaf
            for name, inner in options.items()
            for leaf in _leaves(source, inner, (*key, name), (*place, name))
        ]
    where = source.where(place)
    if len(key) > 3:
        return [_Setting(key, options, where)]
    if options is None:  # a variant that sets nothing: the stage as it stands
        return []
    raise CallError("a variant is a mapping: {option: value}", where=where)


def _set(source: Configuration, combination: Sequence[_Choice]) -> Configuration:
    others: set[Key] = set()
    for choice in combination:
        for key, value, where in choice.settings:
            if any(key[: len(other)] == other[: len(key)] for other in others):
                dotted = ".".join(map(str, key[2:]))
                raise CallError(f"{dotted} is set by two axes of the matrix", where=where)
            source = source.with_value(key, value, where)
        others.update(key for key, _, _ in choice.settings)
    return source


def _word(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ",".join(map(_word, value))
    return str(value)
