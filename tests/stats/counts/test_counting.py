import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as reference
from scipy.optimize import minimize_scalar

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadValue
from anomalon.stats import (
    asimov_significance,
    binomial_significance,
    observed_significance,
    on_off_significance,
    p_from_z,
    scaled_significance,
    z_from_p,
)
from anomalon.stats.counts import count_log_p

counts = st.integers(0, 1000)
positive = st.floats(1e-3, 1e3)


@settings(max_examples=50, deadline=None)
@given(n=counts, b=positive, share=st.floats(1e-3, 1.0))
def test_observed_is_on_off(n, b, share):
    sigma = share * b
    ours = observed_significance(n, b, sigma)
    assert ours == pytest.approx(on_off_significance(n, b**2 / sigma**2, b / sigma**2), abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(n=counts, n_off=counts, tau=st.floats(0.05, 20))
def test_on_off_is_the_likelihood_ratio(n, n_off, tau):
    """The profile by brute force: minimise over the background."""

    def nll(s, b):
        return -reference.poisson.logpmf(n, s + b) - reference.poisson.logpmf(n_off, tau * b)

    best_b = n_off / tau
    free = nll(n - best_b, best_b)
    bound = minimize_scalar(
        lambda b: nll(0.0, b), bounds=(1e-12, (n + n_off + 1) * 2), options={"xatol": 1e-9}
    ).fun
    z = np.sign(n - best_b) * np.sqrt(max(2 * (bound - free), 0.0))
    assert on_off_significance(n, n_off, tau) == pytest.approx(z, abs=2e-3)


@settings(max_examples=50, deadline=None)
@given(n=counts, n_off=counts, tau=st.floats(0.05, 20))
def test_z_bi_is_the_binomial_test(n, n_off, tau):
    # term by term with thirty digits: scipy's test is 1e-7 off at p = 1e-293
    with mpmath.workdps(30):
        share, total = 1 / (1 + mpmath.mpf(tau)), n + n_off
        p = mpmath.fsum(
            mpmath.binomial(total, k) * share**k * (1 - share) ** (total - k)
            for k in range(n, total + 1)
        )
    ours = p_from_z(binomial_significance(n, n_off, tau))
    assert ours == pytest.approx(float(p), rel=1e-7, abs=1e-300)


@settings(max_examples=50, deadline=None)
@given(s=st.floats(0, 1e3), b=positive, share=st.floats(0, 1))
def test_asimov_is_observed_at_the_expectation(s, b, share):
    ours = asimov_significance(s, b, share * b)
    assert ours == pytest.approx(observed_significance(s + b, b, share * b), abs=1e-5)
    assert asimov_significance(s, b, 1e-9 * b) == pytest.approx(asimov_significance(s, b), rel=1e-9)
    assert ours <= asimov_significance(s, b) + 1e-12


def test_small_signal_over_large_background_is_exact():
    # s/sqrt(b) to first order; naive formulae give 0 or garbage
    assert asimov_significance(1e-6, 1e10) == pytest.approx(1e-11, rel=1e-9)
    assert asimov_significance(1.0, 1e14, 1e7) == pytest.approx(1 / np.sqrt(2e14), rel=1e-9)


def test_zero_counts_have_numbers():
    assert observed_significance(0, 5) == pytest.approx(-np.sqrt(10))
    assert on_off_significance(0, 0, 1) == 0
    assert on_off_significance(3, 0, 1) == pytest.approx(np.sqrt(2 * 3 * np.log(2)))
    assert on_off_significance(0, 3, 1) == pytest.approx(-np.sqrt(2 * 3 * np.log(2)))
    assert observed_significance([0, 3, 3], 0, [0, 0, 1]).tolist() == [0, np.inf, 0]
    assert binomial_significance(0, 3, 1) == -np.inf
    # mid-p of none over b: 1 - exp(-b)/2
    assert scaled_significance(0, 5) == pytest.approx(z_from_p(1 - np.exp(-5) / 2))
    assert scaled_significance([0, 3, 3], 0, 1, [0, 0, 1]).tolist() == [0, np.inf, 0]


@settings(max_examples=50, deadline=None)
@given(n=st.integers(0, 10**7), b=st.floats(0, 1e7), sigma=st.floats(0, 1e7))
def test_never_nan(n, b, sigma):
    for mid_p in (True, False):
        assert not np.isnan(scaled_significance(n, b, 1.0, sigma, mid_p=mid_p))
    assert not np.isnan(asimov_significance(n, b, sigma))
    assert not np.isnan(binomial_significance(n, b, sigma))


@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 200), b=st.floats(0.1, 200))
def test_mid_p_of_a_known_background_is_poisson(n, b):
    p = reference.poisson.sf(n, b) + reference.poisson.pmf(n, b) / 2
    assert np.exp(count_log_p(n, b)) == pytest.approx(p, rel=1e-9, abs=1e-300)
    exact = reference.poisson.sf(n - 1, b)
    assert np.exp(count_log_p(n, b, mid_p=False)) == pytest.approx(exact, rel=1e-9, abs=1e-300)


@settings(max_examples=30, deadline=None)
@given(b=st.floats(1, 200), share=st.floats(0.01, 1.0))
def test_more_events_are_more_significant(b, share):
    z = scaled_significance(np.arange(0, 400), b, 1.0, share * b)
    assert np.all(np.diff(z) > 0)


def test_uncertain_background_tends_to_the_known_one():
    z = scaled_significance(130, 100, 1.0, [1e-12, 2.9e-4, 3.3e-4, 1e-2])
    assert z == pytest.approx(np.full(4, scaled_significance(130, 100)), rel=1e-5)


def test_far_tails_stay_finite_and_agree_with_the_profile():
    n, b = [10_000, 1_200_000, 1_000_000], [1000, 1_000_000, 1_200_000]
    for sigma in (0.0, 30.0):
        exact = scaled_significance(n, b, 1.0, sigma)
        assert np.all(np.abs(exact) > 38)
        profile = scaled_significance(n, b, 1.0, sigma, mid_p=False)
        assert exact == pytest.approx(profile, rel=1e-4)


def test_scale_divides_everything():
    z = scaled_significance(12, 5, 0.25, 1.0)
    assert z == pytest.approx(scaled_significance(48, 20, 1.0, 4.0), abs=1e-12)


def test_broadcasts_and_gives_numbers_for_numbers():
    grid = observed_significance(np.arange(6)[:, None], [1.0, 2.0], 0.5)
    assert grid.shape == (6, 2)
    assert grid[3, 1] == observed_significance(3, 2, 0.5)
    assert isinstance(observed_significance(3, 2, 0.5), float)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_refuses_what_is_no_count(bad):
    for call in (
        lambda: on_off_significance(bad, 1, 1),
        lambda: on_off_significance(1, 1, bad),
        lambda: binomial_significance(1, bad, 1),
        lambda: observed_significance(1, 1, bad),
        lambda: asimov_significance(bad, 1),
        lambda: scaled_significance(1, 1, bad),
    ):
        with pytest.raises(BadValue, match=f"expected finite numbers >= 0, got {bad}"):
            call()
    with pytest.raises(BadValue, match="variance_scale"):
        scaled_significance(1, 1, 0.0)
    shapes = r"s of shape \(2,\), b of shape \(3,\), sigma_b of shape \(\)"
    with pytest.raises(BadLayout, match=shapes):
        asimov_significance([1, 2], [1, 2, 3])


@pytest.mark.parametrize("b", [3.0, 10.0, 100.0])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_mid_p_is_centred_under_the_background_hypothesis(b, share):
    """Mean p of 1/2 and mean Z of 0; the exact p-value claims too little."""
    rng = Seed(7).child("mid_p", b=b, share=share).generator()
    toys = 20_000
    n = rng.poisson(b, toys)
    if share:
        tau = 1 / (b * share**2)
        n_off = np.maximum(rng.poisson(b * tau, toys), 1)  # none: no measurement at all
        measured, sigma = n_off / tau, np.sqrt(n_off) / tau
    else:
        measured, sigma = np.full(toys, b), np.zeros(toys)
    z = scaled_significance(n, measured, 1.0, sigma)
    p = p_from_z(z)
    assert abs(p.mean() - 0.5) < 5 * 0.29 / np.sqrt(toys)
    assert abs(z.mean()) < 0.015 + 5 / np.sqrt(toys)
    # discreteness alone moves the known background of 3 to 0.034
    assert (0.030 if share == 0 else 0.040) < (p < 0.05).mean() < 0.058
    exact = np.exp(count_log_p(n, measured, sigma, mid_p=False))
    assert exact.mean() > 0.51


@pytest.mark.parametrize("b", [3.0, 10.0])
def test_mean_over_an_ensemble_of_selections(b):
    """Counts whose weights are shares of ten members: calibrated with the scale, not without."""
    rng = Seed(8).child("ensemble", b=b).generator()
    toys, members = 15_000, 10
    pool = rng.poisson(b / 0.3, toys)
    picked = rng.binomial(members, rng.beta(0.5, 0.5 * 0.7 / 0.3, pool.sum())) / members
    n = np.bincount(np.repeat(np.arange(toys), pool), picked, minlength=toys)
    scale = (picked**2).sum() / picked.sum()
    assert scale < 0.7
    z = scaled_significance(n, b, scale)
    assert abs(z.mean()) < 0.04
    assert 0.94 < z.std() < 1.02
    assert 0.041 < (p_from_z(z) < 0.05).mean() < 0.057
    assert scaled_significance(n, b, 1.0).std() < 0.8
