"""The uncertainty that pulls miss: recovered, zero where nothing is missing, honest intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from anomalon.core.errors import BadLayout, BadNumbers, BadValue, TooFewEvents
from anomalon.stats.coverage import fit_non_closure, width_p_value


def pulls(delta, n, seed, relative=0.1):
    """Pulls of counts whose expectations are off by a further delta."""
    rng = np.random.default_rng(seed)
    r = relative * rng.uniform(0.5, 2, n)
    return rng.normal(0, np.sqrt(r**2 + delta**2)) / r, r


@pytest.mark.parametrize("delta", [0.05, 0.1, 0.5])
def test_what_was_planted_is_recovered_within_its_error(delta):
    fits = [fit_non_closure(*pulls(delta, 40, seed)) for seed in range(200)]
    inside = np.mean([fit.low <= delta <= fit.high for fit in fits])
    assert 0.6 < inside < 0.78  # 68 %, with a binomial error of 3 %, and of 40 pulls only
    assert np.median([fit.delta for fit in fits]) == pytest.approx(delta, rel=0.1)


def test_of_many_pulls_it_is_exact():
    fit = fit_non_closure(*pulls(0.1, 100_000, 1, relative=0.005))
    assert fit.delta == pytest.approx(0.1, rel=0.01)
    assert fit.n == 100_000
    assert (fit.high - fit.low) / 2 == pytest.approx(0.1 / np.sqrt(2e5), rel=0.05)


def test_with_equal_uncertainties_it_is_what_is_left_of_the_mean_square():
    z = np.array([3.0, -1.0, 2.0, 0.5])
    fit = fit_non_closure(z, np.full(4, 0.2))
    assert fit.delta == pytest.approx(0.2 * np.sqrt(np.mean(z**2) - 1), rel=1e-4)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_pulls_no_wider_than_one_ask_for_nothing(z):
    fit = fit_non_closure(z, np.full(len(z), 0.1))
    assert fit.delta == pytest.approx(0, abs=1e-3)
    assert fit.low <= fit.delta <= fit.high


def test_p_values_are_uniform_with_what_is_missing_and_small_without():
    known = [width_p_value(*pulls(0.1, 10, seed), 0.1) for seed in range(400)]
    unknown = [width_p_value(*pulls(0.1, 10, seed)) for seed in range(400)]
    assert kstest(known, "uniform").pvalue > 1e-3
    assert np.mean(np.array(unknown) < 0.05) > 0.3
    assert width_p_value([3.0], [0.1]) == pytest.approx(chi2(1).sf(9))


def test_what_is_wrong_is_said():
    with pytest.raises(BadLayout, match="one shape"):
        fit_non_closure([1.0], [0.1, 0.2])
    with pytest.raises(TooFewEvents, match="at least one"):
        fit_non_closure([], [])
    with pytest.raises(BadNumbers):
        fit_non_closure([np.nan], [0.1])
    with pytest.raises(BadValue, match="above zero"):
        fit_non_closure([1.0], [0.0])
