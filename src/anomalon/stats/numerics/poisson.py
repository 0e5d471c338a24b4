"""The Poisson deviance, without the cancellation that spoils it for large counts."""

from math import inf, log, log1p
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from anomalon.stats.numerics.quadrature import compiled, summing

__all__ = [
    "half_deviance",
    "half_deviance_of",
    "likelihood_rise",
    "log1p_gap",
    "poisson_deviance",
    "total_deviance",
]

Floats = NDArray[np.floating[Any]]

_SERIES = 0.02  # below it, ten terms are exact to rounding
_NEARBY = 0.03**2  # up to it, the series of the logarithm is exact to rounding


def log1p_gap(x: Floats) -> Floats:
    """1 - ln(1 + x)/x, with its limits 0 at x = 0, -inf at -1 and 1 at infinity."""
    near = np.abs(x) < _SERIES
    safe = np.where(near | np.isinf(x), 1.0, x)
    with np.errstate(divide="ignore"):
        far = 1.0 - np.log1p(safe) / safe
    y = np.where(near, x, 0.0)
    return np.where(near, _gap_series(y), np.where(np.isinf(x), 1.0, far))


def half_deviance(n: Floats, mu: Floats, excess: Floats) -> Floats:
    """Half of the deviance, n ln(n/mu) - (n - mu).

    With `excess` = n - mu given as well, it is exact to rounding however close n and mu are.
    It is mu for n = 0, and infinite for mu = 0 < n.
    """
    near = np.abs(excess) < 0.1 * n
    with np.errstate(divide="ignore", invalid="ignore"):
        close = -excess * log1p_gap(np.where(near, -excess / n, 0.0))
    return np.where(near, close, special.xlogy(n, n) - special.xlogy(n, mu) - excess)


def poisson_deviance(n: ArrayLike, mu: ArrayLike) -> Floats:
    """2 (n ln(n/mu) - (n - mu)): the likelihood ratio to the saturated model, term by term.

    Baker and Cousins, Nucl. Instrum. Meth. 221 (1984) 437.

    Args:
        n: Counts, not negative; need not be integers.
        mu: Expectations, not negative; broadcast against `n`.

    Example:
        >>> poisson_deviance([0, 10, 20], [3.0, 10.0, 10.0]).round(4)
        array([6.    , 0.    , 7.7259])
    """
    n = np.asarray(n, dtype=np.float64)
    mu = np.asarray(mu, dtype=np.float64)
    return np.asarray(2.0 * half_deviance(n, mu, n - mu))[()]


@compiled
def half_deviance_of(n: float, mu: float, excess: float) -> float:
    """As `half_deviance`, for one bin and for numba kernels."""
    if n <= 0.0:
        return mu
    if abs(excess) < 0.1 * n:
        x = -excess / n
        return -excess * (_gap_series(x) if abs(x) < _SERIES else 1.0 - log1p(x) / x)
    if mu <= 0.0:
        return inf
    return n * (log(n) - log(mu)) - excess  # the ratio may overflow


@compiled
def total_deviance(n: Floats, mu: Floats) -> Floats:
    """The sum of `poisson_deviance` over the last axis, for arrays of shape (toy, bin)."""
    total = np.zeros(len(n))
    for toy in range(len(n)):
        for i in range(n.shape[1]):
            total[toy] += half_deviance_of(n[toy, i], mu[toy, i], n[toy, i] - mu[toy, i])
    return 2.0 * total


@compiled
def likelihood_rise(counts: Floats, mu: Floats, trial: Floats) -> float:
    """How much -ln L is larger at `trial` than at `mu`; infinite if an expectation is negative."""
    rise, largest = _rise_nearby(counts, mu, trial)
    if largest < _NEARBY:
        return rise
    rise = 0.0
    for i in range(len(mu)):
        if not trial[i] > 0.0:
            return np.inf
        rise += trial[i] - mu[i]
        if counts[i] > 0:
            rise -= counts[i] * log(trial[i] / mu[i])
    return rise


@summing
def _rise_nearby(counts: Floats, mu: Floats, trial: Floats) -> tuple[float, float]:
    """The same from the series of the logarithm, and how far apart the expectations are."""
    rise, largest = 0.0, 0.0
    for i in range(len(mu)):
        change = trial[i] - mu[i]
        t = change / (trial[i] + mu[i])  # ln(trial/mu) = 2 artanh(t)
        u = t * t
        series = 1.0 + u * (1 / 3 + u * (1 / 5 + u * (1 / 7 + u * (1 / 9))))
        rise += change - counts[i] * 2.0 * t * series
        largest += u
    return rise, largest


@compiled
def _gap_series(x: Any) -> Any:
    """1 - ln(1 + x)/x = x/2 - x^2/3 + …, in ten terms."""
    last = x * (1 / 8 - x * (1 / 9 - x * (1 / 10 - x / 11)))
    return x * (1 / 2 - x * (1 / 3 - x * (1 / 4 - x * (1 / 5 - x * (1 / 6 - x * (1 / 7 - last))))))
