"""The flow is a density, is trained by the same call, and draws what it has learned."""

import equinox as eqx
import jax
import numpy as np
import pytest

from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.learn.engine import Adam, Schedule, Training, train
from anomalon.learn.engine.program import taken_apart
from anomalon.learn.models.flow import Flow, negative_log_likelihood, spline_flow

log_density = eqx.filter_jit(Flow.log_density)
SMALL = {"n_layers": 2, "hidden": (16, 1), "n_knots": 6}


FLOW = spline_flow(2, 1, seed=Seed(1), **SMALL)


def test_it_learns_a_correlated_normal_distribution():
    """With means that follow a condition, of either sign."""
    rng = np.random.default_rng(0)
    covariance = np.array([[1.0, 0.7], [0.7, 1.0]])
    given = rng.choice([-1, 1], (6000, 1)).astype(np.float32)
    x = (rng.multivariate_normal([0, 0], covariance, 6000) + given / 2).astype(np.float32)
    training = Training(FLOW, (x, given), np.ones(6000, np.float32), Seed(1))
    [fit] = train(negative_log_likelihood, [training], Schedule(20, 200, Adam(5e-3)))
    entropy = 1 + np.log(2 * np.pi) + 0.5 * np.log(np.linalg.det(covariance))
    assert fit.losses[-1] == pytest.approx(entropy, abs=0.05)
    assert fit.losses[0] > entropy + 0.1
    # It integrates to one ...
    axis = np.linspace(-5, 5, 101, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    up = np.ones((len(grid), 1), np.float32)
    density = np.exp(np.asarray(log_density(fit.params, grid, up), float))
    assert density.sum() * 0.1**2 == pytest.approx(1, abs=0.01)
    assert (density @ grid) * 0.1**2 == pytest.approx(0.5, abs=0.2)
    # ... and draws from what it says.
    drawn = fit.params.draw(4000, seed=Seed(2), given=up[:4000])
    np.testing.assert_allclose(drawn.mean(axis=0), 0.5, atol=0.2)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.12)
    assert (drawn == fit.params.draw(4000, seed=Seed(2), given=up[:4000])).all()


def test_every_parameter_gets_a_gradient_and_conditions_matter():
    rng = np.random.default_rng(0)
    x, given = rng.normal(size=(50, 2)).astype(np.float32), rng.normal(size=(50, 1))
    parts = taken_apart(FLOW)

    def loss(trained):
        flow = parts.rest.joined(trained, parts.fixed)
        return negative_log_likelihood(flow, (x, given), None).sum()

    gradient = jax.tree.leaves(jax.jit(jax.grad(loss))(parts.trained))
    assert all(np.abs(leaf).max() > 0 for leaf in gradient)
    assert (log_density(FLOW, x, given) != log_density(FLOW, x, given + 1)).any()


def test_equal_flows_share_a_program():
    one, other = (taken_apart(spline_flow(2, 1, seed=Seed(s), **SMALL)) for s in (1, 2))
    assert one.rest == other.rest
    assert any(
        (a != b).any()
        for a, b in zip(*(jax.tree.leaves(p.trained) for p in (one, other)), strict=True)
    )


def test_one_feature_is_refused():
    with pytest.raises(BadValue, match="at least 2 features"):
        spline_flow(1, seed=Seed(1))
