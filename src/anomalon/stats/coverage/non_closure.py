"""How much wider than their uncertainties are pulls? The relative uncertainty that is missing.

Counts n over expectations b +- sigma, all of background alone, have pulls (n - b)/sigma of unit
width. If they are wider, the expectations have a further uncertainty that nobody has named. With
its relative size delta common to all of them,

    n - b ~ N(0, sigma^2 + (delta b)^2),

and delta is that of the largest likelihood, zero if the pulls are no wider than one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaincc

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents

__all__ = ["NonClosureFit", "fit_non_closure", "width_p_value"]

Floats = NDArray[np.floating[Any]]

_GRID = 200  # points of delta between which the likelihood has no second maximum


@dataclass(frozen=True)
class NonClosureFit:
    """A missing relative uncertainty.

    Args:
        delta: Of the largest likelihood; 0 if the pulls are no wider than one.
        low, high: The interval in which -2 ln(likelihood) is within 1 of its minimum (68 %).
        p_value: Probability of pulls as wide as these if nothing is missing.
        n: Pulls.
    """

    delta: float
    low: float
    high: float
    p_value: float
    n: int


def fit_non_closure(pull: ArrayLike, relative: ArrayLike) -> NonClosureFit:
    """The relative uncertainty of the expectations with which the pulls have unit width.

    Args:
        pull: (n - b)/sigma, shape (pull,).
        relative: sigma/b, shape (pull,), above zero.

    Raises:
        BadLayout: If the shapes differ.
        BadNumbers, BadValue: If a number is not finite, or a relative uncertainty is not positive.
        TooFewEvents: If there are no pulls.

    Example:
        Pulls of width two at uncertainties of 10 %: 17 % are missing.

        >>> rng = np.random.default_rng(1)
        >>> found = fit_non_closure(rng.normal(0, 2, 10_000), np.full(10_000, 0.1))
        >>> round(found.delta, 2), found.low < 0.1 * 3**0.5 < found.high
        (0.17, True)
    """
    z, r = _checked(pull, relative)

    def cost(delta: float) -> float:
        variance = r**2 + delta**2
        return float(((z * r) ** 2 / variance + np.log(variance / r**2)).sum())

    most = 4 * max(float(np.abs(z * r).max()), float(r.max()))
    grid = np.concatenate([[0.0], np.geomspace(most * 1e-4, most, _GRID)])
    best = int(np.argmin([cost(delta) for delta in grid]))
    around = grid[max(best - 1, 0)], grid[min(best + 1, _GRID)]
    found = minimize_scalar(cost, bounds=around, method="bounded", options={"xatol": 1e-6 * most})
    delta = float(found.x) if found.fun < cost(0.0) else 0.0
    least = cost(delta) + 1

    def beyond(value: float) -> float:
        return cost(value) - least

    return NonClosureFit(
        delta=delta,
        low=float(brentq(beyond, 0.0, delta)) if beyond(0.0) > 0 else 0.0,
        high=_crossing(beyond, delta, most),
        p_value=width_p_value(z, r),
        n=len(z),
    )


def width_p_value(pull: ArrayLike, relative: ArrayLike, delta: float = 0.0) -> float:
    """Probability of pulls as wide as these, if their expectations are uncertain by delta as well.

    The sum of their squares is chi-squared distributed, with as many degrees of freedom.

    Args:
        pull: (n - b)/sigma, shape (pull,).
        relative: sigma/b, shape (pull,), above zero.
        delta: Relative uncertainty that sigma does not have.

    Raises:
        BadLayout, BadNumbers, BadValue, TooFewEvents: As `fit_non_closure`.

    Example:
        >>> round(width_p_value([2.0, 0.0], [0.1, 0.1]), 3)
        0.135
    """
    z, r = _checked(pull, relative)
    chi2 = float((z**2 * r**2 / (r**2 + delta**2)).sum())
    return float(gammaincc(len(z) / 2, chi2 / 2))


def _crossing(beyond: Any, start: float, step: float) -> float:
    end = start + step
    while beyond(end) <= 0:
        end *= 4
    return float(brentq(beyond, start, end))


def _checked(pull: ArrayLike, relative: ArrayLike) -> tuple[Floats, Floats]:
    z, r = (np.asarray(given, dtype=np.float64) for given in (pull, relative))
    if z.shape != r.shape or z.ndim != 1:
        raise BadLayout(
            f"non-closure: expected pulls and uncertainties of one shape (pull,), got {z.shape} "
            f"and {r.shape}."
        )
    if len(z) == 0:
        raise TooFewEvents("non-closure: expected at least one pull, got none.")
    check.finite(z, "non-closure: pulls")
    check.finite(r, "non-closure: relative uncertainties")
    if not np.all(r > 0):
        raise BadValue(f"non-closure: expected uncertainties above zero, got {r.min():g}.")
    return z, r
