"""A fitted detector where no Python runs: one ONNX graph, and firmware; with the proof.

    export_onnx   preparation, network and score as one graph
    OnnxScorer    such a graph, in onnxruntime
    agreement     how often two forms of a detector decide differently, at a working point

Needs the extra `trigger`, where it is used; importing this room does not.
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon.export.agreement import Agreement, agreement
    from anomalon.export.onnx import export_onnx, onnx_model
    from anomalon.export.onnx_scorer import OnnxScorer

__all__ = ["Agreement", "OnnxScorer", "agreement", "export_onnx", "onnx_model"]

_HOMES = {
    "anomalon.export.agreement": ("Agreement", "agreement"),
    "anomalon.export.onnx": ("export_onnx", "onnx_model"),
    "anomalon.export.onnx_scorer": ("OnnxScorer",),
}

__getattr__, __dir__ = loader(__name__, _HOMES)
