"""Logarithms of tail probabilities of counts, one at a time; compiled by numba.

The incomplete gamma and beta functions, right from 0 to 1e8 events and far below the smallest
float: to 1e-11 of p, or of ln p where p is small. `anomalon.stats.numerics.tails` has them for
arrays.

* Gamma, for large counts: Temme's uniform expansion (SIAM J. Math. Anal. 10 (1979) 757, in the
  form of Gil, Segura and Temme, SIAM J. Sci. Comput. 34 (2012) A2965). Elsewhere the series, or the
  continued fraction DLMF 8.9.2.
* Beta, for large counts in both regions: Gauss-Legendre quadrature of the integrand over its value
  at the end. Elsewhere the continued fraction of Didonato and Morris (ACM Trans. Math. Softw. 18
  (1992) 360), whose terms are positive.

Both take a constant time where series and fractions need of the order of sqrt(n) terms. What they
are multiplied with is written with deviances, because the logarithms of factorials cancel.
"""

from fractions import Fraction
from math import erfc, exp, expm1, inf, lgamma, log, log1p, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.numerics.poisson import half_deviance_of
from anomalon.stats.numerics.quadrature import compiled

__all__ = [
    "log_at_least",
    "log_at_most",
    "log_beta_tails",
    "log_binomial_at_least",
    "log_gamma_tails",
    "log_normal_tail",
    "z_of_log_p",
]

Floats = NDArray[np.floating[Any]]

_LARGE = 20.0  # counts from which Temme's expansion is used
_MANY = 1000.0  # counts from which the quadrature is faster than the fraction
_TERMS = 27
_EPSILON = 1e-16
_MOST = 1_000_000
_NODES, _WEIGHTS = (0.5 * a for a in np.polynomial.legendre.leggauss(32))
_NOTHING = 42.0  # exp(-42) of the integrand at its largest adds nothing


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
    if y < 0.0:
        return log1p(-0.5 * erfc(-y))
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
def _log_rest(log_p: float) -> float:
    """Logarithm of 1 - p."""
    if log_p >= 0.0:
        return -inf
    return log1p(-exp(log_p)) if log_p < -1.0 else log(-expm1(log_p))


@compiled
def log_gamma_tails(a: float, x: float) -> tuple[float, float]:
    """Logarithms of the regularised incomplete gamma functions P(a, x) and Q(a, x).

    P is the probability of at least a events of a Poisson count with mean x, and 1 for a = 0.
    """
    if a != a or x != x:
        return np.nan, np.nan
    if a <= 0.0 or x == inf:
        return 0.0, -inf
    if x <= 0.0 or a == inf:
        return -inf, 0.0
    deviance = half_deviance_of(a, x, a - x)
    if a >= _LARGE and 2.0 * deviance < a:
        return _temme(a, x, deviance)
    head = -deviance - 0.5 * log(2 * pi * a) - _stirling_error(a)  # ln x^a e^-x/Gamma(a + 1)
    if x <= a + 1.0:
        small = head + log(_series(a, x))
        return min(small, 0.0), _log_rest(small)
    small = head + log(a * _upper_fraction(a, x))
    return _log_rest(small), min(small, 0.0)


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
        return small, _log_rest(small)
    small = log(0.5 * _scaled_erfc(y) + rest) - deviance
    return _log_rest(small), small


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
def log_at_least(n: float, b: float) -> float:
    """Logarithm of P(N >= n) of a Poisson count with mean b."""
    return log_gamma_tails(n, b)[0]


@compiled
def log_at_most(n: float, b: float) -> float:
    """Logarithm of P(N <= n) of a Poisson count with mean b."""
    return log_gamma_tails(n + 1.0, b)[1]


@compiled
def log_beta_tails(a: float, c: float, x: float, y: float) -> tuple[float, float]:
    """Logarithms of the regularised incomplete beta function I_x(a, c) and of 1 - I_x(a, c).

    I is the probability of at least a of a + c - 1 events, each counted with probability x. It is 1
    for a = 0, and else 0 for c = 0.

    Args:
        a: Not negative.
        c: Not negative.
        x: Between 0 and 1.
        y: 1 - x, given as well because x may be close to 1.
    """
    if a != a or c != c or x != x:
        return np.nan, np.nan
    if a <= 0.0 or (y <= 0.0 and c > 0.0):
        return 0.0, -inf
    if c <= 0.0 or x <= 0.0:
        return -inf, 0.0
    total = a + c
    head = 0.5 * (log(a / total) + log(c) - log(2 * pi)) + _stirling_error(total)
    head -= _stirling_error(a) + _stirling_error(c)
    head -= half_deviance_of(a, total * x, a * y - c * x)
    head -= half_deviance_of(c, total * y, c * x - a * y)  # ln x^a y^c/B(a, c)
    if x < (a + 1.0) / (total + 2.0):
        small = head + log(_beta_integral(a, c, x, y))
        return min(small, 0.0), _log_rest(small)
    small = head + log(_beta_integral(c, a, y, x))
    return _log_rest(small), min(small, 0.0)


@compiled
def _beta_integral(a: float, c: float, x: float, y: float) -> float:
    """The integral over t^(a-1) (1-t)^(c-1)/(x^a y^c) from 0 to x < (a + 1)/(a + c + 2)."""
    if a >= _MANY and c >= _MANY:
        return _beta_quadrature(a, c, x, y)
    return _beta_fraction(a, c, x, y)


@compiled
def _beta_quadrature(a: float, c: float, x: float, y: float) -> float:
    """The same with t/(1 - t) = x/y exp(-u) and u >= 0, where the integrand is log-concave."""
    slope, bend = max(a * y - c * x, 0.0), (a + c) * x * y
    reach = 2.0 * _NOTHING / (slope + sqrt(slope * slope + 2.0 * _NOTHING * bend))
    while _log_integrand(reach, a, c, x, y) > -_NOTHING:
        reach *= 1.5
    integral = 0.0
    for k in range(len(_NODES)):
        u = reach * (0.5 + _NODES[k])
        integral += _WEIGHTS[k] * exp(_log_integrand(u, a, c, x, y))
    return reach * integral


@compiled
def _log_integrand(u: float, a: float, c: float, x: float, y: float) -> float:
    """Logarithm of (t/x)^a ((1 - t)/y)^c, from the smaller of both terms."""
    if x < y:
        return -a * u - (a + c) * log1p(x * expm1(-u))
    return c * u - (a + c) * log1p(y * expm1(u))


@compiled
def _beta_fraction(a: float, c: float, x: float, y: float) -> float:
    """The same by the continued fraction, with Lentz's method."""
    excess = a * y - c * x
    value = max(a * (excess + 1.0) / (a + 1.0), 1e-300)
    above, below = value, 0.0
    for m in range(1, _MOST):
        bend = m * (c - m) * x / (a + 2 * m - 1)
        numerator = bend * (a + m - 1) * (a + c + m - 1) * x / (a + 2 * m - 1)
        term = m + bend + (a + m) * (excess + 1.0 + m * (1.0 + y)) / (a + 2 * m + 1)
        below = term + numerator * below
        below = 1.0 / (below if abs(below) > 1e-300 else 1e-300)
        above = term + numerator / above
        above = above if abs(above) > 1e-300 else 1e-300
        value *= above * below
        if abs(above * below - 1.0) < _EPSILON * 2:
            break
    return 1.0 / value


@compiled
def log_binomial_at_least(k: float, m: float, q: float) -> float:
    """Logarithm of P(K >= k) for K of k + m events, each counted with probability q."""
    return log_beta_tails(k, m + 1.0, q, 1.0 - q)[0]
