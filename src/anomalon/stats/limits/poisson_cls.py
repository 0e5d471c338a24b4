"""CLs of one Poisson count over a known background, from exact probabilities.

CLs(s) = P(N <= n | s + b) / P(N <= n | b), A. L. Read, J. Phys. G 28 (2002) 2693: ratios of
incomplete gamma functions, taken as logarithms because both may underflow.
"""

from math import exp, lgamma, log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.stats.numerics.quadrature import compiled
from anomalon.stats.numerics.tail_kernels import log_at_most
from anomalon.stats.numerics.tails import log_poisson_at_most

__all__ = ["exact_limits", "exact_log_cls"]

Floats = NDArray[np.floating[Any]]

_MOST_STEPS = 200
_PRECISE = 4.0 * float(np.finfo(np.float64).eps)


def exact_log_cls(s: Floats, n: Floats, b: Floats) -> Floats:
    """The logarithm of CLs; all of one shape."""
    return log_poisson_at_most(n, s + b) - log_poisson_at_most(n, b)


def exact_limits(n: Floats, b: Floats, alpha: float) -> Floats:
    """The signals with CLs = alpha, shape (item,)."""
    limits = special.gammainccinv(n + 1.0, alpha)  # of no background
    _refine(n, b, float(np.log(alpha)), limits)
    return np.asarray(limits)


@compiled
def _refine(n: Floats, b: Floats, log_alpha: float, limits: Floats) -> None:
    """Move the limits to CLs = alpha, by Newton's method.

    The logarithm of a Poisson probability P(N <= n) is a concave function of the mean, so a step
    from below the limit leads above it, and those from above go down and stay above.
    """
    for i in range(len(n)):
        target = log_alpha + log_at_most(n[i], b[i])
        for _ in range(_MOST_STEPS):
            mean = limits[i] + b[i]
            log_q = log_at_most(n[i], mean)
            log_mass = n[i] * log(mean) - mean - lgamma(n[i] + 1.0) if n[i] > 0.0 else -mean
            step = (target - log_q) / exp(log_mass - log_q)
            limits[i] = max(limits[i] - step, 0.0)
            if abs(step) <= _PRECISE * mean:
                break
