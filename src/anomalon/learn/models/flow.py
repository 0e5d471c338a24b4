"""`spline_flow`: a density that can be evaluated and drawn from; the one place that knows flowjax.

Rational-quadratic splines (Durkan et al., arXiv:1906.04032) on a standard normal distribution, in
coupling layers or in autoregressive ones (Papamakarios et al., arXiv:1705.07057). Coupling layers
are equally fast both ways; autoregressive ones are closer to the truth at the same cost of
training, and draw one feature after the other. Features should be standardised: beyond `interval`
the splines are the identity.

`spline_move` makes a map instead, of events at one condition to another one.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import paramax
from flowjax.bijections import MaskedAutoregressive, RationalQuadraticSpline, Vmap
from flowjax.distributions import StandardNormal
from flowjax.flows import coupling_flow, masked_autoregressive_flow
from flowjax.utils import get_ravelled_pytree_constructor
from jaxtyping import Array, Float

from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed

__all__ = ["Flow", "Move", "negative_log_likelihood", "spline_flow", "spline_move"]


@final
class Flow(eqx.Module):
    """A density of features, given conditions or not."""

    distribution: Any

    def log_density(
        self, x: Float[Array, "*many feature"], given: Float[Array, "*many condition"] | None = None
    ) -> Float[Array, "*many"]:
        """The logarithm of the density."""
        return self.distribution.log_prob(x, given)

    def to_normal(
        self, x: Float[Array, "row feature"], given: Float[Array, "row condition"] | None = None
    ) -> Float[Array, "row feature"]:
        """Where the density is a unit normal one."""
        return self._each(self.distribution.bijection.inverse, x, given)

    def from_normal(
        self, z: Float[Array, "row feature"], given: Float[Array, "row condition"] | None = None
    ) -> Float[Array, "row feature"]:
        """And back."""
        return self._each(self.distribution.bijection.transform, z, given)

    @staticmethod
    def _each(way: Any, rows: Any, given: Any) -> jax.Array:
        return jax.vmap(way)(rows) if given is None else jax.vmap(way)(rows, given)

    def draw(
        self, n: int, *, seed: Seed, given: Float[Array, "n condition"] | None = None
    ) -> Float[np.ndarray, "n feature"]:
        """Events of the density, one for each row of `given` if there are conditions."""
        shape = (n,) if given is None else ()
        return np.asarray(self.distribution.sample(jax.random.key(seed.integer()), shape, given))


def spline_flow(
    n_features: int,
    n_conditions: int = 0,
    *,
    n_layers: int = 6,
    hidden: tuple[int, int] = (64, 2),
    n_knots: int = 8,
    interval: float = 5.0,
    autoregressive: bool = False,
    seed: Seed,
) -> Flow:
    """A flow that starts as the standard normal distribution, nearly.

    Args:
        n_features: Features of an event, at least two.
        n_conditions: Numbers that the density is given.
        n_layers: Layers of splines.
        hidden: Width and number of the hidden layers of each layer's network.
        n_knots: Knots of the splines.
        interval: The splines act between -interval and interval.
        autoregressive: Instead of coupling layers.
        seed: Random numbers of the start.

    Raises:
        BadValue: If there are not two features.
    """
    if n_features < 2:
        raise BadValue(f"spline_flow: expected at least 2 features, got {n_features}.")
    spline = n_knots, interval
    settings = spline, n_features, n_conditions, n_layers, *hidden, autoregressive
    return Flow(_started(_flow, settings, seed))


def _flow(settings: Any, key: Array) -> Any:
    spline, n_features, n_conditions, n_layers, width, depth, autoregressive = settings
    normal: Any = StandardNormal
    build: Any = masked_autoregressive_flow if autoregressive else coupling_flow
    return build(
        key,
        base_dist=normal((n_features,)),
        transformer=_spline(*spline),
        cond_dim=n_conditions or None,
        flow_layers=n_layers,
        nn_width=width,
        nn_depth=depth,
    )


def negative_log_likelihood(
    flow: Flow, batch: Any, noise: jax.Array | None
) -> Float[Array, " row"]:
    """Minus the log density of each row; rows are features, or features and conditions."""
    del noise
    x, given = batch if isinstance(batch, tuple) else (batch, None)
    return -flow.log_density(x, given)


@final
class Move(eqx.Module):
    """A monotone map of features that depends on where it starts and where it leads to."""

    layers: tuple[Any, ...]

    def __call__(
        self, x: Float[Array, " feature"], start: Float[Array, ""], end: Float[Array, ""]
    ) -> tuple[Float[Array, " feature"], Float[Array, ""]]:
        """Where an event goes, and the logarithm of the determinant of the derivative there.

        Args:
            x: One event.
            start: Its condition.
            end: The condition that it is moved to.
        """
        log_det = jnp.zeros(())
        for layer in self.layers:
            network = paramax.unwrap(layer.masked_autoregressive_mlp)
            # in proportion to the distance: no distance, no move
            bend = (end - start) * network(jnp.hstack([x, start, end]))
            splines = eqx.filter_vmap(layer.transformer_constructor)(bend.reshape(len(x), -1))
            each: Any = Vmap(splines, in_axes=eqx.if_array(0))
            x, slope = each.transform_and_log_det(x)
            x, log_det = x[::-1], log_det + slope
        return (x[::-1] if len(self.layers) % 2 else x), log_det


def spline_move(
    n_features: int,
    *,
    n_layers: int = 2,
    hidden: tuple[int, int] = (64, 2),
    n_knots: int = 8,
    interval: float = 5.0,
    seed: Seed,
) -> Move:
    """A map in autoregressive layers of splines, in alternating order of features.

    Args:
        n_features: Features of an event, at least two.
        n_layers: Layers of splines.
        hidden: Width and number of the hidden layers of each layer's network.
        n_knots: Knots of the splines.
        interval: The splines act between -interval and interval.
        seed: Random numbers of the start.
    """
    settings = (n_knots, interval), n_features, n_layers, *hidden
    return Move(_started(_layers, settings, seed))


def _layers(settings: Any, key: Array) -> tuple[Any, ...]:
    spline, n_features, n_layers, width, depth = settings
    return tuple(
        MaskedAutoregressive(
            one,
            transformer=_spline(*spline),
            dim=n_features,
            cond_dim=2,
            nn_width=width,
            nn_depth=depth,
        )
        for one in jax.random.split(key, n_layers)
    )


def _started(build: Callable[..., Any], settings: Any, seed: Seed) -> Any:
    """What `build` makes of the settings and a random key."""
    key = jax.random.key(seed.integer())
    return eqx.combine(_arrays(build, settings, key), _rest(build, settings))


# One program instead of one for each shape of random numbers. As it runs once, it need not be fast,
# and the compiler needs less than half of the time this way; the numbers are the same.
@partial(jax.jit, static_argnums=(0, 1), compiler_options={"xla_backend_optimization_level": 1})
def _arrays(build: Callable[..., Any], settings: Any, key: Array) -> Any:
    return eqx.filter(build(settings, key), eqx.is_array)


@lru_cache(maxsize=64)
def _rest(build: Callable[..., Any], settings: Any) -> Any:
    """What is no array: the same objects for equal settings, which share a program then."""
    built = eqx.filter_eval_shape(build, settings, jax.random.key(0))
    rest = eqx.filter(built, lambda leaf: not isinstance(leaf, jax.ShapeDtypeStruct))
    # layers keep the spline that they begin with in a function, where it must not be traced
    constructor, _ = get_ravelled_pytree_constructor(
        _spline(*settings[0]),
        filter_spec=eqx.is_inexact_array,
        is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable),
    )
    at = jax.tree_util.GetAttrKey("transformer_constructor")
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: constructor if path[-1] == at else leaf, rest
    )


def _spline(n_knots: int, interval: float) -> Any:
    return RationalQuadraticSpline(knots=n_knots, interval=interval)
