"""RMSprop."""

from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import Optimizer

_MEMORY = 0.9  # the lecture's, and what Keras and so the course have
_EPSILON = 1e-8
_LEAST = torch.tensor(1e-32, device="cpu")  # its root is nothing beside ε


class RMSprop(Optimizer):
    """RMSprop (Tieleman and Hinton 2012, lecture 6.5), with λ the weight decay::

        g ← g + λ θ        v ← 0.9 v + 0.1 g²        θ ← θ − η g / (√v + ε)

    v starts as zero, ε = 10⁻⁸. torch's own takes the root of v as it is. Most rows of an embedding
    have no gradient in a batch, so that v is 0 or next to it, where a processor takes five to forty
    times as long for a root: as long as for all the rest of a small network. So v never falls below
    10⁻³², whose root ε swallows.

    :param rate: η
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], rate: float, *, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, {"lr": rate, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update; a parameter without a gradient is left as it is."""
        for group in self.param_groups:
            for theta in group["params"]:
                if theta.grad is None:
                    continue
                g = theta.grad
                if group["weight_decay"]:
                    g = g.add(theta, alpha=group["weight_decay"])
                state = self.state[theta]
                if not state:
                    state["square_avg"] = torch.zeros_like(theta)
                v = state["square_avg"]
                torch.add(_LEAST, v, alpha=_MEMORY, out=v)  # as fast as to multiply alone
                v.addcmul_(g, g, value=1 - _MEMORY)
                theta.addcdiv_(g, v.sqrt().add_(_EPSILON), value=-group["lr"])
