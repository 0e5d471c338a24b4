"""The most likely background beside a signal, for a log-normal constraint; compiled by numba.

A background B = b exp(k t) with a standard normal pull t. In one bin with n events and a signal s,

    -ln L(t) = s + B - n ln(s + B) + t^2/2,    g(t) = t + k B (1 - n/(s + B)) its derivative.

For n <= s, g rises, and has one zero. Else it may rise, fall and rise again: it turns where
h(B) = (s + B)^2 (1 + k^2 B) - k^2 n s B is zero, which happens twice at most, because h is convex.
The likelihood has two maxima then, one near t = 0 and one near s + B = n, and the larger counts.
"""

from math import exp, log, sqrt

import numpy as np

from anomalon.stats.numerics.poisson import half_deviance_of
from anomalon.stats.numerics.quadrature import compiled

__all__ = ["likely_pull"]

_MOST_STEPS = 200
_PRECISE = 1e-15


@compiled
def likely_pull(n: float, s: float, b: float, k: float) -> float:
    """The pull t of the largest likelihood, for b and k above zero."""
    if n <= s:
        return _zero(-k * b, 0.0, n, s, b, k)
    perfect = log((n - s) / b) / k
    low, high = min(perfect, 0.0), max(perfect, 0.0)
    first, second = _turns(n, s, k)
    if first < 0.0:
        return _zero(low, high, n, s, b, k)
    first = min(max(log(first / b) / k, low), high)
    second = min(max(log(second / b) / k, low), high)
    below, above = _zero(low, first, n, s, b, k), _zero(second, high, n, s, b, k)
    return below if _cost(below, n, s, b, k) <= _cost(above, n, s, b, k) else above


@compiled
def _turns(n: float, s: float, k: float) -> tuple[float, float]:
    """The backgrounds at which g turns; negative numbers if there are none."""
    k2 = k * k
    middle = 1.0 + 2.0 * s * k2
    root = middle * middle - 3.0 * k2 * (2.0 * s + k2 * s * (s - n))
    lowest = (sqrt(max(root, 0.0)) - middle) / (3.0 * k2)  # where h is
    if lowest <= 0.0 or _turning(lowest, n, s, k2)[0] >= 0.0:
        return -1.0, -1.0
    below, above = 0.0, lowest
    while _turning(above, n, s, k2)[0] < 0.0:
        above *= 2.0
    return _turn(below, n, s, k2), _turn(above, n, s, k2)


@compiled
def _turn(background: float, n: float, s: float, k2: float) -> float:
    """The zero of h by Newton's method; from outside, it stays outside of convex h."""
    for _ in range(_MOST_STEPS):
        value, slope = _turning(background, n, s, k2)
        step = value / slope
        background -= step
        if abs(step) <= _PRECISE * background:
            break
    return background


@compiled
def _turning(background: float, n: float, s: float, k2: float) -> tuple[float, float]:
    """The function h and its derivative."""
    total, factor = s + background, 1.0 + k2 * background
    value = total * total * factor - k2 * n * s * background
    return value, 2.0 * total * factor + k2 * total * total - k2 * n * s


@compiled
def _zero(low: float, high: float, n: float, s: float, b: float, k: float) -> float:
    """The zero of g where it rises: by Newton's method, with bisection where that leaves the range.

    The end nearer to a zero, if there is none.
    """
    t = 0.5 * (low + high)
    for _ in range(_MOST_STEPS):
        background = b * exp(k * t)
        total = s + background
        value = t + k * background * (1.0 - n / total)
        slope = 1.0 + k * k * background * (1.0 - n * s / (total * total))
        if value > 0.0:
            high = t
        else:
            low = t
        step = value / slope if slope > 0.0 else np.inf
        if abs(step) <= _PRECISE * abs(t):
            break
        t = t - step if low < t - step < high else 0.5 * (low + high)
    return t


@compiled
def _cost(t: float, n: float, s: float, b: float, k: float) -> float:
    mean = s + b * exp(k * t)
    return half_deviance_of(n, mean, n - mean) + 0.5 * t * t
