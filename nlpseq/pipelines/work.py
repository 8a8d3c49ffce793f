"""All that one call of a pipeline has to do in the folder of its run."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from nlpseq.pipelines import report
from nlpseq.pipelines.chain import Loaded
from nlpseq.pipelines.hashes import Hashes
from nlpseq.pipelines.machine import now
from nlpseq.pipelines.outputs import Outputs, sweep_beside
from nlpseq.pipelines.stages import Artefacts, Job
from nlpseq.pipelines.stages.base import TRAININGS
from nlpseq.pipelines.store import Manifest, Store
from nlpseq.pipelines.task import Combination, Extent, Task
from nlpseq.progress import Progress
from nlpseq.training.loop import threads as torch_threads

_HASHES = "hashes.json"


class Made(Mapping[int, Artefacts]):
    """What was made, by seed; what is not in memory is read when it is asked for."""

    def __init__(self, tasks: Sequence[Task], loaded: Mapping[int, Loaded]) -> None:
        self._tasks, self._loaded = {task.job.seed: task for task in tasks}, loaded

    def __getitem__(self, seed: int) -> Artefacts:
        return self._tasks[seed].artefacts(self._loaded[seed])

    def __iter__(self) -> Iterator[int]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)


class Work:
    """A task for each combination and seed.

    :param shared: so many of its first stages are those of every combination
    :param several: whether there is a matrix, whose models would fill the memory
    :param job: what all tasks share
    """

    def __init__(
        self,
        folder: Path,
        combinations: Sequence[Combination],
        seeds: Sequence[int],
        job: Job,
        extent: Extent,
        *,
        shared: int,
        several: bool,
    ) -> None:
        self.store, self.extent, self.several = Store.of(folder), extent, several
        self.job = replace(job, several=len(seeds) > 1)
        self._hashes = Hashes(folder / _HASHES)
        self.tasks = [
            Task(c, shared, replace(self.job, seed=seed, combination=c.folder), self.store)
            for seed in seeds
            for c in combinations
        ]
        self.kept = 0  #: tasks whose outcome was there
        self.made: Mapping[int, Artefacts] = {}

    def plan(self) -> None:
        """Find out what is done; nothing is written.

        :raises CallError: where a stage that has to run could not write
        """
        self.store.look_again()
        before, written = self.store.manifest, Outputs(self.store.folder)
        known: set[str] = set()
        for task in self.tasks:
            task.job = replace(task.job, written=written)
            task.plan(self.extent, self._hashes, before)
            task.own = {step.key for step in task.steps} - known
            known |= task.own
        self.kept = sum(task.outcome is not None for task in self.tasks)

    def check(self) -> None:
        """Raise a CallError where a stage that is to run could not write."""
        for task in self.tasks:
            task.check()

    @property
    def done(self) -> tuple[int, int]:
        """How many stages were done before, of how many; what tasks share counts once."""
        return (
            sum(len(task.own & task.done) for task in self.tasks),
            sum(len(task.own) for task in self.tasks),
        )

    def run(self, name: str, command: str, progress: Progress) -> None:
        """Do it all, the report included, while no other process can write here."""
        with progress.task("what is done already"):
            self.plan()
            self.check()
        loaded = {task.job.seed: Loaded() for task in self.tasks}
        self.made = {} if self.several else Made(self.tasks, loaded)
        if self._is_done():
            return
        with self.store.at_work():
            steps = [step for task in self.tasks for step in task.steps]
            for path in {path for step in steps for path in step.outputs}:
                sweep_beside(path)
            self.plan()
            self.check()
            self._hashes.write()
            manifest = Manifest(
                name=name,
                command=command,
                started=now(),
                tasks=[task.entry for task in self.tasks],
            )
            self.store.note(manifest)
            self._forget()
            self._work(loaded)
            if all(task.is_whole for task in self.tasks):
                outcomes = [task.outcome for task in self.tasks if task.outcome]
                report.write(self.store.folder, name, outcomes, command)
                done = {"finished": now(), "reported": self._reported()}
                self.store.note(manifest.model_copy(update=done))

    def _work(self, loaded: Mapping[int, Loaded]) -> None:
        held = Loaded()
        for number, task in enumerate(self.tasks):
            with task.told():
                if task.is_done:
                    task.run(held)
                    continue
                if not self.several:
                    held = loaded[task.job.seed]
                with torch_threads(task.job.threads):
                    task.run(held)
            if self.several:  # memory is free before more is taken
                after = next((t for t in self.tasks[number + 1 :] if not t.is_done), None)
                held.only(after.chain.wanted() if after else set())

    def _forget(self) -> None:
        """Let nothing that is run again pass for finished, also where this is cut off."""
        for task in self.tasks:
            for step in task.steps:
                if step.why is not None:
                    self.store.forget(step.key)
                elif (step.folder / TRAININGS).is_dir():  # of what was killed when it was done
                    shutil.rmtree(step.folder / TRAININGS)

    def _is_done(self) -> bool:
        if not all(task.is_done for task in self.tasks):
            return False
        if not all(task.is_whole for task in self.tasks):
            return True
        before = self.store.manifest
        if before is None or not all(task.outcome for task in self.tasks):
            return False
        there = (self.store.folder / report.PAGE).exists()
        return there and before.reported == self._reported()

    def _reported(self) -> str:
        """A hash of what the report is made from."""
        told = [task.outcome.model_dump_json() for task in self.tasks if task.outcome]
        return hashlib.blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()
