"""Steps of a graph that all preparations share."""

import numpy as np

from anomalon.export.arrangement import Planes
from anomalon.export.graph import Graph, Value, double, whole

__all__ = ["Table", "stacked", "turned", "wrapped"]

Table = tuple[Value, Value]
"""Numbers (event, slot, feature), float32, zero where empty; and the mask (event, slot)."""


def wrapped(graph: Graph, angle: Value) -> Value:
    """An angle in [-pi, pi), the same digits as in the compiled preparation."""
    turn = double([2 * np.pi])
    turned = graph("Add", angle, double([np.pi]))
    rest = graph("Mod", turned, turn, fmod=1)
    below = graph("Less", rest, double([0]))
    rest = graph("Where", below, graph("Add", rest, turn), rest)
    return graph("Sub", rest, double([np.pi]))


def turned(graph: Graph, planes: Planes, visible: tuple[bool, ...]) -> Value:
    """Azimuths from that of the leading object that is visible, not yet wrapped.

    From the leading other one, the missing momentum, if there is none.
    """
    pt, phi = planes.features["pt"], planes.features["phi"]
    seen = np.array([visible])
    ranks = []
    for some in (seen, ~seen):
        there = graph("And", planes.mask, some)
        ranks.append(graph("Where", there, pt, double([-np.inf])))
    leading = graph("ArgMax", ranks[0], axis=1, keepdims=1)
    missing = graph("ArgMax", ranks[1], axis=1, keepdims=1)
    there = graph("And", planes.mask, seen)
    any_seen = graph(
        "Greater",
        graph("ReduceMax", graph.cast(there, np.int64), whole([1]), keepdims=1),
        whole([0]),
    )
    zero = graph("GatherElements", phi, graph("Where", any_seen, leading, missing), axis=1)
    return graph("Sub", phi, zero)


def stacked(graph: Graph, columns: list[Value], mask: Value) -> Table:
    """Features (event, slot) side by side, zero where there is no object."""
    each = [
        graph("Unsqueeze", graph("Where", mask, column, double([0])), whole([2]))
        for column in columns
    ]
    return graph.cast(graph("Concat", *each, axis=2), np.float32), mask
