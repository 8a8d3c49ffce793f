"""What happened in a training, epoch by epoch."""

from typing import NamedTuple


class Epoch(NamedTuple):
    """One pass over the training data."""

    number: int  #: from 1
    loss: float  #: mean training loss of a row
    figure: float | None  #: the development figure, higher is better; None without dev data
    seconds: float
    rows_per_second: float  #: trained, validation left out


class History(list[Epoch]):
    """The epochs, in order."""

    @property
    def best(self) -> Epoch:
        """The epoch whose weights were kept: the first with the highest development figure, or
        the last without development data.
        """
        if self[-1].figure is None:
            return self[-1]
        return max(self, key=lambda epoch: epoch.figure or 0.0)
