"""What all stages have that train a network."""

from typing import Any, Self

from pydantic import Field, model_validator

from nlpseq.hub.places import cache_folder
from nlpseq.models.base import Model
from nlpseq.pipelines.stages.base import Figures, Job, Stage, refuse_overwriting
from nlpseq.pipelines.stages.corpora import Corpus
from nlpseq.training.history import History
from nlpseq.training.records import CSVRecord, Record, TensorBoardRecord
from nlpseq.training.settings import TrainingSettings


class TrainingStage(Stage):
    """A training that was cut off goes on where it was when the same pipeline is run again."""

    gives = ("model",)

    training: TrainingSettings = Field(default_factory=TrainingSettings)
    log: str | None = Field(None, description="a CSV file that gains a line after each epoch")
    tensorboard: str | None = Field(None, description="a folder for TensorBoard's events")

    @model_validator(mode="after")
    def _of_the_whole_pipeline(self) -> Self:
        if idle := sorted(self.training.model_fields_set & {"seed", "threads", "device"}):
            raise ValueError(
                f"training.{idle[0]} belongs to the whole pipeline: seeds, --threads, --device"
            )
        return self

    def check(self, job: Job) -> None:
        """Raise a CallError where the log stands already."""
        if self.log is not None:
            refuse_overwriting(job.output(self.log), job)

    def fit(self, model: Model[Any, Any], corpus: Corpus, job: Job) -> Figures:
        """Train a model, and say what came of it."""
        training = self.training.model_copy(
            update={"seed": job.seed, "threads": job.threads, "device": job.device}
        )
        records: list[Record] = []
        if self.log is not None:
            records.append(CSVRecord(job.output(self.log)))
        if self.tensorboard is not None:
            records.append(TensorBoardRecord(job.output(self.tensorboard)))
        history = self.start(
            model,
            corpus.train,
            corpus.dev,
            training,
            checkpoints=cache_folder() / "trainings",
            records=records,
            progress=job.progress,
        )
        figures: dict[str, float | int | str] = {"parameters": model.parameters}
        if model.coverage is not None:
            figures["in vectors"] = str(model.coverage)
        figures["best epoch"] = f"{history.best.number} of {len(history)}"
        figures["rows/s"] = round(sum(e.rows_per_second for e in history) / len(history))
        return figures

    def start(self, model: Model[Any, Any], *data: Any, **how: Any) -> History:
        """Train it."""
        return model.fit(*data, **how)
