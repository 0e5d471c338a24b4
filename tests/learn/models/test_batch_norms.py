"""Norms among the events of a batch, and the network without them."""

from dataclasses import replace

import equinox as eqx
import numpy as np
import pytest
from toy_events import toy_background

from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.detectors import Autoencoder, Contrastive, FeedForward, Learning, Variational
from anomalon.learn.models.batch_norms import without_batch_norms
from anomalon.learn.models.dense import Dense, Inner
from anomalon.learn.models.gradients import LEAST

RNG = np.random.default_rng(5)
ROWS = RNG.normal(3.0, 2.0, (400, 6)).astype(np.float32)
WEIGHT = RNG.uniform(0, 2, 400)
CALLED = eqx.filter_jit(lambda network, rows: network(rows))


def network(activation="leaky_relu"):
    dense = Dense(6, (5, 4), 3, seed=Seed(2), inner=Inner(activation, "batch"))
    drawn = [RNG.normal(size=n).astype(np.float32) for n in (5, 5, 4, 4)]
    return eqx.tree_at(lambda d: [a for n in d.norms for a in (n.weight, n.bias)], dense, drawn)


def by_hand(dense, rows, weight, slope=0.3):
    """Formulae of arXiv:1502.03167, algorithm 2, with moments of all rows."""
    share, x = weight / weight.sum(), np.asarray(rows, float)
    for layer, norm in zip(dense.layers, dense.norms, strict=False):
        y = x @ np.asarray(layer.weight, float) + np.asarray(layer.bias, float)
        mean = (share[:, None] * y).sum(axis=0)
        variance = (share[:, None] * (y - mean) ** 2).sum(axis=0)
        z = (y - mean) / np.sqrt(variance + LEAST) * np.asarray(norm.weight) + np.asarray(norm.bias)
        x = np.where(z > 0, z, slope * z)
    last = dense.layers[-1]
    return x @ np.asarray(last.weight, float) + np.asarray(last.bias, float)


def test_a_batch_of_all_events_gives_what_the_formulae_give():
    dense, even = network(), np.ones(len(ROWS))
    expected = by_hand(dense, ROWS, even)
    np.testing.assert_allclose(CALLED(dense, ROWS), expected, atol=2e-5)
    # columns are another way to the same
    columns = eqx.filter_jit(lambda net, x: net.of_columns(x.T).T)(dense, ROWS)
    np.testing.assert_allclose(columns, expected, atol=2e-5)


@pytest.mark.parametrize("weight", [np.ones(len(ROWS)), WEIGHT], ids=["even", "weighted"])
def test_without_norms_it_is_the_same_of_all_events(weight):
    dense = network()
    bare, outputs = without_batch_norms(dense, ROWS, weight)
    expected = by_hand(dense, ROWS, weight)
    np.testing.assert_allclose(outputs, expected, atol=2e-5)
    np.testing.assert_allclose(CALLED(bare, ROWS), expected, atol=2e-5)
    assert bare.norms == ()


def test_then_an_event_does_not_depend_on_its_company():
    bare, _ = without_batch_norms(network(), ROWS, WEIGHT)
    np.testing.assert_allclose(CALLED(bare, ROWS[:3]), CALLED(bare, ROWS)[:3], atol=1e-6)
    assert not np.allclose(CALLED(network(), ROWS[:3]), CALLED(network(), ROWS)[:3], atol=0.1)


@pytest.mark.parametrize("norm", ["none", "layer"])
def test_other_networks_stay_as_they_are(norm):
    dense = Dense(6, (5,), 3, seed=Seed(2), inner=Inner("silu", norm))
    same, outputs = without_batch_norms(dense, ROWS, WEIGHT)
    assert same is dense
    if norm == "none":
        np.testing.assert_allclose(outputs, dense(ROWS), atol=1e-4)


def test_an_autoencoder_learns_with_them_and_scores_without():
    events = toy_background(1200, 3)
    detector = Autoencoder(
        FeedForward((16,), norm="batch"), 3, learning=Learning(epochs=8, batch_size=64)
    )
    fitted = detector.fit(events, seed=1)
    before = replace(detector, learning=Learning(epochs=1, batch_size=1200)).fit(events, seed=1)
    alone = [float(fitted.score(events[i : i + 1])[0]) for i in range(3)]
    assert np.array_equal(alone, fitted.score(events)[:3])
    # moments of all events are about those of batches: it is the network that was trained
    assert fitted.score(events).mean() < 0.9 * before.score(events).mean()


@pytest.mark.parametrize("of", [Variational, Contrastive])
def test_who_cannot_end_them_refuses_them(of):
    with pytest.raises(BadValue, match="depends on its company"):
        of(FeedForward(norm="batch"))
