"""Checkpoints of long work: when one is due, and the folder that always holds a whole one.

The folder's ``checkpoint.json`` names the files of tensors with their hashes and is written last:
a process killed at any moment leaves the checkpoint before.
"""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from nlpseq.errors import CallError, DataError
from nlpseq.files import content_hash
from nlpseq.settings import Settings
from nlpseq.writing import atomic_write

FACTS = "checkpoint.json"
_TENSORS = r"(state-[0-9a-f]{8}|epoch-[0-9]+)\.safetensors"
_OURS = re.compile(rf"\.?(checkpoint\.json|{_TENSORS})(\.[0-9a-f]{{8}}\.tmp)?")
_MAX_JSON = 1 << 24  # bytes
_SHARE = 0.05  # of the time at most goes into writing

_Facts = TypeVar("_Facts", bound=Settings)


class Pace:
    """How often to write: every ``seconds``, early in a work more often, so that a kill costs less
    than a tenth of what was done; where writing is slow, as seldom as keeps it under 5 % of the
    time.

    :param seconds: 0 is always due
    """

    def __init__(self, seconds: float = 60.0) -> None:
        self.seconds = seconds
        self._cost = 0.05  # seconds of the last writing; a guess, so that the first second has none
        self.begin()

    def begin(self) -> None:
        """The work begins now."""
        self._started = self._written = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        now = time.monotonic()
        longest = min(self.seconds, (now - self._started) / 11)
        wait = max(longest, self._cost / _SHARE) if self.seconds else 0.0
        return now - self._written >= wait

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A block that writes, or tries to."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._written = time.monotonic()
            self._cost = self._written - started


class Folder:
    """Where the checkpoints of one work lie; other files in it are left alone.

    :param path: made when it is needed
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def new_state(self) -> Path:
        """Where to write the tensors that change, under a name that none had before."""
        return self._made(f"state-{secrets.token_hex(4)}.safetensors")

    def epoch(self, number: int) -> Path:
        """Where the tensors kept of an epoch lie; once written they never change."""
        return self._made(f"epoch-{number}.safetensors")

    def _made(self, name: str) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        return self.path / name

    def write(self, facts: Settings, files: Iterable[str]) -> None:
        """Make these facts the checkpoint, and take away all files that it does not name."""
        content = facts.model_dump(mode="json")
        with atomic_write(self.path / FACTS) as file:
            file.write(json.dumps({**content, "checksum": _checksum(content)}).encode())
        self.clear(but={FACTS, *files})

    def read(self, kind: type[_Facts]) -> _Facts | None:
        """The facts that were written last, or None where none were.

        :raises DataError: where they are damaged
        """
        path = self.path / FACTS
        if not path.is_file():
            return None
        with path.open("rb") as file:
            content = file.read(_MAX_JSON)
        try:
            facts = json.loads(content)
            if facts.pop("checksum") != _checksum(facts):
                raise self.damaged(f"{FACTS} was changed")
            return kind.model_validate_json(json.dumps(facts))
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
            if isinstance(error, ValidationError):
                raise self.damaged(f"{FACTS} does not hold what it should") from error
            raise self.damaged(f"{FACTS} is cut off or no JSON") from error

    def intact(self, name: str, sha256: str | None) -> Path:
        """The path of a file of tensors that is as it was written.

        :raises DataError: where it is not
        """
        path = self.path / name
        try:
            if re.fullmatch(_TENSORS, name) and content_hash(path) == sha256:
                return path
        except OSError as error:
            raise self.damaged(f"{name} cannot be read") from error
        raise self.damaged(f"{name} is not as it was written")

    def compare(self, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        """Raise a CallError that names the first option that is another now."""
        for name in [*now, *then]:
            if now.get(name) != then.get(name):
                raise self.another(f"with {name} {then.get(name)}, not {now.get(name)}")

    def remove(self) -> None:
        """Take away what was written, and the folder if nothing else is in it."""
        if self.path.is_dir():
            self.clear(but=set())
            with suppress(OSError):
                self.path.rmdir()

    def clear(self, but: set[str]) -> None:
        """Take away files of checkpoints, but for these; one that has to stay does no harm."""
        for path in self.path.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in but:
                with suppress(OSError):
                    path.unlink()

    def damaged(self, what: str) -> DataError:
        """The error for a checkpoint that cannot be taken up."""
        remedy = f"delete {self.path} to train from the start"
        return DataError(f"the checkpoint is damaged: {what}", where=str(self.path), remedy=remedy)

    def another(self, how: str) -> CallError:
        """The error for a checkpoint of another training."""
        return CallError(
            f"the checkpoint here is of a training {how}",
            where=str(self.path),
            remedy="delete it to train from the start, or name another folder",
        )


def _checksum(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
