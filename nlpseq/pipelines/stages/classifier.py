"""``classifier``: a document classifier, trained."""

from dataclasses import replace
from typing import Self

from pydantic import Field, model_validator

from nlpseq.models.classify import Classifier, ClassifierSettings
from nlpseq.pipelines.stages.base import Artefacts, Figures, Job, Stage
from nlpseq.training.settings import TrainingSettings


class ClassifierStage(Stage, ClassifierSettings):
    """Embedding, bidirectional LSTM, pooling; see ClassifierSettings and TrainingSettings."""

    kind = "classifier"
    gives = "model"

    training: TrainingSettings = Field(default_factory=TrainingSettings)

    @model_validator(mode="after")
    def _options_with_effect(self) -> Self:
        if idle := sorted(self.training.model_fields_set & {"seed", "threads", "device"}):
            raise ValueError(
                f"training.{idle[0]} belongs to the whole pipeline: seeds, --threads, --device"
            )
        if self.embedding != "learned" and "dim" in self.model_fields_set:
            raise ValueError(f"dim is the vectors' own where the embedding is {self.embedding}")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        always = ("corpus", "vocabulary")
        return always if self.embedding == "learned" else (*always, "vectors")

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        assert before.corpus is not None and before.vocabulary is not None
        model = Classifier(
            before.vocabulary,
            before.corpus.labels.words,
            ClassifierSettings(**{n: getattr(self, n) for n in ClassifierSettings.model_fields}),
            tokenizer=before.corpus.tokenizer,
            vectors=before.vectors,
            seed=job.seed,
        )
        training = self.training.model_copy(
            update={"seed": job.seed, "threads": job.threads, "device": job.device}
        )
        history = model.fit(before.corpus.train, before.corpus.dev, training, progress=job.progress)
        figures: dict[str, float | int | str] = {"parameters": model.parameters}
        if model.coverage is not None:
            figures["in vectors"] = str(model.coverage)
        figures["best epoch"] = f"{history.best.number} of {len(history)}"
        figures["rows/s"] = round(sum(e.rows_per_second for e in history) / len(history))
        return replace(before, model=model), figures
