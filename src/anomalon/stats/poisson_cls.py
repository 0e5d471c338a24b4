"""CLs of one Poisson count over a known background, from exact probabilities.

CLs(s) = P(N <= n | s + b) / P(N <= n | b), A. L. Read, J. Phys. G 28 (2002) 2693: ratios of
incomplete gamma functions, taken as logarithms because both may underflow.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.stats.tails import log_upper_gamma_tail

__all__ = ["exact_limits", "exact_log_cls", "poisson_quantile"]

Floats = NDArray[np.floating[Any]]

_UNDERFLOW = 1e-290
_MOST_STEPS = 200
_PRECISE = 4.0 * float(np.finfo(np.float64).eps)


def exact_log_cls(s: Floats, n: Floats, b: Floats) -> Floats:
    """The logarithm of CLs; all of one shape."""
    return _log_at_most(n, s + b) - _log_at_most(n, b)


def exact_limits(n: Floats, b: Floats, alpha: float) -> Floats:
    """The signals with CLs = alpha.

    The logarithm of a Poisson probability P(N <= n) is a concave function of the mean, so Newton's
    method from above the limit stays above and goes down; the limit for b = 0 is above.
    """
    limit = special.gammainccinv(n + 1.0, alpha)
    for _ in range(_MOST_STEPS):
        mean = limit + b
        log_q = _log_at_most(n, mean)
        hazard = np.exp(special.xlogy(n, mean) - mean - special.gammaln(n + 1.0) - log_q)
        step = (np.log(alpha) - (log_q - _log_at_most(n, b))) / hazard
        limit = np.maximum(limit - step, 0.0)
        if np.all(np.abs(step) <= _PRECISE * (limit + b)):
            break
    return np.asarray(limit)


def poisson_quantile(p: float, b: Floats) -> Floats:
    """The smallest count with a probability of at least `p` not to be exceeded."""
    n = np.ceil(np.maximum(special.pdtrik(p, b), 0.0))
    n = np.where(np.isfinite(n), n, 0.0)  # pdtrik has no answer below P(0)
    n = np.where((n > 0) & (special.gammaincc(np.maximum(n, 1.0), b) >= p), n - 1.0, n)
    return np.asarray(np.where(special.gammaincc(n + 1.0, b) < p, n + 1.0, n))


def _log_at_most(n: Floats, mean: Floats) -> Floats:
    """The logarithm of P(N <= n); between integers the incomplete gamma function interpolates."""
    p = special.gammaincc(n + 1.0, mean)
    with np.errstate(divide="ignore"):
        log_p = np.asarray(np.log(p))
    deep = p < _UNDERFLOW
    if deep.any():
        log_p[deep] = log_upper_gamma_tail(n[deep] + 1.0, mean[deep])
    return log_p
