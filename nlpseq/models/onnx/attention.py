"""Attention and the Transformer's encoder as ONNX."""

import math
from typing import Any

import torch
from torch import nn

from nlpseq.layers.attention import AttentionPooling, MultiHeadAttention
from nlpseq.layers.positions import Learned, Sinusoidal
from nlpseq.layers.transformer import TransformerEncoder
from nlpseq.models.onnx.graph import FLOAT, Graph, Value
from nlpseq.models.onnx.masks import inside


def linear(graph: Graph, layer: nn.Linear, x: Value) -> Value:
    """W x + b."""
    y = x @ graph.matrix(layer.weight.t(), over=0)
    return y if layer.bias is None else y + layer.bias


def pooled(graph: Graph, layer: AttentionPooling, states: Value, lengths: Value) -> Value:
    """As its ``forward``."""
    scores = linear(graph, layer.v, linear(graph, layer.W, states).tanh())  # (batch, length, 1)
    seen = inside(lengths, states.size(1)).transpose(0, 2, 1)
    weights = graph.op("Where", seen, scores.transpose(0, 2, 1), -math.inf).softmax()
    return (weights @ states).squeeze(1)


def transformer(
    graph: Graph, layer: TransformerEncoder, x: Value, lengths: Value
) -> tuple[Value, Value]:
    """As its ``forward``."""
    true = inside(lengths, x.size(1))
    seen = true.transpose(0, 2, 1).unsqueeze(1)  # (batch, 1, 1, length)
    positions = layer.entry.positions
    x = layer.entry.scale * x
    if isinstance(positions, Sinusoidal):
        sin, cos = _turns(graph, x.size(1), layer.size)
        even = torch.arange(layer.size).remainder(2).eq(0).float()
        x = x + (sin * even + cos * (1 - even))
    elif isinstance(positions, Learned):
        x = x + graph.rows(positions.p, graph.range(x.size(1)))
    blocks: Any = layer.blocks
    for block in blocks:
        for around in (block.around_attention, block.around_feed_forward):
            y = _normal(graph, around.norm, x) if around.pre else x
            if around is block.around_attention:
                y = _attention(graph, block.attention, y, seen)
            else:
                y = linear(graph, block.feed_forward.W_1, y).relu()
                y = linear(graph, block.feed_forward.W_2, y)
            x = x + y if around.pre else _normal(graph, around.norm, x + y)
    if isinstance(layer.norm, nn.LayerNorm):
        x = _normal(graph, layer.norm, x)
    return x * true.cast(FLOAT), lengths


def _normal(graph: Graph, layer: nn.LayerNorm, x: Value) -> Value:
    return graph.op("LayerNormalization", x, layer.weight, layer.bias, epsilon=layer.eps)


def _attention(graph: Graph, layer: MultiHeadAttention, x: Value, seen: Value) -> Value:
    Q, K, V = (
        linear(graph, W, x).reshape(0, 0, layer.heads, -1).transpose(0, 2, 1, 3)
        for W in (layer.W_Q, layer.W_K, layer.W_V)
    )  # (batch, heads, length, d_k)
    d_k = layer.W_Q.out_features // layer.heads
    if layer.rotary:
        sin, cos = _turns(graph, x.size(1), d_k)
        swap = torch.zeros(d_k, d_k)  # (x_2i, x_2i+1) ↦ (-x_2i+1, x_2i)
        for i in range(0, d_k, 2):
            swap[i + 1, i], swap[i, i + 1] = -1, 1
        Q, K = (M * cos + (M @ swap) * sin for M in (Q, K))
    scores = Q @ K.transpose(0, 1, 3, 2) / math.sqrt(d_k)
    Z = graph.op("Where", seen, scores, -math.inf).softmax() @ V
    return linear(graph, layer.W_O, Z.transpose(0, 2, 1, 3).reshape(0, 0, -1))


def _turns(graph: Graph, length: Value, features: int) -> tuple[Value, Value]:
    """sin and cos of pos / 10000^(2i / features), each pair of features alike; shape (length,
    features).
    """
    even = torch.arange(0, features, 2, dtype=torch.float32)  # 2i
    turns = (10000.0 ** (-even / features)).repeat_interleave(2)[:features]
    angles = graph.range(length).cast(FLOAT).unsqueeze(1) * turns
    return graph.op("Sin", angles), graph.op("Cos", angles)
