"""One combination with one seed: done, or found done already."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from nlpseq.errors import NlpseqError
from nlpseq.pipelines.chain import Chain, Loaded
from nlpseq.pipelines.keys import facts_of, key_of
from nlpseq.pipelines.machine import machine, now, versions
from nlpseq.pipelines.outcome import Outcome, StageResult
from nlpseq.pipelines.record import Record, Verdict
from nlpseq.pipelines.report.details import origin
from nlpseq.pipelines.stages import Artefacts, Job, Stage
from nlpseq.pipelines.step import CUT, NEW, Step
from nlpseq.pipelines.store import Listed, Manifest, Store
from nlpseq.progress import silent
from nlpseq.training.history import History


class Combination(NamedTuple):
    """What is run once for each seed: one of a matrix, or all that there is."""

    name: str
    folder: str  #: the name, as its files have it
    choices: Mapping[str, Any]  #: axis → the value, or the name of the variant
    stages: Sequence[Stage]


class Extent(NamedTuple):
    """Which stages of a pipeline are to be run, where not all are that are not done."""

    first: str | None = None  #: this one and those after it, also what is done
    last: str | None = None  #: none after this one


@dataclass
class Task:
    """One combination with one seed.

    :param shared: so many of its first stages are those of every combination
    :param job: with its seed, and its folder among the outputs
    """

    combination: Combination
    shared: int
    job: Job
    store: Store
    steps: list[Step] = field(default_factory=list)  #: none after the one to stop at
    listed: list[tuple[str, str]] = field(default_factory=list)  #: name and key of all of them
    own: set[str] = field(default_factory=set)  #: keys that no task before it has
    done: set[str] = field(default_factory=set)  #: keys of what a run before has done
    outcome: Outcome | None = None

    @property
    def title(self) -> str:
        """What it is called among others; empty for the only one."""
        seed = f"seed {self.job.seed}" if self.job.several else ""
        return ", ".join(filter(None, [self.combination.name, seed]))

    @property
    def entry(self) -> Listed:
        """Its entry among those of the run."""
        return Listed(combination=self.combination.name, seed=self.job.seed, stages=self.listed)

    @property
    def file(self) -> Path:
        """Where its outcome is kept."""
        name = [self.combination.folder] if self.combination.folder else []
        return self.store.outcomes / f"{'-'.join([*name, 'seed', str(self.job.seed)])}.json"

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is to be run."""
        return all(step.is_done for step in self.steps)

    @property
    def is_whole(self) -> bool:
        """Whether its steps are all that there are."""
        return len(self.steps) == len(self.combination.stages)

    def plan(self, extent: Extent, content: Callable[[Path], str], before: Manifest | None) -> None:
        """Find out what is done, and what has to be run and why.

        :param content: the hash of a file
        :param before: what the last run was
        """
        self.steps, self.listed, key, after = [], [], "", None
        common = replace(self.job, combination="")  # what all share goes to no one's places
        forced = self.job.force
        for i, stage in enumerate(self.combination.stages):
            facts = facts_of(stage, self.job, key, content)
            key = key_of(facts)
            self.listed.append((stage.name, key))
            if extent.last in [step.stage.name for step in self.steps]:
                continue
            folder = self.store.stage(key)
            job = replace(common if i < self.shared else self.job, work=folder)
            step = Step(stage, job, key, facts, folder)
            step.look(self.store, self._then(stage.name, before))
            forced = forced or stage.name == extent.first
            if forced and step.why is None:
                step.why = "--force" if self.job.force else f"--from {extent.first}"
            elif after is not None and step.why in (None, NEW, CUT):
                step.why = f"after {after}"
            if step.why is not None:
                after, step.lost = stage.name if after is None else after, None
            self.steps.append(step)
        self.done = {step.key for step in self.steps if step.is_done}
        self.outcome = None
        if self.is_whole and self.is_done and (found := Outcome.read(self.file, key)):
            named = {"combination": self.combination.name, "choices": self.combination.choices}
            self.outcome = found.model_copy(update=named)

    def _then(self, name: str, before: Manifest | None) -> Record | None:
        """The record of a stage when the pipeline was run last."""
        for task in before.tasks if before else ():
            if (task.combination, task.seed) == (self.combination.name, self.job.seed):
                key = dict(task.stages).get(name)
                return self.store.record(key) if key else None
        return None

    def check(self) -> None:
        """Raise a CallError where a stage that is to run could not write."""
        for step in self.steps:
            if not step.is_done:
                step.stage.check(step.job)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Progress shows it, and what goes wrong inside names it, where there are several."""
        text = ", ".join(filter(None, [self.title, "done already" if self.is_done else ""]))
        try:
            with (self.job.progress if text else silent).task(text):
                yield
        except NlpseqError as error:
            if self.title:
                error.message = f"{self.title}: {error.message}"
            raise

    @property
    def chain(self) -> Chain:
        """Its steps, as they hang together."""
        return Chain(self.steps, self.store)

    def run(self, loaded: Loaded) -> None:
        """Do what has to be done, and keep the outcome, where that is the whole of it."""
        self.chain.work(loaded)
        if self.outcome is None and self.is_whole:
            self.outcome = self._outcome()
            self.outcome.write(self.file)

    def artefacts(self, loaded: Loaded) -> Artefacts:
        """All that its stages have made, read where it is not in memory."""
        return self.chain.artefacts(loaded)

    @property
    def results(self) -> list[StageResult]:
        """Each stage, as the table shows it."""
        return [
            StageResult(
                self.job.seed,
                record.name,
                record.seconds if step.key in self.own else 0.0,
                record.memory,
                record.figures,
                self.combination.name,
                i < self.shared,
                step.key in self.done,
            )
            for i, (step, record) in enumerate(self.chain.records())
        ]

    @property
    def verdict(self) -> Verdict | None:
        """What its last evaluation said."""
        found = [record.verdict for _, record in self.chain.records() if record.verdict]
        return found[-1] if found else None

    def _outcome(self) -> Outcome:
        pairs = list(self.chain.records())
        speed = {f: record.figures.get("rows/s") for step, record in pairs for f in step.fields}
        trained = [record for step, record in pairs if "model" in step.fields]
        evaluated = [record for _, record in pairs if record.verdict]
        history = trained[-1].past if trained else History()
        verdict = self.verdict
        made = origin((step.stage, step.facts["files"]) for step in self.steps)
        exported = [m for step, r in pairs if not step.fields for m in r.outputs.values()]
        return Outcome(
            key=self.steps[-1].key if self.steps else "",
            combination=self.combination.name,
            choices=dict(self.combination.choices),
            seed=self.job.seed,
            stages=[replace(result, done=False) for result in self.results],
            figures=verdict.figures if verdict else {},
            parameters=trained[-1].parameters if trained else None,
            curve=[epoch.figure for epoch in history if epoch.figure is not None],
            best=history.best.number if history else None,
            seconds=sum(epoch.seconds for epoch in history),
            trained=_number(speed.get("model")),
            predicted=_number(speed.get("report")),
            size=sum(mark.size for mark in exported) or None,
            threads=self.job.threads,
            device=self.job.device,
            finished=now(),
            machine=machine(),
            versions=versions(),
            details={**(evaluated[-1].details if evaluated else {}), **made},
        )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
