"""Opening graphs that may come from strangers: nothing outside the file, no code, no surprise."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from nlpseq.errors import CallError, DataError

#: what :mod:`nlpseq.models.onnx.network` writes, all of it ONNX's own
OPERATORS = frozenset({
    "Add", "And", "BatchNormalization", "Cast", "Concat", "Conv", "Cos", "Div", "Equal", "GRU",
    "Gather", "GatherND", "GreaterOrEqual", "Identity", "LSTM", "LayerNormalization", "Less",
    "MatMul", "Max", "MaxPool", "Min", "Mul", "Range", "ReduceMax", "ReduceSum", "Relu",
    "Reshape", "Scan", "Shape", "Sigmoid", "Sin", "Softmax", "Split", "Squeeze", "Sub", "Tanh",
    "Transpose", "Unsqueeze", "Where",
})  # fmt: skip

INPUTS, OUTPUTS = ("ids", "lengths", "documents"), ("probabilities",)

_REMEDY = "copy the model again from where it was made, or export it again"


def session(content: bytes, *, where: str, threads: int | None = None) -> Any:
    """An ``onnxruntime.InferenceSession`` of a graph that nlpseq wrote.

    :param where: what an error calls the graph
    :param threads: processor cores to use; None: all
    :raises CallError: without onnx and onnxruntime
    :raises DataError: for a damaged graph; for one that reads other files, or has operators,
        inputs or outputs that nlpseq does not write
    """
    onnx, onnxruntime = require("onnx"), require("onnxruntime")
    try:
        graph = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's, which is onnx's affair
        raise DataError("not a graph of ONNX", where=where, remedy=_REMEDY) from error
    if fault := _fault(graph):
        raise DataError(fault, where=where, remedy=_REMEDY)
    del graph
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 4  # what is wrong is raised
    try:
        return onnxruntime.InferenceSession(
            content,
            options,
            providers=["CPUExecutionProvider"],
            enable_fallback=0,  # it would print to standard output, and try the same again
        )
    except Exception as error:  # onnxruntime's have no common base
        raise DataError(f"onnxruntime refuses the graph: {error}", where=where) from error


def require(package: str) -> Any:
    """``onnx`` or ``onnxruntime``, imported.

    :raises CallError: where it is not installed
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise CallError(
            f"exported models need {package}", remedy="pip install 'nlpseq[onnx]'"
        ) from error


def _fault(model: Any) -> str | None:
    """Why a graph is none of ours, or None."""
    from onnx import TensorProto

    if model.functions or model.training_info:
        return "the graph has functions or a training of its own"
    if any(opset.domain for opset in model.opset_import):
        return "the graph has operators that are not ONNX's own"
    names = tuple(value.name for value in model.graph.input)
    if names not in (INPUTS, INPUTS[:2]):
        return f"the graph's inputs are {', '.join(names) or 'none'}"
    if tuple(value.name for value in model.graph.output) != OUTPUTS:
        return f"the graph's output is not {OUTPUTS[0]}"
    for part in _parts(model.graph):
        if isinstance(part, TensorProto):
            if part.data_location != TensorProto.DEFAULT or part.external_data:
                return f"the weight {part.name!r} is in another file"
        elif part.domain or part.op_type not in OPERATORS:
            return f"nlpseq writes no operator {part.op_type!r}"
    return None


def _parts(graph: Any) -> Iterator[Any]:
    """All tensors and nodes of a graph, and of the graphs in it."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)
            for inner in (attribute.g, *attribute.graphs):
                yield from _parts(inner)
