"""Splines of many events at once are those of flowjax, an independent package, for one."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import paramax
import pytest
from flowjax.bijections import RationalQuadraticSpline, Vmap
from flowjax.utils import get_ravelled_pytree_constructor

from anomalon.core import Seed
from anomalon.learn.models.flow import Flow, spline_flow, spline_move
from anomalon.learn.models.splines import LEAST_SLOPE, LEAST_WIDTH, spline, spline_back

INTERVAL = 4.0
SETTINGS = {"n_layers": 2, "hidden": (8, 1), "n_knots": 5, "interval": INTERVAL}
theirs = RationalQuadraticSpline(
    knots=6, interval=INTERVAL, min_width=LEAST_WIDTH, min_derivative=LEAST_SLOPE
)
made, n_parameters = get_ravelled_pytree_constructor(theirs, filter_spec=eqx.is_inexact_array)


def one(raw, x):
    """One spline of flowjax, of one number."""
    return paramax.unwrap(made(raw)).transform_and_log_det(x)


def raw_and_x(n=500):
    """Wild splines; values within, on the ends and beyond."""
    rng = np.random.default_rng(0)
    raw = (3 * rng.normal(size=(2, n_parameters, n))).astype(np.float32)
    x = rng.uniform(-INTERVAL - 1, INTERVAL + 1, (2, n)).astype(np.float32)
    x[:, :3] = (-INTERVAL, INTERVAL, 0)
    return raw, x


@jax.jit
def compiled(raw, x):
    return spline(raw, x, INTERVAL)


def test_values_and_slopes():
    raw, x = raw_and_x()
    y, slope = compiled(raw, x)
    each = jax.jit(jax.vmap(jax.vmap(one, (1, 0)), (0, 0)))(raw, x)
    # rounding of positions of the order of the interval, where splines are steep as a hundred
    np.testing.assert_allclose(y, each[0], atol=1e-4)
    assert np.median(abs(slope - each[1])) < 1e-5
    np.testing.assert_allclose(slope, each[1], atol=0.05)
    back = jax.jit(lambda a, b: spline_back(a, b, INTERVAL))(raw, y)
    flat = np.asarray(slope) < np.log(0.1)  # where the way back is steep
    np.testing.assert_allclose(np.asarray(back)[~flat], x[~flat], atol=1e-4)
    assert (np.asarray(y)[abs(x) > INTERVAL] == x[abs(x) > INTERVAL]).all()
    assert (np.asarray(slope)[abs(x) > INTERVAL] == 0).all()


def test_parameters_of_zero_are_the_identity():
    x = np.linspace(-5, 5, 101, dtype=np.float32)[None]
    y, slope = compiled(jnp.zeros((1, n_parameters, 101)), x)
    np.testing.assert_allclose(y, x, atol=1e-5)
    np.testing.assert_allclose(slope, 0, atol=1e-5)


def test_slopes_are_derivatives_and_values_rise():
    raw, x = raw_and_x(2000)
    x = np.sort(x, axis=1)
    raw = np.repeat(raw[..., :1] / 2, 2000, axis=2)
    y, slope = (np.asarray(a, float) for a in compiled(raw, x))
    (along,) = jax.vjp(lambda x: compiled(raw, x)[0], x)[1](jnp.ones_like(x))
    inside = abs(y) < INTERVAL - 1e-3
    np.testing.assert_allclose(np.log(np.asarray(along)[inside]), slope[inside], atol=1e-3)
    assert (np.diff(y) >= 0).all()


@pytest.mark.parametrize(
    ("n_features", "n_conditions", "autoregressive"), [(2, 0, False), (4, 1, True)]
)
def test_a_flow_is_the_distribution_of_flowjax(n_features, n_conditions, autoregressive):
    flow = spline_flow(
        n_features, n_conditions, autoregressive=autoregressive, seed=Seed(3), **SETTINGS
    )
    flow = jax.tree.map(lambda a: 1.5 * a if eqx.is_inexact_array(a) else a, flow)
    rng = np.random.default_rng(4)
    x = jnp.asarray(2 * rng.normal(size=(200, n_features)), jnp.float32)
    given = None if n_conditions == 0 else jnp.asarray(rng.normal(size=(200, n_conditions)))
    ours = with_gradient(flow, lambda f: f.log_density(x, given))
    other = with_gradient(flow, lambda f: f.distribution.log_prob(x, given))
    assert ours[0] == pytest.approx(float(other[0]), abs=1e-4)
    both = (eqx.filter(tree, eqx.is_inexact_array) for tree in (ours[1], other[1]))
    for a, b in zip(*map(jax.tree.leaves, both), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-3)


@eqx.filter_jit
def with_gradient(flow, density):
    return eqx.filter_value_and_grad(lambda f: density(f).mean())(flow)


@pytest.mark.parametrize("autoregressive", [False, True])
def test_there_and_back_and_an_event_alone(autoregressive):
    how = SETTINGS | {"autoregressive": autoregressive}
    flow, x = spline_flow(3, 1, seed=Seed(3), **how), raw_and_x()[1][:, :90].reshape(60, 3)
    given = x[:, :1]
    z = eqx.filter_jit(Flow.to_normal)(flow, x, given)
    back = eqx.filter_jit(Flow.from_normal)(flow, z, given)
    np.testing.assert_allclose(back, x, atol=1e-3)
    theirs = jax.jit(jax.vmap(flow.distribution.bijection.transform))(z, given)
    np.testing.assert_allclose(back, theirs, atol=1e-3)
    density = eqx.filter_jit(Flow.log_density)
    alone, all_of_them = density(flow, x[0], given[0]), density(flow, x, given)
    assert alone.shape == ()
    assert float(alone) == pytest.approx(float(all_of_them[0]), rel=1e-5)
    square = density(flow, x.reshape(6, 10, 3), given.reshape(6, 10, 1))
    np.testing.assert_allclose(square.reshape(-1), all_of_them, rtol=1e-5)


def test_a_move_is_made_of_the_splines_of_flowjax():
    move = spline_move(3, seed=Seed(5), **SETTINGS)
    rng = np.random.default_rng(6)
    x, start, end = rng.normal(size=(50, 3)), rng.normal(size=50), rng.normal(size=50)

    def each(x, start, end):
        log_det = 0.0
        for layer in move.layers:
            network = paramax.unwrap(layer.masked_autoregressive_mlp)
            bend = ((end - start) * network(jnp.hstack([x, start, end]))).reshape(3, -1)
            splines = eqx.filter_vmap(layer.transformer_constructor)(bend)
            way = Vmap(splines, in_axes=eqx.if_array(0))
            x, slope = paramax.unwrap(way).transform_and_log_det(x)
            x, log_det = x[::-1], log_det + slope
        return x, log_det

    rows = [jnp.asarray(a, jnp.float32) for a in (x, start, end)]
    there, log_det = eqx.filter_jit(type(move).__call__)(move, *rows)
    other, their = jax.jit(jax.vmap(each))(*rows)
    np.testing.assert_allclose(there, other, atol=1e-5)
    np.testing.assert_allclose(log_det, their, atol=1e-4)
    stays, _ = eqx.filter_jit(type(move).__call__)(move, rows[0], rows[1], rows[1])
    np.testing.assert_allclose(stays, x, atol=1e-5)
