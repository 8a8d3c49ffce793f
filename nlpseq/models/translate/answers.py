"""What a translator answers. A text without a word has no translation, and a reason says so."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt


class Alternative(NamedTuple):
    """Another translation, after the best."""

    text: str
    score: float


class Translation(NamedTuple):
    """A translation; its score is log P(translation | text), of all pieces of a long text."""

    text: str | None
    score: float | None
    reason: str | None = None
    alternatives: tuple[Alternative, ...] = ()

    def fields(self) -> Sequence[str]:
        """Of a line of TSV: the text alone."""
        return (self.text or "",)

    def record(self) -> dict[str, Any]:
        """As JSON."""
        if self.reason:
            return {"text": None, "reason": self.reason}
        record: dict[str, Any] = {"text": self.text, "score": self.score}
        if self.alternatives:
            record["alternatives"] = [each._asdict() for each in self.alternatives]
        return record


EMPTY = Translation(None, None, "the text is empty")


class Alignment(NamedTuple):
    """Which words of a source each word of a translation looked at."""

    source: tuple[str, ...]  #: the words, as the network knows them, and the end
    target: tuple[str, ...]
    weights: npt.NDArray[np.float32]  #: a_ij, shape (target, source); a row's sum is 1
    score: float | None = None  #: log P(target | source), where it was asked for
    reason: str | None = None  #: why nothing is aligned

    @classmethod
    def without(cls, reason: str) -> Self:
        """That of texts that cannot be aligned."""
        return cls((), (), np.zeros((0, 0), dtype=np.float32), None, reason)

    def record(self) -> dict[str, Any]:
        """As JSON, weights with four digits."""
        if self.reason:
            return {"weights": None, "reason": self.reason}
        return {
            "source": list(self.source),
            "target": list(self.target),
            "score": self.score,
            # widened first: float32 has no number near enough to 0.1234
            "weights": self.weights.astype(np.float64).round(4).tolist(),
        }
