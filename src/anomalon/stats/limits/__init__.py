"""Upper limits by CLs: from counts, from control regions, from whole spectra."""

from anomalon.stats.limits.count_limits import (
    ClsMethod,
    Limit,
    cls,
    cls_upper_limit,
    expected_upper_limits,
    upper_limits,
)
from anomalon.stats.limits.efficiency import EfficiencyCurve
from anomalon.stats.limits.on_off_limits import on_off_upper_limit
from anomalon.stats.limits.rerun import (
    Interpolation,
    RerunLimit,
    RerunPoint,
    limit_by_rerun,
    limit_from_runs,
)
from anomalon.stats.limits.signal_limits import SignalModel
from anomalon.stats.limits.signal_nuisances import SignalNuisances
from anomalon.stats.limits.strength_limits import StrengthLimit, upper_limit_with_efficiency
from anomalon.stats.limits.strengths import SignalLimit, Strengths

__all__ = [
    "ClsMethod",
    "EfficiencyCurve",
    "Interpolation",
    "Limit",
    "RerunLimit",
    "RerunPoint",
    "SignalLimit",
    "SignalModel",
    "SignalNuisances",
    "StrengthLimit",
    "Strengths",
    "cls",
    "cls_upper_limit",
    "expected_upper_limits",
    "limit_by_rerun",
    "limit_from_runs",
    "on_off_upper_limit",
    "upper_limit_with_efficiency",
    "upper_limits",
]
