"""What all stages have that train a network."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from nlpseq.embeddings.coverage import Coverage
from nlpseq.models import folder as model_folder
from nlpseq.models import load
from nlpseq.models.base import Model
from nlpseq.pipelines.stages.base import Artefacts, Figures, Job, Stage, refuse_overwriting
from nlpseq.pipelines.stages.corpora import Corpus
from nlpseq.training.history import Epoch, History
from nlpseq.training.records import CSVRecord, Record, TensorBoardRecord
from nlpseq.training.settings import TrainingSettings
from nlpseq.writing import atomic_write

_MODEL, _COVERAGE = "model", "coverage.json"


class TrainingStage(Stage):
    """A training that was cut off goes on where it was when the same pipeline is run again."""

    gives = ("model",)
    keeps = rewrites = True

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

    @property
    def trains(self) -> bool:
        return True

    def check(self, job: Job) -> None:
        """Raise a CallError where the log stands already."""
        for path in self.outputs(job):
            refuse_overwriting(path, job)

    def outputs(self, job: Job) -> list[Path]:
        return [job.output(self.log)] if self.log is not None else []

    def keep(self, made: Artefacts, folder: Path) -> None:
        assert made.model is not None
        made.model.save(folder / _MODEL, replace=True)
        if made.model.coverage is not None:
            with atomic_write(folder / _COVERAGE) as file:
                file.write(json.dumps(made.model.coverage._asdict()).encode())

    def restore(self, before: Artefacts, folder: Path, job: Job) -> Artefacts:
        model = load(folder / _MODEL, device=job.device)
        assert isinstance(model, Model)
        epochs = model_folder.read_metrics(folder / _MODEL)["history"]
        model.history = History(Epoch(**epoch) for epoch in epochs)
        if (folder / _COVERAGE).is_file():
            model.coverage = Coverage(**json.loads((folder / _COVERAGE).read_bytes()))
        return replace(before, model=model)

    def write(self, made: Artefacts, job: Job) -> None:
        assert made.model is not None
        for path in self.outputs(job):
            _Log(path, job)(made.model.history)

    def fit(self, model: Model[Any, Any], corpus: Corpus, job: Job) -> Figures:
        """Train a model, and say what came of it."""
        training = self.training.model_copy(
            update={"seed": job.seed, "threads": job.threads, "device": job.device}
        )
        records: list[Record] = []
        records.extend(_Log(path, job) for path in self.outputs(job))
        if self.tensorboard is not None:
            records.append(TensorBoardRecord(job.output(self.tensorboard)))
        history = self.start(
            model,
            corpus.train,
            corpus.dev,
            training,
            checkpoints=job.checkpoints,
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


class _Log:
    """The log, known again as this run's own after each epoch."""

    def __init__(self, path: Path, job: Job) -> None:
        self.path, self.job = path, job

    def __call__(self, history: History) -> None:
        with self.job.writing(self.path) as path:
            CSVRecord(path)(history)
