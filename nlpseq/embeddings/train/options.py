"""The options of all methods together, as their settings declare them, and settings out of them.

Whoever asks a user for options, on the command line or in a file, takes them from here: a default,
a bound and a description are written once, in the settings of the method.
"""

import types
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from nlpseq.embeddings.train.methods import settings_of
from nlpseq.embeddings.train.settings import METHODS, TrainSettings
from nlpseq.errors import CallError
from nlpseq.settings import explain

_BOUNDS = ("ge", "gt", "le", "lt")


class Option(NamedTuple):
    """An option of one method or of several."""

    name: str
    description: str
    type: Any  #: int, float, bool, str or a Literal
    nullable: bool  #: whether None is a value too
    bounds: dict[str, float]  #: out of ge, gt, le and lt, those that all its methods have
    defaults: dict[str, Any]  #: method → default: the methods that read it

    @property
    def default(self) -> str:
        """The default as a user reads it, with the methods where they differ; may be empty."""
        methods: dict[str, list[str]] = {}
        for method, value in self.defaults.items():
            methods.setdefault("" if value is None or value is False else f"{value}", []).append(
                method
            )
        first, *others = sorted(methods.items(), key=lambda each: -len(each[1]))
        told = [f"{value or 'none'} with {_listed(names)}" for value, names in others]
        return "; ".join(filter(None, (first[0], *told)))


@cache
def options() -> dict[str, Option]:
    """Every option by its name: those of all methods first, then those of fewer."""
    found: dict[str, Option] = {}
    for method in METHODS:
        for name, info in settings_of(method).model_fields.items():
            kind, nullable = _without_none(info.annotation)
            bounds = {
                bound: getattr(each, bound)
                for each in info.metadata
                for bound in _BOUNDS
                if hasattr(each, bound)
            }
            if (known := found.get(name)) is None:
                description = info.description or ""
                defaults = {method: info.default}
                found[name] = Option(name, description, kind, nullable, bounds, defaults)
            else:
                known.defaults[method] = info.default
                for bound in known.bounds.keys() - bounds.keys():
                    del known.bounds[bound]
                for bound, value in bounds.items():
                    if bound in known.bounds:
                        loosest = min if bound in ("ge", "gt") else max
                        known.bounds[bound] = loosest(value, known.bounds[bound])
    order = sorted(found.values(), key=lambda option: -len(option.defaults))
    return {option.name: option for option in order}


def settings(method: str, given: Mapping[str, Any]) -> TrainSettings:
    """The settings of a method, with the options that were given.

    :raises CallError: where there is no such method
    :raises ValidationError: with the option as its place, where it cannot have that value, or is
        one of other methods
    """
    known = settings_of(method)
    for name in given:
        if name in options() and name not in known.model_fields:
            error = PydanticCustomError("value_error", "{error}", {"error": idle(name, method)})
            place = InitErrorDetails(type=error, loc=(name,), input=given[name])
            raise ValidationError.from_exception_data(method, [place])
    return known.model_validate(dict(given))


def checked(method: str, given: Mapping[str, Any]) -> TrainSettings:
    """:func:`settings`, whose errors are those of a shell: ``--min-count: …``.

    :raises CallError: where an option cannot have that value, or is one of other methods
    """
    try:
        return settings(method, given)
    except ValidationError as error:
        details = error.errors()[0]
    where = f"--{str(details['loc'][0]).replace('_', '-')}" if details["loc"] else None
    name = str(details["loc"][0]) if details["loc"] else ""
    remedy = None if name in settings_of(method).model_fields else f"leave {where} out"
    raise CallError(explain(details), where=where, remedy=remedy)


def idle(name: str, method: str) -> str:
    """What is said of an option that a method does not read."""
    return f"for {_listed(options()[name].defaults)} only, of no effect on {method}"


def _listed(methods: Iterable[str]) -> str:
    *others, last = methods
    return f"{', '.join(others)} and {last}" if others else last


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """A type, and whether None was one as well."""
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        if len(kinds) == 1 < len(get_args(annotation)):
            return kinds[0], True
    return annotation, False
