"""A count in a window of a histogram, over a fit to the bins away from it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats import Shape, Spectrum, fit_spectrum, observed_significance
from anomalon.stats.signals import Gaussian

__all__ = ["WindowCount", "count_in_window"]

Floats = NDArray[np.floating[Any]]

_COUNTED = 1.5  # standard deviations: 87 % of a Gaussian, and nearly the best s/sqrt(b)
_HIDDEN = 3.0  # from the fit: a signal in its bins would be taken for background


@dataclass(frozen=True, eq=False)
class WindowCount:
    """Events in a window around a mass, and what a fit to the other bins expects there.

    Of one spectrum, or of toys: then `n`, `expected`, `sigma_expected` and `why` have the shape
    (toy,).

    Args:
        low, high: Window in GeV.
        n: Events seen in it.
        expected: Background events expected; NaN where the fit failed.
        sigma_expected: Their uncertainty from the fit.
        share: Of the signal in the window.
        scale: Variance over mean of the counts.
        why: Reason if the fit failed, else "".
    """

    low: float
    high: float
    n: Floats
    expected: Floats
    sigma_expected: Floats
    share: float
    scale: Floats
    why: NDArray[np.str_]

    @property
    def z(self) -> Floats:
        """Significance of the count, signed; NaN where the fit failed."""
        there = np.isfinite(self.expected) & np.isfinite(self.sigma_expected)
        expected, sigma = (np.where(there, x, 1.0) for x in (self.expected, self.sigma_expected))
        numbers = (x / self.scale for x in (self.n, expected, sigma))
        return np.where(there, observed_significance(*numbers), np.nan)


def count_in_window(spectrum: Spectrum, shape: Shape, mass: float, sigma: float) -> WindowCount:
    """Count events within 1.5 standard deviations of a mass, and fit the bins beyond three.

    Nearer bins are hidden from the fit: it would take the flanks of a signal for background, the
    strength would come out some 4 % too small, and limits would cover 90 % instead of 95 %. Hiding
    them costs 1 to 6 % of the sensitivity (ATLAS dijets, resolution 3 %).

    Args:
        spectrum: One spectrum, or toys of shape (toy, bin).
        shape: The background.
        mass: Of the signal, in GeV.
        sigma: Its standard deviation in GeV.
    """
    off = np.abs(spectrum.centres - mass)
    inside = (off < _COUNTED * sigma) | (off == off.min())
    first, last = np.flatnonzero(inside)[[0, -1]]
    low, high = float(spectrum.edges[first]), float(spectrum.edges[last + 1])
    hidden = inside | (off < _HIDDEN * sigma)
    fit = fit_spectrum(spectrum, shape, mask=hidden, throw=False)
    background = fit.integral(low, high)
    return WindowCount(
        low=low,
        high=high,
        n=spectrum.counts[..., inside].sum(axis=-1),
        expected=np.where(fit.ok, background.value, np.nan),
        sigma_expected=np.where(fit.ok, background.uncertainty, np.nan),
        share=float(Gaussian(mass, sigma).integrate(spectrum.edges)[inside].sum()),
        scale=np.asarray(1.0),
        why=fit.why,
    )
