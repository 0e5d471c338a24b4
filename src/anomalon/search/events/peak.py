"""A peak of known width, fitted together with the background over the whole spectrum.

A resonance does not end where its window does. Without a peak in the fit, its events beside the
signal region are taken for background: they lift what is expected inside, and they bend the
spectrum, so that a test asks for parameters which nothing but the signal needs. With a peak of free
strength they are what they are, and count as evidence.

The width is the resolution of the mass, a number that is known before anything is looked at. The
position is the middle of the window.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadValue
from anomalon.core.window import Window
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.results.fitted import FittedPeak
from anomalon.stats import Fit, Gaussian, Spectrum, fit_spectrum
from anomalon.stats.fits import SignalFit

__all__ = ["Peak", "PeakFits", "check_windows"]

Floats = NDArray[np.floating[Any]]

# A window that holds less of a peak than this is not one for it.
_LEAST = 0.3


@dataclass(frozen=True, eq=False)
class Peak:
    """Where a peak is, and how much of it is in each bin.

    Args:
        signal: Its form.
        template: Fraction of it in each bin, shape (bin,).
        outside: The bins outside of the signal region, shape (bin,).
    """

    signal: Gaussian
    template: Floats
    outside: NDArray[np.bool_]

    @classmethod
    def of(
        cls, settings: FitSettings, window: Window, edges: Floats, outside: NDArray[np.bool_]
    ) -> "Peak | None":
        """That of a window; None if the window alone counts."""
        if settings.resolution is None:
            return None
        signal = _in_the_middle(window, settings.resolution)
        return cls(signal, signal.integrate(edges), outside)

    def without(self, spectrum: Spectrum, found: SignalFit) -> Spectrum:
        """The spectrum without the events that the peak has outside of the signal region."""
        beyond = np.where(self.outside, float(found.strength) * self.template, 0.0)
        counts = np.maximum(spectrum.counts - beyond, 0.0)
        # what an event weighs is known from all of them, also where a dip fills an empty bin
        weight, known = spectrum.event_weight, spectrum.variances
        variance = np.where(known > 0, known, counts * weight)
        return Spectrum(counts, spectrum.edges, variance, weight)

    def background(self, spectrum: Spectrum, found: SignalFit) -> Fit:
        """The function of a fit with the peak, as a fit outside of the signal region alone."""
        clean = self.without(spectrum, found)
        fit = fit_spectrum(clean, found.shape, mask=~self.outside)
        return replace(fit, tried=found.background.tried)

    def feedback(self, influence: Floats) -> float:
        """By how much what is expected inside falls for each event that is counted there.

        With D = n - b the excess, the peak has D t(bin)/t(inside) events in a bin outside, which
        are taken from what the background is fitted to.

        Args:
            influence: How what is expected inside follows the count of each bin, shape (bin,).
        """
        beyond = self.template[self.outside] @ influence[self.outside]
        return float(beyond / self.template[~self.outside].sum())


@dataclass(frozen=True, eq=False)
class PeakFits:
    """A peak, fitted beside each of several functions.

    Args:
        peak: What was fitted.
        fits: The function that fits best first, shape (function,).
    """

    peak: Peak
    fits: Sequence[SignalFit]

    @property
    def z(self) -> Floats:
        """Signed significance beside each function, shape (function,)."""
        return np.array([float(fit.z) for fit in self.fits])

    @property
    def shown(self) -> FittedPeak:
        """Beside the function that fits best."""
        signal, found = self.peak.signal, self.fits[0].value
        events = self.peak.template * found.value
        return FittedPeak(signal.mean, signal.sigma, found.value, found.uncertainty, events)


def check_windows(windows: Sequence[Window], settings: FitSettings) -> None:
    """Whether the windows are wide enough for the peaks.

    Raises:
        BadValue: If one holds too little of its peak.
    """
    if settings.resolution is None:
        return
    for window in windows:
        signal = _in_the_middle(window, settings.resolution)
        held = float(signal.integrate([window.low, window.high])[0])
        if held < _LEAST:
            raise BadValue(
                f"search.fit.resolution: the window {window} GeV holds {held:.0%} of a peak of "
                f"{signal.mean:g} GeV with a standard deviation of {signal.sigma:g} GeV, expected "
                f"at least {_LEAST:.0%}. Widen the window, or leave `resolution` out."
            )


def _in_the_middle(window: Window, resolution: float) -> Gaussian:
    middle = (window.low + window.high) / 2
    return Gaussian(middle, resolution * middle)
