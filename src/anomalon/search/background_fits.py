"""The functions that describe a spectrum outside of a signal region, and what they expect in it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.window import Window
from anomalon.search.fit_settings import FitSettings
from anomalon.stats import (
    Envelope,
    Fit,
    Relative,
    Spectrum,
    choose_order,
    fit_envelope,
    profiled_error,
)

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
        return np.array(
            [fit.integral(self.window.low, self.window.high).value for fit in self._fits]
        )

    @cached_property
    def sigma(self) -> Floats:
        """Uncertainties of `expected` from the parameters, that of a base included."""
        return np.array([self._sigma(fit) for fit in self._fits])

    @property
    def sigma_function(self) -> float:
        """What the other functions add to the 68 % interval of what the best one expects."""
        whole = profiled_error(self.expected, self.sigma, self.envelope.cost)
        return float(np.sqrt(max(whole**2 - self.sigma[0] ** 2, 0.0)))

    @property
    def _fits(self) -> tuple[Fit, ...]:
        return self.envelope.fits

    def _sigma(self, fit: Fit) -> float:
        predicted = fit.integral(self.window.low, self.window.high)
        if not isinstance(fit.shape, Relative):
            return float(predicted.uncertainty)
        low, high = self.window.low, self.window.high
        of_base = fit.shape.base_uncertainty(low, high, self.outside)
        return float(np.hypot(predicted.uncertainty, predicted.value * of_base))


def fit_backgrounds(
    spectrum: Spectrum,
    settings: FitSettings,
    window: Window,
    outside: NDArray[np.bool_],
    base: Envelope | None = None,
) -> BackgroundFits:
    """Fit the bins outside of the signal region.

    With a `base`, functions of the spectrum before the cut, the selected spectrum is fitted
    relative to each of them; what a base costs before the cut is added to what the fit costs.

    Raises:
        TooFewEvents, DidNotConverge: If no function can be fitted.
        BadValue: If none is defined on all bins.
    """
    return BackgroundFits(_envelope(spectrum, settings, ~outside, base), window, outside)


def _envelope(
    spectrum: Spectrum, settings: FitSettings, mask: NDArray[np.bool_], base: Envelope | None
) -> Envelope:
    if base is None:
        return settings.smooth.envelope(spectrum, mask)
    most = min(settings.n_max, Relative.n_most)
    if settings.choice == "test":
        fit = choose_order(
            spectrum, Relative(1, base.best), 1, most, mask=mask, alpha=settings.alpha,
            test=settings.test,
        )  # fmt: skip
        return Envelope((fit,), np.zeros(1))
    pairs = [(Relative(n, fit), cost) for fit, cost in zip(base.fits, base.cost, strict=True)
             for n in range(1, most + 1)]  # fmt: skip
    shapes, cost = zip(*pairs, strict=True)
    return fit_envelope(spectrum, shapes, mask=mask, extra=cost)
