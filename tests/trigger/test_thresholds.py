import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, TooFewEvents
from anomalon.trigger import (
    FILLED_CROSSINGS,
    closure,
    measured_rate,
    threshold_at_rate,
)


def strata(name, n=(4000, 3000, 3000), hz=(3e7, 3e5, 3e3), apart=9.0):
    """A falling score in strata of very different weights: the harder, the rarer."""
    rng = Seed(3).child(name).generator()
    scores = np.concatenate([rng.exponential(1.0, k) + apart * i for i, k in enumerate(n)])
    weights = np.concatenate([np.full(k, total / k) for k, total in zip(n, hz, strict=True)])
    return scores, weights


def true_rate(threshold, hz=(3e7, 3e5, 3e3), apart=9.0):
    return sum(h * np.exp(-max(threshold - apart * i, 0.0)) for i, h in enumerate(hz))


def test_rates_of_weights_by_hand():
    rate = measured_rate([True, True, False], [3.0, 4.0, 100.0])
    assert (rate.hz, rate.sigma, rate.n) == (7.0, 5.0, 2)
    assert rate.n_effective == pytest.approx(49 / 25)


def test_all_that_comes_in_has_the_incoming_rate_without_error():
    rate = measured_rate(np.ones(5, bool), np.arange(1.0, 6.0), incoming=FILLED_CROSSINGS["ATLAS"])
    assert rate.hz == pytest.approx(31_575_960.0, rel=1e-14)
    assert rate.sigma == pytest.approx(0.0, abs=1e-3)


def test_the_error_of_a_ratio_is_binomial():
    n, k = 1000, 300
    passed = np.arange(n) < k
    rate = measured_rate(passed, 1.0, incoming=50.0)
    assert rate.sigma == pytest.approx(50.0 * np.sqrt(0.3 * 0.7 / n))


def test_intervals_of_equal_weights_are_those_of_a_count():
    rate = measured_rate(np.ones(4, bool), 2.0)
    means = np.linspace(0, 20, 200_001)
    low = means[poisson.sf(3, means) >= 0.158655].min()
    assert rate.low == pytest.approx(2 * low, abs=1e-3)
    nothing = measured_rate(np.zeros(4, bool), 2.0)
    assert (nothing.hz, nothing.low) == (0.0, 0.0)
    assert nothing.high == pytest.approx(2 * -np.log(0.158655), rel=1e-5)


def test_intervals_cover_with_unequal_weights():
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(600):
        n = rng.poisson(30)
        w = rng.exponential(1.0, n)
        rate = measured_rate(np.ones(n + 1, bool), np.append(w, 1e-12))
        inside += rate.low < 30.0 < rate.high
    assert 0.62 < inside / 600 < 0.80


def test_thresholds_of_known_rates():
    scores, weights = strata("known", n=(40_000, 30_000, 30_000))
    for asked in (20.0, 1e3, 1e5):
        found = threshold_at_rate(scores, weights, asked)
        assert found.rate.hz == measured_rate(scores >= found.value, weights).hz
        assert abs(found.rate.hz - asked) <= weights[scores >= found.value].max()
        assert abs(true_rate(found.value) - asked) < 4 * found.rate.sigma
        assert found.low < found.value < found.high


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), factor=st.floats(1e-3, 1e3))
def test_units_of_weights_do_not_matter_with_an_incoming_rate(seed, factor):
    rng = np.random.default_rng(seed)
    scores, weights = rng.normal(size=400), rng.exponential(1.0, 400)
    one, other = (
        threshold_at_rate(scores, w, 300.0, incoming=1000.0) for w in (weights, factor * weights)
    )
    assert one.value == pytest.approx(other.value, abs=1e-9)
    assert one.rate.sigma == pytest.approx(other.rate.sigma)


def test_thresholds_cover_the_true_rate():
    """The true rate at the threshold is the asked one within its error in 68 % of samples."""
    inside, n_found, asked, n_samples = 0, 0, 1000.0, 400
    for i in range(n_samples):
        scores, weights = strata(f"sample {i}")
        try:
            found = threshold_at_rate(scores, weights, asked)
        except TooFewEvents:  # a heavy event happens to be close below, though its like is not
            continue
        n_found += 1
        inside += abs(true_rate(found.value) - asked) < found.rate.sigma
    assert n_found >= 0.97 * n_samples
    assert 0.60 < inside / n_found < 0.76


def test_closure_on_halves():
    """Set on one half, measured on the other, 300 splits: within one error in 68 +- 8 %."""
    scores, weights = strata("halves", n=(20_000, 15_000, 15_000))
    for asked in (30.0, 1e3, 3e6):
        found = closure(scores, weights, asked, splits=300, seed=4)
        assert found.n_refused == 0
        assert 0.60 < found.inside < 0.76
        assert np.mean(found.hz) == pytest.approx(asked, rel=0.1)


def test_heavy_events_that_happen_to_be_below_are_said():
    """Common events have 1500 Hz each: at 100 Hz none may pass, and their tail has most of it."""
    wrong, said, n_samples = 0, 0, 200
    for i in range(n_samples):
        scores, weights = strata(f"close {i}", n=(20_000, 15_000, 15_000), apart=6.0)
        found = threshold_at_rate(scores, weights, 100.0, fewest=1.0, most_unseen=np.inf)
        off = true_rate(found.value, apart=6.0) - 100.0 > 3 * found.rate.sigma
        wrong += off
        said += off and not found.supported
    assert wrong > 20
    assert said > 0.9 * wrong


def test_no_threshold_is_given_where_heavier_events_may_add_more_than_the_rate():
    """Of those that are wrong by more than two, nearly all are refused."""
    wrong, refused = 0, 0
    for i in range(200):
        scores, weights = strata(f"refused {i}", n=(20_000, 15_000, 15_000), apart=3.0)
        found = threshold_at_rate(scores, weights, 100.0, fewest=1.0, most_unseen=np.inf)
        off = true_rate(found.value, apart=3.0) > 200.0
        wrong += off
        if found.unseen <= 100.0:
            assert threshold_at_rate(scores, weights, 100.0, fewest=1.0).value == found.value
            continue
        refused += off
        with pytest.raises(TooFewEvents, match=r"weigh more .* they may add") as error:
            threshold_at_rate(scores, weights, 100.0, fewest=1.0)
        named = float("".join(str(error.value).split("From ")[1].split(" Hz")[0].split()))
        assert threshold_at_rate(scores, weights, named, fewest=1.0).unseen <= named
    assert wrong > 150
    assert refused > 0.9 * wrong


def test_heavy_events_that_are_far_away_are_no_matter():
    scores, weights = strata("far", n=(20_000, 15_000, 15_000), apart=12.0)
    assert threshold_at_rate(scores, weights, 100.0).supported


def test_events_of_equal_weights_leave_nothing_unseen():
    rng = np.random.default_rng(0)
    assert threshold_at_rate(rng.normal(size=5000), 1.0, 100.0).unseen == 0.0


def test_pure_and_total():
    scores, weights = strata("pure")
    others = np.random.default_rng(1).random(len(scores)) < 0.7
    found = threshold_at_rate(scores, weights, 1000.0, others=others)
    fired = scores >= found.value
    assert found.rate.hz == pytest.approx(weights[fired & ~others].sum())
    assert found.total.hz == pytest.approx(weights[fired].sum())
    assert found.value < threshold_at_rate(scores, weights, 1000.0).value


def test_ties_are_one_step_and_said_to_be():
    scores = np.repeat([3.0, 2.0, 1.0], [20, 100, 1000])
    found = threshold_at_rate(scores, 1.0, 20.0)
    assert found.rate.hz == 20.0
    assert found.reached
    found = threshold_at_rate(scores, 1.0, 60.0)
    assert found.rate.hz in (20.0, 120.0)
    assert not found.reached


def test_integers_and_booleans_are_scores():
    scores = np.arange(100)[::-1]
    assert threshold_at_rate(scores, 1, 30).rate.hz == 30.0
    assert threshold_at_rate(scores > 60, 1.0, 39.0).rate.hz == 39.0


def test_a_constant_score_has_no_rate_but_that_of_all():
    found = threshold_at_rate(np.zeros(50), 1.0, 20.0)
    assert found.rate.hz == 50.0
    assert not found.reached
    assert "rate: 50" in repr(found)


def test_ties_just_above_the_asked_rate_are_not_it():
    found = threshold_at_rate(np.repeat([2.0, 0.0], [14, 400]), 3.5, 30.0)
    assert found.rate.hz == 49.0
    assert found.rate.sigma > 13  # which is no excuse
    assert not found.reached


def test_masked_numbers_are_refused():
    scores = np.arange(1000.0)
    with pytest.raises(BadLayout, match="masked array"):
        threshold_at_rate(np.ma.masked_array(scores, scores > 500), 1.0, 100.0)
    assert threshold_at_rate(np.ma.masked_array(scores), 1.0, 100.0).value == 899.5


def test_bad_input_is_named():
    scores, weights = strata("bad")
    with pytest.raises(TooFewEvents, match="effective events above a threshold at 1 Hz"):
        threshold_at_rate(scores[:4000], weights[:4000], 1.0)
    with pytest.raises(TooFewEvents, match=r"From .* Hz on they can"):
        threshold_at_rate(scores, weights, 3.0)
    with pytest.raises(TooFewEvents, match="weights are all zero"):
        threshold_at_rate(scores, 0.0, 1.0)
    with pytest.raises(BadValue, match=r"at most .* Hz, which is that of all events"):
        threshold_at_rate(scores, weights, 1e9)
    with pytest.raises(BadValue, match="rate"):
        threshold_at_rate(scores, weights, 0.0)
    with pytest.raises(BadNumbers, match="weights: expected no negative numbers"):
        threshold_at_rate(scores, -weights, 10.0)
    with pytest.raises(BadNumbers, match="scores: expected finite"):
        threshold_at_rate(np.where(scores > 12, np.nan, scores), weights, 10.0)
    with pytest.raises(BadLayout, match="weights: expected one number for each of 10000"):
        threshold_at_rate(scores, weights[:5], 10.0)
    with pytest.raises(BadLayout, match="others"):
        threshold_at_rate(scores, weights, 10.0, others=[True])


@pytest.mark.parametrize("wrong", [["a", "b"], [1j, 2.0], np.array(["2026-01-01"] * 2, "M8[D]")])
def test_what_is_no_number_is_named(wrong):
    for call in (
        lambda: threshold_at_rate(wrong, 1.0, 1.0),
        lambda: threshold_at_rate([1.0, 2.0], wrong, 1.0),
        lambda: measured_rate([True, False], wrong),
        lambda: closure(wrong, 1.0, 1.0),
    ):
        with pytest.raises(BadLayout, match="expected numbers, got values of the type"):
            call()


def test_the_smallest_rate_that_is_named_can_be_asked_for():
    scores, weights = strata("least")
    with pytest.raises(TooFewEvents) as refused:
        threshold_at_rate(scores, weights, 2.0)
    named = float(str(refused.value).split("From ")[1].split()[0])
    assert threshold_at_rate(scores, weights, 1.2 * named).rate.n_effective >= 10


def test_of_ties_the_rate_that_is_named_can_be_asked_for():
    scores = np.repeat([3.0, 2.0, 1.0], [8, 12, 1000])
    with pytest.raises(TooFewEvents) as refused:
        threshold_at_rate(scores, 1.0, 12.0)
    named = float(str(refused.value).split("From ")[1].split()[0])
    assert threshold_at_rate(scores, 1.0, named).rate.hz == 20.0


def test_halves_with_less_than_the_asked_rate_are_counted():
    found = closure(np.random.default_rng(0).normal(size=400), 1.0, 399.0, splits=40)
    assert 0 < found.n_refused < 40


@pytest.mark.parametrize(
    ("scores", "rate", "error"),
    [(np.arange(9.0), 0.0, BadValue), ([1.0, np.nan], 1.0, BadNumbers),
     (np.ones((3, 3)), 1.0, BadLayout), (np.arange(9.0), 9.1, BadValue)],
)  # fmt: skip
def test_closure_of_nonsense_is_refused(scores, rate, error):
    with pytest.raises(error, match="closure"):
        closure(scores, 1.0, rate)


def test_halves_of_one_event_say_nothing():
    assert closure([1.0], 1.0, 1.0, splits=20).n_refused == 20


def test_nothing_that_fires_has_a_bound_not_no_rate():
    nothing = measured_rate(np.zeros(100, bool), np.full(100, 50.0))
    assert "≤ 92" in repr(nothing)  # 1.84 events of 50 Hz, the end of the 68 % interval
    assert nothing.high == pytest.approx(50.0 * -np.log(0.16), rel=0.02)
