"""Where a training stands, and the steps that move it on."""

import contextlib
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from nlpseq import interrupts
from nlpseq.errors import DataError
from nlpseq.training import optimizers
from nlpseq.training.checkpoint import Checkpoint, Snapshot, Standing
from nlpseq.training.history import Epoch, History
from nlpseq.training.precision import autocast
from nlpseq.training.schedules import rate
from nlpseq.training.settings import TrainingSettings
from nlpseq.training.weights import Weights, average, copied, kept_epochs

Rows = npt.NDArray[np.int64]  #: indices of training rows, shape (rows,)
Loss = Callable[[Rows], Tensor]  #: their mean loss, a scalar with a gradient

_log = logging.getLogger(__name__)
_LOOK = 16  # updates between two looks at the loss where looking waits for an accelerator


class TrainingState:
    """A training under way: all of it that changes, and the steps that change it.

    :param batches: of an epoch, by its number from 1
    """

    def __init__(
        self,
        network: nn.Module,
        loss: Loss,
        settings: TrainingSettings,
        batches: Callable[[int], Iterable[Rows]],
    ) -> None:
        self.network, self.loss, self.settings, self.batches = network, loss, settings, batches
        self.parameters = list(network.parameters())
        self.device = self.parameters[0].device
        self.optimizer = optimizers.optimizer_of(settings, self.parameters)
        self.autocast = autocast(settings.precision, self.device)
        self.standing, self.history = Standing(), History()
        self.kept: dict[int, Weights] = {}
        self.whole = True  # no update is half done
        self.unread: list[tuple[Tensor, int]] = []  # losses, not looked at yet, and their rows
        self.newest_loss = math.nan
        self.updates = settings.epochs * math.ceil(len(list(batches(1))) / settings.accumulate)
        if settings.warmup >= self.updates:
            message = "the warmup takes %d updates, the whole training has %d"
            _log.warning(message, settings.warmup, self.updates)

    @property
    def over(self) -> bool:
        """Whether all epochs are done, or too many without a better figure."""
        done = len(self.history)
        waited = done - self.history.best.number if done else 0
        return done >= self.settings.epochs or waited >= self.settings.patience

    @contextlib.contextmanager
    def undivided(self) -> Iterator[None]:
        """A block in whose midst no checkpoint can be written; Ctrl-C waits for its end."""
        self.whole = False
        with interrupts.put_off():
            yield
            self.whole = True

    def update(self, group: Sequence[Rows], *, last: bool) -> None:
        """One update from the batches of a group; the epoch's ``last`` looks at the losses."""
        standing, started = self.standing, time.perf_counter()
        rows = sum(map(len, group))
        for parameter in self.parameters:  # zero_grad, but for its profiler's hook
            parameter.grad = None
        for batch in group:
            _set_random(self.device, (self.settings.seed, standing.step))
            with self.autocast:
                loss = self.loss(batch)
            weighted = loss if len(group) == 1 else loss * (len(batch) / rows)
            weighted.backward()  # type: ignore[no-untyped-call]
            self.unread.append((loss.detach(), len(batch)))
            standing.step += 1
            standing.batch += 1
        optimizers.clip(self.parameters, self.settings)
        standing.update += 1
        optimizers.set_rate(self.optimizer, self.rate)
        self.optimizer.step()
        if last or self.device.type == "cpu" or standing.update % _LOOK == 1:
            self.look()
        standing.seconds += time.perf_counter() - started

    @property
    def rate(self) -> float:
        """The learning rate of the newest update."""
        return rate(self.settings, self.standing.update, self.updates, self.history)

    def look(self) -> None:
        """Add up the losses since the last look."""
        values = torch.stack([loss for loss, _ in self.unread]).tolist() if self.unread else []
        for value, (_, rows) in zip(values, self.unread, strict=True):
            self.check(value, "loss")
            self.standing.loss += value * rows
            self.newest_loss = value
        self.unread.clear()

    def check(self, value: float, name: str) -> None:
        """Raise a DataError for a value that is no number."""
        if not math.isfinite(value):
            raise DataError(
                f"the {name} became {value} in epoch {len(self.history) + 1}",
                remedy="try a lower learning_rate",
            )

    def close(self, figure: float | None, rows: int) -> None:
        """Enter the epoch in the history and keep its weights where they are wanted."""
        if figure is not None:
            self.check(figure, "development figure")
        now, number = self.standing, len(self.history) + 1
        speed = rows / now.seconds
        self.history.append(Epoch(number, now.loss / rows, figure, now.seconds, speed, self.rate))
        self.standing = Standing(step=now.step, update=now.update)
        self.kept = {
            n: self.kept[n] if n in self.kept else copied(self.network)
            for n in kept_epochs(self.settings, self.history)
        }

    def snapshot(self) -> Snapshot:
        """All that the state is now."""
        self.look()
        state = optimizers.state_of(self.optimizer)
        return Snapshot(self.standing, self.history, copied(self.network), state, self.kept)

    def take_up(self, snapshot: Snapshot, checkpoint: Checkpoint) -> None:
        """Go back to where a training was."""
        self.standing, self.history, _, state, self.kept = snapshot
        try:
            for tensors in (*self.kept.values(), snapshot.weights):
                self.network.load_state_dict(tensors)
            optimizers.restore(self.optimizer, state)
        except (RuntimeError, ValueError) as error:
            raise checkpoint.damaged("it does not fit the network") from error
        _log.info("goes on after update %d of %d", self.standing.update, self.updates)

    def finish(self) -> None:
        """Leave the weights in the network that the settings keep, and no gradient."""
        self.optimizer.zero_grad(set_to_none=True)
        if self.kept:
            self.network.load_state_dict(average(list(self.kept.values())))


def _set_random(device: torch.device, seed: tuple[int, int]) -> None:
    """Set the generators of the processor and of the device, and none else: ``torch.manual_seed``
    remembers a traceback, a millisecond of work, for every kind of device not in use.
    """
    state = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] >> 1)
    torch.default_generator.manual_seed(state)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(state)
    elif device.type == "mps":
        torch.mps.manual_seed(state)
