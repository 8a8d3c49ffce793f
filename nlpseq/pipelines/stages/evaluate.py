"""``evaluate``: figures of the model on a part of the corpus."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field

from nlpseq.pipelines.record import Record
from nlpseq.pipelines.stages.base import Artefacts, Figures, Job, Stage

_TIMED = 2048  # examples: a second's work, and as many as are predicted at a time


class EvaluateStage(Stage):
    """What the model's task is judged by, beside a baseline where there is one."""

    kind = "evaluate"
    gives = ("report",)
    keeps = True

    split: Literal["dev", "train"] = Field("dev", description="the part of the corpus")

    @property
    def needs(self) -> tuple[str, ...]:
        return ("corpus", "model")

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        assert before.corpus is not None and before.model is not None
        examples = before.corpus.dev if self.split == "dev" else before.corpus.train
        report = before.model.evaluate(examples)
        figures: dict[str, float | int | str] = {
            name: value for name, value in report.figures.items() if name != "rows"
        }
        # by themselves: the evaluation waits for the baseline and the figures too
        texts = before.corpus.inputs(examples[:_TIMED])
        started = time.perf_counter()
        for _ in before.model.predict(texts):
            pass
        figures["rows/s"] = round(len(texts) / (time.perf_counter() - started))
        return replace(before, report=report), figures

    def restore(self, before: Artefacts, folder: Path, job: Job) -> Artefacts:
        record = Record.read(folder)
        assert record is not None
        return replace(before, report=record.verdict)
