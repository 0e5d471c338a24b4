"""Look-elsewhere: lecture examples, published numbers, analytic laws and brute force."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, multivariate_normal, norm

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.stats import p_from_z
from anomalon.stats.scans.euler import euler_characteristic, euler_coefficients, global_p_euler
from anomalon.stats.scans.gaussian_process import global_p_gaussian, sample_scans
from anomalon.stats.scans.trials import combine_trials, sidak, sidak_test
from anomalon.stats.scans.upcrossings import (
    count_upcrossings,
    expected_upcrossings,
    global_p_upcrossings,
    rice_upcrossings,
    trial_factor,
)


def matched_filter(length, step=0.25):
    """Correlation of a scan for a Gaussian over a flat background; length in sigma."""
    m = np.arange(0, length + step / 2, step)
    return np.exp(-((m[:, None] - m) ** 2) / 4)


def test_dice_of_the_lecture():
    assert sidak(1 / 6, 3) == pytest.approx(0.421296, abs=5e-7)
    assert sidak(1 / 6, 3) / (1 / 6) == pytest.approx(2.527778, abs=5e-7)
    rolls = Seed(1).child("dice").generator().integers(1, 7, (100_000, 3))
    assert np.mean((rolls == 6).any(axis=1)) == pytest.approx(float(sidak(1 / 6, 3)), abs=0.005)
    # small p-values survive
    assert sidak(1e-20, 100) == pytest.approx(1e-18)


def test_range_over_resolution():
    """The lecture's rule of thumb, and where it holds: a trial factor of L/sigma at 3.5 sigma."""
    for resolution in (5.0, 20.0, 50.0):
        n = rice_upcrossings(3000.0, resolution)
        assert trial_factor(3.54, n) == pytest.approx(3000 / resolution, rel=0.1)
    # and it grows with the significance
    n = rice_upcrossings(3000.0, 20.0)
    assert trial_factor(5.0, n) / trial_factor(2.5, n) == pytest.approx(2.0, abs=0.25)


def test_reads_example():
    assert trial_factor(5.0, 2, 0.5) == pytest.approx(30.4633, abs=1e-4)


def test_bound_and_trial_factor_are_one_thing():
    z = np.array([2.0, 3.0, 5.0, 8.0])
    factor = trial_factor(z, 3.0, 0.5)
    assert factor * p_from_z(z) == pytest.approx(global_p_upcrossings(z, 3.0, 0.5), rel=1e-10)
    assert global_p_upcrossings(0.0, 7.0) == 1.0
    assert np.isfinite(trial_factor(40.0, 3.0))  # where the local p-value underflows


@given(st.floats(0, 2), st.floats(0, 2), st.floats(2, 8))
def test_the_reference_level_does_not_matter(z0, z1, z):
    """Rice: N(z1) = N(z0) exp((z0^2 - z1^2)/2)."""
    at_z0, at_z1 = (rice_upcrossings(100.0, 1.0, level) for level in (z0, z1))
    assert trial_factor(z, at_z0, z0) == pytest.approx(trial_factor(z, at_z1, z1), rel=1e-9)


def test_upcrossings_by_hand():
    scans = np.array([[0.0, 1, 0, 1], [1, 1, 1, 1], [1, 0, 0, 0], [-1, np.nan, 1, np.nan]])
    assert count_upcrossings(scans, 0.5).tolist() == [2, 0, 0, 1]
    assert count_upcrossings([np.nan, 1.0, 0.0, 2.0], 0.5) == 1
    with pytest.raises(BadLayout):
        count_upcrossings(3.0)
    with pytest.raises(BadValue, match="upcrossings"):
        trial_factor(3.0, -1)


@pytest.mark.parametrize("z0", [0.0, 0.7, 1.5])
def test_upcrossings_of_samples_expectation_and_rice_agree(z0):
    correlation = matched_filter(40.0)
    scans = sample_scans(correlation, 20_000, seed=1)
    counted = count_upcrossings(scans, z0)
    expected = expected_upcrossings(correlation, z0)
    assert counted.mean() == pytest.approx(expected, abs=4 * counted.std() / np.sqrt(20_000))
    fine = expected_upcrossings(matched_filter(40.0, 0.02), z0)
    assert fine == pytest.approx(float(rice_upcrossings(40.0, 1.0, z0)), rel=1e-3)


@pytest.mark.parametrize("r", [-0.9, 0.0, 0.4, 0.99])
def test_crossing_between_two_points(r):
    both = multivariate_normal.cdf([-0.8, -0.8], cov=[[1, r], [r, 1]])
    correlation = np.array([[1, r], [r, 1]])
    assert expected_upcrossings(correlation, 0.8) == pytest.approx(norm.sf(0.8) - both, abs=1e-6)


def test_gaussian_maximum_of_independent_and_identical_masses():
    for z in (0.5, 2.0, 6.0):
        p = global_p_gaussian(np.eye(7), z)
        assert p.value == pytest.approx(float(sidak(p_from_z(z), 7)), abs=4 * p.uncertainty + 1e-15)
        same = global_p_gaussian(np.ones((7, 7)), z)
        assert same.value == pytest.approx(float(p_from_z(z)), rel=1e-9)


def test_gaussian_maximum_against_plain_samples_and_upcrossings():
    correlation = matched_filter(30.0)
    largest = sample_scans(correlation, 40_000, seed=2).max(axis=1)
    for z in (1.5, 2.5, 3.2):
        p = global_p_gaussian(correlation, z, seed=3)
        share = np.mean(largest > z)
        error = np.hypot(p.uncertainty, np.sqrt(share * (1 - share) / 40_000))
        assert p.value == pytest.approx(share, abs=4 * error)
    # far out the bound by upcrossings is exact, up to the step of the scan
    fine = matched_filter(30.0, 0.1)
    p = global_p_gaussian(fine, 5.5, n=20_000)
    bound = global_p_upcrossings(5.5, rice_upcrossings(30.0, 1.0))
    assert p.uncertainty < 0.01 * p.value
    assert p.value == pytest.approx(float(bound), rel=0.03)


def test_gaussian_maximum_refuses_what_is_no_correlation():
    with pytest.raises(BadLayout, match="off by"):
        global_p_gaussian(2 * np.eye(3), 1.0)
    with pytest.raises(BadLayout, match="mass, mass"):
        global_p_gaussian(np.ones((2, 3)), 1.0)
    with pytest.raises(BadValue, match="eigenvalues"):
        global_p_gaussian([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], 1.0)
    with pytest.raises(BadValue, match="samples"):
        global_p_gaussian(np.eye(2), 1.0, n=1)
    with pytest.raises(BadLayout, match="mass, mass"):
        expected_upcrossings(np.ones(3))


def test_many_levels_are_as_many_calls():
    levels = [0.0, 1.0, 3.0, 8.0]
    together = global_p_gaussian(matched_filter(10.0), levels, n=3000, seed=5)
    alone = [global_p_gaussian(matched_filter(10.0), z, n=3000, seed=5) for z in levels]
    assert together.value.tolist() == [p.value for p in alone]
    assert together.uncertainty.tolist() == [p.uncertainty for p in alone]
    with pytest.raises(BadLayout, match="one axis"):
        global_p_gaussian(np.eye(2), [[1.0]])


def test_same_seed_same_p():
    one, other = (global_p_gaussian(matched_filter(5.0), 2.0, seed=4) for _ in range(2))
    assert (one.value, one.uncertainty) == (other.value, other.uncertainty)


def test_euler_characteristic_by_hand():
    grid = np.zeros((6, 7))
    grid[0, 0] = 1  # an island
    grid[2:5, 2:5] = 1  # one with a hole
    grid[3, 3] = np.nan
    grid[1:3, 6] = 1  # another island
    assert euler_characteristic(grid, 0.5) == 3 - 1
    assert euler_characteristic(np.ones((4, 5, 5)), 0.5).tolist() == [1] * 4
    assert euler_characteristic(grid, 2.0) == 0
    with pytest.raises(BadLayout):
        euler_characteristic(np.ones(3), 0.0)


def gaussian_fields(n, size, smoothing, name):
    """Smooth fields of unit variance on a grid, by filtering white noise."""
    rng = Seed(8).child(name).generator()
    pad = int(5 * smoothing)
    kernel = np.exp(-(np.arange(-pad, pad + 1) ** 2) / (2 * smoothing**2))
    kernel /= np.sqrt((kernel**2).sum())
    band = np.zeros((size, size + 2 * pad))
    for i in range(size):
        band[i, i : i + len(kernel)] = kernel
    return band @ rng.standard_normal((n, size + 2 * pad, size + 2 * pad)) @ band.T


def test_two_dimensions_from_two_low_levels():
    """Vitells and Gross: coefficients from 0 and 1 sigma predict what happens at 2.5 and 3.4."""
    fields = gaussian_fields(6000, 20, 3.0, "fields")
    assert fields.std() == pytest.approx(1.0, abs=0.02)
    phi_0, phi_1 = (euler_characteristic(fields, level).mean() for level in (0.0, 1.0))
    n1, n2 = euler_coefficients(phi_0, 0.0, phi_1, 1.0)
    phi = euler_characteristic(fields, 2.5)
    predicted = float(global_p_euler(2.5, n1, n2))
    assert phi.mean() == pytest.approx(predicted, abs=4 * phi.std() / np.sqrt(6000) + 0.02)
    # where it is small, it is the probability of an island, up to maxima between grid points
    share = np.mean(fields.max(axis=(1, 2)) > 3.4)
    predicted = float(global_p_euler(3.4, n1, n2))
    assert share == pytest.approx(predicted, abs=3 * np.sqrt(share / 6000) + 0.1 * predicted)
    with pytest.raises(BadValue, match="different levels"):
        euler_coefficients(1.0, 0.5, 1.0, 0.5)


def test_euler_in_two_dimensions_is_upcrossings_in_one():
    assert global_p_euler(4.0, 3.0, 0.0) == pytest.approx(float(global_p_upcrossings(4.0, 3.0)))
    two = global_p_euler(
        3.0, *euler_coefficients(0.8, 0.5, 0.4, 1.5, two_sided=True), two_sided=True
    )
    assert 2 * p_from_z(3.0) < two < 1
    n1, n2 = euler_coefficients(0.8, 0.5, 0.4, 1.5, two_sided=True)
    assert global_p_euler([0.5, 1.5], n1, n2, two_sided=True) == pytest.approx([0.8, 0.4])


def correlated_p(n, trials, share, name):
    rng = Seed(9).child(name).generator()
    common = rng.standard_normal((n, 1))
    own = rng.standard_normal((n, trials))
    return norm.sf(np.sqrt(share) * common + np.sqrt(1 - share) * own)


def test_independent_trials_give_sidak():
    toys = correlated_p(50_000, 12, 0.0, "independent")
    observed = np.full(12, 0.5)
    observed[7] = 0.004
    result = combine_trials(observed, toys)
    want = float(sidak(0.004, 12))
    assert result.best == 7
    assert result.global_p.p == pytest.approx(want, abs=4 * np.sqrt(want / 50_000))
    assert result.n_effective == pytest.approx(12, rel=0.04)
    assert result.trial_factor == pytest.approx(want / 0.004, rel=0.1)


def test_identical_trials_cost_nothing():
    toys = np.repeat(correlated_p(20_000, 1, 0.0, "same"), 5, axis=1)
    result = combine_trials(np.full(5, 0.01), toys)
    assert result.n_effective == pytest.approx(1, rel=0.05)
    assert result.global_p.p == pytest.approx(0.01, abs=0.003)


def test_correlated_trials_are_in_between():
    toys = correlated_p(20_000, 10, 0.8, "correlated")
    assert 1.5 < combine_trials(np.full(10, 0.01), toys).n_effective < 8


def test_combined_p_values_are_uniform():
    toys = correlated_p(1000, 10, 0.5, "toys")
    data = correlated_p(1000, 10, 0.5, "data")
    p = [combine_trials(row, toys).global_p.p for row in data]
    # one set of toys for all data: two samples of one distribution
    assert kstest(p, "uniform").statistic < 1.95 * np.sqrt(2 / 1000)


def test_local_p_values_that_are_wrong_are_repaired():
    """Too small by a common bias: the toys have it, too."""
    toys, data = (correlated_p(1000, 6, 0.3, name) for name in ("biased toys", "biased data"))
    p = [combine_trials(row**2, toys**2).global_p.p for row in data]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.025)


def test_failed_trials_are_left_out():
    toys = correlated_p(1000, 4, 0.0, "failed")
    toys[::3, 1] = np.nan
    toys[5] = np.nan
    result = combine_trials([0.3, np.nan, 0.02, 0.9], toys)
    assert (result.best, result.n_trials, result.n_failed) == (2, 3, 1)
    assert result.smallest[5] == 1.0
    assert result.global_p.n == 999  # one in which every trial failed says nothing
    assert not np.isnan(result.smallest).any()


def test_pseudo_experiments_that_failed_exclude_nothing():
    result = combine_trials([1e-6, 0.3], np.full((1000, 2), np.nan))
    assert (result.global_p.n, result.global_p.p) == (0, 1.0)


def test_result_is_plain_and_readable():
    toys = correlated_p(500, 4, 0.0, "plain")
    result = combine_trials([0.3, 0.4, 1e-12, 0.9], toys)
    assert "best of 4 trials" in repr(result)
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["global"]["is_bound"]
    assert plain["global"]["p"] == pytest.approx(1 / 501)
    assert plain["best"] == 2


def test_combine_says_what_is_wrong():
    with pytest.raises(BadLayout, match=r"\(toy, trial\)"):
        combine_trials([0.1, 0.2], [[0.1], [0.2]])
    with pytest.raises(BadNumbers, match="p-values"):
        combine_trials([0.1, 1.2], [[0.1, 0.2]])
    with pytest.raises(BadNumbers, match="all trials failed"):
        combine_trials([np.nan], [[0.1]])


@pytest.mark.parametrize("n_toys", [1, 3, 10, 100])
def test_right_local_p_values_are_seldom_refuted(n_toys):
    """The size of the test, which the Bonferroni bound keeps below its level."""
    rng = Seed(n_toys).child("size").generator()
    smallest = rng.random((1000, n_toys, 4)).min(axis=2)
    refuted = np.mean([not sidak_test(row, 4).holds for row in smallest])
    assert refuted <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)
    assert refuted > 0.02


def test_correlated_trials_are_refuted_less_often():
    rng = Seed(3).child("correlated").generator()
    common, own = rng.normal(size=(1000, 50, 1)), rng.normal(size=(1000, 50, 10))
    p = norm.sf(0.9 * common + np.sqrt(1 - 0.81) * own)
    refuted = np.mean([not sidak_test(row, 10).holds for row in p.min(axis=2)])
    assert refuted < 0.05 / 2


def test_local_p_values_that_are_too_small_are_refuted():
    # the pseudo-experiments of a search whose every significance is far too large
    found = sidak_test(np.geomspace(1e-38, 1e-20, 100), 1)
    assert not found.holds
    assert found.p_value < 1e-30
    # one is enough if it is extreme
    assert not sidak_test([1e-5], 100).holds
    assert sidak_test([0.03], 1).holds
    # Z twice as wide: a hundred pseudo-experiments notice; wider by a half, in three of four cases
    z = Seed(4).child("wide").generator().normal(size=(300, 100))
    noticed = [
        np.mean([not sidak_test(p_from_z(width * row), 1).holds for row in z])
        for width in (1.5, 2.0)
    ]
    assert noticed[0] > 0.65
    assert noticed[1] > 0.97


def test_each_pseudo_experiment_has_its_own_number_of_trials():
    p = [0.01, 0.2]
    one, other = sidak_test(p, [1, 10]), sidak_test(np.atleast_1d(sidak(p, [1, 10])), 1)
    assert one == other


def test_what_is_no_p_value_is_refused():
    for wrong in ([], [np.nan], [1.1]):
        with pytest.raises(BadNumbers, match="sidak_test: smallest"):
            sidak_test(wrong, 1)
