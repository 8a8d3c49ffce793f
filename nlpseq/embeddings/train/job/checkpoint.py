"""Checkpoints of a training of vectors: its arrays and where it stands, on disk while it runs.

A file of tensors is safetensors, written and read array by array, straight from and into the
arrays themselves: a checkpoint needs no memory of its own. Training stands still only while the
system takes the bytes; a thread then brings them to the disk, hashes them, and makes them the
checkpoint.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.checkpoints import Folder, Pace
from nlpseq.embeddings.train.job.history import Epoch, best
from nlpseq.errors import CallError
from nlpseq.settings import Settings

Arrays = Mapping[str, npt.NDArray[Any]]

Shapes = dict[str, tuple[str, list[int]]]  #: type, as safetensors names it, and shape of each

_TYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}
_NAMES = {np.dtype(kind): name for name, kind in _TYPES.items()}
_BLOCK = 1 << 22  # bytes written, read and hashed at a time

#: options that stand there as hashes: what is said where they differ
_HASHED = {
    "corpus": "on another corpus, or one of which other words were kept",
    "start": "from other vectors",
    "pinned": "with other pinned words",
    "evaluation": "with another evaluation",
}


@dataclass
class Standing:
    """How far an epoch has come."""

    step: int = 0  #: the next one
    amount: int = 0  #: of the method's units, done
    loss: float = 0.0  #: the sum over the examples whose loss was taken
    examples: float = 0.0
    seconds: float = 0.0


class Snapshot(NamedTuple):
    """All that a training is between two steps, beside the method's arrays."""

    standing: Standing
    history: list[Epoch]
    best: Arrays  #: kept of the best epoch; none where the last is the one that counts


@contextmanager
def made(folder: Path) -> Iterator[Path]:
    """Make a folder, which goes with the block where nothing is in it then.

    :raises CallError: where nothing can be written into it
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = Folder(folder).new_state()
        probe.touch()
        probe.unlink()
    except OSError as error:
        message = f"no checkpoint can be kept here: {error.strerror}"
        raise CallError(message, where=str(folder)) from error
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()


class Checkpoint:
    """Where a training keeps its arrays while it runs, and finds them when it is started again.

    It is written at the pace of :class:`~nlpseq.checkpoints.Pace`, and at Ctrl-C.

    :param folder: made when it is needed; removed when the training is done
    :param options: all that the training is a function of, by names that an error can tell: what
        is no number or text stands there as a hash
    :param seconds: 0 writes after every step, and waits until it is on the disk
    """

    def __init__(self, folder: Path, options: Mapping[str, Any], *, seconds: float = 60.0) -> None:
        self.options = json.loads(json.dumps(options))
        self.folder, self.pace = Folder(folder), Pace(seconds)
        self._hashes: dict[str, str] = {}  # of the files that are there; an epoch's never changes
        self._finishing: Thread | None = None
        self._error: Exception | None = None

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return self.pace.due and not (self._finishing and self._finishing.is_alive())

    def write(self, arrays: Arrays, snapshot: Snapshot, *, wait: bool = False) -> None:
        """Write the whole of it or, where that fails, leave what is there.

        :param wait: until it is on the disk
        :raises OSError: where the disk is full, or the like; perhaps since the writing before
        """
        new: list[Path] = []
        hashes: dict[str, str] = {}

        def put(path: Path, arrays: Arrays) -> None:
            new.append(path)
            _save(path, arrays)

        with self.pace.writing():
            self.settle()
            try:
                if snapshot.best:
                    path = self.folder.epoch(best(snapshot.history).number)
                    if path.name in self._hashes:
                        hashes[path.name] = self._hashes[path.name]
                    else:
                        put(path, snapshot.best)
                state = self.folder.new_state()
                put(state, arrays)
            except OSError:
                _drop(new)
                raise
        facts = _Facts(
            options=self.options,
            standing=replace(snapshot.standing),
            history=list(snapshot.history),
            state=state.name,
            arrays=_shapes(arrays),
            best=_shapes(snapshot.best),
            sha256=hashes,
        )
        self._finishing = Thread(target=self._finish, args=(facts, new))
        self._finishing.start()
        if wait or not self.pace.seconds:
            self.settle()

    def _finish(self, facts: "_Facts", new: list[Path]) -> None:
        """Bring new files to the disk, and let the facts name them."""
        try:
            hashes = {**facts.sha256, **{path.name: _to_disk(path) for path in new}}
            self.folder.write(facts.model_copy(update={"sha256": hashes}), hashes)
            self._hashes = hashes
        except Exception as error:  # raised where it is waited for
            _drop(new)
            self._error = error

    def settle(self) -> None:
        """Wait until what was written is on the disk.

        :raises OSError: where it did not get there
        """
        if self._finishing:
            self._finishing.join()
        error, self._finishing, self._error = self._error, None, None
        if error:
            raise error

    def read(self, arrays: Arrays) -> Snapshot | None:
        """Load what was written last into ``arrays``; None where nothing was.

        :raises CallError: where it is of another training
        :raises DataError: where it is damaged
        """
        self.pace.begin()
        facts = self.folder.read(_Facts)
        if facts is None:
            return None
        self._compare(facts.options)
        if facts.arrays != _shapes(arrays):
            raise self.folder.damaged("its arrays do not fit the method")
        self._load(facts.state, facts, arrays)
        self._hashes = facts.sha256
        kept: dict[str, npt.NDArray[Any]] = {}
        if facts.best:
            if not facts.history:
                raise self.folder.damaged("it has a best epoch and no epoch")
            name = self.folder.epoch(best(facts.history).number).name
            kept = self._room(name, facts.best)
            self._load(name, facts, kept)
        return Snapshot(facts.standing, facts.history, kept)

    def remove(self) -> None:
        """Take away what was written, and the folder if nothing else is in it."""
        with suppress(OSError):
            self.settle()
        self.folder.remove()

    def _compare(self, then: Mapping[str, Any]) -> None:
        """Raise a CallError that names what is another than it was."""
        now = self.options
        if then.get("method") != now.get("method"):
            raise self.folder.another(
                f"with the method {then.get('method')}, not {now.get('method')}"
            )
        for name, how in _HASHED.items():
            if then.get(name) != now.get(name):
                raise self.folder.another(how)
        self.folder.compare(then, now)

    def _room(self, name: str, shapes: Shapes) -> dict[str, npt.NDArray[Any]]:
        """Arrays of these shapes, as far as the file is of their size."""
        try:
            size = (self.folder.path / name).stat().st_size
            wanted = len(_header(shapes)) + sum(
                np.dtype(_TYPES[kind]).itemsize * math.prod(shape)
                for kind, shape in shapes.values()
            )
        except (OSError, KeyError) as error:
            raise self.folder.damaged(f"{name} cannot be read") from error
        if size != wanted or any(n < 0 for _, shape in shapes.values() for n in shape):
            raise self.folder.damaged(f"{name} is not as it was written")
        return {n: np.empty(shape, dtype=_TYPES[kind]) for n, (kind, shape) in shapes.items()}

    def _load(self, name: str, facts: "_Facts", arrays: Arrays) -> None:
        """Read a file into arrays, which are its own by number, type and shape."""
        path = self.folder.intact(name, facts.sha256.get(name))
        header = _header(_shapes(arrays))
        with path.open("rb") as file:
            if file.read(len(header)) != header:
                raise self.folder.damaged(f"{name} does not hold what it should")
            for array in arrays.values():
                for block in _blocks(array):
                    room = np.empty(block.shape, block.dtype)
                    if file.readinto(room.data.cast("B")) != room.nbytes:
                        raise self.folder.damaged(f"{name} is cut off")
                    block[...] = room


class _Facts(Settings):
    format: Literal["nlpseq-vectors-checkpoint"] = "nlpseq-vectors-checkpoint"
    version: Literal[1] = 1
    options: dict[str, Any]
    standing: Standing
    history: list[Epoch]
    state: str
    arrays: Shapes
    best: Shapes
    sha256: dict[str, str]


def _save(path: Path, arrays: Arrays) -> None:
    with path.open("xb", buffering=0) as file:
        for part in _parts(arrays):
            while part:
                part = part[file.write(part) :]


def _to_disk(path: Path) -> str:
    """Write a file through to the disk; its SHA-256."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _drop(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _parts(arrays: Arrays) -> Iterator[memoryview]:
    yield memoryview(_header(_shapes(arrays)))
    for array in arrays.values():
        for block in _blocks(array):
            if block.size:
                yield np.ascontiguousarray(block).data.cast("B")


def _blocks(array: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """Views of an array's rows, of a few megabytes each."""
    rows = max(1, _BLOCK // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        yield array[start : start + rows]


def _shapes(arrays: Arrays) -> Shapes:
    return {name: (_NAMES[array.dtype], list(array.shape)) for name, array in arrays.items()}


def _header(shapes: Shapes) -> bytes:
    """What stands before the tensors: they follow each other in the order of the names."""
    entries, at = {}, 0
    for name, (kind, shape) in shapes.items():
        end = at + math.prod(shape) * np.dtype(_TYPES[kind]).itemsize
        entries[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(entries).encode()
    text = text.ljust(-(-len(text) // 8) * 8)
    return len(text).to_bytes(8, "little") + text
