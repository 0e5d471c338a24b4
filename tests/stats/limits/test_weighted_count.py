"""CLs of weighted sums: against single counts, and against sums over all outcomes."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from anomalon.stats import cls_upper_limit, expected_upper_limits
from anomalon.stats.limits.count_limits import N_SIGMA
from anomalon.stats.limits.weighted_count import (
    WeightedCount,
    expected_limits,
    log_cls,
    observed_limit,
    whole_weights,
)

LOG_ALPHA = np.log(0.05)


def simple(weight, background, signal):
    return WeightedCount(
        np.array(weight), np.array([background], float), np.array([signal], float), np.ones(1)
    )


@pytest.mark.parametrize("b", [0.0, 0.3, 3.0, 11.0])
@pytest.mark.parametrize("n", [0, 1, 7, 20])
def test_one_bin_is_a_single_count(n, b):
    count = simple([50], [b], [1.0])
    exact = cls_upper_limit(n, b, method="exact")
    assert observed_limit(50 * n, count, LOG_ALPHA) == pytest.approx(float(exact), rel=1e-7)
    if b > 0:
        band = expected_limits(count, LOG_ALPHA, np.array(N_SIGMA))
        assert band == pytest.approx(expected_upper_limits(b, method="exact"), rel=1e-7)


def test_three_bins_are_the_sum_over_all_outcomes():
    weight, b, s = (2, 5, 3), (1.2, 0.7, 0.4), (0.2, 0.5, 0.3)
    count = simple(weight, b, s)
    for total, strength in product((0, 4, 11), (0.5, 3.0)):
        tails = []
        for mean in (np.array(b) + strength * np.array(s), np.array(b)):
            masses = [stats.poisson.pmf(np.arange(12), m) for m in mean]
            outcomes = product(range(12), repeat=3)
            tails.append(
                sum(
                    masses[0][i] * masses[1][j] * masses[2][k]
                    for i, j, k in outcomes
                    if 2 * i + 5 * j + 3 * k <= total
                )
            )
        assert np.exp(log_cls(strength, total, count)) == pytest.approx(tails[0] / tails[1])


def test_nothing_seen_excludes_three_events_over_the_share_of_the_signal():
    count = simple([50, 20], [0.5, 2.0], [0.6, 0.3])
    assert observed_limit(0, count, LOG_ALPHA) == pytest.approx(-LOG_ALPHA / 0.9)
    nowhere = simple([50], [0.5], [0.0])
    assert observed_limit(0, nowhere, LOG_ALPHA) == np.inf


def test_an_uncertain_background_is_averaged_over():
    points, weights = np.polynomial.hermite_e.hermegauss(15)
    factor = np.exp(0.3 * points - 0.045)
    count = WeightedCount(
        np.array([50]), 5.0 * factor[:, None], np.ones((15, 1)), weights / weights.sum()
    )
    rng = np.random.default_rng(1)
    b = 5.0 * np.exp(0.3 * rng.normal(size=400_000) - 0.045)
    ours = np.exp(log_cls(6.0, 200, count))
    assert ours == pytest.approx(
        stats.poisson.cdf(4, b + 6).mean() / stats.poisson.cdf(4, b).mean(), rel=0.01
    )
    known = simple([50], [5.0], [1.0])
    assert observed_limit(250, count, LOG_ALPHA) > observed_limit(250, known, LOG_ALPHA)


def test_weights_are_those_of_the_likelihood_ratio():
    signal, background = np.array([1.0, 2.0, 0.0, 1e-6]), np.array([1.0, 1.0, 1.0, 1.0])
    weight = whole_weights(background, signal)
    assert weight.tolist() == [round(50 * np.log(2) / np.log(3)), 50, 0, 0]
    assert whole_weights(background, np.zeros(4)).tolist() == [0, 0, 0, 0]
