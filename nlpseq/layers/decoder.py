"""A recurrent decoder with attention: it writes one step after the other, and at each step looks
at the states of a source.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from nlpseq.layers.attention import (
    AdditiveAttention,
    Attended,
    DotAttention,
    GeneralAttention,
    Memory,
)
from nlpseq.layers.cells.gru import TorchGRU
from nlpseq.layers.cells.lstm import LSTM
from nlpseq.layers.linear import Linear
from nlpseq.layers.pooling import last
from nlpseq.layers.product import Layout, multiply

DecoderCell = Literal["lstm", "gru"]
AttentionKind = Literal["dot", "general", "additive"]


class Carried(NamedTuple):
    """What goes from a step to the next."""

    h: tuple[Tensor, ...]  #: s_i of each layer, shape (rows, hidden)
    c: tuple[Tensor, ...]  #: the cells C_i of LSTMs; GRUs have none
    fed: Tensor  #: h̃_i, shape (rows, hidden)

    def take(self, rows: Tensor) -> "Carried":
        """Some rows, any number of times."""
        h = tuple(layer.index_select(0, rows) for layer in self.h)
        c = tuple(layer.index_select(0, rows) for layer in self.c)
        return Carried(h, c, self.fed.index_select(0, rows))


class RecurrentDecoder(nn.Module):
    """A recurrent decoder with attention (Bahdanau et al. 2015, section 3.1; Luong et al. 2015,
    section 3; deck 001, "Mecanismo de Atenção")::

        s_0 = tanh(W_s [h→_n, h←_1] + b_s)              the bridge, for each layer
        s_i = f([y_{i-1}, h̃_{i-1}], s_{i-1})            with input feeding; else f(y_{i-1}, s_{i-1})
        a_ij = softmax_j(alinhamento(s_i, h_j))
        c_i = Σ_j a_ij h_j
        h̃_i = tanh(W_c [c_i, s_i])

    f is ``cells.lstm.LSTM`` or ``cells.gru.TorchGRU``, one on the other; the attention sees the
    topmost. An LSTM's cell C_0 has a bridge of its own. With input feeding (Luong et al. 2015,
    section 3.3) a step knows what those before it looked at; without it the states of a whole
    target are one run.

    :param size: features of an input y
    :param hidden: features of a state s_i and of h̃_i
    :param source_size: features of a source's state h_j, of two directions
    :param layers: how many cells are stacked
    :param attention: by dot product, which wants ``source_size`` = ``hidden``; through a matrix
        (general); or through a layer of its own (additive)
    :param dropout: share dropped of what goes from layer to layer, in training
    :raises ValueError: for sizes that a dot product cannot multiply
    """

    def __init__(
        self,
        cell: DecoderCell,
        size: int,
        hidden: int,
        source_size: int,
        *,
        layers: int = 1,
        attention: AttentionKind = "general",
        input_feeding: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.size, self.feeds = hidden, input_feeding
        kind = LSTM if cell == "lstm" else TorchGRU
        first = size + hidden if input_feeding else size
        self.cells = nn.ModuleList(kind(n, hidden) for n in [first] + [hidden] * (layers - 1))
        self.attention = _attention(attention, hidden, source_size)
        self.memories = 2 if cell == "lstm" else 1  #: vectors that a cell carries
        self.bridge = Linear(source_size, self.memories * layers * hidden)
        self.W_c = Linear(source_size + hidden, hidden, bias=False)
        for layer in (self.bridge, self.W_c):
            nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(self.bridge.bias)
        self.dropout = nn.Dropout(dropout)
        self.steps = nn.ModuleList(_Step() for _ in self.cells)

    def start(self, source: Tensor, lengths: Tensor) -> Carried:
        """What the first step is given: s_0, and zeros for h̃_0.

        :param source: h, shape (batch, source length, source_size), the second half read backwards
        :param lengths: shape (batch,), each at least 1
        """
        ends = last(source, lengths, directions=2)
        layers = self.bridge(ends).tanh().split(self.size, dim=1)
        h, c = layers[: len(self.cells)], layers[len(self.cells) :]
        return Carried(tuple(h), tuple(c), ends.new_zeros(len(ends), self.size))

    def step(self, y: Tensor, carried: Carried, memory: Memory) -> tuple[Attended, Carried]:
        """One step of each row: h̃_i, shape (rows, hidden), and a_i, shape (rows, keys).

        :param y: shape (rows, size)
        :param memory: the source, as ``attention.remember`` gives it; where it has fewer rows
            than y, each is looked at by as many rows of y, which follow on each other
        """
        x = torch.cat([y, carried.fed], dim=1) if self.feeds else y
        h, c = [], []
        for depth, cell in enumerate(self.cells):
            x = self.dropout(x) if depth else x
            before = carried.h[depth], carried.c[depth] if carried.c else None
            x, C = self.steps[depth](cell, x, *before)
            h.append(x)
            if C is not None:
                c.append(C)
        sources = len(memory.keys)
        attended = self._attend(x.view(sources, -1, self.size), memory)
        assert attended.weights is not None
        fed = attended.context.view(-1, self.size)
        seen = attended.weights.view(len(fed), -1)
        return Attended(fed, seen), Carried(tuple(h), tuple(c), fed)

    def forward(self, y: Tensor, carried: Carried, memory: Memory) -> Attended:
        """All steps, with the true target for y (teacher forcing, deck 001): h̃, shape (batch,
        length, hidden), and a, shape (batch, length, keys).

        :param y: shape (batch, length, size); a step reads no later one
        :param carried: of ``start``
        :param memory: of ``attention.remember``
        """
        if not self.feeds:
            return self._attend(self._states(y, carried), memory)
        context, weights = [], []
        for y_i in y.unbind(1):
            attended, carried = self.step(y_i, carried, memory)
            context.append(attended.context)
            weights.append(attended.weights)
        return Attended(torch.stack(context, dim=1), _stacked(weights))

    def _states(self, y: Tensor, carried: Carried) -> Tensor:
        """s of all steps, shape (batch, length, hidden), by torch's kernel."""
        weights = [weight for cell in self.cells for weight in _weights(cell)]
        h = torch.stack(carried.h)
        kernel = torch.lstm if self.memories == 2 else torch.gru
        states: Tensor = kernel(
            y,
            (h, torch.stack(carried.c)) if self.memories == 2 else h,  # type: ignore[arg-type]
            weights,
            has_biases=True,
            num_layers=len(self.cells),
            dropout=self.dropout.p if self.training else 0.0,
            train=torch.is_grad_enabled(),
            bidirectional=False,
            batch_first=True,
        )[0]
        return states

    def _attend(self, s: Tensor, memory: Memory) -> Attended:
        """h̃, shape (batch, queries, hidden), and a."""
        context, weights = self.attention(s, memory)
        return Attended(self.W_c(torch.cat([context, s], dim=2)).tanh(), weights)


class _Step(nn.Module):
    """One step of a cell; the equations are those of the cell's class."""

    def __init__(self) -> None:
        super().__init__()
        self.W, self.U = Layout(), Layout()

    def forward(
        self, cell: nn.Module, x: Tensor, h: Tensor, C: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """h_t and, of an LSTM, C_t; shape (rows, hidden) each, as before."""
        assert isinstance(cell, LSTM | TorchGRU)
        W, U, b = cell.weight_input, cell.weight_hidden, cell.bias
        if torch.is_grad_enabled():
            a, u = linear(x, W, b), linear(h, U)
        else:
            a, u = multiply(x, self.W(W), b), multiply(h, self.U(U))
        if C is not None:
            i, f, c, o = (a + u).chunk(4, 1)
            C = torch.addcmul(i.sigmoid() * c.tanh(), f.sigmoid(), C)
            return o.sigmoid() * C.tanh(), C
        parts = [2 * h.shape[1], h.shape[1]]
        (a_rz, a_c), (u_rz, u_c) = torch.split(a, parts, 1), torch.split(u, parts, 1)
        r, z = (a_rz + u_rz).sigmoid().chunk(2, 1)
        return torch.lerp(torch.addcmul(a_c, r, u_c).tanh(), h, z), None


def _weights(cell: nn.Module) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """W, U, b, and zeros for the second bias, which torch's kernels want."""
    assert isinstance(cell, LSTM | TorchGRU)
    return cell.weight_input, cell.weight_hidden, cell.bias, torch.zeros_like(cell.bias)


def _attention(kind: AttentionKind, hidden: int, source_size: int) -> DotAttention:
    if kind == "general":
        return GeneralAttention(hidden, source_size)
    if kind == "additive":
        return AdditiveAttention(hidden, source_size, hidden)
    if hidden != source_size:
        raise ValueError(f"no dot product of {hidden} features with {source_size}")
    return DotAttention()


def _stacked(weights: Sequence[Tensor | None]) -> Tensor:
    return torch.stack([each for each in weights if each is not None], dim=1)
