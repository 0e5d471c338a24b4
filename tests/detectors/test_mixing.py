"""Samples as one background with an emphasis each, and what weights do to a training."""

from dataclasses import replace

import numpy as np
import pytest
from toy_events import toy_background, toy_signal, toy_split

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadNumbers, BadRows, BadValue, Leak, UnknownKey
from anomalon.detectors import (
    Autoencoder,
    FeedForward,
    Learning,
    Reconstruction,
    TriggerObjects,
    Variational,
    mixed,
)


def weighted(n, seed, *, orders=8):
    rng = np.random.default_rng(seed)
    return replace(toy_background(n, seed), weight=10 ** rng.uniform(-orders / 2, orders / 2, n))


@pytest.mark.parametrize("power", [0, 0.5, 1])
def test_weights_of_each_sample_sum_to_its_emphasis(power):
    samples = {"bias": weighted(500, 1), "jets": toy_background(200, 2)}
    both = mixed(samples, emphasis={"bias": 3.0, "jets": 0.5}, power=power)
    assert both.weight[:500].sum() == pytest.approx(3)
    assert both.weight[500:].sum() == pytest.approx(0.5)
    w = samples["bias"].weight
    np.testing.assert_allclose(both.weight[:500], 3 * w**power / (w**power).sum(), rtol=1e-12)
    assert np.array_equal(both.objects[:500], samples["bias"].objects)
    assert list(both.columns) == ["event"]
    same = mixed(samples, power=power)
    assert same.weight[:500].sum() == pytest.approx(same.weight[500:].sum())


def test_gelato_takes_a_thousand_over_the_sum():
    one = weighted(300, 3)
    got = mixed({"eb": one}, emphasis={"eb": 1000})
    np.testing.assert_allclose(got.weight, 1000 * one.weight / one.weight.sum())


def test_what_has_no_weight_gets_none_and_huge_weights_are_no_trouble():
    weight = np.array([0.0, 1e-300, 1e300, 1.0])
    events = replace(toy_background(4), weight=weight)
    for power, expected in ((0.0, [0, 1 / 3, 1 / 3, 1 / 3]), (1.0, [0, 0, 1, 0])):
        assert mixed({"a": events}, power=power).weight == pytest.approx(expected, abs=1e-12)


def test_columns_that_all_have_are_kept_and_parts_are_never_lost():
    a, b = toy_split(50), toy_background(50, 1)
    extra = b.with_columns({**b.columns, "n_pv": np.arange(50)})
    assert list(mixed({"a": b, "b": extra}).columns) == ["event"]
    with pytest.raises(BadLayout, match=r"'split' in all samples or in none, got it in \['a'\]"):
        mixed({"a": a, "b": b})
    with pytest.raises(Leak, match="kept for the test"):
        Autoencoder().fit(mixed({"a": a}))
    with pytest.raises(Leak, match="true signal"):
        Autoencoder().fit(mixed({"a": toy_signal(50)}))


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"samples": {}}, BadValue, "expected samples by name"),
        ({"samples": {"a": 3}}, BadValue, "sample 'a'"),
        ({"emphasis": {"jet": 1.0}}, UnknownKey, "did you mean 'jets'"),
        ({"emphasis": {}}, UnknownKey, "none of 'jets'"),
        ({"emphasis": {"jets": 0.0}}, BadValue, "emphasis of 'jets': expected a finite number abo"),
        ({"emphasis": {"jets": -1.0}}, BadValue, "above 0"),
        ({"emphasis": {"jets": float("nan")}}, BadValue, "above 0"),
        ({"emphasis": {"jets": True}}, BadValue, "above 0"),
        ({"power": 1.5}, BadValue, r"power: expected a number in \[0, 1\]"),
    ],
)
def test_what_makes_no_sense_is_refused(change, error, said):
    given = {"samples": {"jets": toy_background(20)}, **change}
    samples = given.pop("samples")
    with pytest.raises(error, match=said):
        mixed(samples, **given)


def test_weights_that_cannot_be_are_refused():
    events = toy_background(20)
    with pytest.raises(BadNumbers, match="'a': expected events with a weight, got 20"):
        mixed({"a": replace(events, weight=np.zeros(20))})
    with pytest.raises(BadNumbers, match="got 0"):
        mixed({"a": events[:0]})
    with pytest.raises(BadRows, match="'a': weight: expected no negative numbers"):
        mixed({"a": replace(events, weight=np.where(np.arange(20) == 3, -1.0, 1.0))})
    with pytest.raises(BadRows, match="weight: expected finite"):
        replace(events, weight=np.full(20, np.nan))
    other = Events(np.ones((20, 1, 3)), ("jet1",), ("pt", "eta", "phi"))
    with pytest.raises(BadLayout, match="object_names"):
        mixed({"a": replace(events, columns={}), "b": other})


FULL_BATCH = Learning(epochs=40, batch_size=4096, learning_rate=1e-2, validation=1e-9)
OF_A_TRIGGER = [
    Autoencoder(FeedForward((16,)), 3, TriggerObjects(), learning=FULL_BATCH),
    Autoencoder(
        FeedForward((16,)), 3, TriggerObjects(), Reconstruction(reduce="sum"), learning=FULL_BATCH
    ),
]


@pytest.mark.parametrize("detector", OF_A_TRIGGER)
def test_an_event_of_weight_two_is_the_event_twice(detector):
    events = toy_background(400)
    twice = np.arange(400) % 3 == 0
    heavy = replace(events, weight=np.where(twice, 2.0, 1.0))
    copies = Events.concatenate([events, events[twice]])
    a, b, plain = (detector.fit(one, seed=1).score(events) for one in (heavy, copies, events))
    np.testing.assert_allclose(a, b, rtol=2e-3, atol=1e-5)
    assert np.abs(plain / a - 1).max() > 0.02


def test_only_ratios_of_weights_matter():
    detector, events = OF_A_TRIGGER[0], weighted(400, 5)
    scores = [
        detector.fit(replace(events, weight=factor * events.weight), seed=1).score(events)
        for factor in (1.0, 2.0**-40, 2.0**40)
    ]
    assert np.array_equal(scores[0], scores[1])
    assert np.array_equal(scores[0], scores[2])


@pytest.mark.parametrize("kind", [Autoencoder, Variational])
def test_what_has_almost_no_weight_is_almost_not_there(kind):
    """Two populations: one a billion times lighter changes as little as if it were left out."""
    soft, hard = toy_background(300, 1), replace(toy_signal(300), label=None, columns={})
    soft = replace(soft, columns={})
    detector = kind(FeedForward((16,)), 2, TriggerObjects(), learning=FULL_BATCH)
    both = mixed({"soft": soft, "hard": hard}, emphasis={"soft": 1.0, "hard": 1e-9})
    alone, together = (detector.fit(one, seed=1) for one in (soft, both))
    np.testing.assert_allclose(together.score(soft), alone.score(soft), rtol=0.02, atol=1e-4)
    even = detector.fit(mixed({"soft": soft, "hard": hard}), seed=1)
    assert even.score(hard).mean() < 0.9 * alone.score(hard).mean()


def test_small_batches_follow_the_weighted_mean():
    """Weights over four orders, in batches: the loss is that of the weighted mean, not the plain.

    Two kinds of events in equal numbers, one with all of the weight: it is given back better.
    """
    soft, hard = (
        replace(e, label=None, columns={}) for e in (toy_background(600), toy_signal(600))
    )
    learning = Learning(epochs=30, batch_size=64, learning_rate=3e-3)
    detector = Autoencoder(FeedForward((16,)), 2, TriggerObjects(), learning=learning)
    of = {}
    for name, emphasis in (("soft", (1.0, 1e-4)), ("hard", (1e-4, 1.0))):
        both = mixed({"soft": soft, "hard": hard}, emphasis=dict(zip(("soft", "hard"), emphasis,
                                                                     strict=True)))  # fmt: skip
        scorer = detector.fit(both, seed=2)
        of[name] = scorer.score(soft).mean(), scorer.score(hard).mean()
    assert of["soft"][0] < of["hard"][0]
    assert of["hard"][1] < of["soft"][1]
