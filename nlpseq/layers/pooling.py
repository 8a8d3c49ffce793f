"""Pooling: all states of a sequence to one vector, padding left out."""

from typing import Literal

import torch
from torch import Tensor

Pooling = Literal["last", "mean", "max"]


def pool(states: Tensor, lengths: Tensor, how: Pooling) -> Tensor:
    """One vector a row, shape (batch, features).

    ``mean`` is 1/n Σ h_t, ``max`` the maximum of each feature over time (Collobert et al.
    2011, section 3.2.2), ``last`` the state after the last true step.

    :param states: shape (batch, length, features)
    :param lengths: shape (batch,), each at least 1
    """
    steps = torch.arange(states.shape[1], device=states.device)
    inside = (steps < lengths.unsqueeze(1)).unsqueeze(2)  # (batch, length, 1)
    if how == "mean":
        return (states * inside).sum(1) / lengths.unsqueeze(1)
    if how == "max":
        return states.masked_fill(~inside, -torch.inf).amax(1)
    last = (lengths - 1).view(-1, 1, 1).expand(-1, 1, states.shape[2])
    return states.gather(1, last).squeeze(1)


def pool_directions(states: Tensor, lengths: Tensor, how: Pooling) -> Tensor:
    """The same for a bidirectional layer: its backward half has read all at the first step.

    :param states: shape (batch, length, 2 * hidden), the backward half behind
    """
    if how != "last":
        return pool(states, lengths, how)
    ahead, back = states.chunk(2, dim=2)
    return torch.cat([pool(ahead, lengths, "last"), back[:, 0]], dim=1)
