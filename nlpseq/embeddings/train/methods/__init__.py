"""The methods of training by their names; what trains is imported when it is used."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpseq.embeddings.train.settings import (
    METHODS,
    CbowSettings,
    FastTextSettings,
    GloveSettings,
    SkipGramSettings,
    TrainSettings,
)
from nlpseq.errors import CallError, suggestion
from nlpseq.progress import Progress

if TYPE_CHECKING:
    from nlpseq.embeddings.train.methods.trainer import Trainer
    from nlpseq.embeddings.train.stream import Stream

_SETTINGS: dict[str, type[TrainSettings]] = {
    kind.method: kind for kind in (SkipGramSettings, CbowSettings, FastTextSettings, GloveSettings)
}
_TRAINERS = {
    "skip-gram": ("skip_gram", "SkipGram"),
    "cbow": ("cbow", "Cbow"),
    "fasttext": ("fasttext", "FastText"),
    "glove": ("glove", "Glove"),
    "softmax": ("softmax", "Softmax"),  # a loss of the first two
}


def settings_of(method: str) -> type[TrainSettings]:
    """The class of a method's options.

    :raises CallError: where there is no such method
    """
    if method not in _SETTINGS:
        remedy = suggestion(method, METHODS, f"the methods are {', '.join(METHODS)}")
        raise CallError(f"no method {method!r}", remedy=remedy)
    return _SETTINGS[method]


def trainer_of(
    stream: "Stream",
    settings: TrainSettings,
    seed: int,
    threads: int,
    *,
    folder: Path | None,
    progress: Progress,
) -> "Trainer":
    """What trains by the method of the settings.

    :param folder: where what is counted before the first step may lie while the job runs
    """
    softmax = getattr(settings, "loss", None) == "softmax"
    module, name = _TRAINERS["softmax" if softmax else settings.method]
    kind: Any = getattr(import_module(f"nlpseq.embeddings.train.methods.{module}"), name)
    # GloVe counts, a long work of its own before the first step
    told = {"progress": progress, "folder": folder} if settings.method == "glove" else {}
    trainer: Trainer = kind(stream, settings, seed, threads, **told)
    return trainer
