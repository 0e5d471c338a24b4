"""Limits where events are few: what no count can exclude, is not excluded."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

from anomalon.search import window_limit as module
from anomalon.search.window_count import WindowCount, count_in_window
from anomalon.search.window_limit import is_covered, window_limit
from anomalon.stats import Exponential, Gaussian, Spectrum, cls_upper_limit

EDGES = np.linspace(1000.0, 5000.0, 41)
EXPECTED = Exponential(3).integrate([3.4, -3.0, 0.0], EDGES)  # 0.06 per bin at the end


def counted(n, b, sigma, scale=1.0):
    numbers = (np.asarray(x, dtype=float) * scale for x in (n, b, sigma))
    return WindowCount(1000.0, 1100.0, *numbers, 0.8, np.asarray(scale), np.array(""))


def known_background(n, b, alpha=0.05):
    """Read, J. Phys. G 28 (2002) 2693: the Poisson probabilities themselves, from scipy."""

    def excess(s):
        return stats.poisson.cdf(n, s + b) / stats.poisson.cdf(n, b) - alpha

    return optimize.brentq(excess, 0.0, 100.0, xtol=1e-12)


@pytest.mark.parametrize(("n", "b"), [(0, 1e-9), (0, 0.27), (1, 5.4), (7, 3.2), (24, 20.0)])
def test_a_known_background_gives_the_sums_of_scipy(n, b):
    found = window_limit(counted(n, b, 1e-3 * b), 0.95)
    assert found.method == "exact"
    assert found.observed * 0.8 == pytest.approx(known_background(n, b), rel=1e-6)


@pytest.mark.parametrize("sigma", [0.0, 0.05, 0.15, 0.3])
def test_nothing_seen_excludes_three_events_and_no_less(sigma):
    found = window_limit(counted(0, 0.27, sigma), 0.95)
    assert found.observed * 0.8 == pytest.approx(-np.log(0.05), rel=1e-9)
    assert found.band.min() * 0.8 >= -np.log(0.05) * (1 - 1e-9)


def test_cls_of_an_uncertain_background_is_that_of_a_sum_over_all_pairs():
    """The definition, slowly: q~ of each pair of counts, and the probability of the larger ones."""
    n, b, sigma = 3.0, 4.0, 1.0
    m, tau = b**2 / sigma**2, b / sigma**2
    on, off = np.meshgrid(np.arange(60.0), np.arange(80.0), indexing="ij")

    def nll(s, n, m, background):
        pairs = ((n, s + background), (m, tau * background))
        return sum(mean - x * np.log(np.maximum(mean, 1e-300)) for x, mean in pairs)

    def background(s, n, m):
        p = (n + m) / (1 + tau) - s
        return np.maximum((p + np.sqrt(p**2 + 4 * m * s / (1 + tau))) / 2, 1e-12)

    def q(s, n, m):
        best = np.clip(n - m / tau, 0.0, s)
        b_best = np.where((best > 0) & (best < s), m / tau, background(best, n, m))
        return nll(s, n, m, background(s, n, m)) - nll(best, n, m, np.maximum(b_best, 1e-12))

    def tail(s, signal):
        mean = background(signal, n, m)
        probability = stats.poisson.pmf(on, signal + mean) * stats.poisson.pmf(off, tau * mean)
        return probability[q(s, on, off) >= q(s, n, m) * (1 - 1e-9)].sum()

    limit = window_limit(counted(n, b, sigma), 0.95).observed * 0.8
    for s, sign in ((0.999 * limit, 1), (1.001 * limit, -1)):
        assert sign * (tail(s, s) / tail(s, 0.0) - 0.05) > 0


def test_many_events_take_the_asymptotic_formula_and_few_the_sums():
    many = window_limit(counted(30, 40, 2), 0.95)
    assert many.method == "asymptotic"
    assert many.observed * 0.8 == pytest.approx(float(cls_upper_limit(30, 40, 2)))
    for n, b in ((24, 30), (30, 24)):
        assert window_limit(counted(n, b, 3), 0.95).method == "exact"
    here, there = (counted(25, b, 3) for b in (25.01, 24.99))
    one, other = window_limit(here, 0.95), window_limit(there, 0.95)
    assert (one.method, other.method) == ("asymptotic", "exact")
    assert one.observed == pytest.approx(other.observed, rel=0.03)  # as the module says


def test_weighted_events_are_limited_in_effective_ones():
    plain, weighted = (window_limit(counted(4, 3, 0.5, scale), 0.95) for scale in (1.0, 2.5))
    np.testing.assert_allclose(weighted.band, 2.5 * plain.band)
    assert weighted.observed == pytest.approx(2.5 * plain.observed)


def test_no_limit_has_a_reason():
    failed = replace(counted(3, np.nan, np.nan), why=np.array("no fit"))
    found = window_limit(failed, 0.95)
    assert (found.method, found.why) == ("", "no fit")
    assert np.isnan([found.observed, *found.band]).all()
    assert "sigma_b is above 0 where b is 0" in window_limit(counted(3, 0, 1), 0.95).why
    covered, there = is_covered(counted([3, 3], [np.nan, 2.0], [np.nan, 1.0]), 100.0, 0.95)
    assert (covered.tolist(), there.tolist()) == ([False, False], [False, True])


def test_what_is_covered_is_below_the_limit():
    for n, b in ((0, 0.3), (6, 4.0), (40, 35.0)):
        limit = window_limit(counted(n, b, 0.2 * b), 0.95).observed
        toys = counted([n], [b], [0.2 * b])
        assert is_covered(toys, 0.99 * limit, 0.95)[0].all()
        assert not is_covered(toys, 1.01 * limit, 0.95)[0].any()


def test_limits_cover_where_asymptotic_ones_do_not(monkeypatch):
    mass, sigma, strength = 4000.0, 120.0, 2.9
    template = Gaussian(mass, sigma).integrate(EDGES)
    rng = np.random.default_rng(5)
    toys = rng.poisson(EXPECTED + strength * template, (1000, len(EXPECTED))).astype(float)
    found = count_in_window(Spectrum(toys, EDGES), Exponential(2), mass, sigma)
    exact, there = is_covered(found, strength, 0.95)
    assert there.all()
    assert exact.mean() == 1.0  # CLs excludes nothing that makes fewer than three events
    monkeypatch.setattr(module, "_FEW", 0.0)
    assert is_covered(found, strength, 0.95)[0].mean() < 0.95
