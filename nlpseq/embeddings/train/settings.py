"""What all methods of training word vectors can be told."""

from typing import Any, ClassVar, Literal, get_args

from pydantic import Field

from nlpseq.settings import Settings

Method = Literal["skip-gram", "cbow", "fasttext", "glove"]
METHODS: tuple[str, ...] = get_args(Method)


class TrainSettings(Settings):
    """Options of every method; each method's own module adds its own."""

    method: ClassVar[str]

    dim: int = Field(100, ge=1, le=4096, description="numbers of a vector")
    window: int = Field(5, ge=1, le=100, description="contexts on a side")
    min_count: int = Field(5, ge=1, description="rarer words are left out")
    max_vocab: int | None = Field(None, ge=1, description="so many words at most")
    epochs: int = Field(5, ge=1, description="times that the corpus is gone through")
    learning_rate: float = Field(0.05, gt=0, description="at the start")

    def about(self) -> dict[str, Any]:
        """The options of training alone, as they are kept with the vectors."""
        return self.model_dump()


class NoiseSettings(TrainSettings):
    """Options of the methods that tell a word from drawn noise."""

    negatives: int = Field(5, ge=1, le=100, description="noise words for a pair of words")
    subsample: float = Field(1e-3, gt=0, description="words more frequent than this are thinned")
