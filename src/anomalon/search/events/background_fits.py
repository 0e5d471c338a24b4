"""The functions that describe a spectrum outside of a signal region, and what they expect in it."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.window import Window
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.peak import Peak, PeakFits
from anomalon.stats import Envelope, Fit, Shape, Spectrum, choose_order
from anomalon.stats.fits import (
    Relative,
    SignalFit,
    choose_order_with_signal,
    profiled_error,
)
from anomalon.stats.fits.envelope import PENALTY, all_that_can

__all__ = ["BackgroundFits", "fit_backgrounds"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class BackgroundFits:
    """Functions fitted outside of a signal region.

    Args:
        envelope: The functions, the best first; one alone if a test has chosen it.
        window: The signal region.
        outside: The fitted bins, shape (bin,).
        peaks: A peak beside each of these functions; None if the signal region alone counts. Then
            the functions are fitted to what the peak leaves outside of it.
    """

    envelope: Envelope
    window: Window
    outside: NDArray[np.bool_]
    peaks: PeakFits | None = None

    @property
    def best(self) -> Fit:
        """The function that is shown."""
        return self.envelope.best

    @cached_property
    def expected(self) -> Floats:
        """Events that each function expects in the signal region, shape (function,)."""
        return np.array([fit.expected[~self.outside].sum() for fit in self._fits])

    @cached_property
    def effective(self) -> Floats:
        """The same in effective events, which are Poisson."""
        return np.array([fit.effective_expected[~self.outside].sum() for fit in self._fits])

    @cached_property
    def sigma(self) -> Floats:
        """Uncertainties of `expected` from the parameters, that of a base included."""
        return self._uncertainties(np.ones(len(self.outside)), self.expected)

    @cached_property
    def effective_sigma(self) -> Floats:
        """Those of `effective`."""
        return self._uncertainties(self.best.event_weight, self.effective)

    @cached_property
    def influence(self) -> Floats:
        """How what the best function expects follows the count of each bin, shape (bin,).

        At a maximum of the likelihood it is J_in C J_bin / variance_bin, with the derivatives J of
        what is expected and the covariance C of the parameters; 0 in bins that are not fitted.
        """
        return self._influence(self.best)

    def _influence(self, fit: Fit) -> Floats:
        follows = fit.leverage() @ fit.leverage(~self.outside).sum(axis=0)
        variance = fit.event_weight * fit.expected
        fitted = self.outside & (variance > 0)
        found = np.divide(follows, variance, out=np.zeros_like(variance), where=fitted)
        return np.asarray(found)

    @property
    def sigma_function(self) -> float:
        """What the other functions add to the 68 % interval of what the best one expects."""
        whole = profiled_error(self.expected, self.sigma, self.envelope.cost)
        return float(np.sqrt(max(whole**2 - self.sigma[0] ** 2, 0.0)))

    @property
    def _fits(self) -> tuple[Fit, ...]:
        return self.envelope.fits

    def _uncertainties(self, unit: Floats, expected: Floats) -> Floats:
        inside = ~self.outside
        rows = [(fit.leverage(inside) / unit[inside, None]).sum(axis=0) for fit in self._fits]
        of_bases = np.array([self._of_base(fit) for fit in self._fits])
        own = np.array([float(np.linalg.norm(row)) for row in rows])
        sigma = np.asarray(np.hypot(own, expected * of_bases))
        return sigma if self.peaks is None else self._following(sigma, unit, self.peaks.peak)

    def _following(self, sigma: Floats, unit: Floats, peak: Peak) -> Floats:
        """The same where the expectation follows the count.

        A count that is larger by chance makes a larger peak and a smaller expectation: with the
        feedback f the excess D = n - b is 1/(1 - f) times what it would be without a peak, and so
        is its standard deviation. What that is more than Poisson, the expectation has.
        """
        inside = ~self.outside
        poisson = [
            float((fit.event_weight * fit.expected / unit**2)[inside].sum()) for fit in self._fits
        ]
        feedback = np.array([peak.feedback(self._influence(fit)) for fit in self._fits])
        whole = (sigma**2 + poisson) / (1 - feedback) ** 2
        return np.asarray(np.sqrt(np.maximum(whole - poisson, sigma**2)))

    def _of_base(self, fit: Fit) -> float:
        """Relative uncertainty that the base of a fit brings along; 0 without one."""
        if not isinstance(fit.shape, Relative):
            return 0.0
        return fit.shape.base_uncertainty(self.window.low, self.window.high, self.outside)


def fit_backgrounds(
    spectrum: Spectrum,
    settings: FitSettings,
    window: Window,
    outside: NDArray[np.bool_],
    base: Envelope | None = None,
    least: int = 1,
) -> BackgroundFits:
    """Fit the bins outside of the signal region.

    With a `base`, functions of the spectrum before the cut, the selected spectrum is fitted
    relative to each of them; what a base costs before the cut is added to what the fit costs. A
    base is one function alone if a test has chosen it. A relative fit has at least `least`
    parameters, as many as what has made the spectrum follow its base outside of the signal region.

    With a resolution in the settings, all bins are fitted by each function and a peak.

    Raises:
        TooFewEvents, DidNotConverge: If no function can be fitted.
        BadValue: If none is defined on all bins.
    """
    peak = Peak.of(settings, window, spectrum.edges, outside)
    if peak is not None:
        return _with_peak(spectrum, settings, window, peak, base, least)
    return BackgroundFits(_envelope(spectrum, settings, ~outside, base, least), window, outside)


def _envelope(
    spectrum: Spectrum,
    settings: FitSettings,
    mask: NDArray[np.bool_],
    base: Envelope | None,
    least: int,
) -> Envelope:
    if base is None:
        return settings.smooth.envelope(spectrum, mask)
    test, asked = settings.smooth.nested, _functions(settings, base, least)
    chosen = [choose_order(spectrum, f.family, *f.orders, mask=mask, test=test) for f in asked]
    total = [_cost(fit) + f.cost for fit, f in zip(chosen, asked, strict=True)]
    return Envelope.of(chosen, total)


def _with_peak(
    spectrum: Spectrum,
    settings: FitSettings,
    window: Window,
    peak: Peak,
    base: Envelope | None,
    least: int,
) -> BackgroundFits:
    """The same with a peak beside every function.

    One more parameter is taken if both ask for it, the fit with the peak and the one that does not
    see the signal region. A signal beside it makes the latter ask, a resonance of another form than
    the peak's the former.
    """
    test = settings.smooth.nested

    def fitted(f: _Function) -> tuple[SignalFit, Fit, float]:
        least, most = f.orders
        if least < most:
            alone = choose_order(spectrum, f.family, least, most, mask=~peak.outside, test=test)
            most = alone.n_parameters
        both = choose_order_with_signal(spectrum, f.family, peak.template, least, most, test=test)
        fit = peak.background(spectrum, both)
        # where a test has chosen, with the peak in every fit
        tried = both.background.tried if least < f.orders[1] else ()
        return both, replace(fit, tried=tried), _cost(both) + f.cost

    found = all_that_can(_functions(settings, base, least), fitted)
    beside = {id(fit): both for both, fit, _ in found}
    envelope = Envelope.of([fit for _, fit, _ in found], [total for *_, total in found])
    peaks = PeakFits(peak, tuple(beside[id(fit)] for fit in envelope.fits))
    return BackgroundFits(envelope, window, peak.outside, peaks)


def _cost(fit: Fit | SignalFit) -> float:
    return float(fit.deviance) + PENALTY * fit.n_parameters


@dataclass(frozen=True, eq=False)
class _Function:
    """A family in question, with the numbers of parameters that a test may choose."""

    family: Shape
    orders: tuple[int, int]
    cost: float = 0.0


def _functions(settings: FitSettings, base: Envelope | None, least: int) -> tuple[_Function, ...]:
    """All functions in question: relative to each base, or before any cut as `choice` says.

    Relative orders are not profiled: that a cut which does not look at the mass keeps the same
    share everywhere is known, so one parameter suffices until the data say otherwise.
    """
    if base is not None:
        least = min(least, Relative.n_most)
        orders = least, max(least, min(settings.n_max, Relative.n_most))
        pairs = zip(base.fits, base.cost, strict=True)
        return tuple(_Function(Relative(least, fit), orders, float(cost)) for fit, cost in pairs)
    smooth = settings.smooth
    if smooth.choice == "test":
        return (_Function(smooth.family, smooth.orders),)
    return tuple(_Function(f, (f.n, f.n)) for f in smooth.functions)
