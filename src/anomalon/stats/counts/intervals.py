"""Exact confidence intervals of efficiencies and counts."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from anomalon.core.errors import BadValue
from anomalon.stats.numerics.tails import log_gamma_tails

__all__ = ["ONE_SIGMA", "clopper_pearson", "garwood"]

Floats = NDArray[np.floating[Any]]

_LARGE, _STEPS = 1e4, 3

ONE_SIGMA = 0.6826894921370859  # probability within one standard deviation


def clopper_pearson(k: ArrayLike, n: ArrayLike, level: float = ONE_SIGMA) -> tuple[Floats, Floats]:
    """Central interval of an efficiency from `k` of `n` events; covers at least `level`.

    Clopper and Pearson, Biometrika 26 (1934) 404. `k` and `n` need not be integers (effective
    numbers of weighted events), but the guarantee is for integers.

    Args:
        k: Events that pass.
        n: Events in all, above zero.
        level: Confidence level, in (0, 1).

    Returns:
        Lower and upper ends; 0 for k = 0 and 1 for k = n, with the other end at the same tail.

    Raises:
        BadValue: If not 0 <= k <= n, n is 0, or the level is not in (0, 1).

    Example:
        >>> [end.round(4) for end in clopper_pearson([0, 5], 10, 0.95)]
        [array([0.    , 0.1871]), array([0.3085, 0.8129])]
    """
    k, n = np.broadcast_arrays(np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if not np.all((k >= 0) & (k <= n) & (n > 0)):
        raise BadValue("clopper_pearson: expected 0 <= k <= n and n > 0.")
    tail = _tail(level)
    low = np.where(k > 0, special.betaincinv(np.maximum(k, 1e-300), n - k + 1, tail), 0.0)
    rest = np.where(k < n, n - k, 1.0)
    high = np.where(k < n, special.betainccinv(k + 1, rest, tail), 1.0)
    return low[()], high[()]


def garwood(n: ArrayLike, level: float = ONE_SIGMA) -> tuple[Floats, Floats]:
    """Central interval of a Poisson mean from a count `n`; covers at least `level`.

    Garwood, Biometrika 28 (1936) 437.

    Args:
        n: Count, not negative.
        level: Confidence level, in (0, 1).

    Returns:
        Lower and upper ends; the lower is 0 for n = 0.

    Raises:
        BadValue: If a count is negative or NaN, or the level is not in (0, 1).

    Example:
        >>> [end.round(3) for end in garwood([0, 4])]
        [array([0.   , 2.086]), array([1.841, 7.163])]
    """
    n = np.asarray(n, dtype=np.float64)
    if not np.all(n >= 0):
        raise BadValue("garwood: expected counts >= 0.")
    tail = _tail(level)
    low = np.where(n > 0, _lower_end(np.maximum(n, 1e-300), tail), 0.0)
    return low[()], np.asarray(special.gammainccinv(n + 1, tail))[()]


def _lower_end(n: Floats, tail: float) -> Floats:
    """The mean with P(N >= n) = `tail`.

    scipy's is 0.1 sigma off at 1e8 counts and a tail of 5e-7. Newton's method in the logarithm,
    whose derivative by the mean is P(N = n - 1)/P(N >= n), mends that.
    """
    low = np.array(special.gammaincinv(n, tail))
    large = n > _LARGE
    n, mean = n[large], low[large]
    for _ in range(_STEPS):
        log_p = log_gamma_tails(n, mean)[0]
        slope = np.exp(special.xlogy(n - 1.0, mean) - mean - special.gammaln(n) - log_p)
        mean = mean - (log_p - np.log(tail)) / slope
    low[large] = mean
    return low


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise BadValue(f"level: expected a confidence level in (0, 1), got {level}.")
    return (1.0 - level) / 2.0
