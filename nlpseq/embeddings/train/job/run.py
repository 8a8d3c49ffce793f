"""The run of a training: steps, epochs, what is shown of them, and going on after a cut."""

import contextlib
import logging
import math
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix
from nlpseq.embeddings.train.job.checkpoint import Checkpoint, Snapshot, Standing
from nlpseq.embeddings.train.job.continuing import Grown, Start
from nlpseq.embeddings.train.job.history import Epoch, as_json, best
from nlpseq.embeddings.train.job.watching import Evaluation
from nlpseq.embeddings.train.methods.trainer import Trained, Trainer
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError
from nlpseq.interrupts import put_off
from nlpseq.progress import Progress, Task, silent
from nlpseq.text.normalize import Recipe

_log = logging.getLogger(__name__)
_HALF = 2.0  # seconds after which a step counts half in the figures that are shown


class Run:
    """A training under way: where it stands, and the steps that move it on.

    :param start: what it goes on from; the trainer has its vectors already
    :param about: what the vectors are said to be, beside their history
    """

    def __init__(
        self,
        trainer: Trainer,
        stream: Stream,
        epochs: int,
        *,
        recipe: Recipe = "none",
        start: Start | None = None,
        evaluation: Evaluation | None = None,
        about: Mapping[str, str] | None = None,
    ) -> None:
        self.trainer, self.stream, self.epochs, self.recipe = trainer, stream, epochs, recipe
        self.start, self.evaluation, self.about = start, evaluation, dict(about or {})
        self.standing, self.history = Standing(), list[Epoch]()
        self.best: dict[str, npt.NDArray[Any]] = {}  # of the best epoch, where others came after it
        self._whole = True  # no step is half done
        self._shown = Standing()  # the newest steps, the older the less
        self._failed = False  # a checkpoint could not be written

    def to_end(
        self, threads: int, checkpoint: Checkpoint | None = None, progress: Progress = silent
    ) -> Vectors:
        """Train what is left and give the vectors."""
        amount = self.trainer.amount
        with progress.task("training vectors", self.epochs * amount) as task:
            if checkpoint and (snapshot := checkpoint.read(self.trainer.arrays)):
                self._take_up(snapshot)
                task.advance(len(self.history) * amount + self.standing.amount)
            with ThreadPoolExecutor(threads) as pool, self.kept_if_cut(checkpoint):
                while len(self.history) < self.epochs:
                    self._epoch(pool, checkpoint, task)
        found = best(self.history)
        if self.best:
            message = "the vectors are those of epoch %d of %d, with the best figure, %.4f"
            _log.warning(message, found.number, self.epochs, found.figure)
            for name, array in self.best.items():
                self.trainer.arrays[name][...] = array
        vectors = self.vectors()
        _check(float(vectors.matrix.sum(dtype=np.float64)), "the vectors overflowed")
        return vectors

    @contextlib.contextmanager
    def kept_if_cut(self, checkpoint: Checkpoint | None) -> Iterator[None]:
        """A block that may end by Ctrl-C or any error: the training can then be taken up, unless
        it was in the midst of a step; what was written before that stays.
        """
        try:
            yield
        except BaseException:
            if checkpoint and self._whole:
                self._keep(checkpoint, last=True)
            raise
        finally:
            if checkpoint:
                with contextlib.suppress(OSError):  # the checkpoint before stays
                    checkpoint.settle()

    def vectors(self) -> Vectors:
        """The vectors as they are now: a view of what is trained, where there is one."""
        grown = self._grown(self.trainer.matrix())
        return Vectors(
            grown.words, grown.matrix, self.recipe,
            counts=grown.counts, subwords=self.trainer.subwords(),
            about={**self.about, "history": as_json(self.history)},
        )  # fmt: skip

    def _grown(self, matrix: Matrix) -> Grown:
        if self.start:
            return self.start.grown(matrix)
        return Grown(self.stream.words, matrix, self.stream.counts)

    def _take_up(self, snapshot: Snapshot) -> None:
        self.standing, self.history = snapshot.standing, snapshot.history
        self.best = dict(snapshot.best)
        done = len(self.history), self.standing.step, self.trainer.steps
        _log.info("goes on after %d epochs and %d of %d steps", *done)

    def _epoch(self, pool: Executor, checkpoint: Checkpoint | None, task: Task) -> None:
        """What is left of the epoch that the training stands in."""
        while self.standing.step < self.trainer.steps:
            with self._undivided():
                done = self._step(pool)
            task.advance(done.amount, self._note())
            self._keep_if_due(checkpoint)
        figures: dict[str, float | None] = {}
        figure = None
        if self.evaluation:
            figures, figure = self.evaluation(self.vectors())
        with self._undivided():
            self._close(figures, figure)
        self._keep_if_due(checkpoint)

    @contextlib.contextmanager
    def _undivided(self) -> Iterator[None]:
        """A block in whose midst no checkpoint can be written; Ctrl-C waits for its end."""
        with put_off():
            self._whole = False
            yield
            self._whole = True

    def _step(self, pool: Executor) -> Trained:
        started = time.perf_counter()
        done = self.trainer.step(len(self.history), self.standing.step, pool)
        if self.start:
            self.start.pin(self.trainer)
        seconds = time.perf_counter() - started
        _check(done.loss, f"the loss became {done.loss} in epoch {len(self.history) + 1}")
        for figures, memory in ((self.standing, 1.0), (self._shown, 0.5 ** (seconds / _HALF))):
            figures.step += 1
            figures.amount = round(figures.amount * memory) + done.amount
            figures.loss = figures.loss * memory + done.loss
            figures.examples = figures.examples * memory + done.examples
            figures.seconds = figures.seconds * memory + seconds
        return done

    def _note(self) -> str:
        shown = self._shown
        loss = f", loss {shown.loss / shown.examples:.4f}" if shown.examples else ""
        speed = f"{shown.amount / shown.seconds:,.0f} {self.trainer.unit}/s"
        return f"epoch {len(self.history) + 1}/{self.epochs}{loss}, {speed}"

    def _close(self, figures: dict[str, float | None], figure: float | None) -> None:
        """Enter the epoch in the history, and keep its vectors where they are the best so far."""
        now, number = self.standing, len(self.history) + 1
        loss = now.loss / now.examples if now.examples else None
        speed = now.amount / now.seconds
        self.history.append(Epoch(number, loss, now.seconds, speed, figures, figure))
        self.standing = Standing()
        if figure is not None and best(self.history).number == number:
            self.best = self._copied() if number < self.epochs else {}
        told = "".join(f", {name} {value}" for name, value in figures.items())
        unit = self.trainer.unit
        shown = "" if loss is None else f"loss {loss:.4f}, "
        _log.info("epoch %d: %s%.0f %s/s%s", number, shown, speed, unit, told)

    def _copied(self) -> dict[str, npt.NDArray[Any]]:
        return {name: self.trainer.arrays[name].copy() for name in self.trainer.made_of}

    def _keep_if_due(self, checkpoint: Checkpoint | None) -> None:
        if checkpoint and checkpoint.due:
            self._keep(checkpoint)

    def _keep(self, checkpoint: Checkpoint, *, last: bool = False) -> None:
        """Write a checkpoint. Where that fails, the one before stays, and the training goes on:
        what it has learned is worth more than the means to take it up.
        """
        snapshot = Snapshot(self.standing, self.history, self.best)
        try:
            checkpoint.write(self.trainer.arrays, snapshot, wait=last)
        except OSError as error:
            if last or not self._failed:
                _log.warning(
                    "%s: no checkpoint can be written (%s); %s",
                    checkpoint.folder.path, error.strerror or error,
                    "what was done since the last one is lost" if last else "the training goes on",
                )  # fmt: skip
            self._failed = True


def _check(number: float, message: str) -> None:
    if not math.isfinite(number):
        raise DataError(message, remedy="try a lower learning_rate")
