"""The goodness of a fit whose tail has next to no events."""

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from anomalon.search.events.merged_goodness import goodness, merged
from anomalon.stats import Exponential, Spectrum, fit_spectrum

EDGES = np.linspace(2000, 8000, 61)
MEAN = 20_000 * np.diff(-np.exp(-(EDGES - 2000) / 500))
HIDDEN = (EDGES[:-1] >= 3000) & (EDGES[:-1] < 3600)


def shared_out(rng, share=0.02, members=10):
    """A spectrum of which each member picks a share, the members agreeing on half of it."""
    mass = 2000 + rng.exponential(500, rng.poisson(20_000))
    common = rng.random(len(mass)) < share / 2
    alone = rng.random((members, len(mass))) < share / 2
    return Spectrum.from_masses(mass, EDGES, (common | alone).mean(axis=0))


def test_p_values_are_uniform_where_those_of_single_bins_are_not():
    rng = np.random.default_rng(3)
    fits = [fit_spectrum(shared_out(rng), Exponential(2), mask=HIDDEN) for _ in range(250)]
    single = np.array([float(fit.p_value) for fit in fits])
    p = np.array([goodness(fit).p_value for fit in fits])
    assert kstest(single, "uniform").pvalue < 1e-6
    assert single.mean() > 0.6
    assert kstest(p, "uniform").pvalue > 1e-3
    assert abs(np.mean(p < 0.1) - 0.1) < 4 * np.sqrt(0.09 / 250)


def test_where_no_bin_is_sparse_nothing_is_merged():
    counts = np.random.default_rng(1).poisson(1000 * np.exp(-np.arange(20) / 10))
    fit = fit_spectrum((counts, np.linspace(1000, 3000, 21)), Exponential(2))
    found = goodness(fit)
    assert found.deviance == pytest.approx(float(fit.deviance))
    assert found.ndf == fit.ndf
    assert found.p_value == pytest.approx(float(fit.p_value))
    assert found.p_value == pytest.approx(chi2.sf(found.deviance, found.ndf), abs=0.01)


def test_a_fit_that_does_not_describe_the_spectrum_is_found_out():
    counts = MEAN.copy()
    counts[:5] *= 1 + 0.2 * np.array([1, -1, 1, -1, 1])
    fit = fit_spectrum((counts.round(), EDGES), Exponential(2), mask=HIDDEN)
    assert goodness(fit).p_value < 1e-6


def test_merged_bins_expect_enough_and_stay_on_their_side():
    group = merged(MEAN, ~HIDDEN)
    np.testing.assert_array_equal(group < 0, HIDDEN)
    assert (np.diff(group[~HIDDEN]) >= 0).all()
    sums = np.bincount(group[~HIDDEN], MEAN[~HIDDEN])
    assert (sums >= 5).all()
    assert not set(group[EDGES[:-1] < 3000]) & set(group[EDGES[:-1] >= 3600])
    assert merged(np.array([1.0, 1.0, 9.0]), np.array([True, True, False])).tolist() == [0, 0, -1]


def test_nothing_to_judge_is_no_p_value():
    fit = fit_spectrum(([3.0, 2.0, 1.0], [1000, 2000, 3000, 4000]), Exponential(2))
    found = goodness(fit)
    assert found.ndf == 0
    assert np.isnan(found.p_value)
