"""Tails of counts for the kernels, against exact fractions and scipy; see also `test_tails`."""

from fractions import Fraction
from math import comb, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from anomalon.stats.numerics import tail_kernels as tails


@settings(deadline=None)
@given(st.floats(-3, 5), st.floats(-5, 8), st.booleans())
def test_poisson_tails_are_scipys(log_b, z, whole):
    b = 10.0**log_b
    n = max(b + z * np.sqrt(b), 0.1)
    n = np.ceil(n) if whole else n
    with np.errstate(divide="ignore"):
        up, down = np.log(special.gammainc(n, b)), np.log(special.gammaincc(n + 1, b))
    if up > -600:
        assert tails.log_at_least(n, b) == pytest.approx(up, rel=1e-9, abs=1e-11)
    if down > -600:
        assert tails.log_at_most(n, b) == pytest.approx(down, rel=1e-9, abs=1e-11)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(0, 60), st.integers(1, 99))
def test_binomial_tail_against_exact_fractions(k, m, percent):
    q = Fraction(percent, 100)
    n = k + m
    exact = sum(comb(n, j) * q**j * (1 - q) ** (n - j) for j in range(k, n + 1))
    want = log(exact.numerator) - log(exact.denominator)
    assert tails.log_binomial_at_least(float(k), float(m), float(q)) == pytest.approx(
        want, rel=1e-11, abs=1e-12
    )


def test_binomial_tail_of_large_counts():
    for k, m, q in [(5200, 4900, 0.5), (101_000, 1_000_000, 1 / 11), (30, 4000, 0.003)]:
        want = np.log(special.betainc(k, m + 1, q))
        assert tails.log_binomial_at_least(float(k), float(m), q) == pytest.approx(want, rel=1e-9)


def test_edges():
    assert tails.log_at_least(0.0, 3.0) == 0.0
    assert tails.log_at_least(2.0, 0.0) == -np.inf
    assert tails.log_at_most(0.0, 3.0) == pytest.approx(-3.0)
    assert tails.log_at_most(4.0, 0.0) == 0.0
    assert tails.log_binomial_at_least(0.0, 5.0, 0.3) == 0.0
    assert tails.log_binomial_at_least(4.0, 0.0, 0.3) == pytest.approx(4 * np.log(0.3))


def test_normal_tail_and_its_inverse():
    z = np.array([0.0, 0.3, 2.0, 6.9, 7.1, 20.0, 28.5, 100.0])
    log_p = np.array([tails.log_normal_tail(x) for x in z])
    assert log_p == pytest.approx(special.log_ndtr(-z), rel=1e-13)
    assert [tails.z_of_log_p(x) for x in log_p] == pytest.approx(z, rel=1e-9, abs=1e-9)
