"""Closure tests: they pass where the search is right, and fail where it is not."""

import numpy as np
import pytest

from anomalon.core import Seed
from anomalon.core.errors import TooFewEvents
from anomalon.search.histogram.closure import (
    global_p_closure,
    limit_coverage,
    signal_closure,
)
from anomalon.search.histogram.limit_scan import limit_model
from anomalon.stats import (
    Envelope,
    Exponential,
    SignalNuisances,
    Spectrum,
    bump_hunt,
    fit_spectrum,
)

EDGES = np.linspace(1000.0, 5000.0, 41)
EXPECTED = Exponential(2).integrate([5.0, -1.2], EDGES)
SEED = Seed(3)


def fit(scale=1.0, variance=None):
    counts = np.random.default_rng(1).poisson(EXPECTED).astype(float) * scale
    spectrum = Spectrum(counts, EDGES, None if variance is None else counts * variance)
    return fit_spectrum(spectrum, Exponential(2))


def fitted_again(data, seed):
    found = fit_spectrum(data, Exponential(2))
    return bump_hunt(data, found, n_toys=99, seed=seed).global_p.p


def another_sample_as_exact(data, seed):
    sample = seed.child("sample").generator().poisson(EXPECTED)
    return bump_hunt(data, np.maximum(sample, 0.1), n_toys=99, seed=seed).global_p.p


def test_global_p_values_of_a_right_search_are_uniform_and_of_a_wrong_one_are_not():
    right = global_p_closure(fit(), fitted_again, 100, SEED)
    assert right.ok
    assert right.n == 100
    assert set(np.round(right.observed * 100, 6) % 1) == {0.0}  # k + 1 of 99 + 1
    wrong = global_p_closure(fit(), another_sample_as_exact, 40, SEED)
    assert not wrong.ok
    assert wrong.rate[1] > 0.2  # at a nominal 5 %


def test_experiments_that_cannot_be_searched_are_counted():
    def global_p(data, seed):
        if data.counts[0] % 4 == 0:
            raise TooFewEvents("no")
        return seed.generator().uniform()

    found = global_p_closure(fit(), global_p, 200, SEED)
    assert 20 < found.n_failed < 80
    assert not found.ok


def test_injected_signals_come_out():
    found = signal_closure(fit(), 3000.0, 0.03, 300, SEED)
    assert (found.mass, found.why) == (3000.0, "")
    line = found.test.linearity
    assert found.test.ok
    assert line.slope == pytest.approx(1, abs=4 * line.slope_error)
    # a count over a known background: 87 % of the signal in the best window, sqrt(b) for its error
    known = np.sqrt(EXPECTED[(EDGES[:-1] >= 2800) & (EDGES[1:] <= 3200)].sum()) / 0.97
    assert 0.5 * known < line.spread[0] < 1.5 * known


def test_weighted_events_are_tested_with_their_weights():
    plain = signal_closure(fit(), 3000.0, 0.03, 50, SEED)
    weighted = signal_closure(fit(scale=2.0, variance=2.0), 3000.0, 0.03, 50, SEED)
    np.testing.assert_allclose(weighted.test.pulls.truth, 2 * plain.test.pulls.truth, rtol=1e-6)


def model(of, masses, resolution=0.03):
    return limit_model(Envelope((of,), np.zeros(1)), masses, resolution, SignalNuisances())


@pytest.mark.parametrize("weight", [1.0, 2.0])
def test_limits_cover(weight):
    masses = np.geomspace(1150.0, 4500.0, 30)
    of = fit() if weight == 1 else fit(scale=weight, variance=weight)
    limited = np.arange(30)
    found = limit_coverage(model(of, masses), limited, masses, 0.95, 200, SEED)
    assert found.ok
    assert len(found.masses) == len(found.coverage) == 3
    assert np.all(np.diff(found.expected) < 0)  # fewer events, stronger limits
    for mass, expected, one in zip(found.masses, found.expected, found.coverage, strict=True):
        assert mass in masses
        assert one.truth[1] == pytest.approx(expected)
        assert one.share[0] > 0.97  # CLs never excludes what the search cannot see
        assert one.share[-1] == pytest.approx(0.95, abs=0.04)
    worse = limit_coverage(model(of, masses), limited, masses, 0.5, 100, SEED)
    assert worse.coverage[0].share[-1] < 0.7


def test_where_nothing_can_be_measured_there_is_a_reason():
    counts = np.zeros(40)
    counts[:4] = (9.0, 5.0, 2.0, 1.0)
    poor = fit_spectrum(Spectrum(counts, EDGES), Exponential(2))
    signal = signal_closure(poor, 4500.0, 0.01, 20, SEED)
    assert signal.test is None
    assert "pseudo-experiments at a strength of" in signal.why
    short = fit_spectrum(Spectrum(counts[:4], EDGES[:5]), Exponential(2))
    masses = np.array([1200.0])
    coverage = limit_coverage(model(short, masses, 0.3), np.arange(1), masses, 0.95, 20, SEED)
    assert coverage.failed.tolist() in ([1200.0], [])
