"""The settings of a tagger."""

from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from nlpseq.errors import DataError
from nlpseq.layers.embedding import EmbeddingMode
from nlpseq.layers.encoder import EncoderSettings
from nlpseq.models.folder import CONFIG, Folder
from nlpseq.settings import Settings, explain
from nlpseq.text.normalize import Recipe
from nlpseq.text.tags import Scheme
from nlpseq.text.tokenize import Kind

#: encoders that give a state for each word, out of words on both sides
_ENCODERS = ("rnn", "gru", "minimal-gru", "lstm", "peephole", "janet", "tcn", "transformer")


class TaggerSettings(EncoderSettings):
    """What the network is; its defaults are near those of Ma and Hovy 2016."""

    hidden: int = Field(
        100, ge=1, le=4096, description="features of a state, for each direction or filter width"
    )
    dropout: float = Field(0.5, ge=0, lt=1, description="before, between and after the layers")
    embedding: EmbeddingMode = Field(
        "learned", description="learned with the task; or vectors, tuned or frozen"
    )
    thaw: int | None = Field(
        None, ge=1, description="epochs after which a frozen embedding is tuned; null: never"
    )
    dim: int = Field(100, ge=1, le=4096, description="of a learned embedding; else the vectors'")
    word_dropout: float = Field(0.0, ge=0, lt=1, description="share of words taken for unknown")
    casing: bool = Field(True, description="tell the network how a word is written: Initial, UPPER")
    characters: Literal["none", "cnn", "lstm"] = Field(
        "cnn", description="what makes a vector out of a word's characters"
    )
    character_dim: int = Field(30, ge=1, le=1024, description="of a character's vector")
    character_hidden: int = Field(50, ge=2, le=1024, description="features out of the characters")
    crf: bool = Field(True, description="tags are told together; else each word's by itself")
    inside: Scheme = Field("IOBES", description="the scheme that entities are learned in")
    max_length: int = Field(
        1000, ge=1, le=100_000, description="words read at once; longer sentences in pieces"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.encoder not in _ENCODERS:
            raise ValueError(
                f"the encoder {self.encoder} has not a state for each word; "
                f"these have: {', '.join(_ENCODERS)}"
            )
        if self.thaw is not None and self.embedding != "frozen":
            raise ValueError(f"thaw has no effect where the embedding is {self.embedding}")
        if self.characters == "lstm" and self.character_hidden % 2:
            raise ValueError("character_hidden is even: each direction of the lstm has half")
        return self

    def idle(self) -> dict[str, str]:
        """The options that have no effect, and why."""
        idle = super().idle()
        if self.characters == "none":
            idle |= dict.fromkeys(("character_dim", "character_hidden"), "without characters")
        return idle


class Saved(Settings):
    """What stands in config.json."""

    recipe: Recipe
    punctuation: bool
    kind: Kind | None = None
    language: str | None = None
    scheme: Scheme | None
    network: TaggerSettings

    @classmethod
    def of(cls, folder: Folder) -> Self:
        """:raises DataError: where a key is missing or wrong."""
        try:
            return cls.model_validate(folder.settings)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            where = str(folder.path / CONFIG)
            raise DataError(f"settings.{key}: {explain(first)}", where=where) from error
