"""The methods of training by their names; a module is imported when its method is used."""

from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from nlpseq.embeddings.train.settings import METHODS, TrainSettings
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.train.trainer import Trainer
from nlpseq.errors import CallError, suggestion
from nlpseq.progress import Progress


class _Home(NamedTuple):
    module: str
    trainer: str
    counts: bool = False  # a long work of its own before the first step


_HOMES = {
    "skip-gram": _Home("skip_gram", "SkipGram"),
    "cbow": _Home("cbow", "Cbow"),
    "fasttext": _Home("fasttext", "FastText"),
    "glove": _Home("glove", "Glove", counts=True),
}


def settings_of(method: str) -> type[TrainSettings]:
    """The class of a method's options.

    :raises CallError: where there is no such method
    """
    return _found(method, "Settings")  # type: ignore[no-any-return]


def trainer_of(
    stream: Stream,
    settings: TrainSettings,
    seed: int,
    threads: int,
    *,
    folder: Path | None,
    progress: Progress,
) -> Trainer:
    """What trains by the method of the settings.

    :param folder: where what is counted before the first step may lie while the job runs
    """
    told = {"progress": progress, "folder": folder} if _HOMES[settings.method].counts else {}
    return _found(settings.method)(stream, settings, seed, threads, **told)  # type: ignore[no-any-return]


def _found(method: str, kind: str = "") -> Any:
    if method not in _HOMES:
        remedy = suggestion(method, METHODS, f"the methods are {', '.join(METHODS)}")
        raise CallError(f"no method {method!r}", remedy=remedy)
    home = _HOMES[method]
    return getattr(import_module(f"nlpseq.embeddings.train.{home.module}"), home.trainer + kind)
