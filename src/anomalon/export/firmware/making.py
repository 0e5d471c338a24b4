"""`make_firmware`: a detector as firmware in several forms, compared with the quantised model."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown
from anomalon.detectors.base import FittedDetector
from anomalon.export.agreeing import agreement
from anomalon.export.firmware.hls import compiled_hls
from anomalon.export.firmware.logic import Logic, traced
from anomalon.export.firmware.made import MadeFirmware
from anomalon.export.firmware.quantised import Quantised, quantise
from anomalon.export.firmware.settings import Firmware
from anomalon.export.firmware.simulation import simulated

__all__ = ["FirmwareForm", "WorkingPoint", "make_firmware", "thresholds_of"]

FirmwareForm = Literal["da4ml", "hls4ml", "verilog"]
"""Logic and its emulation; C++ and its emulation; the simulation of the Verilog of the logic."""

Scores = NDArray[np.floating[Any]]


@final
@dataclass(frozen=True, eq=False, repr=False)
class WorkingPoint(Shown):
    """Events that fix a threshold, and what it is.

    Args:
        learn: Background to learn from, and to fix thresholds by.
        test: Events that are compared.
        threshold: Of the float detector.
    """

    learn: Events
    test: Events
    threshold: float


def thresholds_of(float_scores: Scores, scores: Scores, threshold: float) -> float:
    """The threshold by which another model accepts as many events as the float one.

    Args:
        float_scores: Of events that are learned from, shape (event,).
        scores: Those of the other model.
        threshold: Of the float model.
    """
    n = int(np.sum(float_scores >= threshold))
    if n == 0:  # beyond them all
        return float(np.max(scores)) * threshold / max(float(np.max(float_scores)), 1e-300)
    return float(np.sort(scores)[len(scores) - n])


def make_firmware(
    fitted: FittedDetector,
    point: WorkingPoint,
    forms: tuple[FirmwareForm, ...] = ("da4ml", "hls4ml"),
    settings: Firmware | None = None,
    *,
    seed: Seed | int = 0,
) -> MadeFirmware:
    """Quantise a detector, make firmware of it, and count the decisions that differ.

    Args:
        fitted: As `quantise` takes it.
        point: Events and threshold.
        forms: What is emulated; the logic and its Verilog are always written.
        settings: Bits, training, clock.
        seed: Of the training.

    Raises:
        BadValue, Leak, TooFewEvents, MissingExtra: As `quantise`.
        DataError: If an emulation cannot be built.
    """
    settings = Firmware() if settings is None else settings
    quantised = quantise(fitted, point.learn, settings, seed=seed)
    logic = traced(quantised)
    inputs = quantised.inputs(point.test)
    scores = quantised.scores_of(inputs)
    wanted = thresholds_of(fitted.score(point.learn), quantised.score(point.learn), point.threshold)
    whole = logic.integer_threshold(wanted)
    least = whole * 2.0**-logic.fraction_bits
    with TemporaryDirectory() as folder:
        made = _emulated(quantised, logic, inputs, forms, settings, Path(folder))
        files = _texts(Path(folder))
    quantisation = agreement(
        fitted.score(point.test), scores, point.threshold, other_threshold=least,
        names=("float", "quantised"),
    )  # fmt: skip
    return MadeFirmware(
        quantisation,
        tuple(agreement(scores, s, least, names=("quantised", name)) for name, s in made.items()),
        whole,
        logic.fraction_bits,
        quantised.bit_operations,
        logic.estimate(settings),
        files,
    )


def _emulated(
    quantised: Quantised, logic: Logic, inputs: NDArray[np.float32],
    forms: tuple[FirmwareForm, ...], settings: Firmware, folder: Path,
) -> dict[str, Scores]:  # fmt: skip
    """Scores by the name of what gave them; sources are left in the folder."""
    found: dict[str, Scores] = {}
    verilog = folder / "verilog"
    project = logic.verilog(verilog, settings)
    if "da4ml" in forms:
        found["da4ml"] = logic.scores_of(inputs)
    if "verilog" in forms:
        found["verilog"] = simulated(project, verilog, inputs)
    if "hls4ml" in forms:
        found["hls4ml"] = compiled_hls(quantised, folder / "hls").scores_of(inputs)
    return found


def _texts(folder: Path) -> dict[str, str]:
    """All sources below a folder, by their path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in (".so", ".o", ".a", ".keras", ".gz", ".d"):
            found[f"firmware/{path.relative_to(folder).as_posix()}"] = path.read_text("utf-8")
    return found
