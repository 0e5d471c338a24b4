"""Tails of counts for the kernels, against sums of high precision and scipy."""

from decimal import Decimal, getcontext
from fractions import Fraction
from math import comb, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from anomalon.stats import count_log_p
from anomalon.stats import tail_kernels as tails

getcontext().prec = 50


def decimal_log_at_least(n, b):
    """ln P(N >= n), term by term with fifty digits."""
    b = Decimal(b)
    term = total = Decimal(1)
    k = n
    while term > total * Decimal("1e-25"):
        k += 1
        term *= b / k
        total += term
    log_head = n * b.ln() - b - sum(Decimal(i).ln() for i in range(2, n + 1))
    return float(log_head + total.ln())


@pytest.mark.parametrize(
    ("n", "b"),
    [(1, 1e-3), (3, 0.5), (7, 6.9), (19, 9.0), (20, 19.5), (21, 4.0), (150, 100.0), (2000, 1900.0)],
)
def test_poisson_tail_against_a_sum_of_fifty_digits(n, b):
    assert tails.log_at_least(float(n), b) == pytest.approx(
        decimal_log_at_least(n, b), rel=1e-12, abs=1e-12
    )


def test_ten_million_events():
    """mpmath 1.4, 40 digits; scipy 1.17's gammainc is 3 % off here."""
    found = tails.log_at_least(9880394.0, 9865259.22300681)
    assert found == pytest.approx(-14.13341968799339, abs=1e-10)


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


def test_far_tails_are_those_of_count_log_p():
    n, b = np.array([400.0, 3000.0, 2e5]), np.array([5.0, 1000.0, 1e5])
    ours = [tails.log_at_least(*pair) for pair in zip(n, b, strict=True)]
    assert ours == pytest.approx(count_log_p(n, b, mid_p=False), rel=1e-12)


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
        assert tails.log_binomial_at_least(k, m, q) == pytest.approx(want, rel=1e-9)


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
