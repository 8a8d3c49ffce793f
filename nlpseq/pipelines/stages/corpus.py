"""``corpus``: labelled documents to train on and to develop with."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nlpseq.errors import CallError, DataError
from nlpseq.pipelines.stages.base import Artefacts, Figures, InputPath, Job, Stage
from nlpseq.pipelines.stages.corpora import Documents
from nlpseq.text.corpus import Document, hold_out, read, targets
from nlpseq.text.corpus.repairs import Repairs
from nlpseq.text.corpus.sources import Format
from nlpseq.text.corpus.split import split
from nlpseq.text.normalize import Recipe
from nlpseq.text.tokenize import Kind, Tokenizer
from nlpseq.text.vocabulary import Vocabulary

_log = logging.getLogger(__name__)


class CorpusStage(Stage):
    """Reads JSON lines, CSV, TSV or parquet, plain or compressed; a file, a folder, a pattern such
    as ``data/*.csv``, or ``hf://datasets/OWNER/NAME/PATH``.
    """

    kind = "corpus"
    gives = ("corpus", "documents")

    train: InputPath = Field(description="labelled documents")
    dev: InputPath | None = Field(None, description="documents to choose the best epoch by")
    hold_out: Annotated[int, Field(ge=1)] | Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None,
        description="instead of dev: so many documents of train, chosen by the seed; or a share, "
        "such as 0.1, so that a document keeps its side when the file grows",
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
    encoding: str = Field("utf-8", description="of the files, such as latin-1")
    format: Format | None = Field(None, description="of the files, where their names do not tell")
    repair: bool = Field(
        False, description="mend or leave out what is broken, and count it; else it is an error"
    )
    recipe: Recipe = Field("lower", description="how words are normalised")
    tokenizer: Kind | None = Field(
        None,
        description="what cuts texts: rules (the default), whitespace (after nilc and glove), "
        "characters, or spacy with a language",
    )
    language: str | None = Field(None, description="of spaCy's rules, such as pt")
    punctuation: bool = Field(True, description="marks and symbols are words too")

    @model_validator(mode="after")
    def _one_source_of_dev(self) -> Self:
        if (self.dev is None) == (self.hold_out is None):
            raise ValueError("give one of dev and hold_out")
        if self.hold_out is None and self.held_out != "hash":
            raise ValueError("held_out has no effect without hold_out")
        if self.label_separator is not None and not self.multilabel:
            raise ValueError("label_separator is for multilabel only, of no effect here")
        if isinstance(self.hold_out, float) and self.held_out == "last":
            raise ValueError("held_out: last wants a number of documents, not a share")
        try:
            self._tokenizer()
        except CallError as error:
            raise ValueError(str(error.message)) from error
        return self

    def _tokenizer(self) -> Tokenizer:
        return Tokenizer(self.recipe, self.punctuation, self.tokenizer, self.language)

    def inputs(self) -> Mapping[str, str]:
        return {"train": self.train} | ({"dev": self.dev} if self.dev else {})

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        repairs = Repairs() if self.repair else None
        train = self._read(self.train, repairs)
        if self.dev is not None:
            dev = self._read(self.dev, repairs)
        elif isinstance(self.hold_out, float):
            sides = split(train, {"dev": self.hold_out, "train": 1 - self.hold_out}, job.seed)
            train, dev = sides["train"], sides["dev"]
            if not (train and dev):
                raise DataError(
                    "a side of the split has no document",
                    where=self.train,
                    remedy="hold out another share, or give more documents",
                )
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
        corpus = Documents(train, dev, labels, self._tokenizer(), self.multilabel)
        figures = {"train": len(train), "dev": len(dev), "labels": len(labels)}
        if repairs is not None:
            figures["repaired"] = repairs.total
            if repairs.total:
                _log.info("repaired:\n%s", repairs)
        return replace(before, corpus=corpus), figures

    def _held(
        self, documents: list[Document], number: int, seed: int
    ) -> tuple[list[Document], list[Document]]:
        train, held = hold_out(documents, number, seed=seed)
        if self.held_out == "last":
            return documents[: len(train)], documents[len(train) :]
        return train, held

    def _read(self, path: str, repairs: Repairs | None) -> list[Document]:
        return list(
            read(
                path,
                text=self.text,
                label=self.label,
                multilabel=self.multilabel,
                separator=self.label_separator,
                encoding=self.encoding,
                format=self.format,
                repairs=repairs,
            )
        )
