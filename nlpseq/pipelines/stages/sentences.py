"""``sentences``: tagged sentences to train on and to develop with."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, Self

from pydantic import Field, model_validator

from nlpseq.errors import CallError, DataError
from nlpseq.models.tag.tagset import Tagset, labels_of
from nlpseq.pipelines.stages.base import Artefacts, Figures, InputPath, Job, Stage
from nlpseq.pipelines.stages.corpora import TaggedCorpus
from nlpseq.text.corpus.repairs import Repairs
from nlpseq.text.corpus.sources import files_of
from nlpseq.text.corpus.tagged import Settled, Tagged, hold_out, read_tagged, settled
from nlpseq.text.normalize import Recipe
from nlpseq.text.tags import Scheme
from nlpseq.text.tokenize import Kind, Tokenizer
from nlpseq.text.vocabulary import Vocabulary

_log = logging.getLogger(__name__)


class SentencesStage(Stage):
    """Reads CoNLL columns, plain or compressed: a word a line with its tag, an empty line after a
    sentence; a file, a pattern such as ``data/*.conll``, or ``hf://datasets/OWNER/NAME/PATH``.
    """

    kind = "sentences"
    gives = ("corpus", "sentences")

    train: InputPath = Field(description="tagged sentences")
    dev: InputPath | None = Field(None, description="sentences to choose the best epoch by")
    hold_out: int | None = Field(
        None, ge=1, description="instead of dev: so many sentences of train, chosen by the seed"
    )
    limit: int | None = Field(
        None, ge=1, description="train on so many sentences at most, chosen by the seed"
    )
    word_column: int = Field(1, ge=1, description="the column of the words, from 1")
    tag_column: int | None = Field(None, ge=1, description="that of the tags; null: the last")
    scheme: Scheme | Literal["plain"] | None = Field(
        None,
        description="of the tags of entities, or plain for others, such as parts of speech; null: "
        "it is told from the tags",
    )
    encoding: str = Field("utf-8", description="of the files, such as latin-1")
    repair: bool = Field(
        False,
        description="mend illegal tags as conlleval reads them, and what is broken; count it",
    )
    recipe: Recipe = Field("lower", description="how words are normalised to be looked up")
    tokenizer: Kind | None = Field(
        None, description="what will cut texts that are to be tagged: as in the stage corpus"
    )
    language: str | None = Field(None, description="of spaCy's rules, such as pt")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.dev is None) == (self.hold_out is None):
            raise ValueError("give one of dev and hold_out")
        try:
            self._tokenizer()
        except CallError as error:
            raise ValueError(str(error.message)) from error
        return self

    def _tokenizer(self) -> Tokenizer:
        return Tokenizer(self.recipe, True, self.tokenizer, self.language)

    def inputs(self) -> Mapping[str, str]:
        return {"train": self.train} | ({"dev": self.dev} if self.dev else {})

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        repairs = Repairs() if self.repair else None
        train, scheme = self._read(self.train, repairs)
        if self.dev is not None:
            dev = self._alike(self._read(self.dev, repairs), scheme)
        else:
            train, dev = hold_out(train, self.hold_out or 0, seed=job.seed)
        # before the limit: what there is to tell apart does not depend on how much of it is seen
        labels = self._labels(train, dev, scheme)
        if self.limit is not None and self.limit < len(train):
            train = hold_out(train, self.limit, seed=job.seed)[1]
        corpus = TaggedCorpus(train, dev, labels, scheme, self._tokenizer())
        figures: dict[str, float | int | str] = {
            "train": len(train),
            "dev": len(dev),
            "words": sum(map(len, train)),
            "labels": len(labels),
            "scheme": scheme or "plain",
        }
        if repairs is not None:
            figures["repaired"] = repairs.total
            if repairs.total:
                _log.info("repaired:\n%s", repairs)
        return replace(before, corpus=corpus), figures

    def _read(self, source: str, repairs: Repairs | None) -> Settled:
        found: list[Tagged] = []
        for path in files_of(source):
            found += read_tagged(
                path,
                word_column=self.word_column,
                tag_column=self.tag_column,
                encoding=self.encoding,
                repairs=repairs,
            )
        if self.scheme == "plain":
            return Settled(found, None)
        return settled(found, scheme=self.scheme, repairs=repairs)

    def _labels(self, train: list[Tagged], dev: list[Tagged], scheme: Scheme | None) -> list[str]:
        """What a tagger of train tells apart; it is all that dev may have."""
        labels = labels_of(train, scheme)
        if not labels:
            raise DataError(
                "the training data has no entity",
                where=self.train,
                remedy="every tag is O: is tag_column right?",
            )
        tagset = Tagset(Vocabulary(labels, specials=()), scheme, "IOB2")
        for sentence in dev:
            tagset.check(sentence)  # before any training, not after it
        return labels

    def _alike(self, dev: Settled, scheme: Scheme | None) -> list[Tagged]:
        """Development sentences with their tags in the scheme of the others."""
        if (dev.scheme is None) != (scheme is None):
            raise DataError(
                f"tags of {dev.scheme or 'no scheme'}, in train of {scheme or 'none'}",
                where=self.dev,
                remedy="are both files of the same task, and is tag_column right?",
            )
        return dev.sentences if scheme is None else dev.within(scheme)
