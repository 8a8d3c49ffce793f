"""``vectors``: word vectors, trained here or opened from a file."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from nlpseq.embeddings.train import skip_gram
from nlpseq.embeddings.vectors import Vectors
from nlpseq.pipelines.stages.base import (
    Artefacts,
    Figures,
    InputPath,
    Job,
    Stage,
    refuse_overwriting,
)
from nlpseq.text.corpus import format_of, read
from nlpseq.text.tokenize import Tokenizer


class VectorsStage(Stage, skip_gram.SkipGramSettings):
    """Trains on ``text``, or on the corpus' training documents where none is given."""

    kind = "vectors"
    gives = "vectors"

    open: InputPath | None = Field(None, description="a file of vectors, word2vec text")
    train: Literal["skip-gram"] | None = Field(None, description="the method")
    text: InputPath | list[InputPath] | None = Field(
        None, description="what to train on: plain text, JSON lines, CSV or TSV; or several"
    )
    field: str = Field("text", description="the field that holds the text")
    save: str | None = Field(None, description="also write the vectors, as word2vec text")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.open is None) == (self.train is None):
            raise ValueError("give one of open and train")
        idle = sorted(self.model_fields_set - {"open", "train", "save", "as_"})
        if self.open is not None and idle:
            raise ValueError(f"{', '.join(idle)}: for training only, of no effect with open")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        return ("corpus",) if self.train and not self._texts() else ()

    def _texts(self) -> list[str]:
        return [self.text] if isinstance(self.text, str) else list(self.text or ())

    def inputs(self) -> Mapping[str, str]:
        if self.open is not None:
            return {"open": self.open}
        return {f"text.{i}" if i else "text": path for i, path in enumerate(self._texts())}

    def check(self, job: Job) -> None:
        for path in self._texts():
            format_of(Path(path))
        if self.save is not None:
            refuse_overwriting(job.output(self.save), job)

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        figures: dict[str, float | int | str] = {}
        if self.open is not None:
            vectors = Vectors.open(self.open)
        else:
            tokenizer = before.corpus.tokenizer if before.corpus else Tokenizer()
            started = time.perf_counter()
            vectors = skip_gram.train(
                (tokenizer.words(text) for text in self._documents(before)),
                self,
                recipe=tokenizer.recipe,
                seed=job.seed,
                threads=job.threads,
                progress=job.progress,
            )
            counts = vectors.counts
            tokens = int(counts.sum()) if counts is not None else 0
            figures["tokens"] = tokens
            seconds = time.perf_counter() - started
            figures["words/s"] = round(tokens * self.epochs / seconds)
        if self.save is not None:
            path = job.output(self.save)
            refuse_overwriting(path, job)
            vectors.save(path)
            figures["saved"] = str(path)
        return replace(before, vectors=vectors), {
            "words": len(vectors),
            "dim": vectors.dim,
            **figures,
        }

    def _documents(self, before: Artefacts) -> Iterator[str]:
        for path in self._texts():
            for document in read(path, text=self.field):
                yield document.text
        if not self._texts() and before.corpus is not None:
            yield from (document.text for document in before.corpus.train)
