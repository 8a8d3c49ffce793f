"""What a run keeps of itself as JSON: read up to a bound, written whole or not at all."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from nlpseq.errors import DataError
from nlpseq.settings import Settings
from nlpseq.writing import atomic_write

_MAX_BYTES = 1 << 26

_Kept = TypeVar("_Kept", bound=Settings)


def read(kind: type[_Kept], path: Path, *, by: str, remedy: str) -> _Kept | None:
    """What is kept in a file; None where there is none.

    :param by: who keeps it there, as an error has it
    :raises DataError: where something else stands there
    """
    if not path.is_file():
        return None
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES)
    try:
        return kind.model_validate_json(content)
    except (ValidationError, RecursionError) as error:
        raise DataError(f"not what {by} has left", where=str(path), remedy=remedy) from error


def write(kept: Settings, path: Path) -> None:
    """Keep it."""
    with atomic_write(path) as file:
        file.write(kept.model_dump_json(indent=1).encode())
