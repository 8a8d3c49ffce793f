"""The runner: a pipeline from its file, checked, run stage by stage."""

import os
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import Field, ValidationError, field_validator

from nlpseq.errors import CallError, suggestion
from nlpseq.files import require
from nlpseq.pipelines import configuration, shipped
from nlpseq.pipelines.configuration import Configuration, Key
from nlpseq.pipelines.stages import KINDS, Artefacts, Figures, Job, Stage
from nlpseq.progress import Progress, silent
from nlpseq.settings import Settings, explain
from nlpseq.training.loop import device_of

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class StageResult:
    """One stage of one run."""

    seed: int
    name: str
    seconds: float
    memory: int | None  #: bytes, the most that the process has held so far; None if unknown
    figures: Figures


@dataclass
class Run:
    """What a pipeline did."""

    results: list[StageResult] = field(default_factory=list)
    artefacts: dict[int, Artefacts] = field(default_factory=dict)  #: by seed

    def summary(self) -> dict[str, tuple[float, float]]:
        """Figure of the evaluations → mean and standard deviation over the seeds."""
        reports = [a.report.figures for a in self.artefacts.values() if a.report]
        return {
            name: (
                statistics.fmean(r[name] for r in reports),
                statistics.stdev([r[name] for r in reports]) if len(reports) > 1 else 0.0,
            )
            for name in (reports[0] if reports else ())
        }


class _Head(Settings):
    """What a pipeline file holds beside its stages."""

    name: str = Field(min_length=1)
    seeds: list[int] = Field(default=[0], min_length=1)

    @field_validator("seeds")
    @classmethod
    def _each_once(cls, seeds: list[int]) -> list[int]:
        if any(not 0 <= seed < 2**63 for seed in seeds) or len(set(seeds)) < len(seeds):
            raise ValueError("seeds are whole numbers from 0, each once")
        return seeds


class Pipeline:
    """A name, seeds and stages, in order.

    :raises CallError: where a stage needs what none before it gives, or two share a name
    """

    def __init__(self, name: str, stages: Sequence[Stage], seeds: Sequence[int] = (0,)) -> None:
        self.name = name
        self.stages = list(stages)
        self.seeds = list(seeds)
        _check_order(self.stages, [stage.name for stage in self.stages])

    @classmethod
    def load(cls, source: Path | str, overrides: Iterable[str] = ()) -> Self:
        """The pipeline of a file, or of a name that comes with nlpseq.

        :param overrides: ``stage.key=value``, set over what the file says
        :raises CallError: naming file and line, and the nearest key that there is
        """
        file = shipped.find(str(source))
        written = configuration.override(configuration.read(file), overrides)
        values = written.values
        head = _validated(_Head, {k: v for k, v in values.items() if k != "stages"}, (), written)
        entries = values.get("stages")
        if not isinstance(entries, list) or not entries:
            raise CallError("stages is a list: - corpus: {…}", where=written.where(("stages",)))
        stages = [_stage(entry, ("stages", i), written) for i, entry in enumerate(entries)]
        _check_order(stages, [written.where(("stages", i)) for i in range(len(stages))])
        return cls(head.name, stages, head.seeds)

    def run(
        self,
        *,
        threads: int | None = None,
        device: str = "cpu",
        force: bool = False,
        progress: Progress = silent,
    ) -> Run:
        """Run every stage, once for each seed.

        What can be known before is checked before: files that are read, places that are
        written.

        :param threads: by default one for each core
        :param force: replace files and models that stand where this run writes
        """
        device_of(device)
        jobs = [
            Job(seed, threads or cores(), device, force, len(self.seeds) > 1, progress)
            for seed in self.seeds
        ]
        for stage in self.stages:
            for option, path in stage.inputs().items():
                try:
                    require(Path(path))
                except CallError as error:
                    error.remedy = error.remedy or f"set another with -s {stage.name}.{option}=PATH"
                    raise
            for job in jobs:
                stage.check(job)
        run = Run()
        for job in jobs:
            artefacts = Artefacts()
            for stage in self.stages:
                started = time.perf_counter()
                with progress.task(stage.name):
                    artefacts, figures = stage.run(artefacts, job)
                seconds = time.perf_counter() - started
                run.results.append(
                    StageResult(job.seed, stage.name, seconds, peak_memory(), figures)
                )
            run.artefacts[job.seed] = artefacts
        return run


def _check_order(stages: Sequence[Stage], places: Sequence[str]) -> None:
    given: set[str] = set()
    named: set[str] = set()
    for stage, where in zip(stages, places, strict=True):
        if stage.name in named:
            raise CallError(
                f"two stages are named {stage.name!r}",
                where=where,
                remedy="give one of them another name with as: NAME",
            )
        named.add(stage.name)
        for need in stage.needs:
            if need not in given:
                kinds = [kind for kind, other in KINDS.items() if other.gives == need]
                raise CallError(
                    f"the stage {stage.name!r} needs {need}, and no stage before it gives it",
                    where=where,
                    remedy=f"put a stage before it: {' or '.join(kinds)}",
                )
        if stage.gives:
            given.add(stage.gives)


def _stage(entry: Any, key: Key, source: Configuration) -> Stage:
    if not isinstance(entry, dict) or len(entry) != 1:
        raise CallError("a stage is one kind with its options", where=source.where(key))
    kind, options = next(iter(entry.items()))
    if kind not in KINDS:
        raise CallError(
            f"no stage of the kind {kind!r}; there are: {', '.join(KINDS)}",
            where=source.where((*key, kind)),
            remedy=suggestion(kind, KINDS),
        )
    return _validated(KINDS[kind], {} if options is None else options, (*key, kind), source)


def _validated(cls: type[S], options: Any, key: Key, source: Configuration) -> S:
    if not isinstance(options, dict):
        raise CallError(f"{key[-1]} wants options, {{key: value}}", where=source.where(key))
    shell = {name for name in options if source.from_shell((*key, name))}
    try:
        return cls.model_validate(options, context={"folder": source.folder, "shell": shell})
    except ValidationError as error:
        details = error.errors()[0]
    loc: Key = details["loc"]
    while loc and (*key, *loc) not in source.places:  # pydantic names types in unions too
        if details["type"] == "missing" and (*key, *loc[:-1]) in source.places:
            break
        loc = loc[:-1]
    dotted = ".".join(str(part) for part in (*key[2:], *loc))
    message = explain(details)
    raise CallError(
        f"{dotted}: {message}" if dotted else message,
        where=source.where((*key, *loc)),
        remedy=_remedy(details, cls, loc),
    )


def _remedy(details: Any, cls: type[Settings], loc: Key) -> str | None:
    if details["type"] != "extra_forbidden":
        return None
    for part in loc[:-1]:
        inner = cls.model_fields[str(part)].annotation
        if not (isinstance(inner, type) and issubclass(inner, Settings)):
            return None
        cls = inner
    known = [info.alias or name for name, info in cls.model_fields.items()]
    return suggestion(str(loc[-1]), known, f"known keys: {', '.join(known)}")


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory() -> int | None:
    """The most memory that this process has held, in bytes; None where nothing tells."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
