"""The network against NumPy, and its dropout against what dropout is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from anomalon.learn.classify.mlp import MLP, _kept

RNG = np.random.default_rng(0)


def test_forward_agrees_with_numpy():
    model = MLP((5, 7), dropout=0.5)
    layers = model.start(3, RNG)
    x = RNG.normal(size=(11, 3)).astype(np.float32)
    h = x.astype(float)
    for w, b in layers[:-1]:
        h = np.maximum(h @ w + b, 0)
    expected = (h @ layers[-1][0] + layers[-1][1])[:, 0]
    np.testing.assert_allclose(model.logit(layers, x), expected, rtol=1e-5, atol=1e-6)


def test_loss_is_the_cross_entropy_of_the_logit():
    model = MLP((4,), dropout=0.0)
    layers = model.start(2, RNG)
    x = RNG.normal(size=(6, 2)).astype(np.float32)
    y = np.array([0, 1, 0, 1, 1, 0], np.float32)
    p = 1 / (1 + np.exp(-np.asarray(model.logit(layers, x), float)))
    expected = -np.log(np.where(y == 1, p, 1 - p))
    np.testing.assert_allclose(model.loss(layers, (x, y), jnp.uint32(0)), expected, rtol=1e-5)


def test_every_parameter_gets_a_gradient():
    model = MLP((8, 8), dropout=0.1)
    layers = model.start(3, RNG)
    batch = RNG.normal(size=(64, 3)).astype(np.float32), np.ones(64, np.float32)
    gradient = jax.jit(jax.grad(lambda p: model.loss(p, batch, jnp.uint32(1)).sum()))(layers)
    assert all(np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(gradient))


def test_start_keeps_the_variance():
    model = MLP((2000, 2000), dropout=0.0)
    layers = model.start(500, RNG)
    x = RNG.normal(size=(200, 500)).astype(np.float32)
    for w, b in layers[:-1]:
        x = np.maximum(x @ w + b, 0)
    # He initialisation: the mean square stays that of the input.
    assert np.mean(x**2) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_dropout_has_its_rate_and_no_pattern(rate):
    masks = np.array([_kept((512, 64), rate, jnp.uint32(n), i) for n in range(8) for i in range(3)])
    dropped = ~masks
    sigma = np.sqrt(rate * (1 - rate))
    assert abs(dropped.mean() - rate) < 4 * sigma / np.sqrt(dropped.size)
    for axes in ((0, 1), (0, 2), (1, 2)):
        share = dropped.mean(axis=axes)
        n = dropped.size / share.size
        pull = (share - rate) / (sigma / np.sqrt(n))
        assert np.abs(pull).max() < 5
        assert 0.5 < pull.std() < 1.6
    # Neighbours in every direction, and other steps and layers, are uncorrelated.
    pulls = (dropped - rate) / sigma
    for axis in range(3):
        product = pulls * np.roll(pulls, 1, axis)
        assert abs(product.mean()) < 4 / np.sqrt(product.size)


def test_dropout_keeps_the_mean():
    model = MLP((64,), dropout=0.3)
    layers = model.start(4, RNG)
    x = np.repeat(RNG.normal(size=(1, 4)).astype(np.float32), 20_000, axis=0)
    noisy = np.asarray(jax.jit(model._forward)(layers, x, jnp.uint32(3)))
    clean = float(model.logit(layers, x[:1])[0])
    assert noisy.std() > 0
    assert abs(noisy.mean() - clean) < 4 * noisy.std() / np.sqrt(len(x))
