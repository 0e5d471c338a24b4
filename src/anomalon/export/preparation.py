"""How events become numbers, in a graph: one function for each kind of inputs that has one."""

from collections.abc import Callable
from typing import Any

import numpy as np

from anomalon.core.errors import BadValue
from anomalon.export.arrangement import Planes
from anomalon.export.graph import Graph, Value, double, whole
from anomalon.features.inputs import FittedInputs
from anomalon.features.objects import FARTHEST, FittedObjects

__all__ = ["PREPARATIONS", "Table", "prepared", "turned", "wrapped"]

Table = tuple[Value, Value]
"""Numbers (event, slot, feature), float32, zero where empty; and the mask (event, slot)."""


def prepared(graph: Graph, planes: Planes, inputs: FittedInputs) -> Table:
    """What the network sees of arranged objects.

    Raises:
        BadValue: If such inputs have no form in a graph.
    """
    for known, preparation in PREPARATIONS.items():
        if isinstance(inputs, known):
            return preparation(graph, planes, inputs)
    kinds = ", ".join(sorted(known.__name__ for known in PREPARATIONS))
    raise BadValue(
        f"export: expected inputs that a graph can prepare ({kinds}), got "
        f"'{inputs.inputs.kind}'. Fit the detector on one of these."
    )


def wrapped(graph: Graph, angle: Value) -> Value:
    """An angle in [-pi, pi), the same digits as in the compiled preparation."""
    turn = double([2 * np.pi])
    turned = graph("Add", angle, double([np.pi]))
    rest = graph("Mod", turned, turn, fmod=1)
    below = graph("Less", rest, double([0]))
    rest = graph("Where", below, graph("Add", rest, turn), rest)
    return graph("Sub", rest, double([np.pi]))


def turned(graph: Graph, planes: Planes, kinds: tuple[str, ...]) -> Value:
    """Azimuths from that of the leading object that is no missing momentum, not yet wrapped.

    From the missing momentum if there is no other object.
    """
    pt, phi = planes.features["pt"], planes.features["phi"]
    visible = np.array([[kind != "met" for kind in kinds]])
    ranks = []
    for some in (visible, ~visible):
        there = graph("And", planes.mask, some)
        ranks.append(graph("Where", there, pt, double([-np.inf])))
    leading = graph("ArgMax", ranks[0], axis=1, keepdims=1)
    missing = graph("ArgMax", ranks[1], axis=1, keepdims=1)
    seen = graph("And", planes.mask, visible)
    any_seen = graph(
        "Greater",
        graph("ReduceMax", graph.cast(seen, np.int64), whole([1]), keepdims=1),
        whole([0]),
    )
    zero = graph("GatherElements", phi, graph("Where", any_seen, leading, missing), axis=1)
    return graph("Sub", phi, zero)


def _objects(graph: Graph, planes: Planes, inputs: Any) -> Table:
    """As `FittedObjects` does it."""
    layout, settings = inputs.layout, inputs.inputs
    _, logarithms, phi, relative, _ = settings.scales(layout)
    columns = []
    for j, name in enumerate(layout.features):
        value = planes.features[name]
        if logarithms[j]:
            above = graph("Max", value, double([0]))
            value = graph("Log", graph("Add", above, double([1])))
        if j == phi:
            angle = turned(graph, planes, layout.kinds) if relative else value
            value = wrapped(graph, angle)
        value = graph("Sub", value, inputs.mean[None, :, j])
        value = graph("Div", value, inputs.std[None, :, j])
        columns.append(graph("Clip", value, double(-FARTHEST), double(FARTHEST)))
    return stacked(graph, columns, planes.mask)


def stacked(graph: Graph, columns: list[Value], mask: Value) -> Table:
    """Features (event, slot) side by side, zero where there is no object."""
    each = [
        graph("Unsqueeze", graph("Where", mask, column, double([0])), whole([2]))
        for column in columns
    ]
    return graph.cast(graph("Concat", *each, axis=2), np.float32), mask


Preparation = Callable[[Graph, Planes, Any], Table]

PREPARATIONS: dict[type[FittedInputs], Preparation] = {FittedObjects: _objects}
"""By the type of the fitted inputs."""
