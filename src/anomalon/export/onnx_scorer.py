"""`OnnxScorer`: events scored by an exported graph, in onnxruntime."""

import json
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float32
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, DataError
from anomalon.core.events import Events
from anomalon.core.promise import numbers_of
from anomalon.export.packages import needed
from anomalon.features.inputs import Layout

__all__ = ["OnnxScorer", "slots_of"]

_BATCH = 1024  # events at a time: what is computed on the way stays in the cache


@final
class OnnxScorer:
    """What `export_onnx` wrote, ready to score.

    Args:
        path: Of the file.
        threads: Cores that one call may use.

    Attributes:
        layout: The slots that it knows.
        threshold: That of the output `accept`; None if there is no such output.
        metadata: What the file says of itself.

    Raises:
        DataError: If the file cannot be read, or is no exported detector.
        MissingExtra: If onnxruntime is not installed.
    """

    def __init__(self, path: str | Path, *, threads: int = 1) -> None:
        runtime = needed("onnxruntime", "scoring an ONNX graph")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.path = Path(path)
        try:
            content = self.path.read_bytes()
            self._session = runtime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
        except Exception as error:  # onnxruntime has a type of its own for each way to fail
            raise DataError(f"{path}: expected an ONNX graph, got {error}") from error
        self.metadata: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        if "anomalon.layout" not in self.metadata:
            raise DataError(
                f"{path}: expected a detector that anomalon exported, got another graph."
            )
        layout = json.loads(self.metadata["anomalon.layout"])
        self.layout = Layout(tuple(layout["kinds"]), tuple(layout["features"]))
        least = self.metadata.get("anomalon.threshold")
        self.threshold = None if least is None else float(least)

    def score(self, events: Events) -> NDArray[np.float64]:
        """One number per event, shape (event,); higher is more anomalous.

        Raises:
            BadLayout: If they have objects of other kinds, or without the features.
            BrokenPromise: If the graph gives no finite number for an event.
        """
        found = self.run(slots_of(self.layout, events), "score")
        return numbers_of(found.astype(np.float64), len(events), f"{self.path.name}: scores")

    def accepts(self, events: Events) -> Bool[np.ndarray, " event"]:
        """Which events reach the threshold, as the graph says it.

        Raises:
            BadLayout: As `score`, or if the graph has no threshold.
        """
        if self.threshold is None:
            raise BadLayout(f"{self.path}: expected a graph with a threshold, got one without.")
        return self.run(slots_of(self.layout, events), "accept")

    def run(self, objects: Float32[np.ndarray, "event slot feature"], output: str) -> Any:
        """An output of the graph for its input, piece by piece."""
        parts = [
            self._session.run([output], {"objects": objects[first : first + _BATCH]})[0]
            for first in range(0, max(len(objects), 1), _BATCH)
        ]
        return np.concatenate(parts)


def slots_of(layout: Layout, events: Events) -> Float32[np.ndarray, "event slot feature"]:
    """Objects in the slots of a layout, zero where there is none: what a graph takes.

    They stay in the order that they have, unless there are more of a kind than slots.

    Raises:
        BadLayout: If they have objects of other kinds, or without the features.
    """
    rest = {kind: list(layout.slots(kind)) for kind in dict.fromkeys(layout.kinds)}
    places = [rest[k].pop(0) if rest.get(k) else -1 for k in events.object_kinds]
    if -1 in places:
        return layout.arranged(events)[0].astype(np.float32)
    columns = list(layout.arrangement(events)[3])
    found = np.zeros((len(events), len(layout.kinds), len(layout.features)), np.float32)
    if places == list(range(len(layout.kinds))) and columns == list(range(found.shape[2])):
        np.copyto(found, events.objects, where=events.mask[:, :, None])  # as they come in files
    else:
        found[:, places] = np.where(events.mask[:, :, None], events.objects[:, :, columns], 0)
    return found
