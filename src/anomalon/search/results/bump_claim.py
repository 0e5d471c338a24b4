"""What a bump hunt may claim: an excess only if no failed check could have made it.

The fit sees the bump: a strong one bends it, and with it everything that is said of the fit. So
when there is an excess to be claimed, a failed check is asked how large its finding is beside it.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from anomalon.core.result import Check
from anomalon.core.rounding import percent
from anomalon.search.results.spectrum_checks import FIT
from anomalon.search.results.thresholds import EXCESS
from anomalon.stats import p_from_z
from anomalon.stats.numerics import poisson_deviance

if TYPE_CHECKING:
    from anomalon.search.results.bump import BumpResult

__all__ = ["SPURIOUS", "TOYS_FITTED", "weighed"]

SPURIOUS = "spurious signal, if the truth has one more parameter"
TOYS_FITTED = "pseudo-experiments that could be fitted"

# An excess so many times what the fit is off beside it is not the fit's. A wrong family makes
# residuals that are as large elsewhere.
_DWARFED = 4.0
# The data chose the extra parameter, bump included: their spurious signal is an upper bound.
_DWARFED_SPURIOUS = 2.0


def weighed(result: "BumpResult", checks: list[Check]) -> list[Check]:
    """The checks; those that cannot have made a significant excess are too small to matter."""
    if not result.significance.z >= EXCESS:  # none either, after JSON
        return checks
    reasons = {FIT: _fit(result), SPURIOUS: _spurious(result), TOYS_FITTED: _toys(result)}
    return [
        replace(check, verdict="too small to matter", found=f"{check.found}; {reason}")
        if check.passed is False and (reason := reasons.get(check.what))
        else check
        for check in checks
    ]


def _fit(result: "BumpResult") -> str:
    """Root mean square of the relative residuals beside the window, beyond their noise."""
    fit, window = result.fit, result.window
    beside = fit.fitted & ((fit.edges[1:] <= window.low) | (fit.edges[:-1] >= window.high))
    weight = fit.event_weight[beside]
    events = float((fit.counts[beside] / weight).sum())
    if not events > 0:
        return ""
    deviance = poisson_deviance(fit.counts[beside] / weight, fit.expected[beside] / weight)
    ndf = int(beside.sum()) - fit.n_parameters
    size = float(np.sqrt(max(float(deviance.sum()) - ndf, 0.0) / events))
    if abs(window.n - window.expected) <= _DWARFED * size * window.expected:
        return ""
    return f"beside the window it is off by {percent(round(size, 4))}: too small to matter"


def _spurious(result: "BumpResult") -> str:
    window, narrow = result.window, result.narrow
    if narrow is None or not len(narrow.spurious):
        return ""
    nearest = int(np.argmin(np.abs(narrow.masses - (window.low + window.high) / 2)))
    share = abs(float(narrow.spurious[nearest]))
    if window.z_local <= _DWARFED_SPURIOUS * share:
        return ""
    return f"{share:.0%} at the window: too small to matter"


def _toys(result: "BumpResult") -> str:
    """Whether the excess stays one if all that failed had been more significant."""
    chance = result.significance
    k = chance.p * (chance.n + 1) + chance.n_failed
    if k / (chance.n + chance.n_failed + 1) > float(p_from_z(EXCESS)):
        return ""
    return "too few to matter"
