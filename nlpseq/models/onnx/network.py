"""The network of a classifier as ONNX."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from onnx import ModelProto
from torch import nn

from nlpseq import __version__
from nlpseq.layers.convolution import CNN, TCN
from nlpseq.layers.encoder import ConvolutionThenRecurrence, NoEncoder, Projected
from nlpseq.layers.pooling import Pool
from nlpseq.layers.recurrent import Recurrent
from nlpseq.layers.transformer import TransformerEncoder
from nlpseq.models.classify import Classifier
from nlpseq.models.onnx.attention import linear, pooled, transformer
from nlpseq.models.onnx.convolution import cnn, tcn
from nlpseq.models.onnx.graph import FLOAT, Graph, Value
from nlpseq.models.onnx.masks import inside
from nlpseq.models.onnx.recurrent import recurrent


def model_of(classifier: Classifier, *, int8: bool) -> ModelProto:
    """ids → probabilities.

    Inputs, int64: ``ids``, shape (rows, length), ``lengths``, shape (rows,), each at least 1, and
    where documents have several windows ``documents``, shape (rows,), as the network takes it.
    Output, float32: ``probabilities``, shape (documents, labels).
    """
    network, settings = classifier.network, classifier.settings
    graph = Graph(int8=int8)
    several = settings.windows > 1
    ids, lengths = graph.input("ids", ["rows", "length"]), graph.input("lengths", ["rows"])
    documents = graph.input("documents", ["rows"]) if several else None
    x = graph.rows(network.embedding.weight, ids)  # (rows, length, dim)
    if network.class_vector is not None:
        first = lengths.cast(FLOAT).unsqueeze(1, 2) * 0.0 + network.class_vector
        x, lengths = graph.concat([first, x], 1), lengths + 1
    states, lengths = ENCODERS[type(network.encoder)](graph, network.encoder, x, lengths)
    features = _pooled(graph, network.pool, states, lengths)  # (rows, features)
    if documents is not None:
        features = _means(graph, features, documents)  # (documents, features)
    if (norm := network.norm) is not None:
        figures = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
        features = graph.op("BatchNormalization", features, *figures, epsilon=norm.eps)
    logits = linear(graph, network.output, features)
    if settings.multilabel:
        probabilities = logits.sigmoid()
    elif network.output.out_features == 1:
        second = logits.sigmoid()
        probabilities = graph.concat([1.0 - second, second], 1)
    else:
        probabilities = logits.softmax()
    rows = "documents" if several else "rows"
    graph.output("probabilities", probabilities, [rows, len(classifier.labels)])
    return graph.model("classify", f"nlpseq {__version__}")


def _projected(graph: Graph, layer: Projected, x: Value, lengths: Value) -> tuple[Value, Value]:
    return transformer(graph, layer.encoder, linear(graph, layer.projection, x), lengths)


def _both(
    graph: Graph, layer: ConvolutionThenRecurrence, x: Value, lengths: Value
) -> tuple[Value, Value]:
    return recurrent(graph, layer.recurrent, *cnn(graph, layer.convolution, x, lengths))


def _nothing(graph: Graph, layer: NoEncoder, x: Value, lengths: Value) -> tuple[Value, Value]:
    return x * inside(lengths, x.size(1)).cast(FLOAT), lengths


#: encoder → how it is written: (graph, layer, x, lengths) to states and their lengths
ENCODERS: Mapping[type[nn.Module], Callable[[Graph, Any, Value, Value], tuple[Value, Value]]] = {
    NoEncoder: _nothing,
    Recurrent: recurrent,
    CNN: cnn,
    ConvolutionThenRecurrence: _both,
    TCN: tcn,
    TransformerEncoder: transformer,
    Projected: _projected,
}


def _pooled(graph: Graph, layer: Pool, states: Value, lengths: Value) -> Value:
    """As the layer's ``forward``, shape (batch, size)."""
    if layer.attention is not None:
        return pooled(graph, layer.attention, states, lengths)
    if layer.how == "flatten":
        return _flat(graph, layer, states, lengths)
    if layer.how == "mean":
        return states.sum(1) / lengths.cast(FLOAT).unsqueeze(1)
    if layer.how == "max":
        true = inside(lengths, states.size(1))
        return graph.op("Where", true, states, -math.inf).max(1)
    first = states.take(0, axis=1)
    if layer.how == "cls":
        return first
    ahead = _rows(graph, states, (lengths - 1).unsqueeze(1)).squeeze(1)
    if layer.directions == 1:
        return ahead
    return graph.concat([ahead.halves()[0], first.halves()[1]], 1)


def _flat(graph: Graph, layer: Pool, states: Value, lengths: Value) -> Value:
    place = graph.range(layer.steps).unsqueeze(0)  # (1, steps)
    if layer.side == "pre":
        place = place - (layer.steps - lengths.unsqueeze(1))  # (batch, steps)
    inside_row = (place >= 0) & (place < lengths.unsqueeze(1))
    last = lengths.unsqueeze(1) - 1
    place = graph.op("Max", graph.op("Min", place, last), 0)  # of a true state, whichever it is
    found = graph.op("Where", inside_row.unsqueeze(2), _rows(graph, states, place), 0.0)
    return found.reshape(0, layer.size)


def _rows(graph: Graph, states: Value, places: Value) -> Value:
    """The states at some places of each row, shape (batch, places, features).

    :param places: shape (batch, places)
    """
    return graph.op("GatherND", states, places.unsqueeze(2), batch_dims=1)


def _means(graph: Graph, features: Value, documents: Value) -> Value:
    """Of each document's windows, shape (documents, features)."""
    count = graph.op("ReduceMax", documents, keepdims=0) + 1
    of = graph.op("Equal", graph.range(count).unsqueeze(1), documents.unsqueeze(0)).cast(FLOAT)
    return (of @ features) / of.sum(1, keep=True)
