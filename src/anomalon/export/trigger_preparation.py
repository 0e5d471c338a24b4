"""The steps of `TriggerObjects` in a graph: one function for each, in the order of `steps`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from anomalon.export.arrangement import Planes
from anomalon.export.graph import Graph, Value, double, single, whole
from anomalon.export.steps import Table, stacked, turned, wrapped
from anomalon.features.trigger_objects import FittedTriggerObjects
from anomalon.features.trigger_steps import (
    FARTHEST,
    GEV,
    Divided,
    Floor,
    Missing,
    OverlapRemoved,
    PtOfEvent,
    Rotated,
    Saturated,
)

__all__ = ["trigger_objects"]


def trigger_objects(graph: Graph, planes: Planes, inputs: FittedTriggerObjects) -> Table:
    """What the network sees of arranged objects."""
    for step in inputs.steps:
        planes = _STEPS[type(step)](graph, planes, step)
    columns = [planes.features[name] for name in inputs.layout.features]
    return stacked(graph, columns, planes.mask)


def _missing(graph: Graph, planes: Planes, step: Missing) -> Planes:
    pt, there = planes.features["pt"], planes.mask
    missing = graph("Not", graph("And", there, graph("GreaterOrEqual", pt, double([0]))))
    missing = _or_equal(graph, missing, pt, step.values)
    repaired = double([step.repaired])
    features = {"pt": graph("Where", missing, repaired, pt)}
    for name in planes.features:
        if name != "pt":
            value = planes.features[name]
            nothing = _or_equal(graph, missing, value, step.values)
            features[name] = graph("Where", nothing, double([0]), value)
    mask = graph("Or", graph("Not", missing), repaired > 0)
    return Planes({name: features[name] for name in planes.features}, mask)


def _or_equal(graph: Graph, found: Value, value: Value, values: tuple[float, ...]) -> Value:
    """Whether it was found, or a number is one of some values."""
    for one in values:
        found = graph("Or", found, graph("Equal", value, double([one])))
    return found


def _saturated(graph: Graph, planes: Planes, step: Saturated) -> Planes:
    pt, limit = planes.features["pt"], double([step.limit])
    if step.what == "clip":
        clipped = graph("Where", planes.mask, graph("Min", pt, limit), pt)
        return replace(planes, features={**planes.features, "pt": clipped})
    return replace(planes, mask=graph("And", planes.mask, graph("Less", pt, limit)))


def _floor(graph: Graph, planes: Planes, step: Floor) -> Planes:
    given = double([step.limit])
    enough = graph("GreaterOrEqual", planes.features["pt"], np.where(given > 0, given, -np.inf))
    return replace(planes, mask=graph("And", planes.mask, enough))


def _overlap(graph: Graph, planes: Planes, step: OverlapRemoved) -> Planes:
    if step.keep != step.drop:
        near = _near(graph, planes, step.keep, step.drop, step.delta_r)
        kept = graph("Unsqueeze", graph.part(planes.mask, *step.keep, 1), whole([2]))
        lost = _any(graph, graph("And", near, kept))
        return replace(planes, mask=_without(graph, planes.mask, lost, step.drop))
    mask, end = planes.mask, step.keep[1]
    for slot in range(step.keep[0], end - 1):
        behind = (slot + 1, end)
        near = _near(graph, planes, (slot, slot + 1), behind, step.delta_r)
        kept = graph("Unsqueeze", graph.part(mask, slot, slot + 1, 1), whole([2]))
        mask = _without(graph, mask, _any(graph, graph("And", near, kept)), behind)
    return replace(planes, mask=mask)


def _near(
    graph: Graph, planes: Planes, keep: tuple[int, int], drop: tuple[int, int], delta_r: float
) -> Value:
    """Which pairs are nearer than that, shape (event, keep, drop)."""

    def apart(name: str) -> Value:
        ends = [
            graph("Unsqueeze", graph.part(planes.features[name], *slots, 1), whole([axis]))
            for slots, axis in ((drop, 1), (keep, 2))
        ]
        return graph("Sub", *ends)

    d_eta, d_phi = apart("eta"), wrapped(graph, apart("phi"))
    square = graph("Add", graph("Mul", d_eta, d_eta), graph("Mul", d_phi, d_phi))
    return graph("Less", square, double([delta_r**2]))


def _any(graph: Graph, found: Value) -> Value:
    """Whether it holds for one of the axis in the middle."""
    counted = graph("ReduceMax", graph.cast(found, np.float32), whole([1]), keepdims=0)
    return graph("Greater", counted, single([0]))


def _without(graph: Graph, mask: Value, lost: Value, slots: tuple[int, int]) -> Value:
    """A mask of which slots in a row are lost."""
    kept = graph("And", graph.part(mask, *slots, 1), graph("Not", lost))
    before, behind = graph.part(mask, 0, slots[0], 1), graph.part(mask, slots[1], 2**31 - 1, 1)
    return graph("Concat", before, kept, behind, axis=1)


def _rotated(graph: Graph, planes: Planes, step: Rotated) -> Planes:
    angle = wrapped(graph, turned(graph, planes, step.visible))
    return replace(planes, features={**planes.features, "phi": angle})


def _pt_of_event(graph: Graph, planes: Planes, step: PtOfEvent) -> Planes:
    filled = graph("Where", planes.mask, planes.features["pt"], double([0]))
    total = graph.summed(filled, 1, keep=True)
    there = graph("Greater", total, double([0]))
    # never over zero: a runtime may compute both sides
    factor = graph("Div", double([step.total]), graph("Where", there, total, double([1])))
    factor = graph("Where", there, factor, double([0]))
    features = {
        name: graph("Mul", value, factor) if name in GEV else value
        for name, value in planes.features.items()
    }
    return replace(planes, features=features)


def _divided(graph: Graph, planes: Planes, step: Divided) -> Planes:
    features = {}
    for j, (name, value) in enumerate(planes.features.items()):
        quotient = graph("Div", value, double([[row[j] for row in step.by]]))
        features[name] = graph("Clip", quotient, double(-FARTHEST), double(FARTHEST))
    return replace(planes, features=features)


_STEPS: dict[type, Callable[[Graph, Planes, Any], Planes]] = {
    Missing: _missing,
    Saturated: _saturated,
    Floor: _floor,
    OverlapRemoved: _overlap,
    Rotated: _rotated,
    PtOfEvent: _pt_of_event,
    Divided: _divided,
}
