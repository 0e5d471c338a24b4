"""Weights of events: exact where bins hold one weight, no bias where weights are mixed."""

import numpy as np
import pytest

from anomalon.core import Seed
from anomalon.stats import Dijet, Spectrum, fit_spectrum
from anomalon.stats.spectra.event_weights import event_weights

EDGES = np.geomspace(1000.0, 3000.0, 81)
EXPECTED = Dijet(3).integrate([0.0, 8.0, 5.6], EDGES)
EXPECTED *= 1e5 / EXPECTED.sum()


def drawn(name, weights, shares, n, total):
    """Sums of weights and of their squares in spectra of events of several weights."""
    weights, shares = np.array(weights), np.array(shares)
    mean = EXPECTED[:, None] * (total / EXPECTED.sum()) * shares / (weights * shares).sum()
    k = Seed(1).child(name, total=total).generator().poisson(mean, (n, *mean.shape))
    return k @ weights, k @ weights**2


@pytest.mark.parametrize("weights", [(0.1, 1.0), (1.0, 0.3), (0.01, 10.0), (2.5, 2.5)])
@pytest.mark.parametrize("total", [1e5, 1e3])
def test_bins_of_one_weight_keep_it(weights, total):
    each = np.where(np.arange(80) < 50, *weights)
    rng = Seed(2).child("steps", total=total).generator()
    counts = rng.poisson(EXPECTED * total / EXPECTED.sum() / each) * each
    found = event_weights(counts, counts * each)
    filled = counts > 0
    assert found[filled] == pytest.approx(each[filled])
    assert set(found[~filled].round(9)) <= set(each)


def test_empty_bins_have_the_larger_weight_of_their_neighbours():
    counts, each = np.array([0, 5.0, 0, 0, 3, 0]), np.array([1, 0.1, 1, 1, 10, 1])
    found = event_weights(counts, counts * each)
    assert found.tolist() == [0.1, 0.1, 10, 10, 10, 10]
    assert event_weights(np.zeros(3), np.zeros(3)).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("weights", "shares"),
    [((0.1, 1.0), (0.9, 0.1)), ((0.1, 1.0, 10.0), (0.9, 0.09, 0.01)), (np.arange(1, 11) / 10,) * 2],
    ids=["two", "heavy tail", "shares of members"],
)
@pytest.mark.parametrize("total", [1e5, 1e4])
def test_fits_are_unbiased_where_weights_are_mixed(weights, shares, total):
    """With the weight of each bin alone, fits come out low by up to 2.4 standard deviations."""
    counts, variance = drawn("mixed", weights, shares, 150, total)
    off = []
    for n, v in zip(counts, variance, strict=True):
        fit = fit_spectrum(Spectrum(n, EDGES, v), Dijet(3))
        error = np.sqrt(fit.covariance_expected().sum())
        off.append((fit.expected.sum() - total) / error)
    assert abs(np.mean(off)) < 0.45
    assert np.std(off) == pytest.approx(1, abs=0.25)


def test_a_smooth_change_is_followed():
    share = np.linspace(0.02, 0.98, 80)
    counts, variance = (
        EXPECTED * ((1 - share) * 0.1**power + share * 1.0**power) for power in (1, 2)
    )
    off = np.abs(event_weights(counts, variance) * counts / variance - 1)
    assert off[counts**2 / variance > 300].max() < 0.03
    assert off.max() < 0.2
