"""Checkpoints: a training's state on disk while it runs, so that it can be taken up again."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from nlpseq.checkpoints import Folder, Pace
from nlpseq.errors import CallError, DataError
from nlpseq.files import content_hash
from nlpseq.settings import Settings
from nlpseq.training.history import Epoch, History
from nlpseq.training.settings import TrainingSettings
from nlpseq.training.weights import Weights


@dataclass
class Standing:
    """How far a training has come."""

    step: int = 0  #: batches seen
    update: int = 0  #: updates made
    batch: int = 0  #: batches seen in this epoch
    loss: float = 0.0  #: the sum over this epoch's rows so far
    seconds: float = 0.0  #: spent on this epoch so far


class Snapshot(NamedTuple):
    """All that a training is, between two updates."""

    standing: Standing
    history: History
    weights: Weights
    optimizer: dict[str, Tensor]
    kept: dict[int, Weights]  #: of epochs by their number


class Checkpoint:
    """Where a training keeps its state while it runs, and finds it when it is started again.

    It is written at the pace of :class:`~nlpseq.checkpoints.Pace`, and at Ctrl-C.

    :param folder: made when it is needed; removed when the training is done
    :param key: stands for all that the training is a function of beside its settings, such as a
        hash of the data and of the network's settings
    :param seconds: 0 writes after every update
    """

    def __init__(self, folder: Path, key: str, *, seconds: float = 60.0) -> None:
        self.folder, self.key = folder, key
        self._folder, self._pace = Folder(folder), Pace(seconds)
        self._hashes: dict[str, str] = {}  # of the files of kept epochs, which never change

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return self._pace.due

    def write(self, settings: TrainingSettings, snapshot: Snapshot) -> None:
        """Write the whole of it or, where that fails, leave what is there."""
        with self._pace.writing():
            self._write(settings, snapshot)

    def _write(self, settings: TrainingSettings, snapshot: Snapshot) -> None:
        hashes = {}
        for number, weights in snapshot.kept.items():
            path = self._folder.epoch(number)
            hashes[path.name] = self._hashes.get(path.name) or self._save(path, weights)
        self._hashes = dict(hashes)
        changing = {f"weights.{name}": tensor for name, tensor in snapshot.weights.items()}
        changing |= {f"optimizer.{name}": tensor for name, tensor in snapshot.optimizer.items()}
        state = self._folder.new_state()
        hashes[state.name] = self._save(state, changing)
        facts = _Facts(
            key=self.key,
            settings=_compared(settings),
            standing=snapshot.standing,
            history=list(snapshot.history),
            state=state.name,
            kept=list(snapshot.kept),
            sha256=hashes,
        )
        self._folder.write(facts, hashes)

    def read(self, settings: TrainingSettings) -> Snapshot | None:
        """What was written last, or None where nothing was.

        :raises CallError: where it is of another training
        :raises DataError: where it is damaged
        """
        self._pace.begin()
        facts = self._folder.read(_Facts)
        if facts is None:
            return None
        if self.key != facts.key:
            raise self._folder.another("with other data or another network")
        self._folder.compare(facts.settings, _compared(settings))
        kept = {number: self._load(f"epoch-{number}.safetensors", facts) for number in facts.kept}
        self._hashes = {name: facts.sha256[name] for name in facts.sha256 if name != facts.state}
        state = self._load(facts.state, facts)
        history = History(facts.history)
        weights, optimizer = _part("weights.", state), _part("optimizer.", state)
        return Snapshot(facts.standing, history, weights, optimizer, kept)

    def remove(self) -> None:
        """Take away what was written, and the folder if nothing else is in it."""
        self._folder.remove()

    def damaged(self, what: str) -> DataError:
        """The error for a checkpoint that cannot be taken up."""
        return self._folder.damaged(what)

    def _save(self, path: Path, tensors: Mapping[str, Tensor]) -> str:
        try:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
        except SafetensorError as error:
            raise CallError(f"cannot be written: {error}", where=str(path)) from error
        with path.open("rb+") as file:
            os.fsync(file.fileno())  # before anything names it
        return content_hash(path)

    def _load(self, name: str, facts: "_Facts") -> Weights:
        path = self._folder.intact(name, facts.sha256.get(name))
        try:
            return load_file(path)
        except (OSError, SafetensorError) as error:
            raise self.damaged(f"{name} cannot be read") from error


class _Facts(Settings):
    format: Literal["nlpseq-checkpoint"] = "nlpseq-checkpoint"
    version: Literal[1] = 1
    key: str
    settings: dict[str, Any]
    standing: Standing
    history: list[Epoch]
    state: str
    kept: list[int]
    sha256: dict[str, str]


def _part(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _compared(settings: TrainingSettings) -> dict[str, Any]:
    """What must be equal for a training to go on; the machine may be another."""
    return settings.model_dump(mode="json", exclude={"threads", "device"})
