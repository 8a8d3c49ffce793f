"""The runner: a pipeline from its file, checked, run stage by stage."""

import shlex
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator

from nlpseq.errors import CallError, suggestion
from nlpseq.pipelines import configuration, shipped
from nlpseq.pipelines.checks import check_order, stages_of, validated
from nlpseq.pipelines.matrix import expand
from nlpseq.pipelines.outcome import Outcome, StageResult
from nlpseq.pipelines.stages import Artefacts, Job, Stage
from nlpseq.pipelines.store import folder_of
from nlpseq.pipelines.task import Combination, Extent, Task
from nlpseq.pipelines.variables import filled
from nlpseq.pipelines.work import Work
from nlpseq.progress import Progress, silent
from nlpseq.settings import Settings
from nlpseq.text.corpus.sources import files_of
from nlpseq.text.workers import cores
from nlpseq.training.loop import device_of


@dataclass
class Run:
    """What a pipeline did."""

    folder: Path
    results: list[StageResult]
    outcomes: list[Outcome]  #: one a seed and combination; none where it stopped before the end
    verdicts: dict[str, str]  #: title of a task → what its last evaluation said
    kept: int  #: how many of the outcomes were there from a run before
    done: tuple[int, int]  #: how many stages a run before had done, of how many
    artefacts: Mapping[int, Artefacts]
    """By seed, read from the disk where they are not in memory; not of a matrix, whose models would
    fill it."""

    def summary(self, combination: str = "") -> dict[str, tuple[float, float]]:
        """Figure of the evaluations → mean and standard deviation over the seeds."""
        reports = [o.figures for o in self.outcomes if o.combination == combination]
        return {
            name: (
                statistics.fmean(r[name] for r in reports),
                statistics.stdev([r[name] for r in reports]) if len(reports) > 1 else 0.0,
            )
            for name in (reports[0] if reports else ())
        }


class _Head(Settings):
    """What a pipeline file holds; the stages, the matrix and the variables are looked at by
    themselves.
    """

    name: str = Field(min_length=1)
    variables: Any = None
    seeds: list[int] = Field(default=[0], min_length=1)
    stages: Any = None
    matrix: Any = None
    report: str | None = Field(None, min_length=1)

    @field_validator("seeds")
    @classmethod
    def _each_once(cls, seeds: list[int]) -> list[int]:
        if any(not 0 <= seed < 2**63 for seed in seeds) or len(set(seeds)) < len(seeds):
            raise ValueError("seeds are whole numbers from 0, each once")
        return seeds


class Pipeline:
    """A name, seeds and stages, in order.

    :param matrix: what is run instead of the stages, each once for each seed; the stages that
        all of them begin with are run once for each seed
    :param report: the folder of its run, for the report and for what each stage leaves, which is
        not run again; by default ``runs/NAME``
    :raises CallError: where a stage needs what none before it gives, or two share a name
    """

    def __init__(
        self,
        name: str,
        stages: Sequence[Stage] = (),
        seeds: Sequence[int] = (0,),
        *,
        matrix: Sequence[Combination] = (),
        report: str | None = None,
    ) -> None:
        self.name = name
        self.matrix = list(matrix)
        self.stages = list(matrix[0].stages if matrix else stages)  #: of the first combination
        self.seeds = list(seeds)
        self.report = report
        self.command = ""  #: of a shell that runs it; empty for what was made in Python
        for combination in self.combinations:
            check_order(combination.stages, [stage.name for stage in combination.stages])

    @property
    def combinations(self) -> list[Combination]:
        """The matrix, or the stages as its only one."""
        return self.matrix or [Combination("", "", {}, self.stages)]

    @classmethod
    def load(cls, source: Path | str, overrides: Iterable[str] = ()) -> Self:
        """The pipeline of a file, or of a name that comes with nlpseq.

        :param overrides: ``stage.key=value``, set over what the file says
        :raises CallError: naming file and line, and the nearest key that there is
        """
        overrides = list(overrides)
        written = configuration.override(configuration.read(shipped.find(str(source))), overrides)
        written = filled(written)
        head = validated(_Head, written.values, (), written)
        matrix = [
            Combination(name, folder, choices, stages_of(varied))
            for name, folder, choices, varied in expand(written)
        ]
        same: dict[str, str] = {}
        for name, _, _, stages in matrix:
            if (other := same.setdefault(repr(stages), name)) != name:
                raise CallError(
                    f"the combinations {other!r} and {name!r} are the same",
                    where=written.where(("matrix",)),
                )
        pipeline = cls(
            head.name,
            [] if matrix else stages_of(written),
            head.seeds,
            matrix=matrix,
            report=head.report,
        )
        assigned = [part for text in overrides for part in ("-s", text)]
        pipeline.command = shlex.join(["nlpseq", "run", str(source), *assigned])
        return pipeline

    @property
    def folder(self) -> Path:
        """Where its run is kept."""
        return Path(self.report).expanduser() if self.report else folder_of(self.name)

    def plan(
        self,
        *,
        threads: int | None = None,
        device: str = "cpu",
        force: bool = False,
        start: str | None = None,
        stop: str | None = None,
    ) -> list[Task]:
        """What :meth:`run` would do: a task for each combination and seed, with its steps. Nothing
        is written.
        """
        work = self._work(Job(threads=threads or cores(), device=device, force=force), start, stop)
        work.plan()
        return work.tasks

    def run(
        self,
        *,
        threads: int | None = None,
        device: str = "cpu",
        force: bool = False,
        start: str | None = None,
        stop: str | None = None,
        progress: Progress = silent,
    ) -> Run:
        """Run every stage that is not done, once for each seed, and for each combination.

        What can be known before is checked before: files that are read, places that are
        written. What a run before has finished in the same folder is not run again, as long as
        all that it came of is the same.

        :param threads: by default one for each core
        :param force: run what is done as well, and replace files and models that stand where
            this run writes
        :param start: run this stage and those after it, also where they are done
        :param stop: run no stage after this one
        """
        job = Job(threads=threads or cores(), device=device, force=force, progress=progress)
        work = self._work(job, start, stop)
        work.run(self.name, self.command, progress)
        verdicts = {task.title: str(task.verdict) for task in work.tasks if task.verdict}
        return Run(
            folder=self.folder,
            results=[result for task in work.tasks for result in task.results],
            outcomes=[task.outcome for task in work.tasks if task.outcome],
            verdicts=verdicts,
            kept=work.kept,
            done=work.done,
            artefacts=work.made,
        )

    def _work(self, job: Job, start: str | None, stop: str | None) -> Work:
        names = [stage.name for c in self.combinations for stage in c.stages]
        for name in filter(None, (start, stop)):
            if name not in names:
                known = ", ".join(dict.fromkeys(names))
                raise CallError(
                    f"there is no stage {name!r}; the stages are: {known}",
                    remedy=suggestion(name, names),
                )
        if start and stop and names.index(stop) < names.index(start):
            raise CallError(f"the stage {stop!r} comes before {start!r}: nothing is between them")
        device_of(job.device)
        _require_inputs(stage for c in self.combinations for stage in c.stages)
        return Work(
            self.folder,
            self.combinations,
            self.seeds,
            job,
            Extent(start, stop),
            shared=_common([combination.stages for combination in self.combinations]),
            several=bool(self.matrix),
        )


def _common(combinations: Sequence[Sequence[Stage]]) -> int:
    """With how many equal stages all of several combinations begin."""
    if len(combinations) < 2:
        return 0
    pairs = zip(*combinations, strict=False)
    return sum(1 for _ in takewhile(lambda stages: all(s == stages[0] for s in stages), pairs))


def _require_inputs(stages: Iterable[Stage]) -> None:
    for stage in stages:
        for option, path in stage.inputs().items():
            try:
                if not Path(path).is_dir():  # of vectors, perhaps: its stage knows
                    files_of(path)
            except CallError as error:
                error.remedy = error.remedy or f"set another with -s {stage.name}.{option}=PATH"
                raise
