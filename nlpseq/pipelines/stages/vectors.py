"""``vectors``: word vectors, trained here or opened from a file."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, create_model, model_validator

from nlpseq.checkpoints import FACTS
from nlpseq.embeddings.opening import check_name, is_name
from nlpseq.embeddings.train.job import train
from nlpseq.embeddings.train.options import options, settings
from nlpseq.embeddings.train.settings import Method, TrainSettings
from nlpseq.embeddings.train.stream import Stream, digest, encode, read
from nlpseq.embeddings.train.stream.joining import Joining
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError
from nlpseq.pipelines.stages.base import (
    Artefacts,
    Figures,
    InputPath,
    Job,
    Stage,
    VectorsSource,
    refuse_overwriting,
)
from nlpseq.pipelines.stages.corpora import Corpus
from nlpseq.settings import Settings
from nlpseq.text.corpus.sources import files_of, format_of
from nlpseq.text.normalize import Recipe
from nlpseq.text.tokenize import Kind, Tokenizer

_CUTTING = {"recipe", "tokenizer", "language", "punctuation"}
_KEPT = "vectors.safetensors"

if TYPE_CHECKING:
    _Options = Settings
else:  # of every method: the settings of the one that trains say what they have to be
    _Options = create_model(
        "_Options",
        __base__=Settings,
        **{
            option.name: (option.type | None, Field(None, description=option.description))
            for option in options().values()
        },
    )


class VectorsStage(Stage, _Options):
    """Trains on ``text``, or on the corpus' training documents where none is given.

    A training that was cut off goes on where it was when the same pipeline is run again.
    """

    kind = "vectors"
    gives = ("vectors",)
    keeps = rewrites = True

    open: VectorsSource | None = Field(
        None, description="a file of vectors of any format, a name of the catalogue, or hf://…"
    )
    recipe: Recipe | None = Field(
        None,
        description="with open: how its words were normalised, where the file does not say; with "
        "text: what is done to it before",
    )
    first: int | None = Field(None, ge=1, description="with open: so many words at most")
    train: Method | None = Field(None, description="the method; each has options of its own")
    text: InputPath | list[InputPath] | None = Field(
        None, description="what to train on: plain text, JSON lines, CSV or TSV; or several"
    )
    field: str = Field("text", description="the field that holds the text")
    tokenizer: Kind | None = Field(
        None, description="what cuts text; by default it is cut as the corpus is, or by rules"
    )
    language: str | None = Field(None, description="of spaCy's rules, such as pt")
    punctuation: bool = Field(True, description="marks and symbols of text are words too")
    phrases: int | None = Field(
        None, ge=1, description="join words that come together, in so many passes: new_york"
    )
    connectors: Literal["en", "es", "pt"] | None = Field(
        None, description="with phrases: the language whose small words may stand inside them"
    )
    save: str | None = Field(
        None, description="also write the vectors: .safetensors the store, else word2vec text"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.open is None) == (self.train is None):
            raise ValueError("give one of open and train")
        given = self.model_fields_set - {"open", "train", "save", "as_"}
        idle = given - {"recipe", "first"} if self.open is not None else given & {"first"}
        only = "training" if self.open is not None else "open"
        if self.train is not None and not self._texts():
            idle, only = idle or given & (_CUTTING | {"field"}), "open" if idle else "text"
        if idle:
            raise ValueError(f"{', '.join(sorted(idle))}: for {only} only, of no effect here")
        if self.connectors is not None and self.phrases is None:
            raise ValueError("connectors: for phrases only, of no effect here")
        if self.train is not None:
            self.training()
            try:
                self._tokenizer(Artefacts())
            except CallError as error:
                raise ValueError(str(error.message)) from error
        return self

    def _tokenizer(self, before: Artefacts) -> Tokenizer:
        if self.model_fields_set & _CUTTING:
            recipe = self.recipe or "none"
            return Tokenizer(recipe, self.punctuation, self.tokenizer, self.language)
        return before.corpus.tokenizer if before.corpus else Tokenizer()

    def training(self) -> TrainSettings:
        """The settings of the method.

        :raises pydantic.ValidationError: where it does not have an option, or not such a value
        """
        given: dict[str, Any] = {
            name: getattr(self, name) for name in options() if name in self.model_fields_set
        }
        return settings(str(self.train), given)

    @property
    def needs(self) -> tuple[str, ...]:
        return ("corpus",) if self.train and not self._texts() else ()

    @property
    def uses(self) -> tuple[str, ...]:
        return ("corpus",) if self.train else ()  # whose words are cut in the same way

    @property
    def trains(self) -> bool:
        return self.train is not None

    def told(self, but: Set[str]) -> dict[str, Any]:
        # given at all, be it as it is by default, it is not the corpus' tokenizer that cuts
        return super().told(but) | {"cutting": sorted(self.model_fields_set & _CUTTING)}

    def _texts(self) -> list[str]:
        return [self.text] if isinstance(self.text, str) else list(self.text or ())

    def inputs(self) -> Mapping[str, str]:
        if self.open is not None:
            return {} if is_name(self.open, Path(self.open)) else {"open": self.open}
        return {f"text.{i}" if i else "text": path for i, path in enumerate(self._texts())}

    def check(self, job: Job) -> None:
        if self.open is not None:
            check_name(self.open)
        for text in self._texts():
            if not text.startswith("hf://"):  # what lies there takes a while to ask for
                for file in files_of(text):
                    format_of(file)
        for path in self.outputs(job):
            refuse_overwriting(path, job)

    def outputs(self, job: Job) -> list[Path]:
        return [job.output(self.save)] if self.save is not None else []

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        figures: dict[str, float | int | str] = {}
        if self.open is not None:
            vectors = self._opened(job)
            self._save(vectors, job)
        else:
            vectors = self._trained(before, job, figures)
        if self.save is not None:
            figures["saved"] = str(job.output(self.save))
        return self._with(vectors, before), {
            "words": len(vectors),
            "dim": vectors.dim,
            **figures,
        }

    def _opened(self, job: Job) -> Vectors:
        assert self.open is not None
        return Vectors.open(
            self.open,
            recipe=self.recipe,
            first=self.first,
            threads=job.threads,
            progress=job.progress,
        )

    def restore(self, before: Artefacts, folder: Path, job: Job) -> Artefacts:
        vectors = self._opened(job) if self.open is not None else Vectors.open(folder / _KEPT)
        return self._with(vectors, before)

    def write(self, made: Artefacts, job: Job) -> None:
        vectors = self._of(made)
        assert vectors is not None
        self._save(vectors, job)

    def _joining(self) -> Joining | None:
        return Joining(self.phrases, self.connectors) if self.phrases is not None else None

    def _save(self, vectors: Vectors, job: Job) -> None:
        for path in self.outputs(job):
            refuse_overwriting(path, job)
            with job.writing(path) as made:
                vectors.save(made)

    def _finish(self, vectors: Vectors, job: Job) -> None:
        """Keep what was trained, while the training can still be taken up at its end."""
        if joining := self._joining():
            vectors.about["phrases"] = str(joining)
        if job.work is not None:
            vectors.save(job.work / _KEPT)
        self._save(vectors, job)

    def _trained(
        self, before: Artefacts, job: Job, figures: dict[str, float | int | str]
    ) -> Vectors:
        chosen = self.training()
        tokenizer = self._tokenizer(before)
        joining = self._joining()
        wanted = joining.reading(chosen) if joining else chosen
        stream = self._stream(before, tokenizer, wanted, job)
        if joining:
            stream, figures["phrases"] = joining(stream, chosen)
        key = _key(stream, chosen, tokenizer.recipe, job)
        checkpoint = job.checkpoints / f"vectors-{key}"
        went_on = (checkpoint / FACTS).exists()
        started = time.perf_counter()
        vectors = train(
            stream,
            chosen,
            recipe=tokenizer.recipe,
            seed=job.seed,
            threads=job.threads,
            checkpoint=checkpoint,
            save=lambda vectors: self._finish(vectors, job),
            progress=job.progress,
        )
        tokens = int(stream.counts.sum())
        figures["tokens"] = tokens
        if not went_on:
            seconds = time.perf_counter() - started
            figures["words/s"] = round(tokens * chosen.epochs / seconds)
        loss = json.loads(vectors.about["history"])[-1]["loss"]
        if loss is not None:
            figures["loss"] = float(loss)
        return vectors

    def _stream(
        self, before: Artefacts, tokenizer: Tokenizer, chosen: TrainSettings, job: Job
    ) -> Stream:
        if texts := self._texts():
            return read(
                texts,
                min_count=chosen.min_count,
                max_vocab=chosen.max_vocab,
                threads=job.threads,
                processes=1,  # others would start a user's script again
                progress=job.progress,
                tokenizer=tokenizer,
                field=self.field,
            )
        assert before.corpus is not None
        documents = self._documents(before.corpus, tokenizer)
        return encode(documents, min_count=chosen.min_count, max_vocab=chosen.max_vocab)

    def _with(self, vectors: Vectors, before: Artefacts) -> Artefacts:
        """The artefacts with what this stage gives."""
        return replace(before, vectors=vectors)

    def _of(self, made: Artefacts) -> Vectors | None:
        """What this stage has given."""
        return made.vectors

    def _documents(self, corpus: Corpus, tokenizer: Tokenizer) -> Iterator[Sequence[str]]:
        """The words of what is trained on where no text is given."""
        return corpus.words(tokenizer)


def _key(stream: Stream, chosen: TrainSettings, recipe: Recipe, job: Job) -> str:
    """What a training starts from, in 32 hexadecimal digits: settings and corpus."""
    told = [chosen.method, chosen.about(), recipe, job.seed, job.threads, digest(stream)]
    return hashlib.blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()
