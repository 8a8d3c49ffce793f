"""The stages of one combination with one seed, as links: each works on what those before it gave,
which is in memory, or read from the disk when a stage that has to run wants it.
"""

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nlpseq.errors import NlpseqError
from nlpseq.pipelines.machine import now, peak_memory, reset_peak
from nlpseq.pipelines.record import Record, Verdict, sizes
from nlpseq.pipelines.report.details import details
from nlpseq.pipelines.stages import Artefacts, Figures
from nlpseq.pipelines.stages.base import TRAININGS
from nlpseq.pipelines.step import Step
from nlpseq.pipelines.store import Store


@dataclass
class Loaded:
    """Artefacts in memory, by the key of the stage that gave them."""

    made: dict[str, Mapping[str, Any]] = field(default_factory=dict)  #: key → field → artefact
    fresh: set[str] = field(default_factory=set)  #: keys of what was run, or written, just now

    def add(self, step: Step, after: Artefacts) -> None:
        """Hold what a stage gave."""
        self.made[step.key] = {name: getattr(after, name) for name in step.fields}

    def only(self, keys: set[str]) -> None:
        """Let go of all others."""
        self.made = {key: made for key, made in self.made.items() if key in keys}


@dataclass
class Chain:
    """Steps, in order, and where they leave their work."""

    steps: Sequence[Step]
    store: Store

    def wanted(self) -> set[str]:
        """The keys of those whose artefacts are needed by what has to be done."""
        found: set[int] = set()
        for i, step in enumerate(self.steps):
            if step.why is not None:
                self._collect(self._givers(i), found)
            elif step.lost is not None:
                self._collect([i], found)
        return {self.steps[i].key for i in found}

    def work(self, loaded: Loaded) -> None:
        """Do what has to be done."""
        for i, step in enumerate(self.steps):
            if step.key in loaded.fresh:
                step.look(self.store)  # another combination has begun in the same way
            if step.why is not None:
                self._run(i, loaded)
            elif step.lost is not None:
                self._write(i, loaded)

    def artefacts(self, loaded: Loaded) -> Artefacts:
        """What all of them together have made."""
        return self._artefacts(len(self.steps), [f for s in self.steps for f in s.fields], loaded)

    def _run(self, i: int, loaded: Loaded) -> None:
        step = self.steps[i]
        before = self._artefacts(i, step.stage.uses, loaded)
        self.store.begin(step.key, but=TRAININGS)
        reset_peak()
        started = time.perf_counter()
        with step.job.progress.task(step.stage.name):
            made, figures = step.stage.run(before, step.job)
        seconds = time.perf_counter() - started
        step.stage.keep(made, step.folder)
        self._finish(step, made, figures, seconds)
        loaded.add(step, made)
        loaded.fresh.add(step.key)
        step.why = None

    def _finish(self, step: Step, made: Artefacts, figures: Figures, seconds: float) -> None:
        record = Record(
            name=step.stage.name,
            facts=dict(step.facts),
            figures=dict(figures),
            seconds=seconds,
            memory=peak_memory(),
            finished=now(),
            kept={
                name: size
                for name, size in sizes(step.folder).items()
                if not name.startswith(f"{TRAININGS}/")
            },
            outputs=step.marks(),
            **(_of_model(made) if "model" in step.fields else {}),
            **(_of_report(made) if "report" in step.fields else {}),
        )
        self.store.finish(step.key, record)
        shutil.rmtree(step.folder / TRAININGS, ignore_errors=True)

    def _write(self, i: int, loaded: Loaded) -> None:
        step = self.steps[i]
        given = self._load(i, loaded)
        with step.job.progress.task(step.stage.name):
            step.stage.write(Artefacts(**given), step.job)
        record = self.store.record(step.key)
        assert record is not None
        marks = {**record.outputs, **step.marks()}
        self.store.finish(step.key, record.model_copy(update={"outputs": marks}))
        loaded.fresh.add(step.key)
        step.lost = None

    def _artefacts(self, i: int, names: Iterable[str], loaded: Loaded) -> Artefacts:
        given: dict[str, Any] = {}
        for j in self._givers(i, names):
            given.update(self._load(j, loaded))
        return Artefacts(**given)

    def _load(self, i: int, loaded: Loaded) -> Mapping[str, Any]:
        step = self.steps[i]
        if step.key not in loaded.made:
            stage = step.stage
            before = Artefacts() if stage.keeps else self._artefacts(i, stage.uses, loaded)
            try:
                loaded.add(step, stage.restore(before, step.folder, step.job))
            except NlpseqError as error:
                if stage.keeps:
                    error.remedy = f"--from {stage.name} runs the stage again"
                raise
        return loaded.made[step.key]

    def _givers(self, i: int, names: Iterable[str] | None = None) -> list[int]:
        """The steps before ``i`` that give what it uses: of each the last."""
        wanted = self.steps[i].stage.uses if names is None else names
        found = {
            max((j for j in range(i) if name in self.steps[j].stage.gives), default=-1)
            for name in wanted
        }
        return sorted(found - {-1})

    def _collect(self, numbers: Iterable[int], found: set[int]) -> None:
        """Add steps, and those that they are read again with."""
        for j in numbers:
            if j not in found:
                found.add(j)
                if not self.steps[j].stage.keeps:
                    self._collect(self._givers(j), found)

    def records(self) -> Iterator[tuple[Step, Record]]:
        """Each step with what it says of itself."""
        for step in self.steps:
            record = self.store.record(step.key)
            assert record is not None
            yield step, record


def _of_model(made: Artefacts) -> dict[str, Any]:
    assert made.model is not None
    return {"parameters": made.model.parameters, "history": list(made.model.history)}


def _of_report(made: Artefacts) -> dict[str, Any]:
    report = made.report
    assert report is not None
    figures = dict(report.figures)
    verdict = Verdict(figures=figures, signature=report.signature, text=str(report))
    return {"verdict": verdict, "details": details(made)}
