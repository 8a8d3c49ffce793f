"""``classifier``: a document classifier, trained, with a linear one beside it."""

from dataclasses import replace
from typing import Self

from pydantic import Field, model_validator

from nlpseq.errors import CallError
from nlpseq.models.classify import Classifier, ClassifierSettings
from nlpseq.pipelines.stages.base import Artefacts, Figures, Job
from nlpseq.pipelines.stages.corpora import Documents
from nlpseq.pipelines.stages.training import TrainingStage


class ClassifierStage(TrainingStage, ClassifierSettings):
    """Embedding, encoder, pooling; see ClassifierSettings and TrainingSettings."""

    kind = "classifier"

    baseline: bool = Field(True, description="fit a linear model on the same documents as well")

    @model_validator(mode="after")
    def _options_with_effect(self) -> Self:
        if self.embedding != "learned" and "dim" in self.model_fields_set:
            raise ValueError(f"dim is the vectors' own where the embedding is {self.embedding}")
        if self.linear and not self.baseline:
            raise ValueError("linear is the share of the baseline, and baseline is false")
        if "multilabel" in self.model_fields_set:
            raise ValueError("multilabel belongs to the stage corpus")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        always = ("documents", "vocabulary")
        return always if self.embedding == "learned" else (*always, "vectors")

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        corpus = before.corpus
        assert isinstance(corpus, Documents) and before.vocabulary is not None
        options = self.model_dump(include=set(ClassifierSettings.model_fields), exclude_unset=True)
        if corpus.multilabel:
            if self.linear:
                raise CallError(
                    "documents have several labels", where="linear", remedy="leave it out"
                )
            options["multilabel"] = True
        model = Classifier(
            before.vocabulary,
            corpus.labels.words,
            ClassifierSettings(**options),
            tokenizer=corpus.tokenizer,
            vectors=before.vectors,
            seed=job.seed,
        )
        if self.baseline:  # before: between the training and what is kept of it comes nothing
            model.baseline = corpus.baseline(job.progress)
        figures = self.fit(model, corpus, job)
        return replace(before, model=model), figures
