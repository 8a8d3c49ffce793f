"""Sources of a corpus: the files that a path, a folder, a pattern or an address stands for."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from nlpseq.errors import CallError, suggestion
from nlpseq.files import PACKED, STDIN, called, is_stdin, require
from nlpseq.progress import Progress, silent

Format = Literal["jsonl", "csv", "tsv", "text", "parquet"]

_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "text",
    ".parquet": "parquet",
}
_COMPRESSIONS = (*PACKED, ".zip")
_KNOWN = f"known endings: {', '.join(_SUFFIXES)} (also with {', '.join(_COMPRESSIONS)})"
_MAGIC = set("*?[")


def format_of(path: Path) -> Format:
    """The format that the file's name tells, below an ending for compression.

    :raises CallError: where it tells none
    """
    found = _told(path.name)
    if found is None:
        raise CallError(
            "the name does not tell the format",
            where=called(path),
            remedy=f"name the format: {', '.join(sorted(set(_SUFFIXES.values())))}"
            if is_stdin(path)
            else _KNOWN,
        )
    return found


def _told(name: str) -> Format | None:
    suffixes = [s for s in Path(name.lower()).suffixes if s not in _COMPRESSIONS]
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None


def place(file: str, line: int) -> str:
    """``file:line``; or ``file: row N`` of a parquet file, which has no lines."""
    return f"{file}: row {line}" if _told(file) == "parquet" else f"{file}:{line}"


def files_of(source: str | Path, *, progress: Progress = silent) -> list[Path]:
    """The files that a source stands for, in the order in which they are read; at least one.

    :param source: one of

        - a file, also packed; ``ARCHIVE.zip/MEMBER``; ``-``, the standard input
        - a folder: all files below it whose names tell a format, sorted, hidden ones left out
        - a pattern such as ``data/*.csv`` or ``data/**/*.txt``: all files that match, sorted
        - ``hf://datasets/OWNER/NAME[@REVISION]/PATH``, also with a pattern for the path

    :param progress: who shows the download of what lies on the hub
    :raises CallError: where there is no such file, or a link leads out of the folder
    """
    if str(source).startswith("hf://"):
        from nlpseq import hub

        return hub.dataset_files(str(source), progress=progress)
    path = Path(source)
    if is_stdin(path):
        return [STDIN]
    if path.is_dir():
        return _below(path)
    if not path.exists() and _MAGIC & set(str(path)):
        return _matching(path)
    return [require(path)]


def _below(folder: Path) -> list[Path]:
    found = []
    for top, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in folders:
            _inside(Path(top, name), folder)
        found += [Path(top, name) for name in names if not name.startswith(".") and _told(name)]
    return _files(found, folder) or _nothing(
        "the folder holds no file of a known format", folder, _KNOWN
    )


def _matching(path: Path) -> list[Path]:
    parts = path.parts
    first = next(i for i, part in enumerate(parts) if _MAGIC & set(part))
    folder, pattern = Path(*parts[:first]), list(parts[first:])
    if not require(folder).is_dir():
        raise CallError("a pattern matches files of a folder only", where=str(path))
    if pattern[-1] == "**":
        pattern.append("*")  # by itself it matches folders
    try:
        found = list(folder.glob("/".join(pattern)))
    except ValueError as error:
        raise CallError(f"not a pattern: {error}", where=str(path)) from error
    if not any(part.startswith(".") for part in pattern):
        found = [each for each in found if not _hidden(each.relative_to(folder))]
    return _files(found, folder) or _nothing(
        "no file matches the pattern",
        path,
        suggestion(
            path.name,
            (each.name for each in folder.iterdir()),
            "** stands for any folders, * for any part of one name",
        ),
    )


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _files(found: Iterable[Path], folder: Path) -> list[Path]:
    """The files among what was found, sorted; a link to another one of them is that file."""
    links: list[Path] = []
    files: list[Path] = []
    for path in sorted(found):
        _inside(path, folder)
        if path.is_file():
            (links if path.is_symlink() else files).append(path)
    seen = {path.resolve() for path in files}
    for link in links:
        if (target := link.resolve()) not in seen:
            seen.add(target)
            files.append(link)
    return sorted(files)


def _inside(path: Path, folder: Path) -> None:
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        raise CallError(
            f"this link leads out of the folder, to {path.resolve()}",
            where=str(path),
            remedy="name that file or folder itself, or take the link away",
        )


def _nothing(message: str, path: Path, remedy: str | None) -> list[Path]:
    raise CallError(message, where=str(path), remedy=remedy)
