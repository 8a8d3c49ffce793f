"""Records: a training's history written down as it grows, for spreadsheets and TensorBoard."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nlpseq.errors import CallError
from nlpseq.training.history import Epoch, History
from nlpseq.writing import atomic_write

#: Told the history after each epoch, and once when a training is taken up again.
Record = Callable[[History], None]


class CSVRecord:
    """A table, one line an epoch, written anew each time: never a line twice."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, history: History) -> None:
        """Write the history so far."""
        with atomic_write(self.path) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="")
            table = csv.writer(text, lineterminator="\n")
            table.writerow(Epoch._fields)
            table.writerows(history)
            text.flush()
            text.detach()


class TensorBoardRecord:
    """Curves in a folder that TensorBoard shows: each figure of an epoch at the epoch's number.

    What an earlier run wrote there for the same or later epochs is hidden.

    :raises CallError: where TensorBoard is not installed
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise CallError(
                "TensorBoard is not installed", remedy="pip install 'nlpseq[tensorboard]'"
            ) from error
        self._open: Callable[..., Any] = SummaryWriter
        self.folder = folder
        self._writer: Any = None

    def __call__(self, history: History) -> None:
        """Add the newest epoch."""
        epoch = history[-1]
        if self._writer is None:
            self._writer = self._open(str(self.folder), purge_step=epoch.number)
        for name, value in epoch._asdict().items():
            if name != "number" and value is not None:
                self._writer.add_scalar(name, value, epoch.number)
        self._writer.flush()
