"""Anomaly detection in a trigger: what is kept of what comes in, at a fixed rate.

    rates       weights of enhanced-bias events, rates, thresholds, menus, stability; no learning
    results     what was found

Everything is loaded when it is first used: rates load no network.
"""

from typing import TYPE_CHECKING

from anomalon.lazy import loader

if TYPE_CHECKING:
    from anomalon.core.prescales import enhanced_bias_weights
    from anomalon.trigger.comparing import operate
    from anomalon.trigger.job import TriggerJob
    from anomalon.trigger.operation import Operation
    from anomalon.trigger.rates.controller import (
        Control,
        Controller,
        decaying_pile_up,
        follow,
    )
    from anomalon.trigger.rates.curves import (
        BinnedEfficiency,
        RateCurve,
        efficiency,
        efficiency_in_bins,
        rate_curve,
    )
    from anomalon.trigger.rates.menu import Menu, Regions, overlaps, regions
    from anomalon.trigger.rates.rate import FILLED_CROSSINGS, Rate, measured_rate
    from anomalon.trigger.rates.stability import BinnedRate, rate_in_bins
    from anomalon.trigger.rates.threshold import (
        Closure,
        Threshold,
        closure,
        threshold_at_rate,
    )
    from anomalon.trigger.results.operated import Operated
    from anomalon.trigger.results.trigger import TriggerResult
    from anomalon.trigger.training import Model

__all__ = [
    "FILLED_CROSSINGS",
    "BinnedEfficiency",
    "BinnedRate",
    "Closure",
    "Control",
    "Controller",
    "Menu",
    "Model",
    "Operated",
    "Operation",
    "Rate",
    "RateCurve",
    "Regions",
    "Threshold",
    "TriggerJob",
    "TriggerResult",
    "closure",
    "decaying_pile_up",
    "efficiency",
    "efficiency_in_bins",
    "enhanced_bias_weights",
    "follow",
    "measured_rate",
    "operate",
    "overlaps",
    "rate_curve",
    "rate_in_bins",
    "regions",
    "threshold_at_rate",
]

_RATES = "anomalon.trigger.rates"
_HOMES = {
    "anomalon.trigger.job": ("TriggerJob",),
    "anomalon.trigger.comparing": ("operate",),
    "anomalon.trigger.operation": ("Operation",),
    "anomalon.trigger.results.operated": ("Operated",),
    "anomalon.trigger.results.trigger": ("TriggerResult",),
    "anomalon.trigger.training": ("Model",),
    f"{_RATES}.controller": ("Control", "Controller", "decaying_pile_up", "follow"),
    f"{_RATES}.curves": (
        "BinnedEfficiency", "RateCurve", "efficiency", "efficiency_in_bins", "rate_curve",
    ),
    f"{_RATES}.menu": ("Menu", "Regions", "overlaps", "regions"),
    "anomalon.core.prescales": ("enhanced_bias_weights",),
    f"{_RATES}.rate": ("FILLED_CROSSINGS", "Rate", "measured_rate"),
    f"{_RATES}.stability": ("BinnedRate", "rate_in_bins"),
    f"{_RATES}.threshold": ("Closure", "Threshold", "closure", "threshold_at_rate"),
}  # fmt: skip

__getattr__, __dir__ = loader(__name__, _HOMES)
