"""What a pipeline file says, as stages: every option and the order checked, errors with places."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from nlpseq.errors import CallError, suggestion
from nlpseq.pipelines.configuration import Configuration, Key
from nlpseq.pipelines.stages import KINDS, Stage
from nlpseq.settings import Settings, explain

S = TypeVar("S", bound=Settings)


def stages_of(source: Configuration) -> list[Stage]:
    """The stages of a file, in order.

    :raises CallError: naming file and line, and the nearest key that there is
    """
    entries = source.values.get("stages")
    if not isinstance(entries, list) or not entries:
        raise CallError("stages is a list: - corpus: {…}", where=source.where(("stages",)))
    stages = [_stage(entry, ("stages", i), source) for i, entry in enumerate(entries)]
    check_order(stages, [source.where(("stages", i)) for i in range(len(stages))])
    return stages


def check_order(stages: Sequence[Stage], places: Sequence[str]) -> None:
    """Raise a CallError where a stage needs what none before it gives, or two share a name."""
    given: set[str] = set()
    named: set[str] = set()
    for stage, where in zip(stages, places, strict=True):
        if stage.name in named:
            raise CallError(
                f"two stages are named {stage.name!r}",
                where=where,
                remedy="give one of them another name with as: NAME",
            )
        named.add(stage.name)
        for need in stage.needs:
            if need not in given:
                kinds = [kind for kind, other in KINDS.items() if need in other.gives]
                raise CallError(
                    f"the stage {stage.name!r} needs {need}, and no stage before it gives it",
                    where=where,
                    remedy=f"put a stage before it: {' or '.join(kinds)}",
                )
        for kind in KINDS.values():  # what is replaced is there no more
            if set(kind.gives) & set(stage.gives):
                given.difference_update(kind.gives)
        given.update(stage.gives)


def _stage(entry: Any, key: Key, source: Configuration) -> Stage:
    if not isinstance(entry, dict) or len(entry) != 1:
        raise CallError("a stage is one kind with its options", where=source.where(key))
    kind, options = next(iter(entry.items()))
    if kind not in KINDS:
        raise CallError(
            f"no stage of the kind {kind!r}; there are: {', '.join(KINDS)}",
            where=source.where((*key, kind)),
            remedy=suggestion(kind, KINDS),
        )
    return validated(KINDS[kind], {} if options is None else options, (*key, kind), source)


def validated(cls: type[S], options: Any, key: Key, source: Configuration) -> S:
    """The settings that stand at ``key`` of a file.

    :raises CallError: naming file and line, and the nearest key that there is
    """
    if not isinstance(options, dict):
        raise CallError(f"{key[-1]} wants options, {{key: value}}", where=source.where(key))
    shell = {name for name in options if source.from_shell((*key, name))}
    try:
        return cls.model_validate(options, context={"folder": source.folder, "shell": shell})
    except ValidationError as error:
        details = error.errors()[0]
    loc: Key = details["loc"]
    while loc and (*key, *loc) not in source.places:  # pydantic names types in unions too
        if details["type"] == "missing" and (*key, *loc[:-1]) in source.places:
            break
        loc = loc[:-1]
    dotted = ".".join(str(part) for part in (*key[2:], *loc))
    message = explain(details)
    raise CallError(
        f"{dotted}: {message}" if dotted else message,
        where=source.where((*key, *loc)),
        remedy=_remedy(details, cls, loc),
    )


def _remedy(details: Any, cls: type[Settings], loc: Key) -> str | None:
    if details["type"] != "extra_forbidden":
        return None
    for part in loc[:-1]:
        inner = cls.model_fields[str(part)].annotation
        if not (isinstance(inner, type) and issubclass(inner, Settings)):
            return None
        cls = inner
    known = [info.alias or name for name, info in cls.model_fields.items()]
    return suggestion(str(loc[-1]), known, f"known keys: {', '.join(known)}")
