"""Convolutions over a sequence.

torch computes them twice as fast in two dimensions, one of them of size 1, where features come
last in memory, as the states here already lie, than in one dimension.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nlpseq.layers.masks import inside


def _filters(
    size: int, hidden: int, width: int, *, padding: int = 0, dilation: int = 1
) -> nn.Conv2d:
    layer = nn.Conv2d(size, hidden, (1, width), padding=(0, padding), dilation=(1, dilation))
    nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


def _image(x: Tensor) -> Tensor:
    """(batch, length, features) → (batch, features, 1, length), nothing moves in memory."""
    return x.transpose(1, 2).unsqueeze(2)


def _sequence(x: Tensor) -> Tensor:
    """(batch, features, 1, length) → (batch, length, features)."""
    return x.squeeze(2).transpose(1, 2)


class _Slide(torch.autograd.Function):
    """y_t = Σ_k table[words_{t+k}, k]: both ways are sums of rows, which torch has a kernel for."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, words: Tensor) -> Tensor:
        """Shape (batch, length, hidden).

        :param table: shape (V + 1, width, hidden); the last word is padding
        :param words: shape (batch, length + width - 1)
        """
        ctx.save_for_backward(words)
        ctx.sizes = table.shape[:2]
        width, hidden = table.shape[1:]
        rows = words.unfold(1, width, 1) * width  # (batch, length, width)
        rows = rows + torch.arange(width, device=words.device)
        y = functional.embedding_bag(rows.flatten(0, 1), table.view(-1, hidden), mode="sum")
        return y.view(*rows.shape[:2], hidden)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Row k of a word sums dy_{t-k} over all t where the word stands."""
        (words,) = ctx.saved_tensors
        size, width = ctx.sizes
        steps = words.shape[1]
        dy = functional.pad(gradients[0], (0, 0, width - 1, width - 1))
        # (batch, steps + width - 1, hidden): dy_{t-k} stands at width - 1 + t - k
        counts = words.flatten().bincount(minlength=size)
        order = words.flatten().argsort(stable=True)[: words.numel() - int(counts[-1])]
        at = torch.div(order, steps, rounding_mode="floor") * dy.shape[1] + order % steps
        starts = counts.cumsum(0) - counts
        dy = dy.flatten(0, 1)
        sums = [
            functional.embedding_bag(at + (width - 1 - k), dy, starts, mode="sum")
            for k in range(width)
        ]
        return torch.stack(sums, dim=1), None


class Convolution(nn.Module):
    """Filters of several widths side by side over each step's neighbours (Collobert et al. 2011,
    "Sentence approach"; Kim 2014, section 2)::

        y_t = max(0, b + Σ_k W_k x_{t+k-l})        k = 0 … width-1, l = ⌊(width-1) / 2⌋

    where x is 0 before a row's first step and after its last.

    :param size: features of an input
    :param hidden: filters of each width
    """

    def __init__(self, size: int, hidden: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.filters = nn.ModuleList(_filters(size, hidden, w, padding=w // 2) for w in widths)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (batch, length, hidden * widths).

        :param x: shape (batch, length, size), zeros beyond a row's length
        """
        image = _image(x)
        # an even width has one step more on the right: what begins a step early is cut off
        found = [
            filters(image)[..., 1 - width % 2 :]
            for filters, width in zip(self.filters, self.widths, strict=True)
        ]
        return _sequence(torch.cat(found, dim=1)).relu()

    def look_up(self, rows: Tensor, words: Tensor) -> Tensor:
        """The same, shape (batch, length, hidden * widths), of x_t = rows[word_t].

        :param rows: shape (V + 1, size), the last all zeros
        :param words: shape (batch, length), V beyond a row's length
        """
        found = []
        for filters in self.filters:
            assert isinstance(filters, nn.Conv2d) and filters.bias is not None
            hidden, size, _, width = filters.weight.shape
            W = filters.weight.squeeze(2).permute(1, 2, 0).reshape(size, width * hidden)
            table = (rows @ W).view(-1, width, hidden)
            ends = ((width - 1) // 2, width // 2)
            padded = functional.pad(words, ends, value=len(rows) - 1)
            y: Tensor = _Slide.apply(table, padded)  # type: ignore[no-untyped-call]
            found.append(y + filters.bias)
        return torch.cat(found, dim=2).relu()


class CNN(nn.Module):
    """Convolutions one on the other, their states thinned out in between.

    The network of Chollet (2018), Deep Learning with Python, section 6.4, which deck 000 cites,
    is ``CNN(128, 32, widths=(7,), layers=2, pool=5)``, followed by the maximum over time.

    :param size: features of an input
    :param hidden: filters of each width
    :param widths: how many steps a filter sees
    :param pool: of how many states the largest is kept between two layers, by feature
    :param dropout: share of the features dropped between two layers
    """

    directions = 1

    def __init__(
        self,
        size: int,
        hidden: int,
        *,
        widths: Sequence[int],
        layers: int = 1,
        pool: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.size = hidden * len(widths)
        sizes = [size] + [self.size] * (layers - 1)
        self.layers = nn.ModuleList(Convolution(n, hidden, widths) for n in sizes)
        self.pool = pool
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """States, shape (batch, length', size), zeros beyond a row's length, and those lengths:
        each is divided by ``pool`` and rounded up between two layers.

        :param x: shape (batch, length, size)
        :param lengths: shape (batch,), each at least 1
        """
        x = torch.where(inside(lengths, x.shape[1]), x, 0)
        return self._deeper(self.layers[0](x), lengths)

    def look_up(self, rows: Tensor, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """``forward(rows[ids], lengths)``, several times as fast on a CPU.

        The first layer's products are taken once for each distinct word of the batch. So nothing
        may happen to a vector between the embedding and the convolution.

        :param rows: an embedding's, shape (V, size)
        :param ids: shape (batch, length)
        """
        distinct, words = torch.unique(ids, return_inverse=True)
        words = words.where(inside(lengths, ids.shape[1]).squeeze(2), len(distinct))
        known = functional.pad(rows[distinct], (0, 0, 0, 1))
        first: Convolution = self.layers[0]  # type: ignore[assignment]
        return self._deeper(first.look_up(known, words), lengths)

    def _deeper(self, states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        states = states * inside(lengths, states.shape[1])
        for layer in list(self.layers)[1:]:
            if self.pool > 1:  # states are at least 0, as is what stands beyond a row's length
                states = functional.pad(states, (0, 0, 0, self.pool - 1))
                states = _sequence(functional.max_pool2d(_image(states), (1, self.pool)))
                lengths = torch.div(lengths + self.pool - 1, self.pool, rounding_mode="floor")
            states = layer(self.dropout(states))
            states = states * inside(lengths, states.shape[1])
        return states, lengths


class TCN(nn.Module):
    """Temporal convolutional network (Bai et al. 2018, section 3; named in deck 001, "GRU x
    LSTM"): state t sees x_t and what came before, through blocks of two convolutions::

        (F ∗_d x)_t = b + Σ_k W_k x_{t-dk}        k = 0 … width-1, d = 2^i in block i
        x ↦ max(0, x + F'(x)),  F'(x) = max(0, F_2 ∗_d max(0, F_1 ∗_d x))

    A 1 × 1 convolution stands for the x that is added where sizes differ. State t reaches back
    over 1 + 2 (width - 1) (2^layers - 1) steps. The paper's weight normalisation is left out:
    from He's initial weights the network learns as fast without.

    :param size: features of an input
    :param hidden: features of a state
    :param layers: how many blocks
    :param dropout: share of the features dropped after each convolution, in all steps at once
    """

    directions = 1

    def __init__(
        self, size: int, hidden: int, *, width: int, layers: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.size = hidden
        self.blocks = nn.ModuleList(
            _TemporalBlock(hidden if i else size, hidden, width, 2**i, dropout)
            for i in range(layers)
        )

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """States, shape (batch, length, size), zeros beyond a row's length, and the lengths.

        :param x: shape (batch, length, size)
        :param lengths: shape (batch,), each at least 1
        """
        true = inside(lengths, x.shape[1])
        x = torch.where(true, x, 0)
        for block in self.blocks:
            x = block(x)
        return x * true, lengths


class _TemporalBlock(nn.Module):
    def __init__(self, size: int, hidden: int, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.reach = (width - 1) * dilation
        self.first = _filters(size, hidden, width, dilation=dilation)
        self.second = _filters(hidden, hidden, width, dilation=dilation)
        self.around = nn.Linear(size, hidden) if size != hidden else nn.Identity()
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (batch, length, hidden); x (batch, length, size)."""
        y = x
        for filters in (self.first, self.second):
            past = _image(functional.pad(y, (0, 0, self.reach, 0)))
            y = _sequence(self.dropout(filters(past).relu()))
        out: Tensor = (self.around(x) + y).relu()
        return out
