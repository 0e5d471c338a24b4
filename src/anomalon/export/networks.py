"""Feed-forward networks in a graph, from the trained ones."""

from typing import Any

from anomalon.core.errors import BadValue
from anomalon.export.graph import Graph, Value, single, whole
from anomalon.learn.autoencoders.variational import Bounded
from anomalon.learn.models.dense import SLOPE, Dense
from anomalon.learn.models.gradients import LEAST
from anomalon.learn.models.slots import FlatDecoder, FlatEncoder

__all__ = ["decoded", "encoded"]


def encoded(graph: Graph, table: Value, encoder: Any) -> Value:
    """What an encoder makes of a table (event, slot, feature): (event, n_out).

    Raises:
        BadValue: If it is no feed-forward network.
    """
    if not isinstance(encoder, FlatEncoder):
        raise BadValue(_refused(encoder))
    rows = graph("Reshape", table, whole([-1, encoder.dense.layers[0].weight.shape[0]]))
    return _dense(graph, rows, encoder.dense)


def decoded(graph: Graph, z: Value, decoder: Any) -> Value:
    """The table that a decoder makes of (event, n_in).

    Raises:
        BadValue: If it is no feed-forward network.
    """
    if isinstance(decoder, Bounded):
        return _bounded(graph, decoded(graph, z, decoder.decoder), decoder)
    if not isinstance(decoder, FlatDecoder):
        raise BadValue(_refused(decoder))
    rows = _dense(graph, z, decoder.dense)
    return graph("Reshape", rows, whole([-1, *decoder.shape]))


def _refused(half: Any) -> str:
    return (
        "export: expected a network of dense layers (feed_forward), got "
        f"{type(half).__name__}. Train `FeedForward` on what the other one scores."
    )


def _dense(graph: Graph, rows: Value, dense: Dense) -> Value:
    *hidden, last = dense.layers
    for i, layer in enumerate(hidden):
        rows = _affine(graph, rows, layer)
        if dense.norms:
            norm = dense.norms[i]
            scale, shift = single(norm.weight), single(norm.bias)
            rows = graph("LayerNormalization", rows, scale, shift, axis=-1, epsilon=LEAST)
        rows = _activated(graph, rows, dense.inner.activation)
    return _affine(graph, rows, last)


def _affine(graph: Graph, rows: Value, layer: Any) -> Value:
    return graph("Gemm", rows, single(layer.weight), single(layer.bias))


def _activated(graph: Graph, rows: Value, name: str) -> Value:
    if name == "relu":
        return graph("Relu", rows)
    if name == "leaky_relu":
        return graph("LeakyRelu", rows, alpha=SLOPE)
    return graph("Mul", rows, graph("Sigmoid", rows))


def _bounded(graph: Graph, table: Value, bounded: Bounded) -> Value:
    """Columns of a table inside of their bounds."""
    shape = bounded.decoder.shape
    found = [graph.part(table, j, j + 1, 2) for j in range(shape[1])]
    for column, lowest, highest in bounded.columns:
        low, high = (single(edge)[None, :, None] for edge in (lowest, highest))
        inside = graph("Mul", graph("Tanh", found[column]), (high - low) / 2)
        found[column] = graph("Add", inside, (low + high) / 2)
    return graph("Concat", *found, axis=2)
