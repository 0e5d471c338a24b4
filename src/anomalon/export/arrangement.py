"""Objects in order of falling pT within each kind, as `Layout.arranged` has them, in a graph."""

from dataclasses import dataclass
from typing import final

import numpy as np

from anomalon.export.graph import Graph, Value, double, single, whole
from anomalon.features.inputs import Layout

__all__ = ["Planes", "arranged", "spread"]


@final
@dataclass(frozen=True)
class Planes:
    """Objects of a graph, feature by feature.

    Args:
        features: Each of shape (event, slot), in double precision, by its name; zero where there
            is no object.
        mask: Which slots are filled, shape (event, slot).
    """

    features: dict[str, Value]
    mask: Value


def spread(graph: Graph, objects: Value, layout: Layout) -> Planes:
    """The features of objects (event, slot, feature), of which all-zero ones are empty slots.

    Double precision from here to the network, as in anomalon itself: an azimuth that rounding
    turns from -pi to pi is another event to a network.
    """
    filled = graph("ReduceMax", graph("Abs", objects), whole([2]), keepdims=0)
    mask = graph("Not", graph("Equal", filled, single([0])))  # NaN is something, too
    wide = graph.cast(objects, np.float64)
    columns = {
        name: graph("Gather", wide, whole(j), axis=2) for j, name in enumerate(layout.features)
    }
    return Planes(columns, mask)


def arranged(graph: Graph, planes: Planes, layout: Layout) -> Planes:
    """The same with the objects of each kind in order of falling pT, empty slots behind them.

    Ties are broken by the other features, as `Layout.arranged` does it: by sorting along the least
    important one first. TopK leaves equal ones in their order.
    """
    order: list[Value] = []
    numbers = graph.cast(planes.mask, np.int64)
    leading = "pt" if "pt" in layout.features else layout.features[0]
    others = [name for name in layout.features if name != leading]
    for kind in dict.fromkeys(layout.kinds):
        slots = layout.slots(kind)
        if len(slots) > 1:
            order.append(_order(graph, planes, (slots[0], slots[-1] + 1), leading, others))
        else:
            only = graph("Mul", graph.part(numbers, 0, 1, 1), whole([0]))
            order.append(graph("Add", only, whole([slots[0]])))
    together = graph("Concat", *order, axis=1)
    features = {
        name: graph("GatherElements", value, together, axis=1)
        for name, value in planes.features.items()
    }
    mask = graph.cast(graph("GatherElements", numbers, together, axis=1), np.bool_)
    return Planes(features, mask)


def _order(
    graph: Graph, planes: Planes, slots: tuple[int, int], leading: str, others: list[str]
) -> Value:
    """Which slot comes first, second … of those of a kind, shape (event, slot)."""
    mask = graph.part(planes.mask, *slots, axis=1)
    found: Value | None = None
    for name in (*reversed(others), leading):
        key = graph.part(planes.features[name], *slots, axis=1)
        if name == leading:  # empty slots come last, whatever a filled one has
            key = graph("Where", mask, key, double([-np.inf]))
        if found is not None:
            key = graph("GatherElements", key, found, axis=1)
        n = whole([slots[1] - slots[0]])
        _, rank = graph.many("TopK", 2, key, n, axis=1, largest=int(name == leading))
        found = rank if found is None else graph("GatherElements", found, rank, axis=1)
    assert found is not None
    return graph("Add", found, whole([slots[0]]))
