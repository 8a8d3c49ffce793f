"""A graph of ONNX, built with NumPy's operators; its weights are float32 or int8."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper
from torch import Tensor

#: of ONNX and of its files; onnxruntime 1.14 (2023) reads them
OPSET, IR_VERSION = 18, 8

FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64

_Array = npt.NDArray[Any]


class Value:
    """What a node gives. Operators make nodes; a Python int is taken as int64, a float as float32.

    Shapes follow NumPy's rules, by which ONNX's operators broadcast too.
    """

    def __init__(self, graph: "Graph", name: str) -> None:
        self.graph, self.name = graph, name

    def __add__(self, other: "Operand") -> "Value":
        return self.graph.op("Add", self, other)

    def __sub__(self, other: "Operand") -> "Value":
        return self.graph.op("Sub", self, other)

    def __rsub__(self, other: "Operand") -> "Value":
        return self.graph.op("Sub", other, self)

    def __mul__(self, other: "Operand") -> "Value":
        return self.graph.op("Mul", self, other)

    def __rmul__(self, other: "Operand") -> "Value":
        return self.graph.op("Mul", other, self)

    def __truediv__(self, other: "Operand") -> "Value":
        return self.graph.op("Div", self, other)

    def __matmul__(self, other: "Operand") -> "Value":
        return self.graph.op("MatMul", self, other)

    def __lt__(self, other: "Operand") -> "Value":
        return self.graph.op("Less", self, other)

    def __ge__(self, other: "Operand") -> "Value":
        return self.graph.op("GreaterOrEqual", self, other)

    def __and__(self, other: "Operand") -> "Value":
        return self.graph.op("And", self, other)

    def sigmoid(self) -> "Value":
        """σ, entry by entry."""
        return self.graph.op("Sigmoid", self)

    def tanh(self) -> "Value":
        """tanh, entry by entry."""
        return self.graph.op("Tanh", self)

    def relu(self) -> "Value":
        """max(0, x), entry by entry."""
        return self.graph.op("Relu", self)

    def softmax(self) -> "Value":
        """Along the last axis."""
        return self.graph.op("Softmax", self, axis=-1)

    def cast(self, kind: int) -> "Value":
        """The same numbers as FLOAT or INT64."""
        return self.graph.op("Cast", self, to=kind)

    def transpose(self, *axes: int) -> "Value":
        """Axes in another order."""
        return self.graph.op("Transpose", self, perm=axes)

    def unsqueeze(self, *axes: int) -> "Value":
        """New axes of size 1."""
        return self.graph.op("Unsqueeze", self, np.array(axes))

    def squeeze(self, axis: int) -> "Value":
        """Without an axis of size 1."""
        return self.graph.op("Squeeze", self, np.array([axis]))

    def reshape(self, *shape: int) -> "Value":
        """0 keeps an axis as it is, -1 is what is left."""
        return self.graph.op("Reshape", self, np.array(shape))

    def sum(self, axis: int, *, keep: bool = False) -> "Value":
        """Along an axis."""
        return self.graph.op("ReduceSum", self, np.array([axis]), keepdims=int(keep))

    def max(self, axis: int) -> "Value":
        """Along an axis."""
        return self.graph.op("ReduceMax", self, np.array([axis]), keepdims=0)

    def take(self, indices: "Operand", axis: int = 0) -> "Value":
        """What stands at the indices of an axis; a single index drops the axis."""
        return self.graph.op("Gather", self, indices, axis=axis)

    def halves(self) -> "list[Value]":
        """Of the last axis."""
        return self.graph.ops("Split", [self], 2, axis=-1, num_outputs=2)

    def size(self, axis: int) -> "Value":
        """Of an axis, an int64 without axes."""
        return self.graph.op("Shape", self, start=axis, end=axis + 1).squeeze(0)


Operand = Value | Tensor | _Array | int | float


class Graph:
    """Nodes and weights as they are added.

    :param int8: keep the matrices as 8 bit integers
    """

    def __init__(self, *, int8: bool = False) -> None:
        self.int8 = int8
        self._nodes: list[NodeProto] = []
        self._inputs: list[ValueInfoProto] = []
        self._outputs: list[ValueInfoProto] = []
        self._weights: list[TensorProto] = []
        self._few: dict[tuple[str, tuple[int, ...], bytes] | None, Value] = {}
        self._count = 0

    def _new(self, kind: str) -> Value:
        self._count += 1
        return Value(self, f"{kind}_{self._count}")

    def input(self, name: str, shape: Sequence[str]) -> Value:
        """An input of int64; axes of the same name are of the same size."""
        self._inputs.append(helper.make_tensor_value_info(name, INT64, shape))
        return Value(self, name)

    def output(self, name: str, value: Value, shape: Sequence[str | int]) -> None:
        """An output of float32."""
        self._nodes.append(helper.make_node("Identity", [value.name], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, FLOAT, shape))

    def constant(self, value: Operand) -> Value:
        """Numbers that are part of the graph; the same few ones are kept once."""
        if isinstance(value, Value):
            return value
        if isinstance(value, Tensor):
            value = value.detach().cpu().numpy()
        elif not isinstance(value, np.ndarray):
            value = np.array(value, dtype=np.int64 if isinstance(value, int) else np.float32)
        key = (value.dtype.str, value.shape, value.tobytes()) if value.size < 8 else None
        if key in self._few:
            return self._few[key]
        made = self._new("constant")
        self._weights.append(numpy_helper.from_array(value, made.name))
        if key:
            self._few[key] = made
        return made

    def matrix(self, weight: Tensor, *, over: int | tuple[int, ...]) -> Value:
        """A weight; of int8 it is Q s, which onnxruntime multiplies out at its loading.

        :param over: the axes that share a scale s, those that a product sums over
        """
        if not self.int8:
            return self.constant(weight)
        Q, s = quantized(weight, over)
        return self.constant(Q).cast(FLOAT) * s

    def rows(self, weight: Tensor, ids: Value) -> Value:
        """Rows of a matrix; those of int8 are multiplied out when they are looked up.

        :param weight: shape (V, features)
        :return: shape (…, features) for ids of shape (…)
        """
        if not self.int8:
            return self.constant(weight).take(ids)
        Q, s = quantized(weight, 1)
        return self.constant(Q).take(ids).cast(FLOAT) * self.constant(s).take(ids)

    def op(self, kind: str, *inputs: Operand | None, **attributes: Any) -> Value:
        """A node with one output."""
        return self.ops(kind, inputs, 1, **attributes)[0]

    def ops(
        self, kind: str, inputs: Sequence[Operand | None], outputs: int, **attributes: Any
    ) -> list[Value]:
        """A node of ONNX's operator ``kind``; an input that is None is left out."""
        names = ["" if value is None else self.constant(value).name for value in inputs]
        made = [self._new(kind.lower()) for _ in range(outputs)]
        node = helper.make_node(kind, names, [value.name for value in made], **attributes)
        self._nodes.append(node)
        return made

    def concat(self, values: Sequence[Value], axis: int) -> Value:
        """One after the other along an axis."""
        return self.op("Concat", *values, axis=axis) if len(values) > 1 else values[0]

    def range(self, stop: Operand) -> Value:
        """0, 1, …, stop - 1, int64."""
        return self.op("Range", 0, stop, 1)

    def scan(
        self,
        step: Callable[[Sequence[Value], Sequence[Value]], Sequence[Value]],
        states: Sequence[Value],
        inputs: Sequence[Value],
        *,
        backwards: bool,
    ) -> Value:
        """The first state after each step, shape (length, …).

        :param step: from the states before a step, and its inputs, to the states after it
        :param states: before the first step
        :param inputs: shape (length, …) each
        :param backwards: begin with the last step
        """
        outside, self._nodes = self._nodes, []
        before = [self._new("before") for _ in states]
        now = [self._new("now") for _ in inputs]
        after = step(before, now)
        given = self.op("Identity", after[0])
        into, out = (
            [helper.make_tensor_value_info(value.name, FLOAT, None) for value in values]
            for values in ([*before, *now], [*after, given])
        )
        body = helper.make_graph(self._nodes, "step", into, out)
        self._nodes = outside
        return self.ops(
            "Scan",
            [*states, *inputs],
            len(states) + 1,
            body=body,
            num_scan_inputs=len(inputs),
            scan_input_directions=[int(backwards)] * len(inputs),
            scan_output_directions=[int(backwards)],
        )[-1]

    def model(self, name: str, producer: str) -> ModelProto:
        """The whole, as it is written to a file."""
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, self._weights)
        opsets = [helper.make_opsetid("", OPSET)]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name=producer
        )


def quantized(weight: Tensor, over: int | tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Q and s with weight ≈ Q s, Q of int8: the nearest of 255 steps from -max|w| to max|w|.

    :param over: the axes that share a scale
    """
    s = weight.abs().amax(over, keepdim=True) / 127
    s = s.where(s > 0, 1.0)
    return (weight / s).round().to(torch.int8), s
