"""The loop: optimise, clip, validate, stop early, keep the best; and go on where it was cut off."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from nlpseq.errors import CallError, DataError
from nlpseq.progress import Progress, Task, silent
from nlpseq.text.sequences import batches as by_length
from nlpseq.training.checkpoint import Checkpoint
from nlpseq.training.history import History
from nlpseq.training.memory import kept
from nlpseq.training.records import Record
from nlpseq.training.settings import TrainingSettings
from nlpseq.training.state import Loss, Rows, TrainingState


def device_of(name: str) -> torch.device:
    """The device of a name, tried out.

    :raises CallError: where torch has no such device here
    """
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise CallError(f"no device {name!r} here", remedy="cpu is always there") from error
    return device


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """Processor cores of torch, for as long; None: as many as before."""
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def train(
    network: nn.Module,
    lengths: npt.NDArray[np.int64],
    loss: Loss,
    settings: TrainingSettings,
    *,
    validate: Callable[[], float] | None = None,
    batches: Callable[[int], Iterable[Rows]] | None = None,
    on_epoch: Callable[[int], None] | None = None,
    checkpoint: Checkpoint | None = None,
    records: Sequence[Record] = (),
    progress: Progress = silent,
) -> History:
    """Train ``network`` in place and leave the weights that the settings keep in it.

    The order of the rows is a function of (seed, epoch), and random state is set anew at each
    step from (seed, step): equal settings, data and threads give equal weights, byte for byte on
    a CPU, also where the training was cut off and taken up from its checkpoint.

    :param network: on its device
    :param lengths: the length of each training row; rows of like length share a batch
    :param loss: the mean loss of the rows of these indices, a scalar with a gradient. Batches of
        one update are weighted by their rows, so that it is the mean over all of them
    :param validate: the development figure, higher is better, with the network in eval mode
    :param batches: of an epoch, by its number from 1 and nothing else; by default of
        ``batch_size`` rows of like length
    :param on_epoch: called before each epoch with its number, for example to thaw a layer; a
        training that is taken up calls it for the epochs before, too
    :param checkpoint: where the training is kept while it runs; taken up from there, if it was
        cut off, and removed at the end
    :param records: told the history after each epoch
    :raises DataError: where the loss or the figure is no number, or the checkpoint is damaged
    :raises CallError: where the checkpoint is of another training, or the settings need what is
        not there
    """
    if settings.schedule == "plateau" and validate is None:
        raise CallError(
            "the schedule plateau watches the development figure, and there is no development data",
            remedy="give some, or choose another schedule",
        )
    if not len(lengths):
        raise DataError("there is no row to train on")

    def default(epoch: int) -> Iterable[Rows]:
        return by_length(lengths, settings.batch_size, seed=settings.seed, epoch=epoch)

    try:
        with (
            kept() as tidy,
            threads(settings.threads),
            torch.random.fork_rng(devices=range(torch.cuda.device_count())),
            progress.task("training", settings.epochs * len(lengths)) as task,
        ):
            state = TrainingState(network, loss, settings, batches or default)
            if checkpoint and (snapshot := checkpoint.read(settings)):
                state.take_up(snapshot, checkpoint)
                task.advance(len(state.history) * len(lengths))
                for epoch in state.history:
                    if on_epoch:
                        on_epoch(epoch.number)
                if state.history:
                    _tell(records, state.history)
            try:
                while not state.over:
                    _epoch(state, validate, on_epoch, checkpoint, records, task, tidy)
            except KeyboardInterrupt:
                if checkpoint and state.whole:
                    checkpoint.write(settings, state.snapshot())
                raise
            state.finish()
    finally:
        network.eval()
    if checkpoint:
        checkpoint.remove()
    return state.history


def _epoch(
    state: TrainingState,
    validate: Callable[[], float] | None,
    on_epoch: Callable[[int], None] | None,
    checkpoint: Checkpoint | None,
    records: Sequence[Record],
    task: Task,
    tidy: Callable[[], None],
) -> None:
    """What is left of the epoch that the training stands in."""
    settings, number, done = state.settings, len(state.history) + 1, state.standing.batch
    if on_epoch:
        on_epoch(number)
    state.network.train()
    batches = list(state.batches(number))
    task.advance(_rows(batches[:done]))
    for start in range(done, len(batches), settings.accumulate):
        group = batches[start : start + settings.accumulate]
        with state.undivided():
            state.update(group, last=start + len(group) == len(batches))
        note = f"epoch {number}/{settings.epochs}, loss {state.newest_loss:.3f}"
        task.advance(_rows(group), note)
        tidy()
        if checkpoint and checkpoint.due:
            checkpoint.write(settings, state.snapshot())
    state.network.eval()
    figure = float(validate()) if validate else None
    with state.undivided():
        state.close(figure, _rows(batches))
    _tell(records, state.history)
    if checkpoint and checkpoint.due:
        checkpoint.write(settings, state.snapshot())


def _tell(records: Sequence[Record], history: History) -> None:
    for record in records:
        record(history)


def _rows(batches: Sequence[Rows]) -> int:
    return sum(map(len, batches))
