"""Autoencoders against what is known of them."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from anomalon.core.seed import Seed
from anomalon.learn.autoencoders.distance import Distance
from anomalon.learn.autoencoders.plain import (
    AutoencoderLoss,
    distances,
    fitted,
    penalty,
    reconstructions,
)
from anomalon.learn.engine.schedule import Adam, Schedule
from anomalon.learn.models.dense import Inner
from anomalon.learn.models.slots import EncoderDecoder, FlatDecoder, FlatEncoder

SHAPE = (1, 5)


def linear(n_latent, seed=0):
    s = Seed(seed)
    return EncoderDecoder(
        FlatEncoder(SHAPE, (), n_latent, seed=s.child("e"), inner=Inner()),
        FlatDecoder(n_latent, (), SHAPE, seed=s.child("d"), inner=Inner()),
    )


def test_a_linear_autoencoder_reconstructs_as_the_principal_components_do():
    """Baldi and Hornik, Neural Networks 2 (1989) 53."""
    rng = np.random.default_rng(3)
    turn, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    x = (rng.normal(size=(2048, 5)) @ np.diag([2, 1.5, 0.6, 0.4, 0.3]) @ turn).astype(np.float32)
    x -= x.mean(axis=0)
    weight = np.ones(len(x), np.float32)
    schedule = Schedule(600, 512, Adam(5e-3), halve_after=40)
    model = fitted(
        AutoencoderLoss(Distance()), linear(2), (x,), weight, ((x,), weight), schedule, Seed(1)
    )
    _, _, axes = np.linalg.svd(x.astype(np.float64), full_matrices=False)
    best = x @ axes[:2].T @ axes[:2]
    least = ((best - x) ** 2).mean()
    got = distances(Distance(), model, (x,)).mean()
    assert least <= got * (1 + 1e-6)
    assert got == pytest.approx(least, rel=1e-4)
    assert reconstructions(model, (x,)).shape == x.shape


def test_the_penalty_counts_weights_and_no_biases():
    model = linear(2)
    weights = [m.dense.layers[0].weight for m in (model.encoder, model.decoder)]
    moved = eqx.tree_at(lambda m: m.decoder.dense.layers[0].bias, model, jnp.full(5, 9.0))
    assert float(penalty(moved)) == pytest.approx(sum(float((w**2).sum()) for w in weights))


def test_regularisation_is_for_training_only():
    """Epochs are judged by the reconstruction alone."""
    x = (np.ones((4, 5), np.float32),)
    plain, strict = AutoencoderLoss(Distance()), AutoencoderLoss(Distance(), l2=1.0)
    assert np.array_equal(plain(linear(2), x, None), strict(linear(2), x, None))
    noise = jnp.uint32(1)
    assert (np.asarray(strict(linear(2), x, noise)) > np.asarray(plain(linear(2), x, noise))).all()


def test_noise_is_added_to_what_is_seen_and_not_to_what_is_wanted():
    x, mask = np.zeros((64, 2, 3), np.float32), np.ones((64, 2), bool)
    mask[:, 1] = False
    shape, s = (2, 3), Seed(0)
    copying = EncoderDecoder(
        FlatEncoder(shape, (), 6, seed=s, inner=Inner()),
        FlatDecoder(6, (), shape, seed=s, inner=Inner()),
    )
    for at in ("encoder", "decoder"):
        copying = eqx.tree_at(
            lambda m, at=at: getattr(m, at).dense.layers[0].weight, copying, jnp.eye(6)
        )
    loss = eqx.filter_jit(AutoencoderLoss(Distance(masked=False, reduce="sum"), noise=0.5))
    got = np.asarray(loss(copying, (x, mask), jnp.uint32(3)))
    # the copy of the noise on the first object; nothing is added to an empty slot
    assert got.mean() == pytest.approx(3 * 0.25, rel=0.25)
    assert np.array_equal(loss(copying, (x, mask), None), np.zeros(64))
