"""The settings of a translator, and of its search."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from nlpseq.layers.decoder import AttentionKind, DecoderCell
from nlpseq.layers.embedding import EmbeddingMode
from nlpseq.layers.transformer import Norm
from nlpseq.settings import Settings

Architecture = Literal["recurrent", "transformer"]

#: none: apart; output: the target's embedding is the output's matrix; joint: the source's too
Tied = Literal["none", "output", "joint"]

#: architecture → the options that it alone reads
READS: Mapping[Architecture, tuple[str, ...]] = {
    "recurrent": ("cell", "attention", "input_feeding"),
    "transformer": ("heads", "feed_forward", "norm", "positions"),
}


class TranslatorSettings(Settings):
    """What the network is. An option that the architecture does not read is an error."""

    architecture: Architecture = Field(
        "transformer", description="of encoder and decoder: recurrent with attention, or not"
    )
    hidden: int = Field(
        256, ge=2, le=4096, description="features of a state, of both directions together"
    )
    layers: int = Field(2, ge=1, le=16, description="of the encoder, and as many of the decoder")
    cell: DecoderCell = Field("gru", description="of the recurrent layers")
    attention: AttentionKind = Field(
        "general", description="how a state is compared with a source's"
    )
    input_feeding: bool = Field(True, description="a step knows what the one before looked at")
    heads: int = Field(4, ge=1, le=64, description="of the attention")
    feed_forward: int | None = Field(None, ge=1, le=16384, description="null: 4 × hidden")
    norm: Norm = Field("pre", description="before (pre) or after (post) what is added")
    positions: Literal["sinusoidal", "learned"] = Field(
        "sinusoidal", description="how a state knows its place"
    )
    embedding: EmbeddingMode = Field(
        "learned", description="of the source: learned with the task; or vectors, tuned or frozen"
    )
    target_embedding: EmbeddingMode = Field("learned", description="of the target, likewise")
    dim: int | None = Field(
        None, ge=1, le=4096, description="of a learned embedding, null: hidden; else the vectors'"
    )
    tied: Tied = Field(
        "output", description="the target's embedding is the output's matrix; joint: the source's"
    )
    dropout: float = Field(0.2, ge=0, lt=1, description="before, between and after the layers")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="share taken from the true word")
    max_length: int = Field(
        128, ge=1, le=10_000, description="words of a side; a longer text is translated in pieces"
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name, why in self.idle().items():
            if name in self.model_fields_set and getattr(self, name) is not None:
                raise ValueError(f"{name} has no effect {why}")
        if self.architecture == "transformer" and self.hidden % self.heads:
            raise ValueError(f"hidden {self.hidden} is not a multiple of heads {self.heads}")
        if self.architecture == "recurrent" and self.hidden % 2:
            raise ValueError("hidden is even: each direction of the encoder has half")
        return self

    def idle(self) -> dict[str, str]:
        """The options that have no effect, and why."""
        ours = READS[self.architecture]
        every = (name for names in READS.values() for name in names)
        why = f"with the architecture {self.architecture}"
        idle = {name: why for name in every if name not in ours}
        if self.tied == "joint":
            idle["embedding"] = "where it is tied to target_embedding"
        return idle

    def effective(self) -> dict[str, Any]:
        """The options that have an effect beside the others, name → value."""
        return self.model_dump(exclude=set(self.idle()))


class SearchSettings(Settings):
    """How a translation is looked for."""

    beam: int = Field(1, ge=1, le=1000, description="hypotheses that are followed; 1: greedy")
    length_penalty: float = Field(
        1.0, ge=0, le=10, description="how much longer ones are favoured; 0: not at all"
    )
    n_best: int = Field(1, ge=1, le=1000, description="translations of a text, beam at most")
    max_length: int | None = Field(
        None, ge=1, description="words of a translation; null: the network's max_length"
    )
    temperature: float | None = Field(
        None, gt=0, le=100, description="draw words, the higher the wilder; null: the likeliest"
    )
    seed: int = Field(0, ge=0, lt=2**63, description="of what is drawn")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.n_best > self.beam:
            raise ValueError(f"n_best {self.n_best} is more than the beam {self.beam} follows")
        if self.temperature is not None and self.beam > 1:
            raise ValueError("words are drawn (temperature), or a beam follows the likeliest")
        return self
