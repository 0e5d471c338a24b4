"""A peak of known width, fitted together with the background over the whole spectrum.

A resonance does not end where its window does. Without a peak in the fit, its events beside the
signal region are taken for background: they lift what is expected inside, and they bend the
spectrum, so that a test asks for parameters which nothing but the signal needs. With a peak of free
strength they are what they are, and count as evidence.

The width is the resolution of the mass, a number that is known before anything is looked at. Where
the resonance is, is not: windows that slide by half their width leave it anywhere in the middle
half of the nearest one. So the peak that is fitted is the mean of those that are centred there.

A spectrum behind a cut is fitted relative to the one before it, which the fit takes as exact. How
the strength follows the count of each bin says what that costs: where the base is off by the
relative d(bin), the strength is by sum h(bin) b(bin) d(bin). The base is fitted without a peak and
without the signal region, as always: before a cut next to nothing of a spectrum is signal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadValue
from anomalon.core.window import Window
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.results.fitted import FittedPeak
from anomalon.stats import Fit, Gaussian, Spectrum, fit_spectrum
from anomalon.stats.fits import Relative, SignalFit

__all__ = ["Peak", "PeakFits", "check_windows", "influence"]

Floats = NDArray[np.floating[Any]]

# A window that holds less of a peak than this is not one for it.
_LEAST = 0.5
_PLACES = 40  # where peaks are centred


@dataclass(frozen=True, eq=False)
class Peak:
    """Where a peak is, and how much of it is in each bin.

    Args:
        middle: Of the window, GeV.
        sigma: Standard deviation of the resolution there, GeV.
        template: Fraction of it in each bin, shape (bin,).
        outside: The bins outside of the signal region, shape (bin,).
    """

    middle: float
    sigma: float
    template: Floats
    outside: NDArray[np.bool_]

    @classmethod
    def of(
        cls, settings: FitSettings, window: Window, edges: Floats, outside: NDArray[np.bool_]
    ) -> "Peak | None":
        """That of a window; None if the window alone counts."""
        if settings.resolution is None:
            return None
        middle, sigma, template = _spread(window, settings.resolution, edges)
        return cls(middle, sigma, template, outside)

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
        return fit_spectrum(clean, found.shape, mask=~self.outside)

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
        return np.array([float(fit.z) * self._known(fit) for fit in self.fits])

    @property
    def shown(self) -> FittedPeak:
        """Beside the function that fits best."""
        peak, best = self.peak, self.fits[0]
        events, error = float(best.strength), float(best.sigma_strength) / self._known(best)
        expected = peak.template * events
        return FittedPeak(peak.middle, peak.sigma, events, error, expected, influence(best))

    @staticmethod
    def _known(fit: SignalFit) -> float:
        """By how much the strength is known better than with the uncertainty of the base."""
        own = float(fit.sigma_strength)
        return own / float(np.hypot(own, _of_base(fit)))


def influence(fit: SignalFit) -> Floats:
    """How the strength of the signal follows the count of each bin, shape (bin,)."""
    slope = fit.shape.slope(fit.parameters, fit.background.spectrum.edges)
    by_all = np.column_stack([slope, fit.templates])
    variance = fit.background.event_weight * fit.expected
    follows = by_all @ (fit.root @ fit.root[-1])
    found = np.divide(follows, variance, out=np.zeros_like(variance), where=variance > 0)
    return np.asarray(found)


def _of_base(fit: SignalFit) -> float:
    """What the uncertainty of the base is for the strength, in events; 0 without a base."""
    if not isinstance(fit.shape, Relative):
        return 0.0
    base = fit.shape.base
    shift = influence(fit) * fit.expected_background / base.expected
    return float(np.linalg.norm(shift @ base.leverage()))


def check_windows(windows: Sequence[Window], settings: FitSettings) -> None:
    """Whether the windows are wide enough for the peaks.

    Raises:
        BadValue: If one holds too little of its peak.
    """
    if settings.resolution is None:
        return
    for window in windows:
        middle, sigma, held = _spread(window, settings.resolution, [window.low, window.high])
        if held[0] < _LEAST:
            raise BadValue(
                f"search.fit.resolution: the window {window} GeV holds {held[0]:.0%} of a peak "
                f"near {middle:g} GeV with a standard deviation of {sigma:g} GeV, expected at "
                f"least {_LEAST:.0%}. Widen the window, or leave `resolution` out."
            )


def _spread(window: Window, resolution: float, edges: ArrayLike) -> tuple[float, float, Floats]:
    """Middle, standard deviation, and fractions of the peak in bins of these edges."""
    middle, quarter = (window.low + window.high) / 2, (window.high - window.low) / 4
    one = Gaussian(middle, resolution * middle)
    places = middle + quarter * (2 * np.arange(_PLACES) + 1 - _PLACES) / _PLACES
    return middle, one.sigma, one.templates(places, edges).mean(axis=0)
