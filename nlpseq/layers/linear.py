"""The linear layer."""

import torch
from torch import Tensor, nn

from nlpseq.layers.product import Layout, lays, multiply, product


class Linear(nn.Linear):
    """x ↦ x Wᵀ + b: torch's, by the products of :mod:`nlpseq.layers.product` where they are
    faster.
    """

    def __init__(self, size: int, features: int, *, bias: bool = True) -> None:
        super().__init__(size, features, bias)
        self.layout = Layout()

    def forward(self, x: Tensor) -> Tensor:
        """Shape (…, features), of x with shape (…, size)."""
        if x.ndim == 1 or not lays(self.weight):
            return super().forward(x)
        rows = x.flatten(0, -2)
        if torch.is_grad_enabled():
            y = product(rows, self.weight, self.bias)
        else:
            y = multiply(rows, self.layout(self.weight), self.bias)
        return y.view(*x.shape[:-1], len(self.weight))
