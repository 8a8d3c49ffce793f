"""torch's own recurrent kernels: oneDNN's on a CPU, cuDNN's on a GPU."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def run(
    kernel: Callable[..., Any], x: Tensor, W: Tensor, U: Tensor, b: Tensor, b2: Tensor | None
) -> Tensor:
    """All states, shape (batch, length, hidden).

    :param kernel: ``torch.lstm``, ``torch.gru`` or ``torch.rnn_tanh``
    :param x: shape (batch, length, size)
    :param b2: the second bias; the fast kernels want one, so for None it is of zeros
    """
    h = x.new_zeros(1, len(x), U.shape[1])
    states: Tensor = kernel(
        x,
        (h, h) if kernel is torch.lstm else h,
        [W, U, b, torch.zeros_like(b) if b2 is None else b2],
        has_biases=True,
        num_layers=1,
        dropout=0.0,
        train=torch.is_grad_enabled(),
        bidirectional=False,
        batch_first=True,
    )[0]
    return states
