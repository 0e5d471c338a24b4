"""An autoencoder of an embedding: what it scores, and what its encoder has learned to ignore."""

from dataclasses import replace
from functools import cache

import jax
import numpy as np
import pytest
from toy_events import toy_background

from anomalon.core.errors import BadValue
from anomalon.detectors import (
    Embedding,
    FeedForward,
    Learning,
    TriggerObjects,
)
from anomalon.learn.autoencoders.contrast import Changes, embedded
from anomalon.learn.models.arrays import below

# no event is held back to judge epochs, for which another program would be compiled
QUICK = Learning(epochs=40, batch_size=512, learning_rate=3e-3, validation=1e-9)
SMALL = Embedding(
    FeedForward((29,)),
    6,
    TriggerObjects(phi="none"),
    hidden=(5,),
    n_middle=2,
    learning=QUICK,
    learning_back=replace(QUICK, epochs=80),
)
EVENTS = toy_background(1500)


@cache
def fitted(*, turn):
    return replace(SMALL, turn=turn).fit(EVENTS, seed=3)


def dense(x, state, first, n_layers):
    """Rectified layers and a linear one, from weights and biases in the order of the file."""
    for i in range(n_layers):
        weight, bias = (state[str(first + 2 * i + j)].astype(np.float64) for j in (0, 1))
        weight = weight if weight.shape[1] == x.shape[1] else weight.T
        x = x @ weight.T + bias
        if i < n_layers - 1:
            x = np.where(x > 0, x, SLOPE[n_layers, i] * x)
    return x


SLOPE = {(2, 0): 0.3}  # of the encoder: leaky


def test_the_score_is_the_squared_error_in_numpy():
    events, scorer = EVENTS[:700], fitted(turn=True)
    x = scorer.inputs(events).x.reshape(len(events), -1).astype(np.float64)
    encoder, back = (below(scorer.state, name) for name in ("encoder/", "back/"))
    z = dense(x, encoder, 0, 2)
    assert z.shape == (700, 6)
    z = (z - scorer.state["mean"]) / scorer.state["std"]

    def relu(values, first):
        hidden = np.maximum(dense(values, back, first, 1), 0)
        return dense(hidden, back, first + 2, 1)

    expected = np.sum((relu(relu(z, 0), 4) - z) ** 2, axis=1)
    np.testing.assert_allclose(scorer.score(events), expected, rtol=2e-3, atol=1e-4)
    # on the scale of background: an autoencoder that gives the mean would have 6
    assert 0 < scorer.score(events).mean() < 5


def test_events_are_turned_on_the_circle_by_a_common_angle():
    x = np.zeros((4000, 3, 3), np.float32)
    x[:, :, 0], x[:, :, 2] = 1.0, [0.1, 1.4, -1.5]
    mask = np.ones((4000, 3), bool)
    turn = 2 * np.pi / 2  # in units of two radians
    turning = jax.jit(Changes(0.0, 0.0, (False,) * 3, (turn,) * 3))
    changed, _ = turning(x, mask, jax.random.key(1))
    phi = np.asarray(changed)[:, :, 2]
    assert (np.abs(phi) <= turn / 2 + 1e-5).all()
    d = phi - x[:, :, 2]
    d -= turn * np.round((d - d[:, :1]) / turn)
    np.testing.assert_allclose(d, np.broadcast_to(d[:, :1], d.shape), atol=1e-5)
    # anywhere: uniform in the turn
    assert np.std(phi[:, 0]) == pytest.approx(turn / np.sqrt(12), rel=0.05)
    assert np.array_equal(np.asarray(changed)[:, :, :2], x[:, :, :2])
    staying = jax.jit(Changes(0.0, 0.0, (False,) * 3))
    plain, _ = staying(x, mask, jax.random.key(1))
    assert np.array_equal(np.asarray(plain), x)


def test_turned_events_are_near_each_other_for_an_encoder_that_has_seen_turns():
    events = EVENTS
    rng = np.random.default_rng(0)
    objects = events.objects.astype(np.float64)
    phi = objects[:, :, 2] + rng.uniform(-np.pi, np.pi, (len(events), 1))
    objects[:, :, 2] = np.where(events.mask, (phi + np.pi) % (2 * np.pi) - np.pi, 0)

    def moved(turn):
        scorer = fitted(turn=turn)
        model = scorer.detector._filled(scorer.inputs, below(scorer.state, "encoder/"))
        a, b = (
            embedded(model, scorer.inputs(e).data)
            for e in (events, replace(events, objects=objects))
        )
        return np.mean((a - b) ** 2) / np.mean((a - a.mean(axis=0)) ** 2)

    assert moved(turn=True) < 0.7 * moved(turn=False)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(BadValue, match="smear"):
        Embedding(FeedForward(dropout=0.1))
    with pytest.raises(BadValue, match="hidden"):
        Embedding(hidden=(0,))
    with pytest.raises(BadValue, match="hidden: expected a list"):
        Embedding(hidden="9")
    with pytest.raises(BadValue, match="turn"):
        Embedding(turn=1)
    with pytest.raises(BadValue, match="drop"):
        Embedding(drop=1.0)
