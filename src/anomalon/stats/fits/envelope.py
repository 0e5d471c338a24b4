"""The choice of the background function as an uncertainty: discrete profiling.

Dauncey, Kenzie, Wardle and Davies, arXiv:1408.6865. Several functions describe a spectrum, and
which one is right is not known. So the function is a nuisance parameter like any other, with values
that can only be counted: the likelihood is that of the function that is best for the hypothesis
that is tested, and each parameter of a function costs one unit of -2 ln L, or the one with the most
of them would always win.

Where the best function stands alone this is its own result. Where others come close and expect
something else, they make the uncertainty larger by just that.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadValue, FitError
from anomalon.core.shown import Shown
from anomalon.stats.fits.fit import Fit, fit_spectrum
from anomalon.stats.fits.tried import TriedFunction
from anomalon.stats.spectra.shapes import Shape
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = [
    "BEYOND",
    "PENALTY",
    "Envelope",
    "all_that_can",
    "fit_envelope",
    "profiled_error",
    "profiled_significance",
]

Floats = NDArray[np.floating[Any]]
T = TypeVar("T")
R = TypeVar("R")

PENALTY = 1.0
"""What a parameter costs, in units of -2 ln L."""

BEYOND = 9.0
"""Functions that are worse than the best by more than this, in units of -2 ln L, are left out."""


@dataclass(frozen=True, eq=False)
class Envelope(Shown):
    """Functions that describe one spectrum, the best first.

    Args:
        fits: Of each function to the same bins; those that are too bad for any use are left out.
        cost: Deviance plus what the parameters cost, over that of the best, shape (function,).
    """

    fits: tuple[Fit, ...]
    cost: Floats

    @classmethod
    def of(
        cls, fits: Sequence[Fit], total: Sequence[float], *, beyond: float = BEYOND
    ) -> "Envelope":
        """The functions in order, without those that are of no use.

        Args:
            fits: At least one.
            total: What each costs, deviance and parameters, shape (function,).
            beyond: Leave out functions that are worse than the best by more than this.
        """
        cost = np.array(total) - min(total)
        order = [i for i in np.argsort(cost, kind="stable") if cost[i] <= beyond]
        return cls(tuple(fits[i] for i in order), cost[order])

    @property
    def best(self) -> Fit:
        """The function with the smallest deviance, parameters counted."""
        return self.fits[0]

    @property
    def table(self) -> tuple[TriedFunction, ...]:
        """The functions with what they cost; the best is the chosen one."""
        return tuple(
            TriedFunction.of(fit, chosen=fit is self.best, cost=float(cost))
            for fit, cost in zip(self.fits, self.cost, strict=True)
        )

    def __len__(self) -> int:
        return len(self.fits)

    def __repr__(self) -> str:
        rows = (
            f"{fit.shape.kind} with {fit.n_parameters} (+{cost:.2f})"
            for fit, cost in zip(self.fits, self.cost, strict=True)
        )
        return f"Envelope({', '.join(rows)})"


def fit_envelope(
    spectrum: Any,
    shapes: Sequence[Shape],
    *,
    mask: NDArray[np.bool_] | None = None,
    penalty: float = PENALTY,
    beyond: float = BEYOND,
) -> Envelope:
    """Fit several functions to one spectrum.

    Args:
        spectrum: A `Spectrum` or what `Spectrum.of` takes.
        shapes: The functions, with their numbers of parameters. Those that are not defined on all
            bins, or cannot be fitted, are left out.
        mask: True for the bins that the fits must not see.
        penalty: What a parameter costs, in units of -2 ln L. arXiv:1408.6865 finds 1 to cover.
        beyond: Leave out functions that are worse than the best by more than this.

    Raises:
        TooFewEvents, DidNotConverge: If no function can be fitted; the reason of the first.
        BadLayout: If it is not one spectrum.
        BadValue: If no function is defined on all bins, or there is none.

    Example:
        >>> from anomalon.stats import Dijet, Exponential
        >>> edges = np.linspace(1000.0, 3000.0, 41)
        >>> counts = Exponential(2).integrate([9.0, -2.0], edges)
        >>> fit_envelope((counts, edges), [Dijet(3), Exponential(2), Exponential(3)])
        Envelope(exponential with 2 (+0.00), exponential with 3 (+1.00), dijet with 3 (+8.24))
    """
    spectrum = Spectrum.of(spectrum)
    if spectrum.counts.ndim != 1:
        raise BadLayout(f"envelope: expected one spectrum, got {len(spectrum.counts)} toys.")
    fits = all_that_can(shapes, lambda shape: fit_spectrum(spectrum, shape, mask=mask))
    total = [float(fit.deviance) + penalty * fit.n_parameters for fit in fits]
    return Envelope.of(fits, total, beyond=beyond)


def all_that_can(functions: Iterable[T], fit: Callable[[T], R]) -> list[R]:
    """What `fit` gives for each function that can be fitted.

    Raises:
        TooFewEvents, DidNotConverge: If none can; the reason of the first.
        BadValue: If none is defined on all bins, or there is none.
    """
    found: list[R] = []
    problem: FitError | BadValue = BadValue("envelope: expected at least one function, got none.")
    for function in functions:
        try:
            found.append(fit(function))
        except (FitError, BadValue) as error:
            problem = error if not isinstance(problem, FitError) else problem
    if not found:
        raise problem
    return found


def profiled_significance(z: Floats, cost: Floats) -> tuple[float, int]:
    """Significance with the function profiled, and the number of the function that sets it.

    Z^2 = min_f (z_f^2 + cost_f), with the sign of that of the best function.

    Args:
        z: Signed significance over each function alone, the best first, shape (function,).
        cost: As in `Envelope`.

    Example:
        >>> profiled_significance(np.array([4.0, 2.0]), np.array([0.0, 1.5]))
        (2.345207879911715, 1)
    """
    total = np.where(np.isnan(z), np.inf, z**2 + cost)
    at = int(np.argmin(total))
    if not np.isfinite(total[at]):
        return float("nan"), 0
    sign = np.sign(z[0]) if np.isfinite(z[0]) else np.sign(z[at])
    return float(sign * np.sqrt(total[at])), at


def profiled_error(value: Floats, sigma: Floats, cost: Floats) -> float:
    """Standard deviation of a number with the function profiled.

    Half of the range in which min_f (((x - x_f)/sigma_f)^2 + cost_f) is at most 1.

    Args:
        value: What each function says, shape (function,).
        sigma: Its standard deviations.
        cost: As in `Envelope`.

    Example:
        >>> profiled_error(np.array([10.0, 14.0]), np.array([1.0, 1.0]), np.array([0.0, 0.75]))
        2.75
    """
    near = (cost <= 1.0) & np.isfinite(value) & np.isfinite(sigma)
    if not near.any():
        return float("nan")
    reach = sigma[near] * np.sqrt(1.0 - cost[near])
    return float((value[near] + reach).max() - (value[near] - reach).min()) / 2
