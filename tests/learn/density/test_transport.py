"""The Sinkhorn divergence, beside exact optimal transport."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment, linprog

from anomalon.learn.density.transport import sinkhorn_divergence

_EXACT = jax.jit(partial(sinkhorn_divergence, scaling=0.97), static_argnames="blur")


def clouds(seed, n=40, features=2, shift=1.0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, n, features))
    return x.astype(np.float32), (y + shift).astype(np.float32)


def distances(x, y):
    return np.linalg.norm(x[:, None] - y[None], axis=-1)


def divergence(x, y, w=None, blur=0.01):
    w = np.ones(len(x), np.float32) if w is None else w
    return float(_EXACT(jnp.asarray(x), jnp.asarray(y), jnp.asarray(w), blur=blur))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("features", [1, 3])
def test_is_the_exact_transport_cost(seed, features):
    x, y = clouds(seed, features=features)
    cost = distances(x, y)
    exact = cost[linear_sum_assignment(cost)].mean()
    assert divergence(x, y) == pytest.approx(exact, rel=0.05)


def test_is_the_exact_transport_cost_with_weights():
    """A linear program: every row gives away its weight and gets it again."""
    x, y = clouds(5)
    w = np.random.default_rng(1).random(40).astype(np.float32)
    w[3] = 0
    a, cost = w / w.sum(), distances(x, y)
    rows, columns = np.kron(np.eye(40), np.ones(40)), np.kron(np.ones(40), np.eye(40))
    exact = linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.hstack([a, a])).fun
    assert divergence(x, y, w) == pytest.approx(exact, rel=0.05)


def test_is_zero_between_a_cloud_and_itself_in_another_order():
    x, _ = clouds(2)
    assert divergence(x, x[::-1]) == pytest.approx(0, abs=1e-3)
    assert divergence(x, x + 0.5) == pytest.approx(np.sqrt(0.5), rel=0.02)


def test_is_symmetric():
    x, y = clouds(3)
    assert divergence(x, y) == pytest.approx(divergence(y, x), rel=1e-4)


def test_rows_without_weight_do_not_count():
    x, y = clouds(4)
    w = np.ones(40, np.float32)
    w[30:] = 0
    far = np.where(w[:, None] > 0, x, 1e3).astype(np.float32)
    assert divergence(far, y, w) == pytest.approx(divergence(x[:30], y[:30]), rel=1e-4)
    assert divergence(x, y, np.zeros(40, np.float32)) == 0


def test_the_gradient_is_that_of_small_steps():
    x, y = (jnp.asarray(a) for a in clouds(6, n=15))
    w = jnp.ones(15)

    at = jax.jit(lambda x: sinkhorn_divergence(x, y, w, blur=0.3, scaling=0.97))

    along = jnp.asarray(np.random.default_rng(0).normal(size=x.shape).astype(np.float32))
    gradient, step = jax.jit(jax.grad(at)), 1e-2
    slope = float(at(x + step * along) - at(x - step * along)) / (2 * step)
    assert float((gradient(x) * along).sum()) == pytest.approx(slope, rel=0.05)
    assert np.isfinite(gradient(y)).all()
