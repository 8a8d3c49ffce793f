"""The settings of a training."""

from pydantic import Field

from nlpseq.settings import Settings


class TrainingSettings(Settings):
    """How a network is trained; what it is, its own settings say."""

    epochs: int = Field(10, ge=1, description="passes over the training data at most")
    batch_size: int = Field(32, ge=1)
    learning_rate: float = Field(1e-3, gt=0, description="of Adam, for the whole training")
    clip_norm: float | None = Field(1.0, gt=0, description="longest gradient; null: any")
    patience: int = Field(3, ge=1, description="epochs without a better dev figure before it stops")
    seed: int = Field(0, ge=0, lt=2**63)
    threads: int | None = Field(None, ge=1, description="null: torch's own choice")
    device: str = Field("cpu", description="cpu, cuda, mps, as torch names them")
