"""The settings of a classifier."""

from typing import Literal, Self

from pydantic import Field, model_validator

from nlpseq.layers.embedding import EmbeddingMode
from nlpseq.layers.encoder import EncoderSettings
from nlpseq.layers.pooling import Pooling
from nlpseq.text.sequences import Truncation


class ClassifierSettings(EncoderSettings):
    """What the network is, and which labels it is to give."""

    embedding: EmbeddingMode = Field(
        "learned", description="learned with the task; or vectors, tuned or frozen"
    )
    thaw: int | None = Field(
        None, ge=1, description="epochs after which a frozen embedding is tuned; null: never"
    )
    dim: int = Field(100, ge=1, le=4096, description="of a learned embedding; else the vectors'")
    pooling: Pooling | None = Field(
        None, description="of the states to one vector; null: max, or what the encoder's name says"
    )
    batch_norm: bool = Field(False, description="normalise the pooled features over the batch")
    word_dropout: float = Field(0.0, ge=0, lt=1, description="share of words taken for unknown")
    max_length: int = Field(400, ge=1, le=100_000, description="tokens; the others are cut off")
    truncate: Truncation = Field(
        "post", description="cut off before (pre), after (post), or keep head and tail (both)"
    )
    windows: int = Field(
        1, ge=1, le=64, description="of max_length tokens; a longer document's are averaged"
    )
    multilabel: bool = Field(False, description="a document has any number of labels")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="share taken from the true label")
    linear: float = Field(
        0.0, ge=0, lt=1, description="share of the linear baseline in an answer; one label each"
    )
    class_weights: Literal["balanced"] | dict[str, float] | None = Field(
        None, description="how much a label's documents count; balanced: rare ones more"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.pooling == "cls" and self.encoder != "transformer":
            raise ValueError("pooling cls is for the encoder transformer")
        if self.how == "flatten" and self.encoder in ("cnn", "cnn-rnn") and self.pool > 1:
            raise ValueError("pooling flatten needs a state for each token, so pool 1")
        if self.linear and self.multilabel:
            raise ValueError("linear is for documents of one label each")
        if self.thaw is not None and self.embedding != "frozen":
            raise ValueError(f"thaw has no effect where the embedding is {self.embedding}")
        if (
            isinstance(self.class_weights, dict)
            and min(self.class_weights.values(), default=1) <= 0
        ):
            raise ValueError("class_weights are above 0")
        return self

    def idle(self) -> dict[str, str]:
        """The options that have no effect, and why."""
        idle = super().idle()
        if self.encoder in ("flatten", "mean"):
            idle["pooling"] = f"with the encoder {self.encoder}"
        if self.windows > 1:
            idle["truncate"] = "with several windows, which cut nothing off"
        return idle

    @property
    def how(self) -> Pooling:
        """The pooling that is meant."""
        if self.encoder == "flatten" or self.encoder == "mean":
            return self.encoder
        return self.pooling or "max"
