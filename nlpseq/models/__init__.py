"""Models, one module a task, and the way back from a folder to the model in it."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlpseq.models.base import Model

#: task → where its class is; imported when needed
TASKS = {"classify": "nlpseq.models.classify:Classifier"}


def load(path: Path | str, *, device: str = "cpu") -> "Model":
    """The model of a folder, whatever its task.

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
    module, name = TASKS[folder.task].split(":")
    model: Model = getattr(import_module(module), name).from_folder(folder, device=device)
    return model
