"""Several trainings as one: means on common scales, and scales beside what is known of them."""

from dataclasses import replace

import numpy as np
import pytest
from toy_events import toy_background, toy_split

from anomalon.core.errors import BadValue, Leak
from anomalon.core.seed import Seed
from anomalon.core.seen import part
from anomalon.detectors import (
    Autoencoder,
    Baseline,
    EnsembleDetector,
    EventSummary,
    FeedForward,
    IsolationForest,
    Learning,
    TriggerObjects,
)
from anomalon.detectors.ensemble import _measured, _scaled
from anomalon.learn import load_scorer, save_scorer

LEARNING = Learning(epochs=8, batch_size=1024, learning_rate=1e-2)
ONE = Autoencoder(FeedForward((16,)), 3, TriggerObjects(), learning=LEARNING)


def on_scale(scale, scores, weight=None):
    weight = np.ones(len(scores)) if weight is None else weight
    return _scaled(scale, _measured(scale, np.asarray(scores, float), weight))


def test_it_is_the_mean_of_its_members_on_their_scales():
    events = toy_background(900)
    several = EnsembleDetector(ONE, 3).fit(events, seed=4)
    scores = several.score(events)
    total = np.zeros(len(events))
    seeds = Seed(4).child("detector", kind="ensemble")
    from anomalon.detectors.base import FittedDetector, Task
    from anomalon.detectors.rows import prepared

    with prepared(several.inputs, [events], ONE.held_share, None, seeds) as (rows, held):
        assert len(held) >= 100
        members = []
        for i in range(3):
            task = Task(rows, held, several.inputs, [events], seeds.child("member", i=i))
            members.append(FittedDetector(ONE, several.inputs, ONE._fit(task)))
        for member in members:
            of_held = member._scores(held.seen)
            total += (member.score(events) - of_held.mean()) / of_held.std()
    np.testing.assert_allclose(scores, total / 3, rtol=1e-6, atol=1e-6)
    alone = [m.score(events) for m in members]
    assert not np.allclose(alone[0], alone[1], rtol=1e-2)


def test_members_scatter_more_than_their_ensemble():
    """Of scores on a common scale: the standard deviation over seeds falls as 1/sqrt(n)."""
    events = toy_background(900)

    def spread(n):
        scores = [EnsembleDetector(ONE, n).fit(events, seed=s).score(events) for s in range(5)]
        return np.mean(np.std(scores, axis=0))

    assert 0.25 < spread(8) / spread(1) < 0.55  # 1/sqrt(8) = 0.35


@pytest.mark.parametrize("scale", ["standardised", "tail"])
def test_one_member_orders_events_as_the_detector_does(scale):
    events = toy_background(600)
    detector = Baseline("st")  # draws nothing
    one = EnsembleDetector(detector, 1, scale).fit(events, seed=1).score(events)
    plain = detector.fit(events, seed=1).score(events)
    order = np.argsort(plain, kind="stable")
    assert (np.diff(one[order]) >= -1e-12).all()
    if scale == "standardised":
        assert (np.diff(one[order])[np.diff(plain[order]) > 1e-6] > 0).all()


def test_a_tail_is_minus_the_log_of_the_share_at_a_score_or_above():
    rng = np.random.default_rng(0)
    exponential = rng.exponential(size=200_000)  # whose tail is its score
    scaled = on_scale("tail", exponential)
    at = np.array([0.1, 0.5, 1.0, 3.0, 6.0])
    error = np.sqrt(np.exp(at) / 200_000)
    assert (np.abs(scaled(at) - at) < 4 * error + 1e-3).all()
    # in a straight line beyond the events, with the slope of an exponential: 1
    beyond = scaled(np.array([20.0, 30.0]))
    assert beyond[1] - beyond[0] == pytest.approx(10, rel=0.3)
    assert scaled(np.array([-5.0, exponential.min()])).tolist() == [0, 0]


def test_a_tail_does_not_know_the_units_of_a_score():
    rng = np.random.default_rng(1)
    scores = rng.exponential(size=5000)
    inside = scores[scores < np.sort(scores)[-20]]
    plain = on_scale("tail", scores)(inside)
    same = on_scale("tail", np.exp(scores) * 7)(np.exp(inside) * 7)
    np.testing.assert_allclose(same, plain, atol=0.02)  # but for lines between points


def test_weights_count_and_what_has_none_does_not():
    rng = np.random.default_rng(2)
    scores, weight = rng.normal(size=4000), np.repeat([0.5, 2.0], 2000)
    copies = np.concatenate([scores[:2000], *[scores[2000:]] * 4])
    for scale in ("standardised", "tail"):
        at = np.linspace(-2, 2, 9)
        a, b = on_scale(scale, scores, weight)(at), on_scale(scale, copies)(at)
        np.testing.assert_allclose(a, b, rtol=1e-9 if scale == "standardised" else 0.02, atol=1e-3)


@pytest.mark.parametrize("scale", ["standardised", "tail"])
@pytest.mark.parametrize("scores", [np.full(200, 3.0), np.repeat([1.0, 2.0], 100), [5.0]])
def test_few_values_and_constants_stay_finite_and_in_order(scale, scores):
    got = on_scale(scale, scores)(np.array([0.0, 1.0, 2.0, 3.0, 1e6]))
    assert np.isfinite(got).all()
    assert (np.diff(got) >= 0).all()


def test_it_is_fitted_on_what_its_detector_is_fitted_on(tmp_path):
    several = EnsembleDetector(IsolationForest(10, 64), 3)
    assert several.inputs == EventSummary()
    assert several.most_events == IsolationForest(10, 64).most_events
    assert EnsembleDetector(ONE).held_share == LEARNING.validation
    events = toy_split(600)
    with pytest.raises(Leak):
        several.fit(events)
    scorer = several.fit(part(events, "train"), seed=2)
    save_scorer(scorer, tmp_path / "e.npz")
    again = load_scorer(tmp_path / "e.npz")
    assert again.detector == several
    assert np.array_equal(again.score(events), scorer.score(events))
    assert not np.array_equal(
        several.fit(part(events, "train"), seed=3).score(events), scorer.score(events)
    )


def test_what_makes_no_sense_is_refused():
    for wrong, said in (
        ({"n": 0}, "n: expected a whole number"),
        ({"detector": "autoencoder"}, "detector: expected a Detector"),
        ({"scale": "ranks"}, "scale: expected one of standardised, tail"),
    ):
        with pytest.raises(BadValue, match=said):
            EnsembleDetector(**wrong)
    assert replace(EnsembleDetector(), detector=Baseline("ht")).n == 5
