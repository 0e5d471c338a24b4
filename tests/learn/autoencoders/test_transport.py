"""Transport with a gradient, against POT and against exact distances."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linprog

from anomalon.learn.autoencoders.transport import Sinkhorn, SlicedTransport

SIDE = 6


def images(n=4, seed=0):
    drawn = np.random.default_rng(seed).exponential(size=(2, n, SIDE, SIDE)) ** 2
    return np.float32(drawn / drawn.sum(axis=(2, 3), keepdims=True))


def mask(x):
    return np.ones(x.shape[:2], bool)


def costs(power):
    centres = (2 * np.arange(SIDE) + 1) / SIDE - 1
    y, x = np.meshgrid(centres, centres, indexing="ij")
    p = np.stack([y.ravel(), x.ravel()], axis=1)
    return np.sqrt(((p[:, None] - p[None]) ** 2).sum(axis=2)) ** power


def exact(a, b, power):
    """By linear programming."""
    n = SIDE**2
    sums = np.concatenate([np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))])
    given = np.concatenate([a.ravel(), b.ravel()]).astype(float)
    given[n:] *= given[:n].sum() / given[n:].sum()
    return linprog(costs(power).ravel(), A_eq=sums, b_eq=given, method="highs").fun


def jitted(distance):
    """One program, as in a training, in place of one for each of its operations."""
    return jax.jit(lambda x, y, mask: distance(x, y, mask))


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_sinkhorn_comes_to_the_exact_distance_without_blur(power):
    a, b = images()
    truth = np.array([exact(x, y, power) for x, y in zip(a, b, strict=True)])
    error = []
    for blur in (0.1, 0.05, 0.02):
        found = jitted(Sinkhorn(power=power, blur=blur, pooled=1, n_steps=500))(a, b, mask(a))
        error.append(np.abs(np.asarray(found) - truth).mean())
    assert error[2] < error[1] < error[0]
    assert error[2] < 0.25 * truth.mean()


def test_sinkhorn_is_zero_between_equals_and_its_gradient_is_the_slope():
    a, b = (jnp.asarray(x) for x in images(1))
    s = Sinkhorn(blur=0.1, pooled=1, n_steps=300)
    of = jax.jit(lambda x, y: s(x, y, mask(a)).sum())
    assert float(of(a, a)) == pytest.approx(0, abs=1e-5)
    slope = np.asarray(jax.jit(jax.grad(of, argnums=1))(a, b))[0]
    direction = np.random.default_rng(1).normal(size=slope.shape) * np.asarray(b[0])
    step = 0.05
    ends = [float(of(a, b + sign * step * direction)) for sign in (1, -1)]
    assert (ends[0] - ends[1]) / (2 * step) == pytest.approx((slope * direction).sum(), rel=0.03)


def test_pooling_is_the_image_of_sums():
    a, b = images()
    pooled = [x.reshape(-1, 3, 2, 3, 2).sum(axis=(2, 4)) for x in (a, b)]
    one = jitted(Sinkhorn(pooled=2))(a, b, mask(a))
    two = jitted(Sinkhorn(pooled=1))(*pooled, mask(a)[:, :3])
    assert np.allclose(one, two, rtol=1e-4, atol=1e-6)


def test_sliced_transport_of_a_shift_is_its_mean_projection():
    size = 12  # the matrix has (pixel, direction, step) entries
    a, b = np.zeros((2, 1, size, size), np.float32)
    a[0, 6, 4], b[0, 6, 8] = 1.0, 1.0
    shift = 4 * 2 / size
    sliced = jitted(SlicedTransport(n_directions=64, n_steps=400))
    found = float(sliced(a, b, np.ones((1, size), bool))[0])
    assert found == pytest.approx(shift * 2 / np.pi, rel=0.01)  # the mean of |cos|


def test_sliced_transport_is_at_most_the_distance():
    a, b = images(6)
    truth = np.array([exact(x, y, 1.0) for x, y in zip(a, b, strict=True)])
    found = np.asarray(jitted(SlicedTransport())(a, b, mask(a)))
    assert (found <= 1.01 * truth).all()
    assert (found >= 0.4 * truth).all()


@pytest.mark.parametrize("distance", [SlicedTransport(), Sinkhorn(pooled=1)])
def test_an_empty_or_negative_image_is_no_nan(distance):
    a, b = images()
    of = jax.jit(jax.value_and_grad(lambda y: distance(a, y, mask(a)).sum()))
    value, slope = of(jnp.asarray(-b))
    assert np.isfinite(value)
    assert np.isfinite(np.asarray(slope)).all()
