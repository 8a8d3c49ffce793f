"""Pipeline files: YAML 1.2 as plain values, each with the place that it was written at."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from nlpseq.errors import CallError, suggestion
from nlpseq.files import decode

Key = tuple[str | int, ...]

VARIABLES = "variables"  #: the key of the values that stand for ``${name}``

_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Configuration:
    """Plain values, where each was written, and the folder that its paths start from."""

    values: dict[str, Any]
    places: dict[Key, str]  #: ``file:line`` of each key, or the ``-s`` that set it
    folder: Path

    def where(self, key: Key) -> str:
        """The place of a key, or of the nearest thing around it."""
        while key not in self.places:
            key = key[:-1]
        return self.places[key]

    def from_shell(self, key: Key) -> bool:
        """Whether ``-s`` set this value."""
        return self.where(key).startswith("-s ")

    def key_of(self, names: list[str], where: str) -> Key:
        """The key of what ``-s`` and the axes of a matrix call ``stage.option``, in its parts.

        :raises CallError: naming the stages that there are
        """
        stages = self.values.get("stages")
        known: dict[str, Key] = {}
        for i, stage in enumerate(stages if isinstance(stages, list) else ()):
            if isinstance(stage, dict) and stage:
                kind = next(iter(stage))
                options = stage[kind]
                label = options.get("as") if isinstance(options, dict) else None
                known[label or kind] = ("stages", i, kind)
        if names[0] not in known:
            raise CallError(
                f"there is no stage {names[0]!r}; the stages are: {', '.join(known) or 'none'}",
                where=where,
                remedy=suggestion(names[0], known),
            )
        return (*known[names[0]], *names[1:])

    def with_value(self, key: Key, value: Any, where: str) -> Self:
        """This configuration with an option, or a key of the file's head, set over its own.

        :param where: what errors will name as its place
        :raises CallError: where the key leads through something that holds no options
        """
        values = deepcopy(self.values)
        in_stage = key[0] == "stages" and len(key) > 1
        target: Any = values["stages"][key[1]] if in_stage else values
        for part in key[2 if in_stage else 0 : -1]:
            if target.get(part) is None:
                target[part] = {}
            target = target[part]
            if not isinstance(target, dict):
                raise CallError(f"{part!r} holds no options", where=where)
        target[key[-1]] = value
        places = {k: p for k, p in self.places.items() if k[: len(key)] != key}
        return replace(self, values=values, places=places | {key: where})


def read(path: Path) -> Configuration:
    """Read a pipeline file.

    :raises CallError: with file and line, where it is not YAML or holds what a pipeline file
        has no use for: aliases, tags, keys that stand twice
    """
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise CallError("too large for a pipeline file", where=str(path))
    places: dict[Key, str] = {(): str(path)}
    try:
        node = YAML(typ="safe", pure=True).compose(decode(content, path, 1))
        values = {} if node is None else _plain(node, (), places, path, set())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise CallError(f"not YAML: {error.problem or error.context}", where=where) from error
    except (YAMLError, RecursionError) as error:
        raise CallError(f"not YAML: {error}", where=str(path)) from error
    if not isinstance(values, dict):
        raise CallError("a pipeline file is a mapping: name, seeds, stages", where=str(path))
    return Configuration(values, places, path.parent)


def _plain(node: Node, key: Key, places: dict[Key, str], path: Path, seen: set[int]) -> Any:
    where = f"{path}:{node.start_mark.line + 1}"
    if id(node) in seen:
        raise CallError("aliases (*name) have no place in a pipeline file", where=where)
    seen.add(id(node))
    places.setdefault(key, where)
    if isinstance(node, ScalarNode):
        return _scalar(node, where)
    if isinstance(node, SequenceNode):
        return [_plain(n, (*key, i), places, path, seen) for i, n in enumerate(node.value)]
    assert isinstance(node, MappingNode)
    mapping: dict[str, Any] = {}
    for name_node, value_node in node.value:
        name, line = str(name_node.value), name_node.start_mark.line + 1
        if name in mapping:
            raise CallError(f"the key {name!r} stands twice", where=f"{path}:{line}")
        places[(*key, name)] = f"{path}:{line}"
        mapping[name] = _plain(value_node, (*key, name), places, path, seen)
    return mapping


def _scalar(node: ScalarNode, where: str) -> Any:
    yaml = YAML(typ="safe", pure=True)
    kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
    if kind in ("timestamp", "value", "merge"):  # 2020-01-31, = and << are words here
        return node.value
    if kind not in ("null", "bool", "int", "float", "str"):
        raise CallError(f"the tag {kind!r} has no place in a pipeline file", where=where)
    try:
        return yaml.constructor.construct_object(node)
    except (ValueError, YAMLError) as error:
        raise CallError(f"{node.value!r} is no {kind}", where=where) from error


def override(configuration: Configuration, assignments: Iterable[str]) -> Configuration:
    """A configuration with ``stage.key=value`` set over the file's; values are read as YAML.

    :raises CallError: naming the assignment
    """
    for assignment in assignments:
        where = f"-s {assignment}"
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise CallError("an option is set with STAGE.KEY=VALUE", where=where)
        try:
            node = YAML(typ="safe", pure=True).compose(text)
            value = None if node is None else _plain(node, (), {}, Path("-s"), set())
        except (YAMLError, RecursionError) as error:
            raise CallError(f"{text!r} is not a YAML value", where=where) from error
        names = name.strip().split(".")
        in_head = len(names) == 1 or names[0] == VARIABLES
        key: Key = tuple(names) if in_head else configuration.key_of(names, where)
        configuration = configuration.with_value(key, value, where)
    return configuration
