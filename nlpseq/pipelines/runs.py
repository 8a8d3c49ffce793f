"""The runs that are on the disk: how far each is, what it takes, and how two of them differ."""

import shutil
import statistics
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from nlpseq.errors import CallError, nearest
from nlpseq.pipelines.keys import leaves
from nlpseq.pipelines.lock import holder, locked
from nlpseq.pipelines.record import Record
from nlpseq.pipelines.store import Listed, Store, is_run

Figures = Mapping[str, float]


class Standing(NamedTuple):
    """How far a run is."""

    folder: Path
    name: str
    done: int  #: stages that are finished
    stages: int  #: all that there are
    at: str | None  #: the first that is not finished
    process: str | None  #: the number of the one that is at work on it
    figure: tuple[str, float] | None  #: of the best combination the figure that counts
    started: datetime
    size: int  #: bytes


class Row(NamedTuple):
    """A stage of a run."""

    task: Listed
    name: str
    folder: Path
    record: Record | None  #: None: it is not finished
    size: int  #: bytes


class Comparison(NamedTuple):
    """Two runs beside each other; None: there is no such thing in the one."""

    options: dict[str, tuple[Any, Any]]  #: those that differ
    figures: dict[str, tuple[float | None, float | None]]


def found(folder: Path) -> list[Path]:
    """The runs in a folder, by name; or the folder, where it is one.

    :raises CallError: where there is no such folder
    """
    if is_run(folder):
        return [folder]
    if not folder.is_dir():
        raise CallError(
            "no such folder", where=str(folder), remedy="nlpseq run makes one for each pipeline"
        )
    return sorted(path for path in folder.iterdir() if is_run(path))


def standing(folder: Path) -> Standing:
    """How far a run is."""
    manifest = _store(folder).manifest
    rows = list(stages(folder))
    best = max(
        (next(iter(f.items())) for f in figures(folder).values() if f),
        key=lambda pair: pair[1],
        default=None,
    )
    started = manifest.started if manifest else None
    return Standing(
        folder,
        manifest.name if manifest else folder.name,
        sum(row.record is not None for row in rows),
        len(rows),
        next((row.name for row in rows if row.record is None), None),
        holder(folder),
        best,
        datetime.fromisoformat(started) if started else _changed(folder),
        _size(folder),
    )


def stages(folder: Path) -> Iterator[Row]:
    """The stages of the last run, those that several combinations share once."""
    store, known = _store(folder), set[str]()
    manifest = store.manifest
    for task in manifest.tasks if manifest else ():
        for name, key in task.stages:
            if key not in known:
                known.add(key)
                yield Row(task, name, store.stage(key), store.record(key), _size(store.stage(key)))


def figures(folder: Path) -> dict[str, dict[str, float]]:
    """Combination → figure → its mean over the seeds that are finished."""
    store = _store(folder)
    manifest = store.manifest
    reached: dict[str, list[Figures]] = {}
    for task in manifest.tasks if manifest else ():
        records = [store.record(key) for _, key in task.stages]
        verdicts = [record.verdict for record in records if record and record.verdict]
        if verdicts:
            reached.setdefault(task.combination, []).append(verdicts[-1].figures)
    return {
        name: {figure: statistics.fmean(each[figure] for each in several) for figure in several[0]}
        for name, several in reached.items()
    }


def unused(folder: Path) -> dict[Path, int]:
    """The folders of stages that are not those of the last run → bytes."""
    store = _store(folder)
    manifest = store.manifest
    used = manifest.keys if manifest else set(store.known())
    folders = [store.stage(key) for key in store.known() if key not in used]
    return {path: _size(path) for path in folders}


def prune(folder: Path) -> int:
    """Remove what is :func:`unused`; the bytes that are free then.

    :raises CallError: where a process is at work on the run
    """
    with locked(folder):
        sizes = unused(folder)
        for path in sizes:
            shutil.rmtree(path)
    return sum(sizes.values())


def compare(one: Path, other: Path) -> Comparison:
    """What two runs differ in, and what they reached; of a matrix each combination."""
    options = _options(one), _options(other)
    reached = _flat(figures(one)), _flat(figures(other))
    return Comparison(
        {name: (a, b) for name, (a, b) in _beside(*options).items() if a != b}, _beside(*reached)
    )


def _beside(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (one.get(name), other.get(name)) for name in dict.fromkeys([*one, *other])}


def _flat(reached: Mapping[str, Figures]) -> dict[str, float]:
    return {
        f"{combination} {name}".strip(): value
        for combination, values in reached.items()
        for name, value in values.items()
    }


def _options(folder: Path) -> dict[str, Any]:
    """Stage and option → value, of the stages that are finished."""
    rows = list(stages(folder))
    several = len({row.task.combination for row in rows}) > 1
    options: dict[str, Any] = {}
    for row in rows:
        own = f"{row.task.combination} " if several else ""
        facts = row.record.facts if row.record else {}
        for name, value in leaves({k: v for k, v in facts.items() if k not in ("after", "kind")}):
            group, _, option = name.partition(".")
            label = f"{option} (content)" if group == "files" else option or group
            options.setdefault(f"{own}{row.name}.{label}", value)
    return options


def _store(folder: Path) -> Store:
    if not is_run(folder):
        siblings = [path.name for path in folder.parent.iterdir()] if folder.parent.is_dir() else []
        near = nearest(folder.name, siblings)
        raise CallError(
            "no run of a pipeline is here",
            where=str(folder),
            remedy=f"did you mean {folder.parent / near}?"
            if near and near != folder.name
            else None,
        )
    return Store(folder)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _changed(folder: Path) -> datetime:
    return datetime.fromtimestamp(folder.stat().st_mtime).astimezone()
