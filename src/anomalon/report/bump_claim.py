"""What a bump hunt may claim: an excess only if no failed check could have made it.

The fit sees the bump: a strong one bends it, and with it everything that is said of the fit. So
when there is an excess to be claimed, a failed check is asked how large its finding is beside it.
"""

from typing import Any

import numpy as np

from anomalon.core.rounding import percent
from anomalon.search.results.claim import EXCESS
from anomalon.search.results.histogram import BumpResult
from anomalon.stats import p_from_z
from anomalon.stats.numerics import poisson_deviance

__all__ = ["FIT", "SPURIOUS", "TOYS_FITTED", "weighed"]

FIT = "background fit"
SPURIOUS = "spurious signal, if the truth has one more parameter"
TOYS_FITTED = "pseudo-experiments that could be fitted"

# An excess so many times what the fit is off beside it is not the fit's. A wrong family makes
# residuals that are as large elsewhere.
_DWARFED = 4.0
# The data chose the extra parameter, bump included: their spurious signal is an upper bound.
_DWARFED_SPURIOUS = 2.0


def weighed(result: BumpResult, checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The checks, those that cannot have made a significant excess as passed, with the reason."""
    if not result.z_global >= EXCESS:  # none either, after JSON
        return checks
    reasons = {FIT: _fit(result), SPURIOUS: _spurious(result), TOYS_FITTED: _toys(result)}
    return [
        check | {"passed": True, "found": f"{check['found']}; {reason}"}
        if check["passed"] is False and (reason := reasons.get(check["what"]))
        else check
        for check in checks
    ]


def _fit(result: BumpResult) -> str:
    """Root mean square of the relative residuals beside the window, beyond their noise."""
    fit = result.fit
    beside = fit.fitted & ((fit.edges[1:] <= result.low) | (fit.edges[:-1] >= result.high))
    weight = fit.event_weight[beside]
    events = float((fit.counts[beside] / weight).sum())
    if not events > 0:
        return ""
    deviance = poisson_deviance(fit.counts[beside] / weight, fit.expected[beside] / weight)
    ndf = int(beside.sum()) - fit.n_parameters
    size = float(np.sqrt(max(float(deviance.sum()) - ndf, 0.0) / events))
    if abs(result.n - result.expected) <= _DWARFED * size * result.expected:
        return ""
    return f"beside the window it is off by {percent(round(size, 4))}: too small to matter"


def _spurious(result: BumpResult) -> str:
    if not len(result.mass_spurious):
        return ""
    nearest = int(np.argmin(np.abs(result.masses - (result.low + result.high) / 2)))
    share = abs(float(result.mass_spurious[nearest]))
    if result.z_local <= _DWARFED_SPURIOUS * share:
        return ""
    return f"{share:.0%} at the window: too small to matter"


def _toys(result: BumpResult) -> str:
    """Whether the excess stays one if all that failed had been more significant."""
    k = result.p_global * (result.n_toys + 1) + result.n_failed
    if k / (result.n_toys + result.n_failed + 1) > float(p_from_z(EXCESS)):
        return ""
    return "too few to matter"
