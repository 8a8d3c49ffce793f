"""``evaluate``: figures of the model on a part of the corpus."""

from dataclasses import replace
from typing import Literal

from pydantic import Field

from nlpseq.pipelines.stages.base import Artefacts, Figures, Job, Stage


class EvaluateStage(Stage):
    """Accuracy and macro-F1, beside the share of the most frequent label."""

    kind = "evaluate"
    gives = "report"

    split: Literal["dev", "train"] = Field("dev", description="the part of the corpus")

    @property
    def needs(self) -> tuple[str, ...]:
        return ("corpus", "model")

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        assert before.corpus is not None and before.model is not None
        documents = before.corpus.dev if self.split == "dev" else before.corpus.train
        report = before.model.evaluate(documents)
        figures = {name: value for name, value in report.figures.items() if name != "rows"}
        return replace(before, report=report), figures
