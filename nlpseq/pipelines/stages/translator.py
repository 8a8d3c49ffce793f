"""``translator``: from texts to texts, trained."""

from dataclasses import replace
from typing import Any, Self

from pydantic import Field, model_validator

from nlpseq.models.base import Model
from nlpseq.models.translate.settings import SearchSettings, TranslatorSettings
from nlpseq.models.translate.translator import Translator
from nlpseq.pipelines.stages.base import Artefacts, Figures, Job
from nlpseq.pipelines.stages.corpora import ParallelCorpus
from nlpseq.pipelines.stages.training import TrainingStage
from nlpseq.text.sequences import Unit
from nlpseq.training.history import History


class TranslatorStage(TrainingStage, TranslatorSettings):
    """Recurrent with attention, or a Transformer; see TranslatorSettings and TrainingSettings."""

    kind = "translator"

    search: SearchSettings = Field(default_factory=SearchSettings)
    batch_unit: Unit = Field("sentences", description="what training.batch_size counts, or tokens")

    @model_validator(mode="after")
    def _learned(self) -> Self:
        for mode in (self.embedding, self.target_embedding):
            if mode != "learned" and "dim" in self.model_fields_set:
                raise ValueError(f"dim is the vectors' own where an embedding is {mode}")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        of_source = ("vectors",) if self.embedding != "learned" else ()
        of_target = ("target_vectors",) if self.target_embedding != "learned" else ()
        return ("pairs", "units", *of_source, *of_target)

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        corpus = before.corpus
        assert isinstance(corpus, ParallelCorpus) and before.units is not None
        source, target = before.units
        own = set(TranslatorSettings.model_fields)
        options = self.model_dump(include=own, exclude_unset=True)
        model = Translator(
            source.vocabulary,
            target.vocabulary,
            TranslatorSettings(**options),
            source_tokenizer=source.tokenizer,
            target_tokenizer=target.tokenizer,
            source_vectors=before.vectors,
            target_vectors=before.target_vectors,
            search=self.search,
            seed=job.seed,
        )
        figures = dict(self.fit(model, corpus, job))
        if model.target_coverage is not None:
            figures["target in vectors"] = str(model.target_coverage)
        return replace(before, model=model), figures

    def start(self, model: Model[Any, Any], *data: Any, **how: Any) -> History:
        """Train it with batches of the unit that was asked for."""
        assert isinstance(model, Translator)
        return model.fit(*data, unit=self.batch_unit, **how)
