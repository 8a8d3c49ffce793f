"""``corpus``: labelled documents to train on and to develop with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, Self

from pydantic import Field, model_validator

from nlpseq.errors import DataError
from nlpseq.pipelines.stages.base import Artefacts, Corpus, Figures, InputPath, Job, Stage
from nlpseq.text.corpus import Document, hold_out, read, targets
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
    held_out: Literal["hash", "last"] = Field(
        "hash", description="which: by a hash of seed and text; or the file's last, for all seeds"
    )
    limit: int | None = Field(
        None,
        ge=1,
        description="train on so many documents at most, chosen by the seed; fewer are among more",
    )
    text: str = Field("text", description="the field that holds the text")
    label: str = Field("label", description="the field that holds the label")
    multilabel: bool = Field(
        False, description="a document has any number of labels, in a list or a text"
    )
    label_separator: str | None = Field(
        None, min_length=1, description="what stands between the labels of a text"
    )
    recipe: Recipe = Field("lower", description="how words are normalised")
    punctuation: bool = Field(True, description="marks and symbols are words too")

    @model_validator(mode="after")
    def _one_source_of_dev(self) -> Self:
        if (self.dev is None) == (self.hold_out is None):
            raise ValueError("give one of dev and hold_out")
        if self.hold_out is None and self.held_out != "hash":
            raise ValueError("held_out has no effect without hold_out")
        if self.label_separator is not None and not self.multilabel:
            raise ValueError("label_separator is for multilabel only, of no effect here")
        return self

    def inputs(self) -> Mapping[str, str]:
        return {"train": self.train} | ({"dev": self.dev} if self.dev else {})

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        train = self._read(self.train)
        if self.dev is not None:
            dev = self._read(self.dev)
        else:
            train, dev = self._held(train, self.hold_out or 0, job.seed)
        # before the limit: what there is to tell apart does not depend on how much of it is seen
        labels = Vocabulary(sorted({x for d in train for x in d.labels}), specials=())
        fewest = 1 if self.multilabel else 2
        if len(labels) < fewest:
            only = f"has one label only, {labels.words[0]!r}" if labels.words else "has no label"
            raise DataError(
                f"the training data {only}",
                where=self.train,
                remedy=f"a classifier needs at least {fewest}",
            )
        if self.limit is not None and self.limit < len(train):
            train = hold_out(train, self.limit, seed=job.seed)[1]
        for document in dev:
            targets(document, labels)  # before any training, not after it
        corpus = Corpus(
            train, dev, labels, Tokenizer(self.recipe, self.punctuation), self.multilabel
        )
        figures = {"train": len(train), "dev": len(dev), "labels": len(labels)}
        return replace(before, corpus=corpus), figures

    def _held(
        self, documents: list[Document], number: int, seed: int
    ) -> tuple[list[Document], list[Document]]:
        train, held = hold_out(documents, number, seed=seed)
        if self.held_out == "last":
            return documents[: len(train)], documents[len(train) :]
        return train, held

    def _read(self, path: str) -> list[Document]:
        return list(
            read(
                path,
                text=self.text,
                label=self.label,
                multilabel=self.multilabel,
                separator=self.label_separator,
            )
        )
