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
# what `learn.density` would train, the same program: see tests/support/quick_flows.py
SMALL = {"n_layers": 2, "hidden": (16, 2), "n_knots": 4}
SCHEDULE = Schedule(20, 512, Adam(1e-2), halve_after=2, passes="blocks")
COVARIANCE = np.array([[1.0, 0.7], [0.7, 1.0]])


@pytest.fixture(scope="module")
def start():
    return spline_flow(2, 1, seed=Seed(1), **SMALL)


@pytest.fixture(scope="module")
def fit(start):
    """Of a correlated normal distribution, with means that follow a condition, of either sign."""
    rng = np.random.default_rng(0)
    given = rng.choice([-1, 1], (6000, 1)).astype(np.float32)
    x = (rng.multivariate_normal([0, 0], COVARIANCE, 6000) + given / 2).astype(np.float32)
    training = Training(start, (x, given), np.ones(6000, np.float32), Seed(1))
    return train(negative_log_likelihood, [training], SCHEDULE)[0]


def test_it_learns_a_correlated_normal_distribution(fit):
    entropy = 1 + np.log(2 * np.pi) + 0.5 * np.log(np.linalg.det(COVARIANCE))
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
    np.testing.assert_allclose(np.cov(drawn.T), COVARIANCE, atol=0.12)
    assert (drawn == fit.params.draw(4000, seed=Seed(2), given=up[:4000])).all()


def test_every_parameter_gets_a_gradient_and_conditions_matter(start, fit):
    """Adam leaves alone what has no gradient in any step."""
    before, after = (jax.tree.leaves(taken_apart(f).trained) for f in (start, fit.params))
    assert all(np.any(np.asarray(a) != b) for a, b in zip(before, after, strict=True))
    x, given = np.zeros((101**2, 2), np.float32), np.ones((101**2, 1), np.float32)
    assert log_density(start, x, given)[0] != log_density(start, x, given + 1)[0]


def test_equal_flows_share_a_program():
    one, other = (taken_apart(spline_flow(2, 1, seed=Seed(s), **SMALL)) for s in (1, 2))
    assert one.rest == other.rest
    assert any(
        np.any(np.asarray(a) != b)
        for a, b in zip(*(jax.tree.leaves(p.trained) for p in (one, other)), strict=True)
    )


def test_one_feature_is_refused():
    with pytest.raises(BadValue, match="at least 2 features"):
        spline_flow(1, seed=Seed(1))
