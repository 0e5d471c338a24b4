"""Dense layers against NumPy, and laws that all models share."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from anomalon.core import Seed
from anomalon.learn.engine import Adam, Schedule, Training, train
from anomalon.learn.models import (
    ConvAutoencoder,
    ConvEncoder,
    Dense,
    DenseAutoencoder,
    SetEncoder,
    reconstruction_error,
)

RNG = np.random.default_rng(0)
SEED = Seed(1)
IMAGES = RNG.normal(size=(20, 8, 8, 2)).astype(np.float32)
ROWS = RNG.normal(size=(20, 5)).astype(np.float32)
OBJECTS = RNG.normal(size=(20, 4, 3)).astype(np.float32), RNG.uniform(size=(20, 4)) < 0.7
MODELS = {
    "dense": (lambda s: Dense(5, (8, 7), 3, seed=s), (ROWS,), (3,)),
    "dense autoencoder": (lambda s: DenseAutoencoder(5, (8,), 2, seed=s), (ROWS,), (5,)),
    "conv": (lambda s: ConvEncoder((8, 8, 2), (3, 4), 5, seed=s), (IMAGES,), (5,)),
    "conv autoencoder": (
        lambda s: ConvAutoencoder((8, 8, 2), (3, 4), 5, seed=s),
        (IMAGES,),
        (8, 8, 2),
    ),
    "attention": (lambda s: SetEncoder(3, 8, 2, 1, 6, seed=s), OBJECTS, (6,)),
}
every_model = pytest.mark.parametrize(("make", "data", "shape"), MODELS.values(), ids=MODELS)


@eqx.filter_jit
def outputs(model, *data):
    return jax.vmap(model)(*data)


@every_model
def test_shapes_and_seeds(make, data, shape):
    out, same, other = (outputs(make(seed), *data) for seed in (SEED, SEED, Seed(2)))
    assert out.shape == (20, *shape)
    assert out.dtype == jnp.float32
    np.testing.assert_array_equal(out, same)
    assert (out != other).any()


@every_model
def test_one_call_trains_it_and_every_parameter_gets_a_gradient(make, data, shape):
    target = RNG.normal(size=shape).astype(np.float32)

    def loss(model, batch, noise):
        out = jax.vmap(model)(*batch)
        return jnp.sum((out - target) ** 2, axis=tuple(range(1, out.ndim)))

    training = Training(make(SEED), data, np.ones(20, np.float32), SEED)
    [fit] = train(loss, [training], Schedule(12, 5, Adam(0.01)))
    assert type(fit.params) is type(make(SEED))
    assert fit.losses[-1] < 0.7 * fit.losses[0]
    # Adam leaves alone what has no gradient in any step
    before, after = (jax.tree.leaves(model) for model in (make(SEED), fit.params))
    assert all(np.any(np.asarray(a) != b) for a, b in zip(before, after, strict=True))


def test_dense_agrees_with_numpy():
    model = Dense(5, (8, 7), 3, seed=SEED)
    h = ROWS.astype(float)
    for layer in model.layers[:-1]:
        h = np.maximum(h @ layer.weight + layer.bias, 0)
    expected = h @ model.layers[-1].weight + model.layers[-1].bias
    np.testing.assert_allclose(jax.vmap(model)(ROWS), expected, rtol=1e-4, atol=1e-5)


def test_rectified_layers_keep_the_mean_square():
    model = Dense(500, (2000, 2000), 1, seed=SEED)
    x = RNG.normal(size=(200, 500)).astype(np.float32)
    for layer in model.layers[:-1]:
        x = np.maximum(layer(x), 0)
    assert np.mean(x**2) == pytest.approx(1, rel=0.1)


def test_a_linear_autoencoder_finds_the_principal_components():
    # Without hidden layers the best reconstruction is that of the principal components.
    rng = np.random.default_rng(1)
    x = (rng.normal(size=(500, 4)) * [3, 1, 0.5, 0.2]) @ np.linalg.qr(rng.normal(size=(4, 4)))[0]
    x = (x - x.mean(axis=0)).astype(np.float32)
    training = Training(DenseAutoencoder(4, (), 2, seed=SEED), x, np.ones(500, np.float32), SEED)
    [fit] = train(reconstruction_error, [training], Schedule(150, 100, Adam(0.02), halve_after=5))
    lost = np.sort(np.linalg.eigvalsh(np.cov(x.T, bias=True)))[:2].sum() / 4
    error = float(np.mean(reconstruction_error(fit.params, x, None)))
    assert lost <= error * 1.0001
    assert error == pytest.approx(lost, rel=0.02)
