"""What the methods of training word vectors can be told, apart from what trains: that is compiled,
and loading it takes a while.
"""

from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator

from nlpseq.settings import Settings

Method = Literal["skip-gram", "cbow", "fasttext", "glove"]
METHODS: tuple[str, ...] = get_args(Method)
Loss = Literal["negatives", "softmax"]
Architecture = Literal["skip-gram", "cbow"]

_Rate = Annotated[float, Field(gt=0, description="at the start")]
_Subsample = Annotated[float, Field(gt=0, description="words more frequent than this are thinned")]
_Draws = Annotated[
    int,
    Field(ge=1, le=1000, description="noise words that four centres share; more vary less"),
]


class TrainSettings(Settings):
    """Options of every method."""

    method: ClassVar[str]

    dim: int = Field(100, ge=1, le=4096, description="numbers of a vector")
    window: int = Field(5, ge=1, le=100, description="contexts on a side")
    min_count: int = Field(5, ge=1, description="rarer words are left out")
    max_vocab: int | None = Field(None, ge=1, description="so many words at most")
    epochs: int = Field(5, ge=1, description="times that the corpus is gone through")
    learning_rate: _Rate = 0.05

    def about(self) -> dict[str, Any]:
        """The options of training alone, as they are kept with the vectors."""
        return self.model_dump()


class NoiseSettings(TrainSettings):
    """Options of the methods that tell a word from drawn noise."""

    negatives: int = Field(5, ge=1, le=100, description="noise words for a pair of words")
    subsample: _Subsample = 1e-3
    draws: _Draws = 16
    copies: int = Field(
        512,
        ge=0,
        le=100_000,
        description="frequent words of which each of several threads has rows of its own",
    )


class _WordSettings(NoiseSettings):
    loss: Loss = Field(
        "negatives", description="a word against noise, or against all words by the softmax"
    )

    @model_validator(mode="after")
    def _no_noise(self) -> Self:
        if self.loss == "softmax" and (
            idle := self.model_fields_set & {"negatives", "draws", "copies"}
        ):
            raise ValueError(f"{min(idle)} has no effect on the softmax")
        return self


class SkipGramSettings(_WordSettings):
    """Options of skip-gram training."""

    method: ClassVar[str] = "skip-gram"

    draws: _Draws = 28


class CbowSettings(_WordSettings):
    """Options of CBOW training."""

    method: ClassVar[str] = "cbow"

    # word2vec's is 0.05; four centres at a time, from scores before the step, learn less at that
    learning_rate: _Rate = 0.09
    corrected: bool = Field(False, description="divide a context's gradient by their number")


class FastTextSettings(NoiseSettings):
    """Options of fastText training."""

    method: ClassVar[str] = "fasttext"

    architecture: Architecture = Field("skip-gram", description="what is told from noise by what")
    min_n: int = Field(3, ge=1, le=100, description="characters of the shortest n-gram")
    max_n: int = Field(
        6, ge=1, le=100, validate_default=True, description="characters of the longest n-gram"
    )
    buckets: int = Field(
        2_000_000, ge=1, le=100_000_000, description="rows that n-grams are hashed to"
    )
    subsample: _Subsample = 1e-4
    # rare words are noise more often here (counts to the power 0.5): few, shared, cost quality
    draws: _Draws = 64

    @field_validator("max_n")
    @classmethod
    def _not_below_min_n(cls, value: int, info: ValidationInfo) -> int:
        if value < (shortest := info.data.get("min_n", 1)):
            raise ValueError(f"{value} is less than min_n, {shortest}")
        return value


class GloveSettings(TrainSettings):
    """Options of GloVe; the defaults are those of its authors' code, but for the window."""

    method: ClassVar[str] = "glove"

    window: int = Field(10, ge=1, le=100, description="contexts on a side, each for 1 / distance")
    epochs: int = Field(25, ge=1, description="times that the counts are gone through")
    learning_rate: float = Field(0.05, gt=0, description="at the start; AdaGrad lowers it")
    x_max: float = Field(
        100.0, gt=0, description="counts from here on weigh the same; less text: 10"
    )
    alpha: float = Field(0.75, ge=0, description="power by which lower counts weigh less")
    chunk: int = Field(
        262_144, ge=1, description="counts gone through word by word, faster; 1: in any order"
    )
    memory: float = Field(2.0, gt=0, description="GB for counting; what needs more goes to disk")
