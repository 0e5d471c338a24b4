"""Pulls, coverage, linearity and uniformity of numbers whose truth is known."""

import json

import numpy as np
import pytest
from scipy import stats

from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.stats.coverage import (
    injection_linearity,
    interval_coverage,
    p_value_uniformity,
    pulls,
)

TRUTH = np.array([0.0, 10.0, 50.0])


def measured(n=2000, bias=0.0, slope=1.0, width=1.0, seed=1):
    """Gaussian measurements with an uncertainty of 5, shape (strength, toy)."""
    rng = np.random.default_rng(seed)
    return slope * TRUTH[:, None] + bias * 5 + rng.normal(0, 5 * width, (3, n))


def test_pulls_of_gaussian_measurements():
    sigma = np.full((3, 2000), 5.0)
    result = pulls(measured(bias=0.05, width=1.05), sigma, TRUTH)
    assert result.mean == pytest.approx(np.full(3, 0.05), abs=0.07)
    assert result.mean_error == pytest.approx(np.full(3, 1.05 / np.sqrt(2000)), rel=0.05)
    assert result.width == pytest.approx(np.full(3, 1.05), abs=0.06)
    assert result.width_error == pytest.approx(np.full(3, 1.05 / np.sqrt(4000)), rel=0.1)
    assert result.n.tolist() == [2000] * 3
    assert result.ok
    assert not pulls(measured(bias=0.3), sigma, TRUTH).ok
    assert not pulls(measured(width=1.3), sigma, TRUTH).ok
    assert not pulls(measured(width=0.7), sigma, TRUTH).ok


def test_failed_toys_are_counted():
    estimate = measured()
    estimate[1, :10] = np.nan
    result = pulls(estimate, np.full((3, 2000), 5.0), TRUTH)
    assert result.n_failed.tolist() == [0, 10, 0]
    assert result.ok  # half a percent
    estimate[1, :30] = np.nan
    assert not pulls(estimate, np.full((3, 2000), 5.0), TRUTH).ok
    assert not interval_coverage(estimate - 5, estimate + 5, TRUTH).ok
    assert not injection_linearity(TRUTH, estimate).ok
    p = np.linspace(0, 1, 1000)
    p[:50] = np.nan
    assert p_value_uniformity(p[np.r_[0:10, 50:1000]]).n_failed == 10


def test_coverage_of_gaussian_intervals():
    x = measured()
    result = interval_coverage(x - 5, x + 5, TRUTH)
    assert result.share == pytest.approx(np.full(3, 0.6827), abs=0.03)
    assert result.ok
    assert not result.too_high.any()
    short, long = (interval_coverage(x - w, x + w, TRUTH) for w in (4.0, 7.0))
    assert short.too_low.all()
    assert not short.ok
    assert long.too_high.all()
    assert long.ok  # no false claim
    limits = interval_coverage(np.full_like(x, -np.inf), x + 1.645 * 5, TRUTH, level=0.95)
    assert limits.ok
    assert limits.share == pytest.approx(np.full(3, 0.95), abs=0.02)


def test_linearity_against_numpy():
    table = measured(bias=0.1, slope=1.02)
    result = injection_linearity(TRUTH, table)
    weights = 1 / (table.std(axis=1, ddof=1) / np.sqrt(2000))
    (slope, intercept), covariance = np.polyfit(
        TRUTH, table.mean(axis=1), 1, w=weights, cov="unscaled"
    )
    assert (result.slope, result.intercept) == pytest.approx((slope, intercept))
    errors = np.sqrt(np.diag(covariance))
    assert (result.slope_error, result.intercept_error) == pytest.approx(tuple(errors))
    line = intercept + slope * TRUTH
    assert result.chi2 == pytest.approx((((table.mean(axis=1) - line) * weights) ** 2).sum())
    assert result.ndf == 1
    assert result.ok
    assert not injection_linearity(TRUTH, measured(slope=0.8)).ok
    assert not injection_linearity(TRUTH, measured(bias=0.5)).ok


def test_uniformity_against_scipy():
    p = np.random.default_rng(5).uniform(size=1500)
    result = p_value_uniformity(p)
    truth = stats.kstest(p, "uniform")
    assert result.distance == pytest.approx(truth.statistic)
    assert result.p_value == pytest.approx(truth.pvalue, rel=0.02)
    assert result.ok
    inside = (result.low <= result.observed) & (result.observed <= result.high)
    assert inside.mean() > 0.8
    assert len(result.expected) == 200
    assert result.rate == pytest.approx([(p <= a).mean() for a in (0.32, 0.05, 0.01)])


def test_small_p_values_are_wrong_and_large_ones_a_waste():
    p = np.random.default_rng(6).uniform(size=1500)
    assert not p_value_uniformity(p**2).ok
    large = p_value_uniformity(np.sqrt(p))
    assert large.p_value < 0.01
    assert large.ok
    # centred, but too many near zero
    assert not p_value_uniformity(np.where(p < 0.1, p / 10, p)).ok


def test_results_are_json():
    x = measured(20)
    for result in (
        pulls(x, np.full_like(x, 5.0), TRUTH),
        interval_coverage(x - 5, x + 5, TRUTH),
        injection_linearity(TRUTH, x),
        p_value_uniformity(np.linspace(0, 1, 20)),
    ):
        plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert plain["ok"] is result.ok


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadLayout, match="pulls: expected arrays of shape"):
        pulls(np.ones((2, 20)), np.ones((2, 20)), TRUTH)
    with pytest.raises(TooFewEvents, match="got 9 of 9"):
        pulls(np.ones((3, 9)), np.ones((3, 9)), TRUTH)
    with pytest.raises(BadValue, match="level"):
        interval_coverage(np.zeros(20), np.ones(20), 0.5, level=1.0)
    with pytest.raises(TooFewEvents, match="20 pseudo-experiments at a strength of 2 gave"):
        injection_linearity([1.0, 2.0], np.stack([np.arange(20.0), np.zeros(20)]))
    with pytest.raises(BadValue, match="different strengths"):
        injection_linearity([1.0, 1.0], np.ones((2, 20)))
    with pytest.raises(BadValue, match=r"\[0, 1\]"):
        p_value_uniformity(np.linspace(0, 2, 20))
    with pytest.raises(BadLayout, match="one axis"):
        p_value_uniformity(np.ones((2, 20)))
