"""A commented pipeline file to start from: what runs as it stands, and every other option at its
default, as the settings declare them.
"""

import io
import os
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nlpseq.errors import CallError, suggestion
from nlpseq.pipelines import configuration, schema, shipped
from nlpseq.pipelines.schema import Schema

if TYPE_CHECKING:
    from nlpseq.pipelines.stages import Stage

_WIDTH, _COLUMN = 100, 34  # of a line; where a remark on an option starts, as a rule


class _Task(NamedTuple):
    """What a task's file is made of."""

    what: str
    pipeline: str  #: one that comes with nlpseq
    axis: tuple[str, str]  #: an example of a matrix: option, values


TASKS: Mapping[str, _Task] = {
    "classify": _Task("labels for documents", "quickstart", ("classifier.hidden", "[16, 32, 64]")),
    "tag": _Task("entities, or other tags of words", "entities", ("tagger.crf", "[true, false]")),
    "translate": _Task("from texts to texts", "dates", ("translator.hidden", "[32, 64]")),
    "vectors": _Task("word vectors", "skip-gram-sample", ("vectors.dim", "[50, 100]")),
}


def make(task: str) -> str:
    """The file of a task, as text.

    An option that stands behind a ``#`` without a blank has an effect when the ``#`` is taken away;
    all of them together are valid.

    :raises CallError: where there is no such task, with the nearest
    """
    if task not in TASKS:
        raise CallError(
            f"no task {task!r}; there are: {', '.join(TASKS)}", remedy=suggestion(task, TASKS)
        )
    # here, for who completes a task's name does not wait for torch
    from nlpseq.pipelines.checks import stages_of

    what, pipeline, (axis, values) = TASKS[task]
    written = configuration.read(shipped.find(pipeline))
    known = schema.make()
    head = known["properties"]
    lines = [
        f"# yaml-language-server: $schema={schema.file().as_uri()}",
        *_remark(f"Task {task}: {what}. With sample data it runs as it stands: nlpseq run FILE", 0),
        *_remark(
            "Paths are those of the sample data, give your own. A line #KEY: VALUE is an option at "
            "its default: take the # away and change it. What stands behind # and a blank is a "
            "remark, or an option that has no effect beside the others, with the reason.",
            0,
        ),
        *_option("name", task, head["name"], 0),
        *_option("seeds", written.values["seeds"], head["seeds"], 0),
        *_option("report", None, head["report"], 0, "#"),
        "stages:",
    ]
    stages = stages_of(written)
    for entry, stage in zip(written.values["stages"], stages, strict=True):
        given = dict(entry[stage.kind] or {})
        for option, path in stage.inputs().items():
            given[option] = Path(os.path.abspath(path)).as_posix()  # noqa: PTH100  # not through links
        if stage.kind == "export":
            given["to"] = f"models/{task}"
        lines += [*([] if stage is stages[0] else [""]), *_stage(type(stage), given, known)]
    lines += [
        "",
        *_remark(f"{head['matrix']['description']}, for example:", 0),
        "#matrix:",
        f"#  {axis}: {values}",
    ]
    return "\n".join(lines) + "\n"


def _stage(kind: "type[Stage]", given: dict[str, Any], known: Schema) -> Iterator[str]:
    """The lines of a stage: what is given first, then what can be, then what others exclude."""
    properties = schema.options(known, kind.kind)
    if method := given.get("train") if kind.kind == "vectors" else None:
        properties = properties | _of_method(method)
    inner = {n: p for n, o in properties.items() if (p := schema.nested(known, o)) is not None}
    values = [name for name in properties if name not in (*inner, "as")]
    blocks: list[tuple[str | None, Schema, list[str]]] = [
        (None, properties, [*values, "as"]),
        *((name, options, list(options)) for name, options in inner.items()),
    ]
    yield f"  - {kind.kind}:"
    yield from _remark(known["$defs"][kind.__name__]["description"], 6)
    trial = deepcopy(given)
    for block, options, names in blocks:
        at = 6 if block is None else 8
        here = given if block is None else dict(given.get(block) or {})
        if block is not None:
            yield f"      {block}:"
            if not here:  # it would hold nothing
                here = trial[block] = {names[0]: options[names[0]].get("default")}
        for name, value in here.items():
            if name in names:
                yield from _option(name, value, options[name], at, told=True)
        waiting: list[str] = []
        for name in names:
            if name in here:
                continue
            default = options[name].get("default")
            attempt = deepcopy(trial)
            (attempt if block is None else attempt[block])[name] = default
            if reason := _refusal(kind, attempt):
                waiting += _option(name, default, options[name], at, "# ", reason)
            else:
                trial = attempt
                yield from _option(name, default, options[name], at, "#")
        yield from waiting


def _of_method(method: str) -> Schema:
    """What a method of training vectors says of its options itself."""
    from nlpseq.embeddings.train.methods import settings_of

    properties: Schema = schema.tidied(settings_of(method).model_json_schema())["properties"]
    return properties


def _refusal(kind: "type[Stage]", options: Mapping[str, Any]) -> str:
    """Why a stage cannot have these options; empty where it can."""
    from pydantic import ValidationError

    from nlpseq.settings import explain

    try:
        kind.model_validate(options)
    except ValidationError as error:
        return explain(error.errors()[0])
    return ""


def _option(
    name: str,
    value: Any,
    found: Schema,
    at: int,
    mark: str = "",
    reason: str = "",
    *,
    told: bool = False,
) -> Iterator[str]:
    """An option's lines: the option, and behind it what it means and what it can be.

    :param at: the column that it starts from
    :param mark: what stands before it
    :param reason: why it has no effect
    :param told: whether the default is told
    """
    line = f"{' ' * at}{mark}{name}: {_yaml(value)}"
    parts = [found.get("description", ""), _range(found)]
    if told and found.get("default") not in (None, value):
        parts.append(f"default {_yaml(found['default'])}")
    text = "; ".join(filter(None, (*parts, reason)))
    wrapped = textwrap.wrap(text, _WIDTH - _COLUMN - 2, break_on_hyphens=False)
    if len(line) > _COLUMN - 2:
        yield line
        line = ""
    for remark in wrapped:
        yield f"{line:{_COLUMN}}# {remark}"
        line = ""
    if line:
        yield line


def _remark(text: str, at: int) -> Iterator[str]:
    prefix = f"{' ' * at}# "
    yield from textwrap.wrap(
        text, _WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False
    )


def _range(found: Schema) -> str:
    """What an option can be, as far as its description does not say it."""
    told: list[str] = []
    for each in found.get("anyOf", (found,)):
        low, above = each.get("minimum"), each.get("exclusiveMinimum")
        high, below = each.get("maximum"), each.get("exclusiveMaximum")
        if below == 2**63:  # of seeds; nobody comes near it
            below = None
        words = re.findall(r"[\w-]+", found.get("description", ""))
        if "enum" in each and not {str(word) for word in each["enum"]} <= set(words):
            told.append(_listed(map(str, each["enum"])))
        elif low is not None and high is not None:
            told.append(f"{low} to {high}")
        elif bounds := [
            f"{sign} {bound}"
            for sign, bound in (("≥", low), (">", above), ("≤", high), ("<", below))
            if bound is not None
        ]:
            told.append(" and ".join(bounds))
    return " or ".join(told)


def _listed(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _yaml(value: Any) -> str:
    """A value as YAML, on one line."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width = True, 1 << 20
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue().removesuffix("...\n").strip()
