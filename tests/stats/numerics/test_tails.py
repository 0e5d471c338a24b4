"""Tails of counts from 0 to 1e8 events, against sums of thirty digits."""

from fractions import Fraction
from math import inf, log

import exact_tails
import mpmath
import numpy as np
import pytest

from anomalon.stats import binomial_significance, cls_upper_limit, garwood, on_off_significance
from anomalon.stats.counts import count_log_p
from anomalon.stats.numerics import log_p_from_z
from anomalon.stats.numerics.tails import (
    log_beta_tails,
    log_gamma_tails,
    log_poisson_at_most,
    poisson_quantile,
)

COUNTS = [1, 2, 3, 19, 20, 21, 150, 1000, 10**4, 10**6, 10**8]
SIGMAS = [0.0, 1.0, 5.0, 40.0, 300.0]


def excess(n, z):
    """A mean about z standard deviations below n, and far below it where there is none."""
    return n - z * n**0.5 if z < 0.9 * n**0.5 else n * 10.0 ** (-z)


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("z", SIGMAS)
def test_poisson_tails(n, z):
    mean = excess(n, z)
    at_least, fewer = log_gamma_tails(n, mean)
    exact = exact_tails.log_at_least(n, mean)
    assert at_least == pytest.approx(exact, rel=1e-12, abs=1e-12)
    assert fewer == pytest.approx(float(mpmath.log1p(-mpmath.exp(exact))), rel=1e-9, abs=1e-15)
    mean = n + z * n**0.5 + 0.5
    exact = exact_tails.log_at_most(n, mean)
    assert log_poisson_at_most(n, mean) == pytest.approx(exact, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("k", "m"),
    [
        (1, 1), (3, 50), (50, 3), (20, 20), (19, 10**6), (10**6, 19), (500, 700), (1000, 1000),
        (100, 10**8), (10**8, 100), (10**5, 10**7), (10**7, 10**5), (10**7, 10**7),
    ],
)  # fmt: skip
@pytest.mark.parametrize("z", SIGMAS)
def test_binomial_tails(k, m, z):
    p = k / (k + m)
    q = p - z * (p * (1 - p) / (k + m)) ** 0.5
    q = Fraction(q if q > 0.1 * p else p * 10.0 ** (-z))
    exact = exact_tails.log_binomial_at_least(k, m, q)
    at_least, fewer = log_beta_tails(k, m + 1, float(q), float(1 - q))
    assert at_least == pytest.approx(exact, rel=1e-11, abs=1e-11)
    assert fewer == pytest.approx(float(mpmath.log1p(-mpmath.exp(exact))), rel=1e-9, abs=1e-15)
    swapped = log_beta_tails(m + 1, k, float(1 - q), float(q))
    assert np.array(swapped) == pytest.approx(np.array([fewer, at_least]), rel=1e-11, abs=1e-15)


def test_where_scipy_is_three_percent_off():
    n, b = 9880394, 9865259.22300681
    exact = exact_tails.log_at_least(n, b)
    assert exact == pytest.approx(-14.13341968799339, abs=1e-13)  # mpmath 1.4, 40 digits
    assert count_log_p(n, b, mid_p=False) == pytest.approx(exact, abs=1e-11)


def test_edges():
    assert [float(x) for x in log_gamma_tails(0, 3)] == [0, -inf]
    assert [float(x) for x in log_gamma_tails(3, 0)] == [-inf, 0]
    assert log_gamma_tails(1, 1e-300)[0] == pytest.approx(log(1e-300))
    assert log_gamma_tails(1e8, 1e-300)[0] == pytest.approx(
        1e8 * log(1e-300) - float(mpmath.loggamma(1e8 + 1)), rel=1e-14
    )
    assert log_gamma_tails(1, 1e8)[1] == -1e8
    assert log_poisson_at_most(0, [0, 3, 800]).tolist() == pytest.approx([0, -3, -800], rel=1e-15)
    assert [float(x) for x in log_beta_tails(0, 3, 0.2, 0.8)] == [0, -inf]
    assert [float(x) for x in log_beta_tails(3, 0, 0.2, 0.8)] == [-inf, 0]
    assert log_beta_tails(4, 1, 0.3, 0.7)[0] == pytest.approx(4 * log(0.3), rel=1e-14)
    assert log_beta_tails([1, np.nan], 1, 0.3, 0.7)[0].tolist()[1] != 0
    with np.errstate(all="raise"):
        assert np.isnan(log_gamma_tails(np.nan, 1)).all()


@pytest.mark.parametrize(("n", "n_off", "tau"), [(10**8, 10**7, 0.1002), (5 * 10**6, 10**8, 20.01)])
def test_on_off_at_large_counts(n, n_off, tau):
    with mpmath.workdps(40):
        t = mpmath.mpf(tau)
        total = n + n_off
        half_q = n * mpmath.log(n * (1 + t) / total) + n_off * mpmath.log(
            n_off * (1 + t) / (t * total)
        )
        profile = float(mpmath.sqrt(2 * half_q))
    assert on_off_significance(n, n_off, tau) == pytest.approx(profile, rel=1e-11)
    exact = exact_tails.log_binomial_at_least(n, n_off, 1 / (1 + Fraction(tau)))
    z = binomial_significance(n, n_off, tau)
    assert log_p_from_z(z) == pytest.approx(exact, rel=1e-9)
    assert z == pytest.approx(profile, abs=1e-3)


@pytest.mark.parametrize("n", [0, 3, 10**4, 10**7])
def test_exact_cls_at_the_limit(n):
    b = n + 3.0 * n**0.5 + 0.5
    s = cls_upper_limit(n, b, method="exact")
    log_cls = exact_tails.log_at_most(n, b + s) - exact_tails.log_at_most(n, b)
    assert log_cls == pytest.approx(log(0.05), abs=1e-9)


@pytest.mark.parametrize("mean", [2.5, 1e3, 1e7])
@pytest.mark.parametrize("p", [1e-9, 0.02])
def test_quantiles_of_poisson_counts(mean, p):
    n = int(poisson_quantile(p, mean))
    assert exact_tails.log_at_most(n, mean) >= log(p)
    assert n == 0 or exact_tails.log_at_most(n - 1, mean) < log(p)


def test_intervals_of_large_counts():
    """scipy's inverse is 0.1 standard deviations off here."""
    n, level = 10**8, 1 - 1e-6
    low, high = garwood(n, level)
    tail = log((1 - level) / 2)
    assert exact_tails.log_at_least(n, float(low)) == pytest.approx(tail, abs=1e-9)
    assert exact_tails.log_at_most(n, float(high)) == pytest.approx(tail, abs=1e-9)
