"""Tails of counts as sums of probabilities with thirty digits: what the fast ones are held to."""

from decimal import Decimal, localcontext
from fractions import Fraction

import mpmath

DIGITS = 34


def log_at_least(n, mean):
    """ln P(N >= n) of a Poisson count, for n above the mean (the sum is short there)."""
    b = Decimal(mean)
    return _log_sum(_log_poisson(n, mean), lambda j: b / (n + j))


def log_at_most(n, mean):
    """ln P(N <= n) of a Poisson count, for n below the mean."""
    b = Decimal(mean)
    return _log_sum(_log_poisson(n, mean), lambda j: (n + 1 - j) / b)


def log_binomial_at_least(k, m, q):
    """ln P(K >= k) for K of k + m events, each counted with probability q, a fraction."""
    with mpmath.workdps(DIGITS):
        p = mpmath.mpf(q.numerator) / q.denominator
        first = mpmath.loggamma(k + m + 1) - mpmath.loggamma(k + 1) - mpmath.loggamma(m + 1)
        first += k * mpmath.log(p) + m * mpmath.log1p(-p)
    odds = Fraction(q / (1 - q))
    with localcontext(prec=DIGITS):
        odds = Decimal(odds.numerator) / Decimal(odds.denominator)
    return _log_sum(first, lambda j: odds * (m + 1 - j) / (k + j))


def _log_poisson(n, mean):
    with mpmath.workdps(DIGITS):
        b = mpmath.mpf(mean)
        return n * mpmath.log(b) - b - mpmath.loggamma(n + 1)


def _log_sum(log_first, ratio):
    """ln of first (1 + r_1 + r_1 r_2 + …), until the terms vanish."""
    with localcontext(prec=DIGITS):
        term = total = Decimal(1)
        j = 0
        while term > total * Decimal("1e-25"):
            j += 1
            term *= ratio(j)
            total += term
    with mpmath.workdps(DIGITS):
        return float(log_first + mpmath.log(mpmath.mpf(str(total))))
