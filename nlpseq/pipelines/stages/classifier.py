"""``classifier``: a document classifier, trained, with a linear one beside it."""

from dataclasses import replace
from typing import Self

from pydantic import Field, model_validator

from nlpseq.hub.places import cache_folder
from nlpseq.models.classify import Classifier, ClassifierSettings
from nlpseq.pipelines.stages.base import (
    Artefacts,
    Corpus,
    Figures,
    Job,
    Stage,
    refuse_overwriting,
)
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training.records import CSVRecord, Record, TensorBoardRecord
from nlpseq.training.settings import TrainingSettings


class ClassifierStage(Stage, ClassifierSettings):
    """Embedding, encoder, pooling; see ClassifierSettings and TrainingSettings.

    A training that was cut off goes on where it was when the same pipeline is run again.
    """

    kind = "classifier"
    gives = "model"

    training: TrainingSettings = Field(default_factory=TrainingSettings)
    baseline: bool = Field(True, description="fit a linear model on the same documents as well")
    log: str | None = Field(None, description="a CSV file that gains a line after each epoch")
    tensorboard: str | None = Field(None, description="a folder for TensorBoard's events")

    @model_validator(mode="after")
    def _options_with_effect(self) -> Self:
        if idle := sorted(self.training.model_fields_set & {"seed", "threads", "device"}):
            raise ValueError(
                f"training.{idle[0]} belongs to the whole pipeline: seeds, --threads, --device"
            )
        if self.embedding != "learned" and "dim" in self.model_fields_set:
            raise ValueError(f"dim is the vectors' own where the embedding is {self.embedding}")
        if "multilabel" in self.model_fields_set:
            raise ValueError("multilabel belongs to the stage corpus")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        always = ("corpus", "vocabulary")
        return always if self.embedding == "learned" else (*always, "vectors")

    def check(self, job: Job) -> None:
        if self.log is not None:
            refuse_overwriting(job.output(self.log), job)

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        assert before.corpus is not None and before.vocabulary is not None
        corpus = before.corpus
        model = self._model(corpus, before.vocabulary, before, job)
        training = self.training.model_copy(
            update={"seed": job.seed, "threads": job.threads, "device": job.device}
        )
        records: list[Record] = []
        if self.log is not None:
            records.append(CSVRecord(job.output(self.log)))
        if self.tensorboard is not None:
            records.append(TensorBoardRecord(job.output(self.tensorboard)))
        history = model.fit(
            corpus.train,
            corpus.dev,
            training,
            checkpoints=cache_folder() / "trainings",
            records=records,
            progress=job.progress,
        )
        if self.baseline:
            model.baseline = corpus.baseline(job.progress)
        figures: dict[str, float | int | str] = {"parameters": model.parameters}
        if model.coverage is not None:
            figures["in vectors"] = str(model.coverage)
        figures["best epoch"] = f"{history.best.number} of {len(history)}"
        figures["rows/s"] = round(sum(e.rows_per_second for e in history) / len(history))
        return replace(before, model=model), figures

    def _model(
        self, corpus: Corpus, vocabulary: Vocabulary, before: Artefacts, job: Job
    ) -> Classifier:
        own = set(ClassifierSettings.model_fields)
        options = self.model_dump(include=own, exclude_unset=True)
        if corpus.multilabel:
            options["multilabel"] = True
        return Classifier(
            vocabulary,
            corpus.labels.words,
            ClassifierSettings(**options),
            tokenizer=corpus.tokenizer,
            vectors=before.vectors,
            seed=job.seed,
        )
