"""Checkpoints: a training's state on disk while it runs, so that it can be taken up again.

A folder with ``checkpoint.json``, which names the files of the tensors with their hashes and is
written last: a process killed at any moment leaves the checkpoint before.
"""

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from nlpseq.errors import CallError, DataError
from nlpseq.files import atomic_write, content_hash
from nlpseq.settings import Settings
from nlpseq.training.history import Epoch, History
from nlpseq.training.settings import TrainingSettings
from nlpseq.training.weights import Weights

FACTS = "checkpoint.json"
_OURS = re.compile(
    r"\.?(checkpoint\.json|(state-[0-9a-f]{8}|epoch-[0-9]+)\.safetensors)(\.[0-9a-f]{8}\.tmp)?"
)
_MAX_JSON = 1 << 24  # bytes
_SHARE = 0.05  # of the time at most goes into writing


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

    It is written every ``seconds``, early in a training more often, so that a kill costs less
    than a tenth of what was done; where writing is slow, as seldom as keeps it under 5 % of the
    time; and at Ctrl-C.

    :param folder: made when it is needed; removed when the training is done
    :param key: stands for all that the training is a function of beside its settings, such as a
        hash of the data and of the network's settings
    :param seconds: 0 writes after every update
    """

    def __init__(self, folder: Path, key: str, *, seconds: float = 60.0) -> None:
        self.folder, self.key, self.seconds = folder, key, seconds
        self._started = self._written = time.monotonic()
        self._cost = 0.05  # seconds of the last writing; a guess, so that the first second has none
        self._hashes: dict[str, str] = {}  # of the files of kept epochs, which never change

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        now = time.monotonic()
        longest = min(self.seconds, (now - self._started) / 11)
        wait = max(longest, self._cost / _SHARE) if self.seconds else 0.0
        return now - self._written >= wait

    def write(self, settings: TrainingSettings, snapshot: Snapshot) -> None:
        """Write the whole of it or, where that fails, leave what is there."""
        started = time.monotonic()
        hashes = {}
        for number, weights in snapshot.kept.items():
            name = f"epoch-{number}.safetensors"
            hashes[name] = self._hashes.get(name) or self._save(name, weights)
        self._hashes = dict(hashes)
        changing = {f"weights.{name}": tensor for name, tensor in snapshot.weights.items()}
        changing |= {f"optimizer.{name}": tensor for name, tensor in snapshot.optimizer.items()}
        name = f"state-{secrets.token_hex(4)}.safetensors"
        hashes[name] = self._save(name, changing)
        facts = _Facts(
            key=self.key,
            settings=_compared(settings),
            standing=snapshot.standing,
            history=list(snapshot.history),
            state=name,
            kept=list(snapshot.kept),
            sha256=hashes,
        )
        content = facts.model_dump(mode="json")
        with atomic_write(self.folder / FACTS) as file:
            file.write(json.dumps({**content, "checksum": _checksum(content)}).encode())
        self._clear(but={FACTS, *hashes})
        self._written = time.monotonic()
        self._cost = self._written - started

    def read(self, settings: TrainingSettings) -> Snapshot | None:
        """What was written last, or None where nothing was.

        :raises CallError: where it is of another training
        :raises DataError: where it is damaged
        """
        self._started = self._written = time.monotonic()
        path = self.folder / FACTS
        if not path.is_file():
            return None
        facts = self._facts(path)
        if self.key != facts.key:
            raise self._other("with other data or another network")
        now = _compared(settings)
        for name in sorted(now.keys() | facts.settings.keys()):
            if now.get(name) != facts.settings.get(name):
                raise self._other(f"with {name} {facts.settings.get(name)}, not {now.get(name)}")
        kept = {number: self._load(f"epoch-{number}.safetensors", facts) for number in facts.kept}
        self._hashes = {name: facts.sha256[name] for name in facts.sha256 if name != facts.state}
        state = self._load(facts.state, facts)
        history = History(facts.history)
        weights, optimizer = _part("weights.", state), _part("optimizer.", state)
        return Snapshot(facts.standing, history, weights, optimizer, kept)

    def remove(self) -> None:
        """Take away what was written, and the folder if nothing else is in it."""
        if self.folder.is_dir():
            self._clear(but=set())
            with suppress(OSError):
                self.folder.rmdir()

    def damaged(self, what: str) -> DataError:
        """The error for a checkpoint that cannot be taken up."""
        remedy = f"delete {self.folder} to train from the start"
        return DataError(
            f"the checkpoint is damaged: {what}", where=str(self.folder), remedy=remedy
        )

    def _other(self, how: str) -> CallError:
        return CallError(
            f"the checkpoint here is of a training {how}",
            where=str(self.folder),
            remedy="delete it to train from the start, or name another folder",
        )

    def _facts(self, path: Path) -> "_Facts":
        with path.open("rb") as file:
            content = file.read(_MAX_JSON)
        try:
            facts = json.loads(content)
            if facts.pop("checksum") != _checksum(facts):
                raise self.damaged(f"{FACTS} was changed")
            return _Facts.model_validate_json(json.dumps(facts))
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
            if isinstance(error, ValidationError):
                raise self.damaged(f"{FACTS} does not hold what it should") from error
            raise self.damaged(f"{FACTS} is cut off or no JSON") from error

    def _save(self, name: str, tensors: Mapping[str, Tensor]) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
        except SafetensorError as error:
            raise CallError(f"cannot be written: {error}", where=str(path)) from error
        with path.open("rb+") as file:
            os.fsync(file.fileno())  # before anything names it
        return content_hash(path)

    def _load(self, name: str, facts: "_Facts") -> Weights:
        path = self.folder / name
        try:
            if not _OURS.fullmatch(name) or content_hash(path) != facts.sha256.get(name):
                raise self.damaged(f"{name} is not as it was written")
            return load_file(path)
        except (OSError, SafetensorError) as error:
            raise self.damaged(f"{name} cannot be read") from error

    def _clear(self, but: set[str]) -> None:
        for path in self.folder.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in but:
                path.unlink(missing_ok=True)


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


def _checksum(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
