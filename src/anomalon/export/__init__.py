"""A fitted detector where no Python runs: one ONNX graph, and firmware; with the proof.

    export_onnx   preparation, network and score as one graph
    OnnxScorer    such a graph, in onnxruntime
    agreement     how often two forms of a detector decide differently, at a working point
    quantise      the encoder with few bits, trained to say the same (`Firmware`)
    make_firmware logic, C++ and Verilog of it, emulated and compared
    distilled_trees   a student of boosted trees, as firmware
    ExportJob     all of it for a saved detector (`anomalon export`)

Needs the extra `trigger`, where it is used; importing this room does not.
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon.export.agreeing import Agreement, agreement
    from anomalon.export.firmware.made import MadeFirmware
    from anomalon.export.firmware.making import WorkingPoint, make_firmware
    from anomalon.export.firmware.quantised import Quantised, quantise
    from anomalon.export.firmware.settings import Firmware
    from anomalon.export.firmware.trees import Trees, distilled_trees
    from anomalon.export.job import ExportJob
    from anomalon.export.onnx import export_onnx, onnx_model
    from anomalon.export.onnx_scorer import OnnxScorer
    from anomalon.export.result import ExportResult

__all__ = [
    "Agreement",
    "ExportJob",
    "ExportResult",
    "Firmware",
    "MadeFirmware",
    "OnnxScorer",
    "Quantised",
    "Trees",
    "WorkingPoint",
    "agreement",
    "distilled_trees",
    "export_onnx",
    "make_firmware",
    "onnx_model",
    "quantise",
]

_HOMES = {
    "anomalon.export.agreeing": ("Agreement", "agreement"),
    "anomalon.export.firmware.made": ("MadeFirmware",),
    "anomalon.export.firmware.making": ("WorkingPoint", "make_firmware"),
    "anomalon.export.firmware.quantised": ("Quantised", "quantise"),
    "anomalon.export.firmware.settings": ("Firmware",),
    "anomalon.export.firmware.trees": ("Trees", "distilled_trees"),
    "anomalon.export.job": ("ExportJob",),
    "anomalon.export.onnx": ("export_onnx", "onnx_model"),
    "anomalon.export.onnx_scorer": ("OnnxScorer",),
    "anomalon.export.result": ("ExportResult",),
}

__getattr__, __dir__ = loader(__name__, _HOMES)
