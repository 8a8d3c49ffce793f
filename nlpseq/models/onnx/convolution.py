"""Convolutions as ONNX."""

from typing import Any

from torch import Tensor, nn

from nlpseq.layers.convolution import CNN, TCN
from nlpseq.models.onnx.graph import FLOAT, Graph, Value
from nlpseq.models.onnx.masks import inside


def cnn(graph: Graph, layer: CNN, x: Value, lengths: Value) -> tuple[Value, Value]:
    """As its ``forward``."""
    x = (x * inside(lengths, x.size(1)).cast(FLOAT)).transpose(0, 2, 1)  # (batch, size, length)
    convolutions: Any = layer.layers
    for depth, convolution in enumerate(convolutions):
        if depth and layer.pool > 1:
            window = {"kernel_shape": [layer.pool], "strides": [layer.pool], "ceil_mode": 1}
            x = graph.op("MaxPool", x, **window)
            lengths = (lengths + (layer.pool - 1)) / layer.pool
        found = []
        for filters in convolution.filters:
            width = filters.weight.shape[3]
            found.append(_filtered(graph, filters, x, ((width - 1) // 2, width // 2)))
        true = inside(lengths, x.size(2)).cast(FLOAT).transpose(0, 2, 1)  # (batch, 1, length)
        x = graph.concat(found, 1).relu() * true
    return x.transpose(0, 2, 1), lengths


def tcn(graph: Graph, layer: TCN, x: Value, lengths: Value) -> tuple[Value, Value]:
    """As its ``forward``."""
    true = inside(lengths, x.size(1)).cast(FLOAT).transpose(0, 2, 1)  # (batch, 1, length)
    x = x.transpose(0, 2, 1) * true
    blocks: Any = layer.blocks
    for block in blocks:
        y = x
        for filters in (block.first, block.second):
            y = _filtered(graph, filters, y, (block.reach, 0)).relu()
        if isinstance(block.around, nn.Linear):
            x = _convolved(graph, x, block.around.weight.unsqueeze(2), block.around.bias)
        x = (x + y).relu()
    return (x * true).transpose(0, 2, 1), lengths


def _filtered(graph: Graph, filters: nn.Conv2d, x: Value, pads: tuple[int, int]) -> Value:
    weight, bias = filters.weight.squeeze(2), filters.bias
    assert bias is not None
    return _convolved(graph, x, weight, bias, pads=pads, dilations=filters.dilation[1:])


def _convolved(graph: Graph, x: Value, weight: Tensor, bias: Tensor, **options: object) -> Value:
    return graph.op("Conv", x, graph.matrix(weight, over=(1, 2)), bias, **options)
