"""Logarithms of Poisson and binomial tail probabilities, one at a time, for numba kernels.

`anomalon.stats.counting` has the same for arrays. Here, large counts take Temme's uniform
expansion (SIAM J. Math. Anal. 10 (1979) 757, in the form of Gil, Segura and Temme, SIAM J. Sci.
Comput. 34 (2012) A2965): constant time, where series and continued fractions need of the order of
sqrt(n) terms. All work between integers too. Accurate to 1e-11 of ln p or better.
"""

from fractions import Fraction
from math import erfc, exp, lgamma, log, log1p, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.quadrature import compiled

__all__ = [
    "half_deviance_of",
    "log_at_least",
    "log_at_most",
    "log_binomial_at_least",
    "log_normal_tail",
    "z_of_log_p",
]

Floats = NDArray[np.floating[Any]]

_LARGE = 20.0  # counts from which Temme's expansion is used
_TERMS = 27
_EPSILON = 1e-16
_MOST = 1_000_000


def _temme_coefficients(terms: int) -> Floats:
    """Taylor coefficients f_n of eta/(lambda - 1), where eta^2/2 = lambda - 1 - ln lambda.

    With mu = lambda - 1 = sum_n m_n eta^n and mu dmu/deta = (1 + mu) eta, order by order.
    """
    m = [Fraction(0), Fraction(1)]
    for k in range(2, terms + 1):
        # coefficient of eta^k: sum_j m_j (k + 1 - j) m_(k+1-j) = m_(k-1)
        inner = sum(m[j] * (k + 1 - j) * m[k + 1 - j] for j in range(2, k))
        m.append((m[k - 1] - inner) / (k + 1))
    ratio = m[1:]  # mu/eta; its reciprocal is wanted
    f = [Fraction(1)]
    for k in range(1, terms):
        f.append(-sum((ratio[j] * f[k - j] for j in range(1, k + 1)), Fraction(0)))
    return np.array([float(c) for c in f])


_F = _temme_coefficients(_TERMS)


@compiled
def half_deviance_of(n: float, mu: float) -> float:
    """Half of the deviance, n ln(n/mu) - (n - mu), without cancellation."""
    if n <= 0.0:
        return mu
    v = (mu - n) / n
    if abs(v) < 0.02:
        series, power = 0.0, 1.0
        for k in range(2, 11):
            series += power / k
            power *= -v
        return n * v * v * series
    return n * (v - log1p(v))


@compiled
def _stirling_error(n: float) -> float:
    """Logarithm of Gamma(n + 1) - ln(sqrt(2 pi n) (n/e)^n)."""
    if n < 16.0:
        return lgamma(n + 1.0) - (n + 0.5) * log(n) + n - 0.5 * log(2 * pi)
    u = 1.0 / (n * n)
    return (1 / 12 - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u / 1188)))) / n


@compiled
def _scaled_erfc(y: float) -> float:
    """The scaled complementary error function exp(y^2) erfc(y), y >= 0."""
    if y < 20.0:
        return exp(y * y) * erfc(y)
    total, term = 1.0, 1.0
    for k in range(1, 10):
        term *= -(2 * k - 1) / (2 * y * y)
        total += term
    return total / (y * sqrt(pi))


@compiled
def log_normal_tail(z: float) -> float:
    """Logarithm of P(Z >= z) of a standard normal Z."""
    y = z / sqrt(2.0)
    return log(0.5 * erfc(y)) if y < 5.0 else log(0.5 * _scaled_erfc(y)) - y * y


@compiled
def z_of_log_p(log_p: float) -> float:
    """Standard deviations of a one-sided p-value below 1/2, by Newton's method."""
    z = sqrt(max(-2.0 * log_p, 0.0))
    for _ in range(60):  # -ln p is convex in z, so the steps come from above and never overshoot
        tail = log_normal_tail(z)
        hazard = exp(-0.5 * z * z - tail) / sqrt(2 * pi)
        step = (log_p - tail) / hazard
        z -= step
        if abs(step) < 1e-12 * (1.0 + abs(z)):
            break
    return z


@compiled
def _temme(a: float, x: float, deviance: float) -> tuple[float, float]:
    """The same for large a, with a eta^2/2 = `deviance` and |eta| < 1."""
    eta = sqrt(2.0 * deviance / a)
    if x < a:
        eta = -eta
    beta = np.empty(_TERMS - 1)
    beta[_TERMS - 2] = _F[_TERMS - 1]
    beta[_TERMS - 3] = _F[_TERMS - 2]
    for n in range(_TERMS - 3, 0, -1):
        beta[n - 1] = _F[n] + (n + 1) * beta[n + 1] / a
    s = 0.0
    for n in range(_TERMS - 2, -1, -1):
        s = s * eta + beta[n]
    s /= 1.0 + beta[1] / a
    rest = s / sqrt(2 * pi * a)
    # The smaller of the two as a logarithm, the other as its complement.
    y = sqrt(deviance)
    if eta < 0:
        small = log(0.5 * _scaled_erfc(y) - rest) - deviance
        return small, log1p(-exp(small))
    small = log(0.5 * _scaled_erfc(y) + rest) - deviance
    return log1p(-exp(small)), small


@compiled
def _series(a: float, x: float) -> float:
    """The sum 1 + x/(a + 1) + x^2/((a + 1)(a + 2)) and so on."""
    total, term = 1.0, 1.0
    for k in range(1, _MOST):
        term *= x / (a + k)
        total += term
        if term < _EPSILON * total:
            break
    return total


@compiled
def _upper_fraction(a: float, x: float) -> float:
    """Gamma(a, x)/(x^a e^-x) for x > a, by DLMF 8.9.2 with the modified Lentz method."""
    below = x + 1.0 - a
    c = 1e300
    d = 1.0 / below
    value = d
    for k in range(1, _MOST):
        numerator = -k * (k - a)
        below += 2.0
        d = numerator * d + below
        d = 1.0 / (d if abs(d) > 1e-300 else 1e-300)
        c = below + numerator / c
        c = c if abs(c) > 1e-300 else 1e-300
        value *= c * d
        if abs(c * d - 1.0) < _EPSILON * 2:
            break
    return value


@compiled
def _log_gamma_tails(a: float, x: float) -> tuple[float, float]:
    """Logarithms of the regularised incomplete gamma functions P(a, x) and Q(a, x)."""
    deviance = half_deviance_of(a, x)
    if a >= _LARGE and 2.0 * deviance < a:
        return _temme(a, x, deviance)
    head = -deviance - 0.5 * log(2 * pi * a) - _stirling_error(a)  # ln x^a e^-x/Gamma(a + 1)
    if x <= a + 1.0:
        small = min(head + log(_series(a, x)), 0.0)
        return small, log1p(-exp(small)) if small < 0 else -np.inf
    small = min(head + log(a * _upper_fraction(a, x)), 0.0)
    return log1p(-exp(small)) if small < 0 else -np.inf, small


@compiled
def log_at_least(n: float, b: float) -> float:
    """Logarithm of P(N >= n) of a Poisson count with mean b."""
    if n <= 0.0:
        return 0.0
    if b <= 0.0:
        return -np.inf
    return _log_gamma_tails(n, b)[0]


@compiled
def log_at_most(n: float, b: float) -> float:
    """Logarithm of P(N <= n) of a Poisson count with mean b."""
    return 0.0 if b <= 0.0 else _log_gamma_tails(n + 1.0, b)[1]


@compiled
def _beta_fraction(a: float, c: float, x: float) -> float:
    """The continued fraction of I_x(a, c) by DLMF 8.17.22, for x below (a + 1)/(a + c + 2)."""
    lower = 1.0
    d = 1.0 - (a + c) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > 1e-300 else 1e-300)
    value = d
    for m in range(1, _MOST):
        for odd in range(2):
            if odd:
                term = -(a + m) * (a + c + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            else:
                term = m * (c - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1.0 + term * d
            d = 1.0 / (d if abs(d) > 1e-300 else 1e-300)
            lower = 1.0 + term / lower
            lower = lower if abs(lower) > 1e-300 else 1e-300
            value *= d * lower
        if abs(d * lower - 1.0) < _EPSILON * 2:
            break
    return value


@compiled
def log_binomial_at_least(k: float, m: float, q: float) -> float:
    """Logarithm of P(K >= k) for K of k + m events, each counted with probability q."""
    if k <= 0.0:
        return 0.0
    if m <= 0.0:
        return k * log(q)
    n = k + m
    log_mass = 0.5 * log(n / (2 * pi * k * m)) + _stirling_error(n)
    log_mass -= _stirling_error(k) + _stirling_error(m)
    log_mass -= half_deviance_of(k, n * q) + half_deviance_of(m, n * (1.0 - q))
    head = log_mass + log1p(-q)
    if q < (k + 1.0) / (n + 3.0):
        return min(head + log(_beta_fraction(k, m + 1.0, q)), 0.0)
    rest = head + log(k / (m + 1.0) * _beta_fraction(m + 1.0, k, 1.0 - q))
    return log1p(-exp(rest)) if rest < 0 else -np.inf
