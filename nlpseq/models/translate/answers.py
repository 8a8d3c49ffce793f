"""What a translator answers. A text without a word has no translation, and a reason says so."""

from collections.abc import Sequence
from typing import Any, NamedTuple

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

    source: tuple[str, ...]  #: the words, and the end
    target: tuple[str, ...]
    weights: npt.NDArray[np.float32]  #: a_ij, shape (target, source); a row's sum is 1
