"""Goodness of a fit whose tail has next to no events: bins are merged for it, not for the fit.

The mean over an ensemble of selections is no Poisson count where less than one event is expected:
members share out an event in fractions, and the deviance of the bin is smaller than a Poisson
count's. In a spectrum that falls by orders of magnitude most bins may be such, and p-values of good
fits pile up near one. A few events in each merged bin and they are uniform again.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats import Fit
from anomalon.stats.fits.goodness import deviance_p_value
from anomalon.stats.numerics import poisson_deviance

__all__ = ["LEAST", "Goodness", "goodness", "merged"]

Floats = NDArray[np.floating[Any]]

LEAST = 5.0
"""Events expected in each merged bin, in units of the effective event weight."""


@dataclass(frozen=True)
class Goodness:
    """Deviance over merged bins, degrees of freedom (merged bins minus parameters), p-value."""

    deviance: float
    ndf: int
    p_value: float


def goodness(fit: Fit) -> Goodness:
    """How well a fit describes the bins that it saw; NaN if nothing is left to judge it by."""
    group = merged(fit.effective_expected, fit.fitted)
    inside = group >= 0
    n_groups = int(group.max()) + 1
    counts, expected = (
        np.bincount(group[inside], values[inside], minlength=n_groups).astype(np.float64)
        for values in (fit.spectrum.effective_counts, fit.effective_expected)
    )
    ndf = n_groups - fit.n_parameters
    deviance = float(poisson_deviance(counts, expected).sum())
    if ndf < 1:
        return Goodness(deviance, 0, np.nan)
    p_value = deviance_p_value(np.asarray(deviance), expected, fit.n_parameters)
    return Goodness(deviance, ndf, float(p_value))


def merged(expected: Floats, fitted: NDArray[np.bool_], least: float = LEAST) -> NDArray[np.int64]:
    """Which merged bin each bin belongs to, shape (bin,); -1 for those that were not fitted.

    Neighbours are merged, from the lowest mass up, until they expect `least` events; what remains
    joins the bin before it. Never across bins that were not fitted.

    Example:
        >>> fitted = np.array([True, True, False, True, True, True, True])
        >>> merged(np.array([9.0, 6.0, 4.0, 3.0, 2.0, 1.0, 0.5]), fitted).tolist()
        [0, 1, -1, 2, 2, 2, 2]
    """
    group = np.full(len(expected), -1)
    last = -1
    for block in np.split(np.arange(len(expected)), np.flatnonzero(np.diff(fitted)) + 1):
        if not fitted[block[0]]:
            continue
        first, held = last + 1, np.inf
        for i in block:
            if held >= least:
                last, held = last + 1, 0.0
            group[i] = last
            held += expected[i]
        if held < least and last > first:
            group[block[group[block] == last]] = last - 1
            last -= 1
    return group
