"""The result of an export in which everything is there that there may be."""

from dataclasses import replace

import numpy as np

from anomalon.export import ExportResult, agreement
from anomalon.export.firmware.made import Estimate, MadeFirmware


def found_export(**more) -> ExportResult:
    score = np.arange(100.0)
    same = agreement(score, score, 90, names=("quantised", "da4ml"))
    few = agreement(score, score + 1, 90, names=("float", "quantised"))
    made = MadeFirmware(few, (same,), 360, 2, 1e4, Estimate(1e3, 12.0, 3, 5.0, 400))
    exact = agreement(score, score, 90, names=("detector", "onnx"))
    made = ExportResult("Export of a model", "Variational()", "toys", 50, 90.0, exact, made)
    return replace(made, **more)
