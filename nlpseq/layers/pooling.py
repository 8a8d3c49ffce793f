"""Pooling: all states of a sequence to one vector, padding left out."""

from typing import Literal

import torch
from torch import Tensor, nn

from nlpseq.layers.attention import AttentionPooling
from nlpseq.layers.masks import inside
from nlpseq.text.sequences import Side

Pooling = Literal["flatten", "last", "mean", "max", "attention", "cls"]


def last(states: Tensor, lengths: Tensor, directions: int = 1) -> Tensor:
    """The state after the last true step; of what was read backwards, the first.

    :param states: shape (batch, length, features); with 2 directions the backward half behind
    """
    at_end = (lengths - 1).view(-1, 1, 1).expand(-1, 1, states.shape[2])
    ahead = states.gather(1, at_end).squeeze(1)  # (batch, features)
    if directions == 1:
        return ahead
    half = states.shape[2] // 2
    return torch.cat([ahead[:, :half], states[:, 0, half:]], dim=1)


def mean(states: Tensor, lengths: Tensor) -> Tensor:
    """1/n Σ h_t, of states that are zero beyond a row's length."""
    return states.sum(1) / lengths.unsqueeze(1)


def largest(states: Tensor, lengths: Tensor) -> Tensor:
    """The maximum of each feature over time (Collobert et al. 2011, section 3.2.2)."""
    return states.masked_fill(~inside(lengths, states.shape[1]), -torch.inf).amax(1)


def flatten(states: Tensor, lengths: Tensor, steps: int, side: Side) -> Tensor:
    """The states one after the other, shape (batch, steps * features); zeros fill up.

    :param side: where the zeros go: before the states, or after
    """
    states = nn.functional.pad(states, (0, 0, 0, steps - states.shape[1]))
    if side == "pre":
        place = torch.arange(steps, device=states.device) - (steps - lengths).unsqueeze(1)
        states = states.gather(1, place.clamp(min=0).unsqueeze(2).expand_as(states))
        states = states.masked_fill((place < 0).unsqueeze(2), 0)
    return states.flatten(1)


class Pool(nn.Module):
    """One vector of ``size`` features for each row.

    :param features: of a state
    :param directions: 2 where the second half of the features was read backwards
    :param steps: of the longest row, for ``flatten``
    :param side: where ``flatten`` fills up
    """

    def __init__(
        self, how: Pooling, features: int, *, directions: int = 1, steps: int, side: Side
    ) -> None:
        super().__init__()
        self.how, self.directions, self.steps, self.side = how, directions, steps, side
        self.size = features * steps if how == "flatten" else features
        self.attention = AttentionPooling(features) if how == "attention" else None

    def forward(self, states: Tensor, lengths: Tensor) -> Tensor:
        """Shape (batch, size).

        :param states: shape (batch, length, features), zeros beyond a row's length
        :param lengths: shape (batch,), each at least 1
        """
        if self.attention is not None:
            pooled: Tensor = self.attention(states, lengths)
            return pooled
        if self.how == "flatten":
            return flatten(states, lengths, self.steps, self.side)
        if self.how == "mean":
            return mean(states, lengths)
        if self.how == "max":
            return largest(states, lengths)
        if self.how == "cls":  # the network put a row of its own before the others
            return states[:, 0]
        return last(states, lengths, self.directions)
