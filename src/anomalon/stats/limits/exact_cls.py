"""CLs of single counts from sums of probabilities, over known and over measured backgrounds.

A background b +- sigma_b counts as a control region with m = b^2/sigma_b^2 events that expects
tau = b/sigma_b^2 times the background. Arrays have the shape (item,); `v` is the variance of b.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.stats.limits import on_off_cls, poisson_cls
from anomalon.stats.numerics.tails import poisson_quantile

__all__ = ["expected_limits", "log_cls", "observed_limits"]

Floats = NDArray[np.floating[Any]]


def log_cls(s: Floats, n: Floats, b: Floats, v: Floats) -> Floats:
    """The logarithms of CLs, shape (item,)."""
    known, m, tau = _control(b, v)
    values = poisson_cls.exact_log_cls(s, n, b)
    values[~known] = on_off_cls.cls_values(s[~known], n[~known], m[~known], tau[~known])
    return values


def observed_limits(n: Floats, b: Floats, v: Floats, log_alpha: float) -> Floats:
    """The signals with CLs = alpha, shape (item,)."""
    known, m, tau = _control(b, v)
    limits = poisson_cls.exact_limits(n, b, float(np.exp(log_alpha)))
    limits[~known] = on_off_cls.observed_limits(n[~known], m[~known], tau[~known], log_alpha)
    return limits


def expected_limits(n: Floats, b: Floats, v: Floats, log_alpha: float, n_sigma: Floats) -> Floats:
    """The limits for backgrounds that fluctuate by `n_sigma`, shape (n_sigma, item)."""
    known, m, tau = _control(b, v)
    seen = [poisson_quantile(float(p), b) for p in special.ndtr(n_sigma)]
    alpha = float(np.exp(log_alpha))
    limits = np.array([poisson_cls.exact_limits(each, b, alpha) for each in seen])
    limits = limits.reshape(len(n_sigma), len(b))
    limits[:, ~known] = on_off_cls.expected_limits(
        n[~known], m[~known], tau[~known], log_alpha, special.log_ndtr(n_sigma)
    )
    return limits


def _control(b: Floats, v: Floats) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Whether the background is known, and the control region that stands for it if not."""
    known = v == 0
    variance = np.where(known, 1.0, v)
    m = b / variance * b
    on_off_cls.check_size(m[~known])
    return known, m, b / variance
