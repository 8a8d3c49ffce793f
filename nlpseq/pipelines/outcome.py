"""What came of one combination with one seed, and its copy on the disk."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from nlpseq import __version__
from nlpseq.errors import CallError, DataError
from nlpseq.files import archive_of, atomic_write, content_hash
from nlpseq.pipelines.stages import Stage
from nlpseq.settings import Settings
from nlpseq.text.corpus.sources import files_of

_MAX_BYTES = 1 << 24


@dataclass(frozen=True)
class StageResult:
    """One stage of one run."""

    seed: int
    name: str
    seconds: float
    memory: int | None  #: bytes, the most that was held since the run began; None if unknown
    figures: Mapping[str, float | int | str]
    combination: str = ""  #: of a matrix
    shared: bool = False  #: by all combinations: the first to run has its seconds, the others 0


class Outcome(Settings):
    """One combination with one seed: what the report's table and curves are made of."""

    key: str  #: see :func:`key_of`
    combination: str  #: empty without a matrix
    choices: dict[str, Any]  #: axis → the value, or the name of the variant
    seed: int
    stages: list[StageResult]
    figures: dict[str, float]  #: of the evaluation, the one that counts first
    parameters: int | None  #: that were trained
    curve: list[float]  #: the development figure after each epoch
    best: int | None  #: the epoch that was kept, from 1
    seconds: float  #: of training, validation aside
    trained: float | None  #: rows a second in training
    predicted: float | None  #: rows a second in the evaluation
    size: int | None  #: bytes of what was exported
    threads: int
    device: str
    finished: str  #: ISO 8601
    machine: str
    versions: str

    @property
    def memory(self) -> int | None:
        """The most that its own stages have held, in bytes; None if unknown."""
        return max((s.memory for s in self.stages if s.memory and not s.shared), default=None)

    @classmethod
    def read(cls, path: Path, key: str) -> Self | None:
        """What is kept at ``path``, if it came of the same: None where it did not.

        :raises DataError: where something else stands there
        """
        if not path.exists():
            return None
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES)
        try:
            if json.loads(content)["key"] != key:
                return None
            return cls.model_validate_json(content)
        except (ValueError, TypeError, KeyError, RecursionError, ValidationError) as error:
            raise DataError(
                "not what a run has kept", where=str(path), remedy="remove it, or pass --force"
            ) from error

    def write(self, path: Path) -> None:
        """Keep it, whole or not at all."""
        with atomic_write(path) as file:
            file.write(self.model_dump_json(indent=1).encode())


def key_of(stages: Sequence[Stage], seed: int, hashes: dict[str, str]) -> str:
    """What a run starts from, in 32 hexadecimal digits: the options of its stages, its seed, the
    content of the files that it reads (not their names), and the version of nlpseq.

    :param hashes: path → hash of its content: those known, to which new ones are added
    :raises CallError: for what is no file, whose content cannot be read twice
    """
    parts: list[object] = [__version__, seed]
    for stage in stages:
        files: dict[str, str] = {}
        for option, path in stage.inputs().items():
            files[option] = " ".join(_content(each, hashes) for each in files_of(path))
        names = {option.split(".")[0] for option in files}  # text.1 is the second file of text
        parts.append([stage.kind, stage.model_dump(mode="json", exclude=names), files])
    text = json.dumps(parts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _content(path: Path, hashes: dict[str, str]) -> str:
    file = archive_of(path) or path
    if not file.is_file():
        raise CallError(
            "a run with a report reads files alone, and this is none",
            where=str(path),
            remedy="write it to a file, or leave report out",
        )
    if str(path) not in hashes:
        hashes[str(path)] = content_hash(file)
    return f"{hashes[str(path)]} {path.relative_to(file).as_posix()}"  # inside an archive
