import numpy as np
import pytest
from scipy.stats import beta
from sklearn.metrics import roc_curve

from anomalon.core.errors import BadLayout, BadNumbers, BadValue, TooFewEvents
from anomalon.trigger import (
    Controller,
    decaying_pile_up,
    efficiency,
    efficiency_in_bins,
    follow,
    rate_curve,
    rate_in_bins,
    threshold_at_rate,
)


def test_the_curve_against_sklearn():
    rng = np.random.default_rng(4)
    b, s, w = rng.normal(size=3000), rng.normal(1.0, 1.0, 2000), rng.exponential(1.0, 3000)
    curve = rate_curve(b, w, s, incoming=1e6)
    fpr, tpr, _ = roc_curve(
        np.repeat([0, 1], [3000, 2000]), np.concatenate([b, s]),
        sample_weight=np.concatenate([w, np.ones(2000)]), drop_intermediate=False,
    )  # fmt: skip
    for hz, found in zip(curve.hz[::10], curve.efficiency[::10], strict=True):
        i = np.searchsorted(fpr, hz / 1e6 * (1 + 1e-9), side="right") - 1  # the last one below it
        assert tpr[np.searchsorted(fpr, fpr[i])] - 1e-9 <= found <= tpr[i] + 1e-9
    assert curve.hz[-1] == pytest.approx(1e6)
    assert (np.diff(curve.efficiency) >= 0).all()


def test_of_events_with_one_score_all_pass_or_none():
    curve = rate_curve(np.ones(100), 1.0, np.ones(10))
    assert curve.hz.min() == pytest.approx(100.0)  # no smaller rate is possible
    assert curve.n_effective == pytest.approx(100.0)
    rng = np.random.default_rng(5)
    background, signal = rng.integers(0, 5, 10_000), rng.integers(3, 5, 1000)
    curve = rate_curve(background, 1.0, signal)
    possible = [np.count_nonzero(background >= s) for s in (4, 3, 2, 1, 0)]
    assert curve.hz[0] == pytest.approx(possible[0])
    below_the_next = curve.hz < possible[1] * (1 - 1e-9)
    assert curve.efficiency[below_the_next] == pytest.approx(np.mean(signal == 4))
    assert curve.efficiency[~below_the_next] == pytest.approx(1.0)


def test_values_that_are_no_numbers_are_refused():
    for found in (rate_in_bins, efficiency_in_bins):
        args = ([True, False], [1.0, np.nan], [0.0, 1.0, 2.0])
        given = args if found is efficiency_in_bins else (args[0], 1.0, *args[1:])
        with pytest.raises(BadNumbers, match="values"):
            found(*given)


def test_texts_are_no_values():
    for call in (
        lambda: rate_in_bins([True], 1.0, ["a"], [0.0, 1.0]),
        lambda: efficiency_in_bins([True], ["a"], [0.0, 1.0]),
        lambda: rate_curve([1.0], 1.0, ["a"]),
        lambda: follow([1.0], 1.0, ["a"], 1.0, [60.0]),
        lambda: follow([1.0], 1.0, [1], 1.0, ["many"]),
    ):
        with pytest.raises(BadLayout, match="expected numbers, got values of the type"):
            call()


def test_a_fill_begins_where_a_threshold_is_known():
    """Beside it a heavy event may be too close, which is no matter for the slope of the scores."""
    weights = np.r_[np.ones(70), 30.0, 125.0, np.ones(2000)]
    scores = np.arange(len(weights), 0, -1.0)
    n_pv = np.random.default_rng(0).poisson(60, len(weights))
    assert threshold_at_rate(scores, weights, 100.0).rate.n_effective > 10
    assert np.isfinite(follow(scores, weights, n_pv, 100.0, [60.0, 50.0]).followed_hz).all()


def test_events_without_weight_are_no_matter_in_a_fill():
    rng = np.random.default_rng(1)
    scores, n_pv = rng.normal(size=3000), rng.poisson(60, 3000)
    alone = follow(scores, 1.0, n_pv, 300.0, [60.0, 50.0])
    given = np.append(scores, 9.0), np.append(np.ones(3000), 0.0), np.append(n_pv, 10**6)
    with_it = follow(*given, 300.0, [60.0, 50.0])
    assert with_it.followed_hz == pytest.approx(alone.followed_hz)


def test_efficiency_of_equal_weights_is_exact():
    value, low, high = efficiency(np.arange(50) < 20)
    assert value == pytest.approx(0.4)
    assert low == pytest.approx(beta.ppf(0.158655, 20, 31), rel=1e-4)
    assert high == pytest.approx(beta.ppf(1 - 0.158655, 21, 30), rel=1e-4)


def test_a_turn_on_curve():
    rng = np.random.default_rng(6)
    pt = rng.uniform(0, 100, 20_000)
    found = efficiency_in_bins(pt > 50, pt, [0, 25, 50, 75, 100, 200])
    assert found.value[:4] == pytest.approx([0, 0, 1, 1])
    assert np.isnan(found.value[4])
    assert found.n[4] == 0
    assert found.n[:4].sum() == 20_000
    assert efficiency_in_bins([True], [3.0], [1.0, 3.0]).n.tolist() == [1]  # the upper edge is in


def test_bins_of_a_constant_rate_are_constant():
    rng = np.random.default_rng(7)
    p = []
    for _ in range(300):
        n_pv = rng.poisson(60, 4000)
        passed, w = rng.random(4000) < 0.2, rng.exponential(1.0, 4000)
        p.append(rate_in_bins(passed, w, n_pv, [30, 50, 55, 60, 65, 70, 90]).p_constant)
    assert 0.02 < np.mean(np.array(p) < 0.1) < 0.18


def test_a_rate_that_follows_pile_up_is_seen():
    rng = np.random.default_rng(9)
    n_pv = rng.poisson(60, 20_000)
    found = rate_in_bins(
        rng.random(20_000) < n_pv / 600, 1.0, n_pv, [40, 55, 60, 65, 80], incoming=1e3
    )
    assert (np.diff(found.hz) > 0).all()
    assert found.p_constant < 1e-3
    assert found.hz == pytest.approx(100.0 * np.array([52, 58, 62.5, 69]) / 60, rel=0.1)


def drifting(n=200_000):
    """The more collisions the larger the score."""
    rng = np.random.default_rng(11)
    n_pv = rng.poisson(60, n)
    return rng.exponential(1.0, n) + 0.05 * n_pv, np.full(n, 1e5 / n), n_pv


def test_a_controller_holds_the_rate():
    scores, weights, n_pv = drifting()
    means = decaying_pile_up(62.0, 54.0, 80)
    found = follow(scores, weights, n_pv, 1000.0, means, seed=1)
    # the mean of exp(0.05 n) of Poisson counts n is exp(mean (exp(0.05) - 1))
    falls = np.exp((54.0 - 62.0) * np.expm1(0.05))
    assert found.fixed_hz[-1] / found.fixed_hz[0] == pytest.approx(falls, rel=0.1)
    assert found.spread(found.followed_hz) < 0.1 < found.spread(found.fixed_hz)
    assert found.followed_hz[40:].mean() == pytest.approx(1000.0, rel=0.1)


def test_without_feedback_nothing_moves():
    scores, weights, n_pv = drifting(5000)
    off = Controller(proportional=0.0, integral=0.0)
    found = follow(scores, weights, n_pv, 1000.0, [60.0, 50.0], controller=off)
    assert found.followed_hz.tolist() == found.fixed_hz.tolist()
    assert len(set(found.threshold.tolist())) == 1


def test_bad_input_is_named():
    with pytest.raises(BadValue, match="rising edges"):
        efficiency_in_bins([True], [1.0], [2.0, 1.0])
    with pytest.raises(BadValue, match="rising edges"):
        rate_in_bins([True], 1.0, [1.0], [2.0])
    with pytest.raises(BadLayout, match="values"):
        rate_in_bins([True, False], 1.0, [1.0], [0.0, 2.0])
    with pytest.raises(TooFewEvents, match="all zero"):
        rate_curve([1.0, 2.0], 0.0, [1.0])
    with pytest.raises(BadValue, match="others have all"):
        rate_curve([1.0, 2.0], 1.0, [1.0], others=[True, True])
    with pytest.raises(BadValue, match="controller"):
        Controller(proportional=-1.0)
    with pytest.raises(BadValue, match="above zero"):
        follow([1.0, 2.0], 1.0, [3, 4], 1.0, [0.0])


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_dead_run_and_a_stuck_one_are_seen(share):
    rng = np.random.default_rng(21)
    run = rng.integers(0, 8, 80_000)
    passed = np.where(run == 3, rng.random(80_000) < share, rng.random(80_000) < 0.1)
    found = rate_in_bins(passed, 1.0, run, np.arange(9) - 0.5)
    assert found.n_bins == 8
    assert found.p_constant < 1e-10


def test_follow_near_all_that_comes_in():
    rng = np.random.default_rng(5)
    found = follow(rng.normal(size=2000), 1.0, rng.poisson(60, 2000), 1900.0, [60.0, 59.0])
    assert np.isfinite(found.threshold).all()
    with pytest.raises(BadValue, match="row of means"):
        follow([1.0, 2.0], 1.0, [3, 4], 1.0, [])
    with pytest.raises(BadValue, match="controller"):
        follow([1.0, 2.0], 1.0, [3, 4], 1.0, [2.0], controller=3)
