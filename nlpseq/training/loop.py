"""The loop: optimise, clip, validate, stop early, keep the best."""

import math
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from nlpseq.errors import CallError, DataError
from nlpseq.progress import Progress, silent
from nlpseq.text.sequences import batches
from nlpseq.training.history import Epoch, History
from nlpseq.training.settings import TrainingSettings


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


def train(
    network: nn.Module,
    lengths: npt.NDArray[np.int64],
    loss: Callable[[npt.NDArray[np.int64]], Tensor],
    settings: TrainingSettings,
    *,
    validate: Callable[[], float] | None = None,
    progress: Progress = silent,
) -> History:
    """Train ``network`` in place with Adam and leave the best epoch's weights in it.

    The order of the rows is a function of (seed, epoch), and random state is set anew at each
    step from (seed, step): equal settings, data and threads give equal weights.

    :param lengths: the length of each training row; rows of like length share a batch
    :param loss: the mean loss of the rows of these indices, a scalar with a gradient
    :param validate: the development figure, higher is better
    """
    threads_before = torch.get_num_threads()
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            return _train(network, lengths, loss, settings, validate, progress)
    finally:
        torch.set_num_threads(threads_before)
        network.eval()


def _train(
    network: nn.Module,
    lengths: npt.NDArray[np.int64],
    loss: Callable[[npt.NDArray[np.int64]], Tensor],
    settings: TrainingSettings,
    validate: Callable[[], float] | None,
    progress: Progress,
) -> History:
    trained = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=settings.learning_rate, fused=True)
    history = History()
    best: dict[str, Tensor] = {}
    step = 0
    with progress.task("training", settings.epochs * len(lengths)) as task:
        for epoch in range(1, settings.epochs + 1):
            network.train()
            started, total = time.perf_counter(), 0.0
            for rows in batches(lengths, settings.batch_size, seed=settings.seed, epoch=epoch):
                torch.manual_seed(_step_seed(settings.seed, step))
                batch_loss = loss(rows)
                optimizer.zero_grad(set_to_none=True)
                batch_loss.backward()  # type: ignore[no-untyped-call]
                if settings.clip_norm is not None:
                    nn.utils.clip_grad_norm_(trained, settings.clip_norm)
                optimizer.step()
                value = batch_loss.item()
                if not math.isfinite(value):
                    raise DataError(
                        f"the loss became {value} in epoch {epoch}",
                        remedy="try a lower learning_rate",
                    )
                total += value * len(rows)
                step += 1
                task.advance(len(rows), f"epoch {epoch}/{settings.epochs}, loss {value:.3f}")
            seconds = time.perf_counter() - started
            network.eval()
            figure = validate() if validate else None
            mean, speed = total / len(lengths), len(lengths) / seconds
            history.append(Epoch(epoch, mean, figure, seconds, speed))
            if figure is None:
                continue
            if history.best.number == epoch:
                best = {name: t.detach().clone() for name, t in network.state_dict().items()}
            elif epoch - history.best.number >= settings.patience:
                break
    if best:
        network.load_state_dict(best)
    return history


def _step_seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)[0] >> 1)
