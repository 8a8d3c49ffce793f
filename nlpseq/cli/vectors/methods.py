"""The options of training methods on the command line, out of their settings' classes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args, get_origin

import click

from nlpseq.cli import verb

if TYPE_CHECKING:
    from nlpseq.embeddings.train.options import Option

_CORPUS = ("how", "language", "recipe", "no_punctuation", "source_format", "field", "encoding",
           "repair", "no_cache", "phrases", "connectors")  # fmt: skip
_METHOD, _JOB = "Every method", "The training"
_BOUNDS = {"ge": ("min", False), "gt": ("min", True), "le": ("max", False), "lt": ("max", True)}


class TrainingVerb(verb.Verb):
    """A verb with the options of all methods, which are looked up when they are needed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for param in self.params:
            if isinstance(param, click.Argument):
                param.required, param.metavar = True, "CORPUS..."

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """All options, those of the methods last."""
        return [*super().get_params(ctx), *(each for _, each in _of_methods())]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them in groups, by what they are about."""
        grouped = [("Corpus" if p.name in _CORPUS else _JOB, p) for p in super().get_params(ctx)]
        groups: dict[str, list[tuple[str, str]]] = {_METHOD: [], "Corpus": [], _JOB: []}
        for title, param in [*_of_methods(), *grouped]:
            record = param.get_help_record(ctx)
            if record and isinstance(param, click.Option):
                groups.setdefault(title, []).append(record)
        for title in sorted(groups, key=_JOB.__eq__):
            with formatter.section(title):
                formatter.write_dl(groups[title])


def _of_methods() -> Iterator[tuple[str, click.Option]]:
    """The choice of the method and the options that methods have, each with its group in --help."""
    from nlpseq.embeddings.train.options import options
    from nlpseq.embeddings.train.settings import METHODS

    choice: Any = {"type": click.Choice(METHODS), "default": METHODS[0], "show_default": True}
    yield _METHOD, click.Option(["--method"], help="What learns.", **choice)
    for option in options().values():
        name = option.name.replace("_", "-")
        flag = f"--{name}/--no-{name}" if option.type is bool else f"--{name}"
        text = f"{option.description[:1].upper()}{option.description[1:]}."
        if option.default:
            text += f" Default {option.default}."
        every = len(option.defaults) == len(METHODS)
        title = _METHOD if every else f"Method {', '.join(option.defaults)}"
        yield title, click.Option([flag, option.name], default=None, help=text, **_kind(option))


def _kind(option: "Option") -> dict[str, Any]:
    if option.type is bool:
        return {}
    if get_origin(option.type) is not None:
        return {"type": click.Choice(get_args(option.type))}
    if option.type not in (int, float):
        return {"type": option.type}
    bounds: dict[str, Any] = {}
    for bound, value in option.bounds.items():
        name, is_open = _BOUNDS[bound]
        bounds |= {name: value, f"{name}_open": is_open}
    ranges = click.IntRange if option.type is int else click.FloatRange
    return {"type": ranges(**bounds), "metavar": "N" if option.type is int else "X"}
