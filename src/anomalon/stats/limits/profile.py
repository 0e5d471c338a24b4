"""The likelihood of counts with uncertain backgrounds, profiled in closed form; compiled by numba.

In one bin with n events, a signal s and a background B that an auxiliary measurement says is
b +- sigma, the best B for a given s solves a quadratic, whatever the number of bins:

* gamma constraint, a Poisson count of m = b^2/sigma^2 in a control region T = b/sigma^2 times as
  large: B^2 - (n (1 - w) + b w - s) B - b w s = 0 with w = T/(1 + T);
* Gaussian constraint: B^2 - (b - sigma^2 - s) B - (s (b - sigma^2) + n sigma^2) = 0, and B >= 0.

Only the log-normal constraint takes a search for a zero (`anomalon.stats.numerics.log_normal`).

Strengths multiply a signal template. The arrays are (item, bin); the loops are written for one
item, so a batch gives bit by bit what one item gives.

Asymptotic formulae: Cowan, Cranmer, Gross and Vitells, arXiv:1007.1727, below "CCGV".
"""

from math import exp, inf, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.numerics.log_normal import likely_pull
from anomalon.stats.numerics.poisson import half_deviance_of
from anomalon.stats.numerics.quadrature import compiled
from anomalon.stats.numerics.tail_kernels import log_normal_tail

__all__ = [
    "GAMMA",
    "GAUSSIAN",
    "LOG_NORMAL",
    "QTILDE",
    "Q",
    "cls_values",
    "expected_limits",
    "observed_limits",
]

Floats = NDArray[np.floating[Any]]

GAMMA, GAUSSIAN, LOG_NORMAL = 0, 1, 2  # constraints
QTILDE, Q = 0, 1  # statistics: without and with a negative signal in the best fit

_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)
_MOST_STEPS = 200
_MOST_DOUBLINGS = 1100  # from the smallest to the largest float
_SLOPE, _EXPECTED, _OBSERVED = 0, 1, 2  # what is searched for its zero


class _Bins(NamedTuple):
    """One measurement: counts, backgrounds and their variances, signal at a strength of one.

    For a log-normal constraint, `v` is the variance of the logarithm of the background.
    """

    n: Floats
    b: Floats
    v: Floats
    s: Floats
    constraint: int


class _Sought(NamedTuple):
    """What is searched for its zero, and what it has there.

    Together, because numba would compile what takes a constant once for each constant.
    """

    what: int
    target: float


class _Best(NamedTuple):
    """The best strength, and half of -2 ln(L/L_max) there."""

    strength: float
    half: float
    statistic: int


@compiled
def observed_limits(
    n: Floats, b: Floats, v: Floats, s: Floats, constraint: int, statistic: int, log_alpha: float
) -> Floats:
    """The strengths with CLs = alpha, shape (item,); infinite without signal."""
    limits = np.empty(len(n))
    for i in range(len(n)):
        bins = _Bins(n[i], b[i], v[i], s[i], constraint)
        best = _best_fit(bins, statistic)
        limits[i] = _zero(_Sought(_OBSERVED, log_alpha), bins, _asimov(bins), best)
    return limits


@compiled
def expected_limits(
    n: Floats, b: Floats, v: Floats, s: Floats, constraint: int, roots: Floats
) -> Floats:
    """The strengths at which the Asimov data of no signal have sqrt(q) = `roots`.

    The backgrounds of the Asimov data are fitted to the counts `n`: b, if there are no data.

    Returns:
        Shape (root, item).
    """
    limits = np.empty((len(roots), len(n)))
    for i in range(len(n)):
        bins = _Bins(n[i], b[i], v[i], s[i], constraint)
        asimov = _asimov(bins)
        for k in range(len(roots)):
            sought = _Sought(_EXPECTED, roots[k])
            limits[k, i] = _zero(sought, bins, asimov, _Best(0.0, 0.0, QTILDE))
    return limits


@compiled
def cls_values(
    mu: Floats, n: Floats, b: Floats, v: Floats, s: Floats, constraint: int, statistic: int
) -> Floats:
    """The logarithm of CLs at the strengths `mu`, shape (item,)."""
    values = np.empty(len(mu))
    for i in range(len(mu)):
        bins = _Bins(n[i], b[i], v[i], s[i], constraint)
        values[i] = _log_cls(mu[i], bins, _asimov(bins), _best_fit(bins, statistic))
    return values


@compiled
def _log_cls(mu: float, bins: _Bins, asimov: _Bins, best: _Best) -> float:
    """The logarithm of CL_{s+b} / CL_b, CCGV eqs. 62-66; q is 0 below the best strength."""
    q = 2.0 * max(_half(mu, bins) - best.half, 0.0) if mu > best.strength else 0.0
    q_asimov = 2.0 * max(_half(mu, asimov), 0.0)
    root = sqrt(q_asimov)
    if best.statistic == QTILDE and q > q_asimov > 0.0:  # as for best fits below zero
        t = (q - q_asimov) / (2.0 * root)
    else:
        t = sqrt(q) - root
    return log_normal_tail(t + root) - log_normal_tail(t)


@compiled
def _asimov(bins: _Bins) -> _Bins:
    """The Asimov data of no signal, with backgrounds and control regions fitted to the data."""
    n, b, v = np.empty_like(bins.b), np.empty_like(bins.b), np.empty_like(bins.b)
    for j in range(len(n)):
        n[j] = _background(0.0, j, bins)
        b[j], v[j] = n[j], bins.v[j]
        if bins.constraint == GAMMA and v[j] > 0.0:
            if bins.b[j] > 0.0:  # the control region keeps its size T = b/v
                v[j] *= n[j] / bins.b[j]
            else:  # T = 0: any background is as good
                b[j] = 0.0
    return _Bins(n, b, v, bins.s, bins.constraint)


@compiled
def _best_fit(bins: _Bins, statistic: int) -> _Best:
    if len(bins.n) == 1:  # a single count is met exactly, if it may be
        signal = bins.s[0]
        strength = (bins.n[0] - bins.b[0]) / signal if signal > 0.0 else 0.0
        if strength >= 0.0 or statistic == Q:
            return _Best(strength, 0.0, statistic)
        return _Best(0.0, _half(0.0, bins), statistic)
    strength = 0.0
    if _slope(0.0, bins) < 0.0:
        strength = _zero(_Sought(_SLOPE, 0.0), bins, bins, _Best(0.0, 0.0, statistic))
    return _Best(strength, _half(strength, bins), statistic)


@compiled
def _slope(mu: float, bins: _Bins) -> float:
    """The derivative of -ln L by the strength, with the backgrounds at their best."""
    total = 0.0
    for j in range(len(bins.n)):
        if bins.s[j] > 0.0:
            mean = mu * bins.s[j] + _background(mu * bins.s[j], j, bins)
            total += bins.s[j] * (1.0 - (bins.n[j] / mean if bins.n[j] > 0.0 else 0.0))
    return total


@compiled
def _half(mu: float, bins: _Bins) -> float:
    """The logarithm of L_max/L, where L_max has all expectations equal to the data."""
    total = 0.0
    for j in range(len(bins.n)):
        n, b, v = bins.n[j], bins.b[j], bins.v[j]
        background = _background(mu * bins.s[j], j, bins)
        mean = mu * bins.s[j] + background
        total += half_deviance_of(n, mean, n - mean)
        if v == 0.0:
            continue
        # the pull of the count on the background, which a difference would lose to rounding
        pull = (n - mean) / mean if mean > 0.0 else -1.0
        if bins.constraint == GAMMA:
            total += half_deviance_of(b * (b / v), background * (b / v), -background * pull)
        elif bins.constraint == LOG_NORMAL:
            total += 0.5 * v * (background * pull) ** 2
        elif background > 0.0:
            total += 0.5 * v * pull * pull
        else:
            total += 0.5 * b * b / v
    return total


@compiled
def _background(s: float, j: int, bins: _Bins) -> float:
    """The most likely background in a bin beside a signal of `s` events."""
    n, b, v = bins.n[j], bins.b[j], bins.v[j]
    if v == 0.0:
        return float(b)
    if bins.constraint == GAUSSIAN:
        return _positive_root(b - v - s, s * (b - v) + n * v)
    if bins.constraint == LOG_NORMAL:
        return float(b * exp(sqrt(v) * likely_pull(n, s, b, sqrt(v))))
    weight = b / (b + v)
    return _positive_root(n * (1.0 - weight) + b * weight - s, b * weight * s)


@compiled
def _positive_root(p: float, q: float) -> float:
    """The root above zero of x^2 - p x - q, without a cancellation; p or 0 for q <= 0."""
    if q <= 0.0:
        return max(p, 0.0)
    root = sqrt(p * p + 4.0 * q)
    if p >= 0.0:
        return 0.5 * (p + root)
    return 2.0 * q / (root - p)


@compiled
def _value(sought: _Sought, mu: float, bins: _Bins, asimov: _Bins, best: _Best) -> float:
    """Below zero under the strength that is searched, above zero over it."""
    if sought.what == _SLOPE:
        return _slope(mu, bins)
    if sought.what == _EXPECTED:
        return sqrt(2.0 * max(_half(mu, asimov), 0.0)) - sought.target
    return sought.target - _log_cls(mu, bins, asimov, best)


@compiled
def _zero(sought: _Sought, bins: _Bins, asimov: _Bins, best: _Best) -> float:
    """The strength above zero where `_value` is zero: bracketed by doubling, then Chandrupatla.

    Chandrupatla, Adv. Eng. Softw. 28 (1997) 145: inverse quadratic interpolation where it is safe,
    bisection elsewhere.
    """
    information = 0.0
    for j in range(len(bins.n)):
        variance = asimov.v[j]
        if bins.constraint == LOG_NORMAL:
            variance *= asimov.b[j] ** 2
        information += bins.s[j] * bins.s[j] / (asimov.b[j] + variance + 1.0)
    if information == 0.0:
        return inf
    start, step = max(best.strength, 0.0), 2.0 / sqrt(information)
    x1, f1 = 0.0, -1.0
    x0 = start + step
    f0 = _value(sought, x0, bins, asimov, best)
    for _ in range(_MOST_DOUBLINGS):
        if f0 >= 0.0:
            break
        step *= 2.0
        x1, f1, x0 = x0, f0, start + step
        f0 = _value(sought, x0, bins, asimov, best)
    if not f0 >= 0.0:
        return inf
    x2, f2 = x1, f1
    share = 0.5
    for _ in range(_MOST_STEPS):
        x = x0 + share * (x1 - x0)
        f = _value(sought, x, bins, asimov, best)
        if (f > 0.0) == (f0 > 0.0):
            x2, f2 = x0, f0
        else:
            x2, f2, x1, f1 = x1, f1, x0, f0
        x0, f0 = x, f
        near = x0 if abs(f0) < abs(f1) else x1
        width, tolerance = abs(x1 - x0), _ROUNDING * abs(near)
        if f0 == 0.0 or width <= tolerance:
            return near
        xi, phi = (x0 - x1) / (x2 - x1), (f0 - f1) / (f2 - f1)
        share = 0.5
        if phi * phi < xi and (1.0 - phi) * (1.0 - phi) < 1.0 - xi:
            share = f0 / (f1 - f0) * f2 / (f1 - f2)
            share += (x2 - x0) / (x1 - x0) * f0 / (f2 - f0) * f1 / (f2 - f1)
        smallest = 0.5 * tolerance / width
        share = min(max(share, smallest), 1.0 - smallest)
    return x0 if abs(f0) < abs(f1) else x1
