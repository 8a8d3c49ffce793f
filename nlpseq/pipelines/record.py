"""What a finished stage says of itself: its ``stage.json``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, Field

from nlpseq.pipelines import kept
from nlpseq.pipelines.outputs import Mark
from nlpseq.settings import Settings
from nlpseq.training.history import Epoch, History

RECORD = "stage.json"


class Verdict(Settings):
    """What an evaluation said."""

    figures: dict[str, float]  #: the one that counts first
    signature: str  #: what makes them comparable
    text: str  #: for people

    def __str__(self) -> str:
        return self.text


class Record(Settings):
    """One stage that is finished. It is written last: where there is none, the stage is not."""

    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="constants")

    name: str
    facts: dict[str, Any]  #: what it started from, see :mod:`nlpseq.pipelines.keys`
    figures: dict[str, float | int | str]
    seconds: float
    memory: int | None  #: bytes, the most that was held while it ran; None if unknown
    finished: str  #: ISO 8601
    kept: dict[str, int]  #: file beside the record → its size
    outputs: dict[str, Mark]  #: path outside of the run's folder → what was written there
    parameters: int | None = None  #: of a model, that were trained
    history: list[Epoch] = Field(default_factory=list)
    verdict: Verdict | None = None
    #: of an evaluation, for the report
    details: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """That of a stage's folder; None where it is not finished.

        :raises DataError: where something else stands there
        """
        remedy = f"remove the folder {folder}: the stage is then run again"
        return kept.read(cls, folder / RECORD, by="a stage", remedy=remedy)

    def write(self, folder: Path) -> None:
        """Keep it, whole or not at all."""
        kept.write(self, folder / RECORD)

    def is_whole(self, folder: Path) -> bool:
        """Whether all that was kept beside it is there."""
        return self.kept == sizes(folder, self.kept)

    @property
    def past(self) -> History:
        """The epochs of its training."""
        return History(self.history)


def sizes(folder: Path, names: Mapping[str, int] | None = None) -> dict[str, int]:
    """File → bytes, of those in a stage's folder but for its record.

    :param names: of these alone
    """
    files = [file for file in folder.rglob("*") if file.is_file()]
    found = {file.relative_to(folder).as_posix(): file.stat().st_size for file in files}
    wanted = found.keys() - {RECORD} if names is None else names.keys()
    return {name: found[name] for name in sorted(wanted & found.keys())}
