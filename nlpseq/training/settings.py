"""The settings of a training."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nlpseq.settings import Settings

OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop"]
Schedule = Literal["constant", "step", "plateau", "inverse-sqrt", "cosine"]
Keep = Literal["best", "last", "average"]
Precision = Literal["float32", "bf16"]
_Beta = Annotated[float, Field(ge=0, lt=1)]


class TrainingSettings(Settings):
    """How a network is trained; what it is, its own settings say."""

    epochs: int = Field(10, ge=1, description="passes over the training data at most")
    batch_size: int = Field(32, ge=1, description="rows of a batch")
    accumulate: int = Field(1, ge=1, description="batches whose gradients make one update")
    optimizer: OptimizerName = Field("adam", description="adam, adamw, sgd or rmsprop")
    learning_rate: float = Field(1e-3, gt=0, description="the highest; see schedule")
    weight_decay: float = Field(
        0.0, ge=0, description="λ: shrinks the weights with adamw, adds λ θ to the gradient else"
    )
    momentum: float = Field(0.0, ge=0, lt=1, description="of sgd")
    betas: tuple[_Beta, _Beta] = Field(
        (0.9, 0.999), strict=False, description="of adam and adamw: memory of the two moments"
    )
    schedule: Schedule = Field(
        "constant", description="of the rate: constant, step, plateau, inverse-sqrt or cosine"
    )
    warmup: int = Field(0, ge=0, description="updates in which the rate rises from zero")
    decay: float = Field(0.5, gt=0, lt=1, description="of step and plateau: the rate times this")
    decay_after: int = Field(
        1, ge=1, description="epochs (step), epochs without a better dev figure (plateau)"
    )
    clip_norm: float | None = Field(1.0, gt=0, description="longest gradient; null: any")
    clip_value: float | None = Field(
        None, gt=0, description="largest entry of a gradient, clipped before clip_norm; null: any"
    )
    patience: int = Field(3, ge=1, description="epochs without a better dev figure before it stops")
    keep: Keep = Field("best", description="weights of the best epoch, the last, or an average")
    average: int = Field(5, ge=1, description="best epochs whose weights are averaged, at most")
    precision: Precision = Field("float32", description="of the products: float32 or bf16")
    seed: int = Field(0, ge=0, lt=2**63, description="of the order of the rows and of dropout")
    threads: int | None = Field(None, ge=1, description="null: torch's own choice")
    device: str = Field("cpu", description="cpu, cuda, mps, as torch names them")

    @model_validator(mode="after")
    def _options_with_effect(self) -> Self:
        adam, drops = self.optimizer in ("adam", "adamw"), self.schedule in ("step", "plateau")
        for name, has_effect, why in (
            ("momentum", self.optimizer == "sgd", "is for the optimizer sgd; adam has betas"),
            ("betas", adam, "are for the optimizers adam and adamw"),
            ("decay", drops, "is for the schedules step and plateau"),
            ("decay_after", drops, "is for the schedules step and plateau"),
            ("average", self.keep == "average", "is for keep: average"),
        ):
            if not has_effect and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} {why}")
        if self.optimizer == "adamw" and not self.weight_decay:
            raise ValueError("adamw is adam but for its weight_decay: give one, such as 0.01")
        if self.schedule == "inverse-sqrt" and not self.warmup:
            raise ValueError("the schedule inverse-sqrt needs a warmup, such as 4000 updates")
        if self.schedule == "plateau" and self.decay_after >= self.patience:
            raise ValueError(
                f"the training stops after patience, {self.patience} epochs, and so before the "
                f"rate falls after decay_after, {self.decay_after}: let patience be longer"
            )
        return self
