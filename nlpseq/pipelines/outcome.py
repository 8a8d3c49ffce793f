"""What came of one combination with one seed, and its copy on the disk."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError

from nlpseq.errors import DataError
from nlpseq.pipelines import kept
from nlpseq.settings import Settings

_MAX_BYTES = 1 << 24


@dataclass(frozen=True)
class StageResult:
    """One stage of one run."""

    seed: int
    name: str
    seconds: float
    memory: int | None  #: bytes, the most that was held while it ran; None if unknown
    figures: Mapping[str, float | int | str]
    combination: str = ""  #: of a matrix
    shared: bool = False  #: by all combinations: the first of them has its seconds, the others 0
    done: bool = False  #: by a run before


class Outcome(Settings):
    """One combination with one seed: what the report's table and curves are made of."""

    key: str  #: of its last stage, see :mod:`nlpseq.pipelines.keys`
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
    #: of the evaluation: what the report shows beside the figures
    details: dict[str, Any] = Field(default_factory=dict)

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
        kept.write(self, path)
