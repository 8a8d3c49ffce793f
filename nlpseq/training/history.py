"""What happened in a training, epoch by epoch."""

from typing import NamedTuple


class Epoch(NamedTuple):
    """One pass over the training data."""

    number: int  #: from 1
    loss: float  #: mean training loss of a row
    figure: float | None  #: the development figure, higher is better; None without dev data
    seconds: float  #: of training, validation and checkpoints left out
    rows_per_second: float
    learning_rate: float  #: of its last update


class History(list[Epoch]):
    """The epochs, in order."""

    def ranked(self, count: int) -> list[Epoch]:
        """The ``count`` epochs with the highest development figures, best first and of equals
        the earliest; without development data the last ``count``, newest first.
        """
        if self and self[-1].figure is None:
            return self[::-1][:count]
        return sorted(self, key=lambda epoch: -(epoch.figure or 0.0))[:count]

    @property
    def best(self) -> Epoch:
        """The first epoch with the highest development figure, or the last without development
        data: the one whose weights a training leaves with ``keep: best``.
        """
        return self.ranked(1)[0]
