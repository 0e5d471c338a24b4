"""From what a network gives to the score of an event, in a graph."""

from typing import Any

import numpy as np

from anomalon.core.errors import BadValue
from anomalon.detectors.autoencoder import Autoencoder
from anomalon.detectors.base import FittedDetector
from anomalon.detectors.variational import Variational
from anomalon.export.graph import Graph, Value, single
from anomalon.export.networks import decoded, encoded
from anomalon.export.steps import Table
from anomalon.learn.autoencoders.distance import Distance
from anomalon.learn.autoencoders.variational import LARGEST

__all__ = ["EXPORTED", "exportable", "scored"]

EXPORTED = (Autoencoder.kind, Variational.kind)
"""Kinds of detectors that have a graph."""


def exportable(fitted: FittedDetector) -> None:
    """Refuse a detector that has no graph.

    Raises:
        BadValue: If it is neither an autoencoder nor a variational one.
    """
    if not isinstance(fitted.detector, Autoencoder | Variational):
        raise BadValue(
            f"export: expected a detector of the kinds {', '.join(EXPORTED)} with a feed_forward "
            f"network, got '{fitted.detector.kind}'. Train one of these on the same background."
        )


def scored(graph: Graph, table: Table, fitted: FittedDetector) -> Value:
    """The score of each event, shape (event,), float32."""
    detector, inputs = fitted.detector, fitted.inputs
    if isinstance(detector, Autoencoder):
        model = detector.model_of(fitted.state, inputs)
        back = decoded(graph, encoded(graph, table[0], model.encoder), model.decoder)
        return _distance(graph, table, back, (detector.score or detector.loss).distance(inputs))
    assert isinstance(detector, Variational)
    return _variational(graph, table, fitted, detector)


def _variational(
    graph: Graph, table: Table, fitted: FittedDetector, detector: Variational
) -> Value:
    model = detector.model_of(fitted.state, fitted.inputs)
    both = encoded(graph, table[0], model.encoder)
    n, what = detector.n_latent, detector.score
    mean = graph.part(both, 0, n, 1)
    if what == "mean_square":
        return graph.summed(graph("Mul", mean, mean), 1)
    if what == "reconstruction":
        compared = (detector.judged or detector.loss).distance(fitted.inputs)
        return _distance(graph, table, decoded(graph, mean, model.decoder), compared)
    log_variance = graph("Clip", graph.part(both, n, 2 * n, 1), single(-LARGEST), single(LARGEST))
    variance, square = graph("Exp", log_variance), graph("Mul", mean, mean)
    if what == "radius":
        return graph.summed(graph("Div", square, variance), 1)
    each = graph("Sub", graph("Add", variance, square), single([1]))
    divergence = graph("Div", graph.summed(graph("Sub", each, log_variance), 1), single([2]))
    if what == "divergence":
        return divergence
    back = decoded(graph, mean, model.decoder)
    away = _distance(graph, table, back, detector.loss.distance(fitted.inputs))
    return graph(
        "Add",
        graph("Mul", away, single([1 - detector.beta])),
        graph("Mul", divergence, single([detector.beta])),
    )


def _distance(graph: Graph, table: Table, back: Value, distance: Any) -> Value:
    """As `Distance` does it."""
    if not isinstance(distance, Distance):
        raise BadValue(f"export: expected a distance of entries, got {distance}.")
    each = _entries(graph, graph("Sub", back, table[0]), distance)
    rows = graph.summed(each, 2, mean=distance.reduce == "mean")
    if not distance.masked:
        counts = graph("Add", graph("Mul", rows, single([0])), single([1]))
    else:
        counts = graph.cast(table[1], np.float32)
        rows = graph("Mul", rows, counts)
    if distance.groups:
        return _by_group(graph, rows, counts, distance)
    total = graph.summed(rows, 1)
    if distance.reduce == "sum":
        return total
    return graph("Div", total, graph("Max", graph.summed(counts, 1), single([1])))


def _entries(graph: Graph, d: Value, distance: Distance) -> Value:
    """What the difference of each entry counts."""
    if distance.turns:
        turn = single(distance.turns)[None, :, None]
        others, last = graph.part(d, 0, -1, 2), graph.part(d, -1, _END, 2)
        times = single(1 / np.array(distance.turns))[None, :, None]
        whole = graph("Round", graph("Mul", last, times))
        last = graph("Sub", last, graph("Mul", whole, turn))
        d = graph("Concat", others, last, axis=2)
    each = graph("Mul", d, d)
    if distance.first == "squared":
        return each
    size = graph("Abs", d)
    if distance.first == "huber":
        near = graph("Less", size, single([1]))
        half = graph("Mul", each, single([0.5]))
        size = graph("Where", near, half, graph("Sub", size, single([0.5])))
    return graph("Concat", graph.part(size, 0, 1, 2), graph.part(each, 1, _END, 2), axis=2)


_END = 2**31 - 1  # to the end of an axis


def _by_group(graph: Graph, rows: Value, counts: Value, distance: Distance) -> Value:
    """The mean or sum over groups that are there of the mean over their rows."""
    of_group = np.eye(max(distance.groups) + 1, dtype=np.float32)[list(distance.groups)]
    n = graph("MatMul", counts, of_group)
    means = graph("Div", graph("MatMul", rows, of_group), graph("Max", n, single([1])))
    total = graph.summed(means, 1)
    if distance.reduce == "sum":
        return total
    there = graph.cast(graph("Greater", n, single([0])), np.float32)
    return graph("Div", total, graph("Max", graph.summed(there, 1), single([1])))
