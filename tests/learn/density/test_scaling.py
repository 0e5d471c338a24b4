"""Scalings never give NaN, come back, and their slopes are those that autodiff finds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, norm

from anomalon.learn.density.scaling import _MARGIN, SCALINGS, LogitScaling, NormalScores

EVENT = np.arange(5000)
ONES = np.ones(5000)


def features(seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [rng.exponential(100, 5000), rng.random(5000), rng.normal(size=5000) * 1e-3]
    )


@pytest.mark.parametrize("name", SCALINGS)
@settings(max_examples=30, deadline=None)
@given(st.floats(-1e12, 1e12), st.integers(0, 5))
def test_finite_far_outside_the_range_of_the_fit(name, far, seed):
    scaling = SCALINGS[name].of(features(seed), ONES)
    x = np.full((3, 3), far)
    z = scaling(x, EVENT[:3])
    assert np.isfinite(z).all()
    assert np.isfinite(scaling.inverse(z)).all()
    assert np.isfinite(scaling.inverse(np.full((3, 3), far))).all()
    assert np.isfinite(scaling.log_slope(x, EVENT[:3])).all()


@pytest.mark.parametrize("name", SCALINGS)
def test_there_and_back(name):
    x = features()
    scaling = SCALINGS[name].of(x, ONES)
    back = scaling.inverse(scaling(x, EVENT))
    if name == "logit":
        np.testing.assert_allclose(back, x, rtol=1e-4, atol=1e-6)
    else:  # to the next value of the fit
        ranks = [np.searchsorted(np.sort(x, axis=0)[:, j], (x[:, j], back[:, j])) for j in range(3)]
        assert max(np.abs(np.diff(r, axis=0)).max() for r in ranks) <= 1
    again = type(scaling).from_arrays(scaling.to_arrays())
    np.testing.assert_array_equal(again(x, EVENT), scaling(x, EVENT))


def test_the_slope_of_the_logit_is_that_of_autodiff_inside_and_outside():
    x = features()
    scaling = LogitScaling.of(x, ONES)

    def forward(row):
        u = (row - scaling.low) / scaling.width
        inner = jnp.clip(u, _MARGIN, 1 - _MARGIN)
        y = jnp.log(inner / (1 - inner)) + (u - inner) / (_MARGIN * (1 - _MARGIN))
        return (y - scaling.mean) / scaling.std

    with jax.enable_x64():
        of = jax.jit(jax.vmap(forward))
        rows = np.concatenate([x[:50], x[:5] * 3, x[:5] - 1000])
        np.testing.assert_allclose(scaling(rows, EVENT[:60]), of(rows), rtol=1e-5)
        slope = jax.jit(jax.vmap(jax.jacfwd(forward)))(jnp.asarray(rows))
        expected = np.linalg.slogdet(np.asarray(slope))[1]
    np.testing.assert_allclose(scaling.log_slope(rows, EVENT[:60]), expected, rtol=1e-9)


def test_normal_scores_are_normal_whatever_the_feature_was():
    rng = np.random.default_rng(1)
    x = np.column_stack(
        [
            rng.integers(0, 4, 5000),  # a multiplicity
            rng.random(5000) < 0.1,  # a tag
            np.where(rng.random(5000) < 0.2, -999, rng.random(5000)),  # a placeholder
            rng.standard_cauchy(5000),
            np.full(5000, 7.0),
        ]
    ).astype(float)
    scaling = NormalScores.of(x, ONES)
    z = scaling(x, EVENT)
    for j in range(5):
        assert kstest(z[:, j], norm.cdf).pvalue > 1e-3
    back = scaling.inverse(z)
    np.testing.assert_array_equal(back[:, [0, 1, 2, 4]], x[:, [0, 1, 2, 4]])


def test_normal_scores_follow_the_weights():
    x = np.linspace(0, 1, 5000)[:, None]
    scaling = NormalScores.of(x, np.where(x[:, 0] < 0.5, 3.0, 1.0))
    assert float(norm.cdf(scaling(np.array([[0.5]]), EVENT[:1])[0, 0])) == pytest.approx(
        0.75, abs=1e-3
    )
