"""`Graph`: a graph of ONNX, written node by node in the order of the computation.

Values are known by their names. An array among the arguments of a node becomes a constant, so the
computation reads as it would in NumPy.
"""

from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from anomalon.export.packages import needed

__all__ = ["IR_VERSION", "OPSET", "Graph", "Value", "double", "single", "whole"]

Value = str
"""The name of what a node gives."""

OPSET = 18
"""Version of the operators; every onnxruntime since 1.14 knows it."""
IR_VERSION = 9
"""Version of the file format; the newest one is refused by older runtimes."""

_TYPES = {np.float32: "FLOAT", np.float64: "DOUBLE", np.int64: "INT64", np.bool_: "BOOL"}


def single(values: Any) -> NDArray[np.float32]:
    """Constants of a network."""
    return np.asarray(values, np.float32)


def double(values: Any) -> NDArray[np.float64]:
    """Constants of what is before the network."""
    return np.asarray(values, np.float64)


def whole(values: Any) -> NDArray[np.int64]:
    """Axes, shapes and places."""
    return np.asarray(values, np.int64)


@final
class Graph:
    """Nodes and constants so far."""

    def __init__(self) -> None:
        self._onnx = needed("onnx", "an ONNX graph")
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def __call__(
        self, op: str, *inputs: Value | NDArray[Any], name: str = "", **more: Any
    ) -> Value:
        """Add a node, and give the name of its first output.

        Args:
            op: Name of the operator.
            inputs: Values, or constants.
            name: Of the output; one is made if it is "".
            more: Attributes of the node.
        """
        return self.many(op, 1, *inputs, names=(name,) if name else None, **more)[0]

    def many(
        self,
        op: str,
        n: int,
        *inputs: Value | NDArray[Any],
        names: tuple[str, ...] | None = None,
        **more: Any,
    ) -> tuple[Value, ...]:
        """Add a node with `n` outputs."""
        given = [self._named(one) for one in inputs]
        outputs = names or tuple(f"{op}_{len(self._nodes)}_{i}" for i in range(n))
        self._nodes.append(self._onnx.helper.make_node(op, given, list(outputs), **more))
        return outputs

    def _named(self, given: Value | NDArray[Any]) -> Value:
        if isinstance(given, str):
            return given
        name = f"constant_{len(self._constants)}"
        array = np.asarray(given, order="C")
        self._constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def cast(self, value: Value, dtype: type) -> Value:
        """As numbers of another type."""
        return self("Cast", value, to=getattr(self._onnx.TensorProto, _TYPES[dtype]))

    def summed(self, value: Value, axis: int, *, mean: bool = False, keep: bool = False) -> Value:
        """The sum or the mean along an axis."""
        op = "ReduceMean" if mean else "ReduceSum"
        return self(op, value, whole([axis]), keepdims=int(keep))

    def part(self, value: Value, start: int, stop: int, axis: int) -> Value:
        """Entries from `start` to before `stop` of an axis."""
        return self("Slice", value, whole([start]), whole([stop]), whole([axis]))

    def model(
        self,
        name: str,
        takes: tuple[str, type, tuple[Any, ...]],
        gives: tuple[tuple[str, type, tuple[Any, ...]], ...],
        metadata: dict[str, str],
    ) -> Any:
        """The finished model, checked.

        Args:
            name: Of the graph.
            takes: Name, type and shape of the input; axes of any length have a name.
            gives: The same of the outputs.
            metadata: Texts by their key.
        """
        helper, types = self._onnx.helper, self._onnx.TensorProto

        def described(name: str, dtype: type, shape: tuple[Any, ...]) -> Any:
            kind = getattr(types, _TYPES[dtype])
            return helper.make_tensor_value_info(name, kind, list(shape))

        graph = helper.make_graph(
            self._nodes,
            name,
            [described(*takes)],
            [described(*one) for one in gives],
            self._constants,
        )
        model = helper.make_model(
            graph, producer_name="anomalon", opset_imports=[helper.make_opsetid("", OPSET)]
        )
        model.ir_version = IR_VERSION
        helper.set_model_props(model, metadata)
        self._onnx.checker.check_model(model, full_check=True)
        return model
