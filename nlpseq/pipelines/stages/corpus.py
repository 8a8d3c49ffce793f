"""``corpus``: labelled documents to train on and to develop with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

from pydantic import Field, model_validator

from nlpseq.errors import DataError
from nlpseq.pipelines.stages.base import Artefacts, Corpus, Figures, InputPath, Job, Stage
from nlpseq.text.corpus import hold_out, read, target
from nlpseq.text.normalize import Recipe
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.vocabulary import Vocabulary


class CorpusStage(Stage):
    """Reads JSON lines, CSV or TSV, plain or compressed."""

    kind = "corpus"
    gives = "corpus"

    train: InputPath = Field(description="labelled documents")
    dev: InputPath | None = Field(None, description="documents to choose the best epoch by")
    hold_out: int | None = Field(
        None, ge=1, description="documents of train to hold out by the seed, instead of dev"
    )
    text: str = Field("text", description="the field that holds the text")
    label: str = Field("label", description="the field that holds the label")
    recipe: Recipe = Field("lower", description="how words are normalised")

    @model_validator(mode="after")
    def _one_source_of_dev(self) -> Self:
        if (self.dev is None) == (self.hold_out is None):
            raise ValueError("give one of dev and hold_out")
        return self

    def inputs(self) -> Mapping[str, str]:
        return {"train": self.train} | ({"dev": self.dev} if self.dev else {})

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        train = list(read(self.train, text=self.text, label=self.label))
        if self.dev is not None:
            dev = list(read(self.dev, text=self.text, label=self.label))
        else:
            train, dev = hold_out(train, self.hold_out or 0, seed=job.seed)
        labels = Vocabulary(sorted({str(d.label) for d in train}), specials=())
        if len(labels) < 2:
            raise DataError(
                f"the training data has one label only, {labels.words[0]!r}",
                where=self.train,
                remedy="a classifier needs two or more",
            )
        for document in dev:
            target(document, labels)  # before any training, not after it
        corpus = Corpus(train, dev, labels, Tokenizer(self.recipe))
        figures = {"train": len(train), "dev": len(dev), "labels": len(labels)}
        return replace(before, corpus=corpus), figures
