"""Positions: what tells attention, which sees a set, where in the sequence a state stands."""

import torch
from torch import Tensor, nn


def _angles(length: int, features: int, x: Tensor) -> Tensor:
    """pos / 10000^(2i / features), shape (length, features / 2 rounded up)."""
    # halves have too few digits for the positions of a long text
    dtype = torch.promote_types(x.dtype, torch.float32)
    position = torch.arange(length, device=x.device, dtype=dtype)
    even = torch.arange(0, features, 2, device=x.device, dtype=dtype)  # 2i
    return torch.outer(position, 10000.0 ** (-even / features))


def sinusoidal(x: Tensor) -> Tensor:
    """The encoding of x's positions (Vaswani et al. 2017, section 3.5), shape (length, size)::

        p(pos, 2i) = sin(pos / 10000^(2i / size))
        p(pos, 2i + 1) = cos(pos / 10000^(2i / size))

    :param x: shape (batch, length, size)
    """
    length, size = x.shape[1:]
    angles = _angles(length, size, x)
    both = torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)  # size + 1 where it is odd
    return both[:, :size].to(x.dtype)


def rotate(x: Tensor) -> Tensor:
    """x turned by its positions (Su et al. 2021, sections 3.2.2 and 3.4.2)::

        (x_2i, x_2i+1) ↦ (x_2i cos mθ_i − x_2i+1 sin mθ_i, x_2i sin mθ_i + x_2i+1 cos mθ_i)
        θ_i = 10000^(-2i / features)

    at position m. The product of a query at m with a key at n then knows m − n alone.

    :param x: shape (…, length, features), an even number of features
    """
    length, features = x.shape[-2:]
    angles = _angles(length, features, x)  # (length, features / 2)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., ::2], x[..., 1::2]  # (…, length, features / 2)
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


class Sinusoidal(nn.Module):
    """e = w + p (deck 001, "Representações para cada palavra"), p as ``sinusoidal``: nothing is
    learned and no length is too long.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Shape (batch, length, size), as x."""
        return x + sinusoidal(x)


class Learned(nn.Module):
    """e = w + p with a vector p for each position, learned (Gehring et al. 2017, section 3.1).

    :param size: features of a state
    :param longest: how many positions there are
    """

    def __init__(self, size: int, longest: int) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.randn(longest, size) * size**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (batch, length, size), as x.

        :raises ValueError: where x is longer than ``longest``
        """
        length, longest = x.shape[1], len(self.p)
        if length > longest:
            raise ValueError(
                f"a sequence of {length} steps, and positions were learned for {longest} alone"
            )
        return x + self.p[:length]
