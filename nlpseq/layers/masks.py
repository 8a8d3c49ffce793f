"""Masks: which steps of a padded batch are true ones."""

import torch
from torch import Tensor


def inside(lengths: Tensor, steps: int) -> Tensor:
    """True within each row's length, shape (batch, steps, 1).

    :param lengths: shape (batch,)
    """
    return (torch.arange(steps, device=lengths.device) < lengths.unsqueeze(1)).unsqueeze(2)
