"""Weights kept from epochs: copies of a network's tensors, and their average."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nlpseq.training.history import History
from nlpseq.training.settings import TrainingSettings

Weights = dict[str, Tensor]  #: of a network's ``state_dict``, on the CPU


def copied(network: nn.Module) -> Weights:
    """The weights and buffers as they are now."""
    return {n: t.detach().to("cpu", copy=True) for n, t in network.state_dict().items()}


def kept_epochs(settings: TrainingSettings, history: History) -> list[int]:
    """The numbers of the epochs whose weights are wanted at the end, best first.

    None where the network's last weights are the answer: the last is also the best where there
    are no development figures.
    """
    if settings.keep == "average":
        count = settings.average
    else:
        count = int(settings.keep == "best" and history[-1].figure is not None)
    return [epoch.number for epoch in history.ranked(count)]


def average(kept: Sequence[Weights]) -> Weights:
    """The mean of each tensor, summed in float64 (Vaswani et al. 2017, section 6.1); of whole
    numbers, such as BatchNorm's count of batches, the first's.
    """
    averaged = dict(kept[0])
    for name, tensor in averaged.items():
        if tensor.is_floating_point():
            total = torch.zeros_like(tensor, dtype=torch.float64)
            for weights in kept:
                total += weights[name]
            averaged[name] = (total / len(kept)).to(tensor.dtype)
    return averaged
