"""One combination with one seed: done, or found done already."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from nlpseq.errors import NlpseqError
from nlpseq.pipelines.machine import machine, peak_memory, reset_peak, versions
from nlpseq.pipelines.outcome import Outcome, StageResult, key_of
from nlpseq.pipelines.stages import Artefacts, Job, Stage
from nlpseq.progress import silent
from nlpseq.training.history import History


class Combination(NamedTuple):
    """What is run once for each seed: one of a matrix, or all that there is."""

    name: str
    folder: str  #: the name, as its files have it
    choices: Mapping[str, Any]  #: axis → the value, or the name of the variant
    stages: Sequence[Stage]


class Begun(NamedTuple):
    """What the stages that all combinations share have made with one seed."""

    seed: int
    artefacts: Artefacts
    results: list[StageResult]

    def again(self, task: "Task") -> "Begun":
        """The same for another combination, which does not wait for it."""
        name = task.combination.name
        return self._replace(
            results=[replace(r, seconds=0.0, combination=name) for r in self.results]
        )


@dataclass
class Task:
    """One combination with one seed.

    :param shared: so many of its first stages are those of every combination
    """

    combination: Combination
    shared: int
    job: Job
    file: Path | None = None  #: where its outcome is kept
    key: str = ""
    outcome: Outcome | None = None  #: what a run before has left, where that is as good

    @property
    def title(self) -> str:
        """What it is called among others; empty for the only one."""
        seed = f"seed {self.job.seed}" if self.job.several else ""
        return ", ".join(filter(None, [self.combination.name, seed]))

    def steps(self) -> list[tuple[Stage, Job]]:
        """Its stages; those that are shared write to the places of no combination."""
        common = replace(self.job, combination="")
        return [
            (stage, common if i < self.shared else self.job)
            for i, stage in enumerate(self.combination.stages)
        ]

    def keep(self, folder: Path, hashes: dict[str, str]) -> None:
        """Keep the outcome in ``folder``, and take what is there if it came of the same, and all
        that was written is there too, unless the job's ``force`` is on.

        :param hashes: as :func:`key_of` takes them
        """
        name = [self.combination.folder] if self.combination.folder else []
        self.file = folder / f"{'-'.join([*name, 'seed', str(self.job.seed)])}.json"
        self.key = key_of(self.combination.stages, self.job.seed, hashes)
        found = None if self.job.force else Outcome.read(self.file, self.key)
        if found and all(path.exists() for path in self._outputs()):
            named = {"combination": self.combination.name, "choices": self.combination.choices}
            self.outcome = found.model_copy(update=named)

    def _outputs(self) -> list[Path]:
        return [path for stage, job in self.steps() for path in stage.outputs(job)]

    def check(self) -> None:
        """Raise a CallError where a stage that is to run could not write."""
        for stage, job in self.steps() if self.outcome is None else ():
            stage.check(job)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Progress shows it, and what goes wrong inside names it, where there are several."""
        parts = [self.title, "done already" if self.outcome else ""]
        text = ", ".join(filter(None, parts))
        try:
            with (self.job.progress if text else silent).task(text):
                yield
        except NlpseqError as error:
            if self.title:
                error.message = f"{self.title}: {error.message}"
            raise

    def begin(self) -> Begun:
        """Run the shared stages."""
        artefacts, results = self._work(self.steps()[: self.shared], Artefacts())
        return Begun(self.job.seed, artefacts, [replace(r, shared=True) for r in results])

    def run(self, begun: Begun) -> tuple[Outcome, Artefacts]:
        """Run its own stages, and keep the outcome."""
        artefacts, own = self._work(self.steps()[self.shared :], begun.artefacts)
        results = [*begun.results, *own]
        model, report = artefacts.model, artefacts.report
        history = model.history if model else History()
        speed = {
            given: result.figures.get("rows/s")
            for stage, result in zip(self.combination.stages, results, strict=True)
            for given in stage.gives
        }
        outcome = Outcome(
            key=self.key,
            combination=self.combination.name,
            choices=dict(self.combination.choices),
            seed=self.job.seed,
            stages=results,
            figures=dict(report.figures) if report else {},
            parameters=model.parameters if model else None,
            curve=[epoch.figure for epoch in history if epoch.figure is not None],
            best=history.best.number if history else None,
            seconds=sum(epoch.seconds for epoch in history),
            trained=_number(speed.get("model")),
            predicted=_number(speed.get("report")),
            size=_size(self._outputs()),
            threads=self.job.threads,
            device=self.job.device,
            finished=datetime.now().astimezone().isoformat(timespec="seconds"),
            machine=machine(),
            versions=versions(),
        )
        if self.file:
            outcome.write(self.file)
        return outcome, artefacts

    def _work(
        self, steps: Iterable[tuple[Stage, Job]], artefacts: Artefacts
    ) -> tuple[Artefacts, list[StageResult]]:
        results: list[StageResult] = []
        reset_peak()
        for stage, job in steps:
            started = time.perf_counter()
            with job.progress.task(stage.name):
                artefacts, figures = stage.run(artefacts, job)
            seconds = time.perf_counter() - started
            results.append(
                StageResult(
                    job.seed, stage.name, seconds, peak_memory(), figures, self.combination.name
                )
            )
        return artefacts, results


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _size(paths: Iterable[Path]) -> int | None:
    """Bytes of some files and of what is in some folders; None for none."""
    files = [file for path in paths for file in (path, *path.rglob("*")) if file.is_file()]
    return sum(file.stat().st_size for file in files) or None
