import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadValue, DidNotConverge, TooFewEvents
from anomalon.stats.limits.count_limits import cls_upper_limit, expected_upper_limits, upper_limits
from anomalon.stats.limits.efficiency import EfficiencyCurve
from anomalon.stats.limits.rerun import Interpolation, limit_by_rerun
from anomalon.stats.limits.strength_limits import upper_limit_with_efficiency

STRENGTHS = [10.0, 25.0, 50.0, 100.0, 200.0, 400.0]


def learned(s):
    """The efficiency of a classifier that learns the better the more signal there is."""
    return 0.4 * s / (s + 50.0)


def chain(strength, seed, n=2000):
    return seed.generator().binomial(n, learned(strength)), n


def failing_chain(strength, seed):
    if strength in (25.0, 200.0):
        raise DidNotConverge("no minimum")
    return chain(strength, seed)


def root(events):
    """Where s * learned(s) = events: 0.4 s^2 - events s - 50 events = 0."""
    return (events + np.sqrt(events**2 + 80.0 * events)) / 0.8


def test_a_constant_efficiency_scales_the_limit():
    observed, expected = upper_limit_with_efficiency(
        [50, 3], [50, 5], [7, 1], lambda s: np.full(s.shape, 0.25), (0.0, 1000.0)
    )
    assert observed.strength == pytest.approx(cls_upper_limit([50, 3], [50, 5], [7, 1]) * 4)
    band = expected_upper_limits([50, 5], [7, 1], n=[50, 3])
    assert expected.strength == pytest.approx(band * 4)
    assert observed.ok.all()
    assert (observed.n_crossings == 1).all()


@settings(max_examples=20, deadline=None)
@given(n=st.integers(0, 100), per_strength=st.floats(0.5, 5))
def test_a_rising_efficiency_has_a_closed_form(n, per_strength):
    observed, expected = upper_limit_with_efficiency(
        n, 40.0, 4.0, learned, (0.0, 5000.0), events_at_one=per_strength
    )
    assert observed.strength == pytest.approx(root(observed.events / per_strength), rel=1e-9)
    assert expected.strength == pytest.approx(root(expected.events / per_strength), rel=1e-9)


def test_everything_above_the_limit_is_excluded():
    """An efficiency that falls and rises: the yield crosses the limit on events three times."""

    def efficiency(s):
        return np.where(s < 100, 0.5, np.where(s < 300, 0.05, 0.5))

    observed, _ = upper_limit_with_efficiency(50, 50, 7, efficiency, (0.0, 1000.0))
    assert observed.n_crossings == 3  # up at 39.4, down at 100, up at 300
    assert observed.ok
    assert observed.strength == pytest.approx(300.0)
    assert "smaller strengths" in str(observed.why)


def test_no_crossing_has_a_reason():
    out_of_range = upper_limit_with_efficiency(50, 50, 7, learned, (0.0, 60.0))
    assert not out_of_range[0].ok
    assert np.isnan(out_of_range[0].strength)
    assert "larger" in str(out_of_range[0].why)
    assert out_of_range[1].ok.tolist() == [True, False, False, False, False]
    below = upper_limit_with_efficiency(50, 50, 7, learned, (200.0, 900.0))[0]
    assert not below.ok
    assert "smaller ones" in str(below.why)
    hopeless = upper_limit_with_efficiency(50, 50, 7, lambda s: 0 * s, (0.0, 900.0))[0]
    assert not hopeless.ok
    failed_fit = upper_limit_with_efficiency([50, 50], [50, np.nan], 7, learned, (0.0, 900.0))[0]
    assert failed_fit.ok.tolist() == [True, False]
    assert "no limit on events" in failed_fit.why[1]
    with pytest.raises(BadValue, match="smallest < largest"):
        upper_limit_with_efficiency(50, 50, 7, learned, (10.0, 5.0))
    with pytest.raises(BadValue, match="efficiency"):
        upper_limit_with_efficiency(50, 50, 7, lambda s: -s, (0.0, 5.0))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), monotone=st.booleans())
def test_curves_go_through_the_points_or_rise(seed, monotone):
    rng = np.random.default_rng(seed)
    strength = np.sort(rng.uniform(0, 100, 6)) + np.arange(6)
    passed = rng.integers(0, 101, 6)
    curve = EfficiencyCurve(strength, passed, np.full(6, 100), monotone)
    inside = curve(np.linspace(strength[0], strength[-1], 500))
    assert np.all((inside >= -1e-12) & (inside <= 1 + 1e-12))
    if monotone:
        assert np.all(np.diff(inside) >= -1e-12)
    else:
        assert curve(strength) == pytest.approx(passed / 100, abs=1e-12)
    assert np.isnan(curve([strength[0] - 1, strength[-1] + 1])).all()


def test_rising_points_stay_as_they_are():
    curve = EfficiencyCurve([1, 2, 3], [10, 20, 60], [100, 100, 100])
    assert curve([1, 2, 3]) == pytest.approx([0.1, 0.2, 0.6])
    falling = EfficiencyCurve([1, 2, 3], [30, 10, 60], [100, 100, 100])
    pooled = falling([1, 2])
    assert pooled[0] == pooled[1]
    assert 0.1 < pooled[0] < 0.3
    low, high = falling.interval()
    assert np.all((low < [0.3, 0.1, 0.6]) & (high > [0.3, 0.1, 0.6]))


def test_bad_curves_are_refused():
    with pytest.raises(TooFewEvents, match="two strengths"):
        EfficiencyCurve([1.0], [1], [2])
    with pytest.raises(BadLayout, match="increase"):
        EfficiencyCurve([2.0, 1.0], [1, 1], [2, 2])
    with pytest.raises(BadValue, match="passed"):
        EfficiencyCurve([1.0, 2.0], [1, 3], [2, 2])


def test_reruns_find_the_closed_form():
    limit = upper_limits(50, 50, 7)
    found = limit_by_rerun(chain, STRENGTHS, limit, seed=3)
    truth = root(limit.expected)
    assert found.observed.ok
    assert abs(found.observed.strength - root(limit.observed)) < 4.0
    assert np.all(np.abs(found.expected.strength / truth - 1) < 0.08)
    assert found.observed.low < found.observed.strength < found.observed.high
    assert np.all(found.expected.low < found.expected.high)
    # without interpolation the limit is not better, and it is one of the points or beyond
    assert np.all(found.stepwise[1:] >= found.expected.strength - 1e-9)
    assert json.loads(json.dumps(found.to_dict()))["dispersion"] == 1.0


def test_the_band_covers_the_fluctuations_of_the_efficiency():
    limit = upper_limits(50, 50, 7)
    small = [
        limit_by_rerun(
            lambda s, seed: chain(s, seed, 300),
            STRENGTHS,
            limit,
            seed=seed,
            interpolation=Interpolation(n_toys=200),
        ).observed
        for seed in range(150)
    ]
    # compared to the curve through true efficiencies: interpolation is not what the band covers
    exact = EfficiencyCurve(STRENGTHS, 1e6 * learned(np.array(STRENGTHS)), np.full(6, 1e6))
    truth = upper_limit_with_efficiency(50, 50, 7, exact, (10.0, 400.0))[0].strength
    inside = np.mean([each.low <= truth <= each.high for each in small])
    assert 0.55 < inside < 0.82  # 0.683 +- 0.038, and isotonic bands are not exact


def test_failed_points_are_kept_and_left_out():
    limit = upper_limits(50, 50, 7)
    found = limit_by_rerun(failing_chain, STRENGTHS, limit, seed=3)
    assert [p.ok for p in found.points] == [True, False, True, True, False, True]
    assert found.points[1].why == "DidNotConverge: no minimum"
    assert np.isnan(found.points[1].interval).all()
    assert found.observed.ok
    assert found.curve.strength.tolist() == [10.0, 50.0, 100.0, 400.0]
    # the points that worked are the same as if none had failed
    whole = limit_by_rerun(chain, STRENGTHS, limit, seed=3)
    assert found.points[2] == whole.points[2]
    nonsense = limit_by_rerun(lambda s, seed: (5, 2), STRENGTHS, limit, seed=3)
    assert not nonsense.observed.ok
    assert "6 of 6 runs failed" in str(nonsense.observed.why)
    assert "5.0 of 2.0" in nonsense.points[0].why
    assert np.isinf(nonsense.stepwise).all()


def test_a_limit_outside_the_points_is_not_extrapolated():
    limit = upper_limits(50, 50, 7)
    low = limit_by_rerun(chain, [10.0, 25.0, 50.0], limit, seed=3)
    assert not low.observed.ok
    assert "larger" in str(low.observed.why)
    assert low.observed.high == np.inf
    high = limit_by_rerun(chain, [200.0, 400.0], limit, seed=3)
    assert not high.observed.ok
    assert "smaller" in str(high.observed.why)
    assert high.stepwise[0] == 200.0


def test_repeats_see_that_training_fluctuates():
    limit = upper_limits(50, 50, 7)

    def wild(strength, seed):
        rng = seed.generator()
        return rng.binomial(2000, learned(strength) * rng.uniform(0.7, 1.3)), 2000

    tame = limit_by_rerun(chain, STRENGTHS, limit, seed=4, repeats=5)
    found = limit_by_rerun(wild, STRENGTHS, limit, seed=4, repeats=5)
    assert len(found.points) == 30
    assert tame.dispersion < 2
    assert found.dispersion > 5
    wide = float(found.observed.high - found.observed.low)
    assert wide > 2 * float(tame.observed.high - tame.observed.low)


def test_seeds_are_named_by_what():
    limit = upper_limits(50, 50, 7)
    some = limit_by_rerun(chain, STRENGTHS[2:], limit, seed=Seed(9))
    every = limit_by_rerun(chain, STRENGTHS[::-1], limit, seed=9)
    assert every.points[2:] == some.points
    many = limit_by_rerun(chain, STRENGTHS, limit, seed=9, executor=Reversed())
    assert many.points == every.points


class Reversed:
    """An executor that finishes the last piece first."""

    def map_unordered(self, function, items):
        for index in reversed(range(len(items))):
            yield index, function(items[index])


def test_bad_arguments_are_refused():
    with pytest.raises(BadLayout, match="one measurement"):
        limit_by_rerun(chain, STRENGTHS, upper_limits([1, 2], 3.0), seed=1)
    with pytest.raises(BadValue, match="repeat"):
        limit_by_rerun(chain, STRENGTHS, upper_limits(1, 3.0), seed=1, repeats=0)
