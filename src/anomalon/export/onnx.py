"""`export_onnx`: a fitted detector as one graph of ONNX, from raw objects to the score.

The graph has one input, `objects` (event, slot, feature), float32, in GeV and radians, with the
slots of the layout; a slot whose numbers are all zero is empty. Objects of a kind may come in any
order. What follows is what the detector does: order by pT, preparation, network, and distance or
latent score. Outputs are `score` (event,), float32, and with a threshold `accept` (event,), which
says whether the score reaches it. The metadata are version, settings, layout and threshold.

A graph needs neither JAX nor anomalon: any runtime of ONNX will do.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from anomalon.core import check
from anomalon.core.atomic import write_atomically
from anomalon.core.provenance import anomalon_version
from anomalon.detectors.base import FittedDetector
from anomalon.export.arrangement import arranged, spread
from anomalon.export.graph import Graph, double
from anomalon.export.preparation import prepared
from anomalon.export.scores import exportable, scored
from anomalon.run.settings import encode

__all__ = ["export_onnx", "onnx_model"]


def export_onnx(fitted: FittedDetector, path: str | Path, threshold: float | None = None) -> Path:
    """Write a detector as one ONNX graph.

    Args:
        fitted: An autoencoder or a variational one with a feed-forward network, on objects.
        path: Of the file, `.onnx`; it appears when it is whole.
        threshold: Events of at least this score are accepted; no such output if None.

    Returns:
        The path.

    Raises:
        BadValue: If the detector has no graph, or the threshold is no number.
        MissingExtra: If the package onnx is not installed.
        DataError: If the file cannot be written.
    """
    content = onnx_model(fitted, threshold).SerializeToString()
    with write_atomically(path) as unfinished:
        unfinished.write_bytes(content)
    return Path(path)


def onnx_model(fitted: FittedDetector, threshold: float | None = None) -> Any:
    """The same as an `onnx.ModelProto` in memory."""
    exportable(check.of_kind(fitted, "export: model", FittedDetector))
    layout, graph = fitted.inputs.layout, Graph()
    planes = arranged(graph, spread(graph, "objects", layout), layout)
    score = scored(graph, prepared(graph, planes, fitted.inputs), fitted)
    graph("Identity", score, name="score")
    gives: tuple[Any, ...] = (("score", np.float32, ("event",)),)
    if threshold is not None:
        least = check.number(threshold, "export: threshold")
        wide = graph.cast("score", np.float64)
        graph("GreaterOrEqual", wide, double(least), name="accept")
        gives += (("accept", np.bool_, ("event",)),)
    shape = ("event", len(layout.kinds), len(layout.features))
    metadata = _metadata(fitted, threshold)
    return graph.model("anomalon", ("objects", np.float32, shape), gives, metadata)


def _metadata(fitted: FittedDetector, threshold: float | None) -> dict[str, str]:
    """Everything that a reader of the file alone needs to know."""
    layout = fitted.inputs.layout
    found = {
        "anomalon.version": anomalon_version(),
        "anomalon.detector": json.dumps(encode(fitted.detector)),
        "anomalon.layout": json.dumps({"kinds": layout.kinds, "features": layout.features}),
        "anomalon.units": "GeV, radians; a slot of zeros is empty",
    }
    if threshold is not None:
        found["anomalon.threshold"] = repr(float(threshold))
    return found
