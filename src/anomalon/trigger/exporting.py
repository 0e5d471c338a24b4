"""The chosen model with its threshold as one ONNX graph, and whether it still decides the same."""

from io import BytesIO

from anomalon.core.errors import BadValue
from anomalon.core.events import Events
from anomalon.core.result import Check, Verdict
from anomalon.core.rounding import count, plain
from anomalon.detection.training import Trained
from anomalon.detectors import FittedDetector
from anomalon.export import WorkingPoint
from anomalon.export.job import compared_graph
from anomalon.export.packages import needed
from anomalon.learn.engine.storage import load_scorer

__all__ = ["exported", "refuse_without_onnx"]


def refuse_without_onnx() -> None:
    """Say before hours of training that a package is missing.

    Raises:
        MissingExtra: If onnx or onnxruntime is not installed.
    """
    for package in ("onnx", "onnxruntime"):
        needed(package, "the ONNX graph of a trigger (onnx = true)")


def exported(name: str, trained: Trained, threshold: float, test: Events) -> tuple[Check, bytes]:
    """The graph as a file holds it, compared on events.

    Args:
        name: Of the model.
        trained: One of its trainings.
        threshold: Of that training.
        test: Events that are compared.

    Raises:
        BadValue: If the model has no such form.
        MissingExtra: If a package of the extra `trigger` is missing.
    """
    if not trained.model:
        raise BadValue(f"onnx: expected a model that can be saved, got {name}. {trained.note}")
    fitted = load_scorer(BytesIO(trained.model))
    assert isinstance(fitted, FittedDetector)
    found, graph = compared_graph(fitted, WorkingPoint(test, test, threshold))
    told = (
        f"{count(found.n_differ)} of {count(found.n_events)} decisions differ; scores by at most "
        f"{plain(found.relative)} of their size"
    )
    verdict: Verdict = "passed" if found.same else "failed"
    return Check("the exported graph decides as the model", told, verdict, name), graph
