"""Variational autoencoders against closed forms."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from anomalon.core.seed import Seed
from anomalon.learn.autoencoders.distance import Distance
from anomalon.learn.autoencoders.variational import (
    Bounded,
    VariationalLoss,
    divergence,
    means,
    scores,
)
from anomalon.learn.models.dense import Inner
from anomalon.learn.models.slots import EncoderDecoder, FlatDecoder, FlatEncoder

SHAPE = (3, 2)


def model(seed=0):
    s = Seed(seed)
    return EncoderDecoder(
        FlatEncoder(SHAPE, (8,), 4, seed=s.child("e"), inner=Inner()),
        FlatDecoder(2, (8,), SHAPE, seed=s.child("d"), inner=Inner()),
    )


def data(n=50):
    x = np.random.default_rng(1).normal(size=(n, *SHAPE)).astype(np.float32)
    return x, np.ones((n, SHAPE[0]), bool)


@pytest.mark.parametrize(("mean", "log_variance"), [(0.0, 0.0), (1.5, -1.0), (-0.3, 0.8)])
def test_the_divergence_is_the_integral(mean, log_variance):
    q = norm(mean, np.exp(log_variance / 2))
    integral, _ = quad(lambda z: q.pdf(z) * (q.logpdf(z) - norm.logpdf(z)), -12, 12)
    got = float(divergence(jnp.array([mean]), jnp.array([log_variance])))
    assert got == pytest.approx(integral, abs=1e-5)


def test_scores_are_what_they_are_called():
    vae, (x, mask), loss = model(), data(), VariationalLoss(Distance(), 0.3)
    outputs = np.stack([np.asarray(vae.encoder(a, m)) for a, m in zip(x, mask, strict=True)])
    mean, log_variance = outputs[:, :2], outputs[:, 2:]
    got = {
        name: scores(loss, name, vae, (x, mask))
        for name in ("loss", "reconstruction", "divergence", "radius", "mean_square")
    }
    assert np.allclose(got["mean_square"], (mean**2).sum(axis=1), rtol=1e-4)
    assert np.allclose(got["radius"], (mean**2 / np.exp(log_variance)).sum(axis=1), rtol=1e-4)
    kl = 0.5 * (np.exp(log_variance) + mean**2 - 1 - log_variance).sum(axis=1)
    assert np.allclose(got["divergence"], kl, rtol=1e-4, atol=1e-5)
    back = means(vae, (x, mask))
    assert np.allclose(got["reconstruction"], ((back - x) ** 2).mean(axis=(1, 2)), rtol=1e-4)
    assert np.allclose(
        got["loss"], 0.7 * got["reconstruction"] + 0.3 * got["divergence"], rtol=1e-4
    )


def test_noise_moves_the_loss_and_judging_does_not_draw():
    vae, rows, loss = model(), data(), eqx.filter_jit(VariationalLoss(Distance(), 0.3))
    judged = [np.asarray(loss(vae, rows, None)) for _ in range(2)]
    assert np.array_equal(*judged)
    drawn = [np.asarray(loss(vae, rows, jnp.uint32(n))) for n in (1, 2)]
    assert not np.allclose(*drawn)


def test_bounded_angles_stay_inside():
    columns = ((1, (-2.0, -1.0, -3.0), (2.0, 1.0, 3.0)),)
    bounded = Bounded(model().decoder, columns)
    far = np.asarray(bounded(jnp.array([1e3, -1e3])))
    assert (np.abs(far[:, 1]) <= [2, 1, 3]).all()
    assert np.abs(far[:, 0]).max() > 3  # the others are free
