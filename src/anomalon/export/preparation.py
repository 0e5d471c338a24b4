"""How events become numbers, in a graph: one function for each kind of inputs that has one."""

from collections.abc import Callable
from typing import Any

from anomalon.core.errors import BadValue
from anomalon.export.arrangement import Planes
from anomalon.export.graph import Graph, double
from anomalon.export.steps import Table, stacked, turned, wrapped
from anomalon.export.trigger_preparation import trigger_objects
from anomalon.features.inputs import FittedInputs
from anomalon.features.objects import FARTHEST, FittedObjects
from anomalon.features.trigger_objects import FittedTriggerObjects

__all__ = ["PREPARATIONS", "prepared"]


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


def _objects(graph: Graph, planes: Planes, inputs: Any) -> Table:
    """As `FittedObjects` does it."""
    layout, settings = inputs.layout, inputs.inputs
    _, logarithms, phi, relative, visible = settings.scales(layout)
    columns = []
    for j, name in enumerate(layout.features):
        value = planes.features[name]
        if logarithms[j]:
            above = graph("Max", value, double([0]))
            value = graph("Log", graph("Add", above, double([1])))
        if j == phi:
            angle = turned(graph, planes, tuple(visible)) if relative else value
            value = wrapped(graph, angle)
        value = graph("Sub", value, inputs.mean[None, :, j])
        value = graph("Div", value, inputs.std[None, :, j])
        columns.append(graph("Clip", value, double(-FARTHEST), double(FARTHEST)))
    return stacked(graph, columns, planes.mask)


Preparation = Callable[[Graph, Planes, Any], Table]

PREPARATIONS: dict[type[FittedInputs], Preparation] = {
    FittedObjects: _objects,
    FittedTriggerObjects: trigger_objects,
}
"""By the type of the fitted inputs."""
