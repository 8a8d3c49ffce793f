"""``tagger``: a tagger of words, trained."""

from dataclasses import replace
from typing import Self

from pydantic import model_validator

from nlpseq.models.tag.settings import TaggerSettings
from nlpseq.models.tag.tagger import Tagger
from nlpseq.models.tag.words import characters_of
from nlpseq.pipelines.stages.base import Artefacts, Figures, Job
from nlpseq.pipelines.stages.corpora import TaggedCorpus
from nlpseq.pipelines.stages.training import TrainingStage


class TaggerStage(TrainingStage, TaggerSettings):
    """Vectors, casing and characters, encoder, CRF; see TaggerSettings and TrainingSettings."""

    kind = "tagger"

    @model_validator(mode="after")
    def _dim_of_vectors(self) -> Self:
        if self.embedding != "learned" and "dim" in self.model_fields_set:
            raise ValueError(f"dim is the vectors' own where the embedding is {self.embedding}")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        always = ("sentences", "vocabulary")
        return always if self.embedding == "learned" else (*always, "vectors")

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        corpus = before.corpus
        assert isinstance(corpus, TaggedCorpus) and before.vocabulary is not None
        options = self.model_dump(include=set(TaggerSettings.model_fields), exclude_unset=True)
        settings = TaggerSettings(**options)
        reads = settings.characters != "none"
        model = Tagger(
            before.vocabulary,
            corpus.labels,
            settings,
            scheme=corpus.scheme,
            characters=characters_of(s.words for s in corpus.train) if reads else None,
            tokenizer=corpus.tokenizer,
            vectors=before.vectors,
            seed=job.seed,
        )
        figures = self.fit(model, corpus, job)
        return replace(before, model=model), figures
