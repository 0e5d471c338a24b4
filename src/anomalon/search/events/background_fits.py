"""The functions that describe a spectrum outside of a signal region, and what they expect in it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.window import Window
from anomalon.search.events.fit_settings import FitSettings
from anomalon.stats import Envelope, Fit, Spectrum, choose_order
from anomalon.stats.fits import NestedTest, Relative, profiled_error
from anomalon.stats.fits.envelope import PENALTY

__all__ = ["BackgroundFits", "fit_backgrounds"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class BackgroundFits:
    """Functions fitted outside of a signal region.

    Args:
        envelope: The functions, the best first; one alone if a test has chosen it.
        window: The signal region.
        outside: The fitted bins, shape (bin,).
    """

    envelope: Envelope
    window: Window
    outside: NDArray[np.bool_]

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
        best = self.best
        follows = best.leverage() @ best.leverage(~self.outside).sum(axis=0)
        variance = best.event_weight * best.expected
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
        return np.asarray(np.hypot(own, expected * of_bases))

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

    Raises:
        TooFewEvents, DidNotConverge: If no function can be fitted.
        BadValue: If none is defined on all bins.
    """
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
    chosen = [_relative(spectrum, settings, mask, fit, least) for fit in base.fits]
    total = [
        float(fit.deviance) + PENALTY * fit.n_parameters + cost
        for fit, cost in zip(chosen, base.cost, strict=True)
    ]
    return Envelope.of(chosen, total)


def _relative(
    spectrum: Spectrum, settings: FitSettings, mask: NDArray[np.bool_], base: Fit, least: int
) -> Fit:
    """The fit relative to one base, with as many parameters as a test asks for.

    Not profiled: that a cut which does not look at the mass keeps the same share everywhere is
    known, so one parameter suffices until the data say otherwise.
    """
    least = min(least, Relative.n_most)
    most = max(least, min(settings.n_max, Relative.n_most))
    test = NestedTest(settings.test, settings.alpha)
    return choose_order(spectrum, Relative(least, base), least, most, mask=mask, test=test)
