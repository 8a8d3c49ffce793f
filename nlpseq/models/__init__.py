"""Models, one module a task, and the way back from a folder to the model in it."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlpseq.models.base import Predictor

#: task → where its class is; imported when needed
TASKS = {
    "classify": "nlpseq.models.classify:Classifier",
    "tag": "nlpseq.models.tag:Tagger",
    "translate": "nlpseq.models.translate:Translator",
}

#: task → the same for what ``nlpseq export`` wrote
EXPORTED = {"classify": "nlpseq.models.onnx.classifier:OnnxClassifier"}


def load(
    path: Path | str, *, device: str = "cpu", threads: int | None = None
) -> "Predictor[Any, Any]":
    """The model of a folder, whatever its task; one that was exported answers, and no more.

    :param threads: processor cores to use; None: all
    :raises DataError: where the folder is damaged, or was not written by nlpseq
    """
    from nlpseq.errors import DataError
    from nlpseq.models.folder import read

    folder = read(Path(path))
    if folder.task not in TASKS:
        raise DataError(
            f"a model for the task {folder.task!r}, which this version does not know",
            where=str(path),
            remedy=f"known tasks: {', '.join(TASKS)}; a newer nlpseq may know it",
        )
    module, name = (EXPORTED if folder.exported else TASKS)[folder.task].split(":")
    found: type[Predictor[Any, Any]] = getattr(import_module(module), name)
    return found.from_folder(folder, device=device, threads=threads)
