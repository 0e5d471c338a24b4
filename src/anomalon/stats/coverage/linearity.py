"""Injection linearity: is what is measured proportional to what was injected?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.shown import Shown
from anomalon.stats.coverage.toys import Outcome, average, tables, too_many, usable

__all__ = ["InjectionLinearity", "injection_linearity"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class InjectionLinearity(Shown, Outcome):
    """The line measured = intercept + slope * injected.

    Args:
        injected: Shape (strength,).
        measured: Means over the pseudo-experiments, shape (strength,).
        measured_error: Their standard deviations.
        spread: Standard deviation of one pseudo-experiment, shape (strength,).
        slope: Of the weighted straight line.
        slope_error: Its standard deviation.
        intercept: Of the line.
        intercept_error: Its standard deviation.
        chi2: Of the means about the line.
        ndf: Strengths minus two.
        n_failed: Pseudo-experiments without a number, shape (strength,).
        n: Those with one.
    """

    injected: Floats
    measured: Floats
    measured_error: Floats
    spread: Floats
    slope: float
    slope_error: float
    intercept: float
    intercept_error: float
    chi2: float
    ndf: int
    n: NDArray[np.int64]
    n_failed: NDArray[np.int64]

    @property
    def ok(self) -> bool:
        """Whether the slope is 1 to 5 % and the intercept below 20 % of a single uncertainty.

        Both within two standard deviations.
        """
        bent = abs(self.slope - 1) - 2 * self.slope_error > 0.05
        shifted = abs(self.intercept) - 2 * self.intercept_error > 0.2 * np.median(self.spread)
        return not (bent or shifted or too_many(self.n_failed, self.n))


def injection_linearity(injected: ArrayLike, measured: ArrayLike) -> InjectionLinearity:
    """A straight line through the mean measured strengths.

    Args:
        injected: Shape (strength,), two different ones at least.
        measured: Of each pseudo-experiment, shape (strength, toy); NaN for a failed one.

    Raises:
        BadLayout: If the shapes do not fit.
        BadValue: If all strengths are equal.
        TooFewEvents: If fewer than 10 pseudo-experiments at some strength gave a number, or all of
            them the same.
    """
    (table,), truth = tables([measured], injected, "injection_linearity")
    if not np.ptp(truth) > 0:
        raise BadValue(f"injection_linearity: expected different strengths, got {truth}.")
    good, n = usable(table, "injection_linearity")
    mean = average(table, good)
    spread = np.sqrt(
        np.nansum(np.where(good, table - mean[:, None], np.nan) ** 2, axis=1) / (n - 1)
    )
    error = spread / np.sqrt(n)
    if not error.all():
        raise TooFewEvents(
            f"injection_linearity: all {n[error.argmin()]} pseudo-experiments at a strength of "
            f"{truth[error.argmin()]:g} gave the same number. Bring more events."
        )
    weight = 1.0 / error**2
    middle = (weight * truth).sum() / weight.sum()
    variance = 1.0 / (weight * (truth - middle) ** 2).sum()
    slope = float((weight * (truth - middle) * mean).sum() * variance)
    intercept = float((weight * mean).sum() / weight.sum() - slope * middle)
    return InjectionLinearity(
        injected=truth,
        measured=mean,
        measured_error=error,
        spread=spread,
        slope=slope,
        slope_error=float(np.sqrt(variance)),
        intercept=intercept,
        intercept_error=float(np.sqrt(1.0 / weight.sum() + middle**2 * variance)),
        chi2=float((weight * (mean - intercept - slope * truth) ** 2).sum()),
        ndf=len(truth) - 2,
        n=n,
        n_failed=good.shape[1] - n,
    )
