"""Limits from two counts, against sums over the plane with a numerical profile; their coverage."""

import numpy as np
import pytest
from scipy.stats import norm, poisson

from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.stats import (
    cls_upper_limit,
    expected_upper_limits,
    on_off_significance,
    on_off_upper_limit,
)
from anomalon.stats.limits import cls

CASES = [(4.0, 3, 5, 2.0), (6.0, 0, 3, 1.0), (10.0, 7, 2, 0.5), (3.0, 1, 20, 5.0)]


def profile(s, n, m, tau):
    """-2 ln L at its smallest over the background, and where: golden sections."""
    n, m = np.broadcast_arrays(np.asarray(n, dtype=float), np.asarray(m, dtype=float))
    s = np.broadcast_to(s, n.shape)
    low, high = np.full(n.shape, 1e-12), np.full(n.shape, n.max() + m.max() / tau + 5.0)

    def cost(b):
        return 2 * (s + b - n * np.log(s + b) + tau * b - m * np.log(tau * b))

    golden = (np.sqrt(5.0) - 1) / 2
    for _ in range(100):
        left, right = high - golden * (high - low), low + golden * (high - low)
        better = cost(left) < cost(right)
        high, low = np.where(better, right, high), np.where(better, low, left)
    return cost((low + high) / 2), (low + high) / 2


def statistic(s, n, m, tau):
    best = np.maximum(np.asarray(n) - np.asarray(m) / tau, 0.0)
    q = profile(s, n, m, tau)[0] - profile(best, n, m, tau)[0]
    return np.where(best >= s, 0.0, np.maximum(q, 0.0))


def plane(s, n, m, tau):
    """q~ and the probabilities of all pairs of counts, with and without signal."""
    counts = np.arange(0, int(n + s + m / tau + 60))[:, None]
    off = np.arange(0, int(m + 9 * np.sqrt(m) + 30))[None]
    q = statistic(s, counts, off, tau)
    backgrounds = [float(profile(signal, n, m, tau)[1]) for signal in (s, 0.0)]
    with_signal, without = (
        poisson.pmf(counts, signal + b) * poisson.pmf(off, tau * b)
        for signal, b in zip((s, 0.0), backgrounds, strict=True)
    )
    return q, with_signal, without


@pytest.mark.parametrize(("s", "n", "m", "tau"), CASES)
def test_cls_by_summing_the_plane(s, n, m, tau):
    q, with_signal, without = plane(s, n, m, tau)
    counted = q >= statistic(s, n, m, tau) * (1 - 1e-6)
    b, sigma = m / tau, np.sqrt(m) / tau
    ours = cls(s, n, b, sigma, method="exact")
    assert ours == pytest.approx(with_signal[counted].sum() / without[counted].sum(), rel=1e-7)


@pytest.mark.parametrize(("s", "n", "m", "tau"), CASES[:2])
@pytest.mark.parametrize("n_sigma", [-1.0, 0.0, 2.0])
def test_expected_limits_by_summing_the_plane(s, n, m, tau, n_sigma):
    b, sigma = m / tau, np.sqrt(m) / tau
    limit = expected_upper_limits(b, sigma, n=n, n_sigma=n_sigma, method="exact")

    def excluded(signal):
        q, with_signal, without = plane(signal, n, m, tau)
        order = np.argsort(-q.ravel())
        q, with_signal, without = (x.ravel()[order] for x in (q, with_signal, without))
        reached = q[np.searchsorted(np.cumsum(without), norm.cdf(n_sigma))]
        counted = q >= reached * (1 - 1e-6)
        return with_signal[counted].sum() / without[counted].sum() <= 0.05

    assert excluded(float(limit) * 1.001)
    assert not excluded(float(limit) * 0.999)


def test_toys_say_the_same():
    """Pseudo-experiments, the way it is done where nothing can be summed."""
    s, n, m, tau = 7.0, 4, 6, 2.0
    rng = Seed(2).child("on off").generator()
    q_seen, share = statistic(s, n, m, tau), []
    for signal in (s, 0.0):
        b = float(profile(signal, n, m, tau)[1])
        toys = rng.poisson(signal + b, 20_000), rng.poisson(tau * b, 20_000)
        share.append((statistic(s, *toys, tau) >= q_seen * (1 - 1e-6)).mean())
    toys = share[0] / share[1]
    error = toys * np.sqrt((1 - share[0]) / share[0] / 20_000)
    ours = cls(s, n, m / tau, np.sqrt(m) / tau, method="exact")
    assert abs(ours - toys) < 4 * error
    assert error < 0.1 * ours


def test_the_limit_is_where_cls_falls_through_alpha():
    n, b, sigma = np.array([0, 1, 3, 12, 150]), np.array([3, 0.5, 3, 5, 100.0]), 1.0
    limits = cls_upper_limit(n, b, sigma, method="exact")
    assert np.all(cls(limits * (1 + 1e-9), n, b, sigma, method="exact") <= 0.05 + 1e-9)
    assert np.all(cls(limits * (1 - 1e-9), n, b, sigma, method="exact") >= 0.05 - 1e-9)
    assert np.array_equal(limits, on_off_upper_limit(n, b**2, b))
    assert limits[0] == pytest.approx(-np.log(0.05))  # nothing seen: three events
    each = [cls_upper_limit(x, y, sigma, method="exact") for x, y in zip(n, b, strict=True)]
    assert limits.tolist() == each  # to the last bit


def test_large_counts_are_asymptotic():
    n, b, sigma = [1000, 1100, 40_000], [1000, 1000, 40_000], [50, 50, 300]
    exact = cls_upper_limit(n, b, sigma, method="exact")
    assert exact == pytest.approx(cls_upper_limit(n, b, sigma), rel=3e-3)
    band = expected_upper_limits(1000, 50, method="exact")
    assert band == pytest.approx(expected_upper_limits(1000, 50), rel=0.01)


@pytest.mark.parametrize(("s", "b", "tau"), [(3.2, 0.5, 1.0), (3.5, 2.0, 0.5), (6.0, 4.0, 3.0)])
def test_coverage(s, b, tau):
    """Every pair of counts with its probability: the limit covers at least its level."""
    n, m = np.meshgrid(np.arange(40), np.arange(40), indexing="ij")
    weight = poisson.pmf(n, s + b) * poisson.pmf(m, tau * b)
    keep = weight > 1e-6
    limits = on_off_upper_limit(n[keep], m[keep], tau)
    assert weight[keep][limits >= s].sum() > 0.95
    assert weight[keep][limits >= s].sum() < 0.999


def test_empty_regions_have_limits():
    limits = on_off_upper_limit([0, 0, 3, 0], [0, 5, 0, 0], [1, 1e-3, 2.0, 1e3])
    assert limits[[0, 1, 3]] == pytest.approx(np.full(3, -np.log(0.05)))
    assert 7.75 < limits[2] < 7.9  # 7.75 if there can be no background
    assert on_off_upper_limit(3, 0, 2.0, level=0.9) < limits[2]


def test_known_and_measured_backgrounds_side_by_side():
    both = cls_upper_limit([3, 3], 3.0, [0.0, 1.0], method="exact")
    assert both[0] == pytest.approx(5.3954, abs=1e-4)
    assert both[1] == cls_upper_limit(3, 3.0, 1.0, method="exact")
    band = expected_upper_limits(3.0, [0.0, 1.0], method="exact")
    assert band.shape == (5, 2)
    assert np.array_equal(band[:, 0], expected_upper_limits(3.0, method="exact"))
    # the best signal has q~ = 0, and an excess of it pushes the limit up
    assert np.all(np.diff(band[:, 1]) >= 0)
    assert on_off_significance(12, 5, 1) > 0
    assert on_off_upper_limit(12, 5, 1) > 12 - 5


def test_bad_arguments():
    for arguments in ((-1, 2, 1.0), (1, np.nan, 1.0), (1, 2, 0.0), (1, np.inf, 1.0)):
        with pytest.raises(BadValue, match="expected finite numbers"):
            on_off_upper_limit(*arguments)
    with pytest.raises(BadValue, match="level"):
        on_off_upper_limit(1, 2, 1.0, level=1.0)
    with pytest.raises(BadValue, match="too long"):
        cls_upper_limit(3, 3.0, 1e-6, method="exact")
