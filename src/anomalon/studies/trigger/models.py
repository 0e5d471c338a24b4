"""The three trainings of the poster, and what changes one thing of the improved one at a time.

What is said: base models are 60-32-8-2, trained on enhanced bias or on dijets; the improved one is
60-100-100-64-32-4, trained on a mix of both, with dijets of JZ4 and enhanced bias counting less,
padding out of the loss, and jets below 50 GeV zeroed at the High-Level Trigger. What is not said is
chosen here and never changed: events count as they were recorded (their weights in a training are
equal within a sample), slices 1 to 4 are the dijets, enhanced bias counts as much as all of them,
and JZ4 a quarter of another slice. One model has pT on a single scale instead of one for each
event: "pT normalised to 100" may be read in two ways.
"""

from dataclasses import replace
from typing import Literal

from anomalon.detection import Named
from anomalon.detectors import FeedForward, Learning, TriggerObjects
from anomalon.detectors.autoencoder import Autoencoder
from anomalon.detectors.trigger_models import base, improved
from anomalon.features.per_kind import PerKind
from anomalon.features.trigger_objects import Divisors
from anomalon.trigger import Model
from anomalon.trigger.training import BACKGROUND

__all__ = ["BASE_DIJET", "BASE_EB", "FLOORED", "GLOBAL", "IMPROVED", "SMALL", "models_of"]

Level = Literal["l1", "hlt"]

BASE_EB, BASE_DIJET, IMPROVED = "Base EB", "Base dijet", "Improved"
SMALL, FLOORED, GLOBAL = "Improved, small network", "Improved, floor changed", "Improved, one scale"

_DIJETS = ("jz1", "jz2", "jz3", "jz4")
_MIX = {BACKGROUND: 3.25, "jz1": 1.0, "jz2": 1.0, "jz3": 1.0, "jz4": 0.25}
_FLOOR = PerKind(jet=50.0)
_SCALE = PerKind(20.0)  # GeV: x0.05 of HLTAD in GELATO, the code that came after the poster


def models_of(level: Level, learning: Learning) -> tuple[Model, ...]:
    """The models, the improved one last.

    Args:
        level: "l1" or "hlt".
        learning: How all of them are trained.
    """
    best = improved(level, learning=learning)
    inputs = best.inputs
    assert isinstance(inputs, TriggerObjects)
    other = PerKind() if level == "hlt" else _FLOOR
    angles = inputs.divide
    one_scale = replace(inputs, pt="global", divide=Divisors(_SCALE, angles.eta, angles.phi))
    return (
        _model(BASE_EB, base(level, learning=learning), {BACKGROUND: 1.0}),
        _model(BASE_DIJET, base(level, learning=learning), dict.fromkeys(_DIJETS, 1.0)),
        _model(SMALL, replace(best, network=FeedForward((32, 8), "relu"), n_latent=2), _MIX),
        _model(FLOORED, replace(best, inputs=replace(inputs, floor=other)), _MIX),
        _model(GLOBAL, replace(best, inputs=one_scale), _MIX),
        _model(IMPROVED, best, _MIX),
    )


def _model(name: str, detector: Autoencoder, emphasis: dict[str, float]) -> Model:
    return Model(Named(detector, name), emphasis, power=0.0)
