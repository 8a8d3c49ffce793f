"""``vectors``: word vectors, trained here or opened from a file."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from nlpseq.embeddings.opening import check_name, is_name
from nlpseq.embeddings.train import skip_gram
from nlpseq.embeddings.vectors import Vectors
from nlpseq.pipelines.stages.base import (
    Artefacts,
    Figures,
    InputPath,
    Job,
    Stage,
    VectorsSource,
    refuse_overwriting,
)
from nlpseq.text.corpus import read
from nlpseq.text.corpus.sources import files_of, format_of
from nlpseq.text.normalize import Recipe
from nlpseq.text.tokenize import Tokenizer


class VectorsStage(Stage, skip_gram.SkipGramSettings):
    """Trains on ``text``, or on the corpus' training documents where none is given."""

    kind = "vectors"
    gives = "vectors"

    open: VectorsSource | None = Field(
        None, description="a file of vectors of any format, a name of the catalogue, or hf://…"
    )
    recipe: Recipe | None = Field(
        None, description="with open: how its words were normalised, where the file does not say"
    )
    first: int | None = Field(None, ge=1, description="with open: so many words at most")
    train: Literal["skip-gram"] | None = Field(None, description="the method")
    text: InputPath | list[InputPath] | None = Field(
        None, description="what to train on: plain text, JSON lines, CSV or TSV; or several"
    )
    field: str = Field("text", description="the field that holds the text")
    save: str | None = Field(
        None, description="also write the vectors: .safetensors the store, else word2vec text"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.open is None) == (self.train is None):
            raise ValueError("give one of open and train")
        given = self.model_fields_set - {"open", "train", "save", "as_"}
        opening = {"recipe", "first"}
        idle = given - opening if self.open is not None else given & opening
        if idle:
            only = "training" if self.open is not None else "open"
            raise ValueError(f"{', '.join(sorted(idle))}: for {only} only, of no effect here")
        return self

    @property
    def needs(self) -> tuple[str, ...]:
        return ("corpus",) if self.train and not self._texts() else ()

    def _texts(self) -> list[str]:
        return [self.text] if isinstance(self.text, str) else list(self.text or ())

    def inputs(self) -> Mapping[str, str]:
        if self.open is not None:
            return {} if is_name(self.open, Path(self.open)) else {"open": self.open}
        return {f"text.{i}" if i else "text": path for i, path in enumerate(self._texts())}

    def check(self, job: Job) -> None:
        if self.open is not None:
            check_name(self.open)
        for path in self._texts():
            if not path.startswith("hf://"):  # what lies there takes a while to ask for
                for file in files_of(path):
                    format_of(file)
        if self.save is not None:
            refuse_overwriting(job.output(self.save), job)

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        figures: dict[str, float | int | str] = {}
        if self.open is not None:
            vectors = Vectors.open(
                self.open,
                recipe=self.recipe,
                first=self.first,
                threads=job.threads,
                progress=job.progress,
            )
        else:
            tokenizer = before.corpus.tokenizer if before.corpus else Tokenizer()
            started = time.perf_counter()
            vectors = skip_gram.train(
                tokenizer.stream_words(self._documents(before)),
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
