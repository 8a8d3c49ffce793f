"""The runner: a pipeline from its file, checked, run stage by stage."""

import shlex
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator

from nlpseq.errors import CallError
from nlpseq.pipelines import configuration, report, shipped
from nlpseq.pipelines.checks import check_order, stages_of, validated
from nlpseq.pipelines.matrix import expand
from nlpseq.pipelines.outcome import Outcome, StageResult
from nlpseq.pipelines.stages import Artefacts, Job, Stage
from nlpseq.pipelines.task import Begun, Combination, Task
from nlpseq.progress import Progress, silent
from nlpseq.settings import Settings
from nlpseq.text.corpus.sources import files_of
from nlpseq.text.workers import cores
from nlpseq.training.loop import device_of
from nlpseq.training.loop import threads as torch_threads


@dataclass
class Run:
    """What a pipeline did."""

    results: list[StageResult] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)  #: one a seed and combination
    kept: int = 0  #: how many of them were there from a run before
    artefacts: dict[int, Artefacts] = field(default_factory=dict)
    """By seed: of what was run now, and is no matrix, whose models would fill the memory."""

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
    """What a pipeline file holds; the stages and the matrix are looked at by themselves."""

    name: str = Field(min_length=1)
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
    :param report: a folder, for a report and for what each run leaves, which is not run again
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

    def run(
        self,
        *,
        threads: int | None = None,
        device: str = "cpu",
        force: bool = False,
        progress: Progress = silent,
    ) -> Run:
        """Run every stage, once for each seed, and for each combination of a matrix.

        What can be known before is checked before: files that are read, places that are
        written. With a report, what a run before has finished is not run again.

        :param threads: by default one for each core
        :param force: replace files and models that stand where this run writes, and run what
            was finished before
        """
        device_of(device)
        _require_inputs(stage for c in self.combinations for stage in c.stages)
        folder = report.require(Path(self.report)) if self.report else None
        common = _common([combination.stages for combination in self.combinations])
        job = Job(
            threads=threads or cores(),
            device=device,
            force=force,
            several=len(self.seeds) > 1,
            progress=progress,
        )
        tasks = [
            Task(c, common, replace(job, seed=seed, combination=c.folder))
            for seed in self.seeds
            for c in self.combinations
        ]
        hashes: dict[str, str] = {}
        for task in tasks:
            if folder:
                task.keep(folder / report.RUNS, hashes)
            task.check()
        run = Run(kept=sum(task.outcome is not None for task in tasks))
        begun: Begun | None = None
        for task in tasks:
            with task.told(), torch_threads(job.threads):
                if task.outcome is None:
                    if begun and begun.seed != task.job.seed:
                        begun = None  # its memory is free before more is taken
                    begun = begun.again(task) if begun else task.begin()
                    outcome, artefacts = task.run(begun)
                    if not self.matrix:
                        run.artefacts[task.job.seed] = artefacts
                    del artefacts
                else:
                    outcome = task.outcome
            run.outcomes.append(outcome)
            run.results.extend(outcome.stages)
        if folder:
            report.write(folder, self.name, run.outcomes, self.command)
        return run


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
