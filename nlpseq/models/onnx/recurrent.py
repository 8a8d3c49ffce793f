"""Recurrent layers as ONNX: its own LSTM and GRU where the cell is one, else a Scan over steps."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nlpseq.layers.cells.gru import GRU, TorchGRU
from nlpseq.layers.cells.janet import JANET
from nlpseq.layers.cells.lstm import LSTM
from nlpseq.layers.cells.minimal_gru import DeckGRU, MinimalGRU
from nlpseq.layers.cells.peephole import DeckPeephole, Peephole
from nlpseq.layers.cells.rnn import RNN
from nlpseq.layers.recurrent import Recurrent
from nlpseq.models.onnx.graph import FLOAT, INT32, Graph, Value
from nlpseq.models.onnx.masks import inside

Values = Sequence[Value]


def recurrent(graph: Graph, layer: Recurrent, x: Value, lengths: Value) -> tuple[Value, Value]:
    """As its ``forward``."""
    steps = x.transpose(1, 0, 2)  # (length, batch, features)
    for depth, ahead in enumerate(layer.forward_cells):
        cells = [ahead, *layer.backward_cells[depth : depth + 1]]
        write = _native if type(ahead) in NATIVE else _written_out
        steps = write(graph, cells, steps, lengths)
    return steps.transpose(1, 0, 2), lengths


class Native(NamedTuple):
    """An operator of ONNX that is the cell."""

    operator: str
    gates: tuple[int, ...]  #: where each of the operator's gates stands among the cell's
    options: Mapping[str, int] = {}


NATIVE: Mapping[type[nn.Module], Native] = {
    LSTM: Native("LSTM", (0, 3, 1, 2)),  # i, o, f, C̃
    Peephole: Native("LSTM", (0, 2, 1, 3)),
    GRU: Native("GRU", (1, 0, 2)),  # z, r, h̃
    TorchGRU: Native("GRU", (1, 0, 2), {"linear_before_reset": 1}),
}


def _native(graph: Graph, cells: Sequence[Any], x: Value, lengths: Value) -> Value:
    operator, gates, options = NATIVE[type(cells[0])]

    def stacked(weights: Iterable[Tensor], order: Sequence[int] = gates) -> Tensor:
        """One direction after the other, the gates in the operator's order."""
        return torch.stack([torch.cat([w.chunk(len(order))[i] for i in order]) for w in weights])

    first = stacked(c.bias for c in cells)
    second = torch.zeros_like(first)
    if getattr(cells[0], "bias_hidden", None) is not None:
        second = stacked(c.bias_hidden for c in cells)
    peepholes: list[Tensor | None] = []
    if isinstance(cells[0], Peephole):  # the operator's order is i, o, f
        peepholes = [None, None, stacked([c.weight_cell.flatten() for c in cells], (0, 2, 1))]
    [states] = graph.ops(
        operator,
        [
            x,
            graph.matrix(stacked(c.weight_input for c in cells), over=2),
            graph.matrix(stacked(c.weight_hidden for c in cells), over=2),
            torch.cat([first, second], dim=1),
            lengths.cast(INT32),
            *peepholes,
        ],
        1,
        hidden_size=cells[0].hidden,
        direction="bidirectional" if len(cells) == 2 else "forward",
        **options,
    )  # (length, directions, batch, hidden), zeros beyond a row's length
    return states.transpose(0, 2, 1, 3).reshape(0, 0, -1)


Step = Callable[[Value, Values, Values], Values]


def _rnn(a: Value, states: Values, weights: Values) -> Values:
    (h,), (U,) = states, weights
    return [(a + h @ U).tanh()]


def _minimal_gru(a: Value, states: Values, weights: Values) -> Values:
    (h,), (U_f, U_h) = states, weights
    a_f, a_h = a.halves()
    f = (a_f + h @ U_f).sigmoid()
    c = (a_h + (f * h) @ U_h).tanh()
    return [(1.0 - f) * h + f * c]


def _deck_gru(a: Value, states: Values, weights: Values) -> Values:
    (h,), (U_z,) = states, weights
    a_z, a_h = a.halves()
    z = (a_z + h @ U_z).sigmoid()
    return [(1.0 - z) * h + z * a_h.tanh()]


def _janet(a: Value, states: Values, weights: Values) -> Values:
    (h,), (U,) = states, weights
    s, c = (a + h @ U).halves()
    return [s.sigmoid() * h + (1.0 - s).sigmoid() * c.tanh()]  # 1 - σ(s - β) = σ(β - s), β = 1


def _deck_peephole(a: Value, states: Values, weights: Values) -> Values:
    (h, C), (U, V) = states, weights
    i_f, o_c = (a + h @ U + C @ V).halves()
    (i, f), (o, c) = i_f.sigmoid().halves(), o_c.halves()
    C = f * C + i * c.tanh()
    return [o.sigmoid() * C.tanh(), C]


class Written(NamedTuple):
    """A step, and how the matrix of its products with the state is divided."""

    step: Step
    parts: int = 1
    axis: int = 0


WRITTEN_OUT: Mapping[type[nn.Module], Written] = {
    RNN: Written(_rnn),
    MinimalGRU: Written(_minimal_gru, 2),  # U_f, U_h
    DeckGRU: Written(_deck_gru),
    JANET: Written(_janet),
    DeckPeephole: Written(_deck_peephole, 2, 1),  # U, V
}


def _written_out(graph: Graph, cells: Sequence[Any], x: Value, lengths: Value) -> Value:
    one_step, parts, axis = WRITTEN_OUT[type(cells[0])]
    true = inside(lengths, x.size(0)).cast(FLOAT).transpose(1, 0, 2)  # (length, batch, 1)
    nothing = lengths.cast(FLOAT).unsqueeze(1) * torch.zeros(1, cells[0].hidden)
    directions = []
    for backwards, cell in enumerate(cells):
        W, b, U = cell.weights()
        a = x @ graph.matrix(W.t(), over=0) + b  # (length, batch, gates * hidden)
        weights = [graph.matrix(part.t(), over=0) for part in U.chunk(parts, axis)]

        def step(states: Values, inputs: Values, weights: Values = weights) -> Values:
            a_t, true_t = inputs
            # zeros beyond a row's length; so what comes from behind starts at its last true step
            return [state * true_t for state in one_step(a_t, states, weights)]

        start = [nothing] * cell.memory
        directions.append(graph.scan(step, start, [a, true], backwards=bool(backwards)))
    return graph.concat(directions, 2)
