"""`spline_flow`: a density that can be evaluated and drawn from; the one place that knows flowjax.

Rational-quadratic splines (Durkan et al., arXiv:1906.04032) on a standard normal distribution, in
coupling layers or in autoregressive ones (Papamakarios et al., arXiv:1705.07057). Coupling layers
are equally fast both ways; autoregressive ones are closer to the truth at the same cost of
training, and draw one feature after the other. Features should be standardised: beyond `interval`
the splines are the identity.

`spline_move` makes a map instead, of events at one condition to another one.
"""

from functools import lru_cache
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import paramax
from flowjax.bijections import MaskedAutoregressive, RationalQuadraticSpline, Vmap
from flowjax.distributions import StandardNormal
from flowjax.flows import coupling_flow, masked_autoregressive_flow
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
    settings = n_features, n_conditions, n_layers, *hidden, n_knots, interval, autoregressive
    arrays = eqx.filter(_built(settings, seed), eqx.is_array)
    return Flow(eqx.combine(arrays, _rest(settings)))


def _built(settings: Any, seed: Seed) -> Any:
    n_features, n_conditions, n_layers, width, depth, n_knots, interval, autoregressive = settings
    normal: Any = StandardNormal
    build: Any = masked_autoregressive_flow if autoregressive else coupling_flow
    return build(
        jax.random.key(seed.integer()),
        base_dist=normal((n_features,)),
        transformer=RationalQuadraticSpline(knots=n_knots, interval=interval),
        cond_dim=n_conditions or None,
        flow_layers=n_layers,
        nn_width=width,
        nn_depth=depth,
    )


@lru_cache(maxsize=64)
def _rest(settings: Any) -> Any:
    """What of a flow is no array: the same objects for equal flows, which share a program then."""
    return eqx.filter(_built(settings, Seed(0)), eqx.is_array, inverse=True)


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
    settings = n_features, n_layers, *hidden, n_knots, interval
    arrays = eqx.filter(_layers(settings, seed), eqx.is_array)
    return Move(eqx.combine(arrays, _rest_of_layers(settings)))


def _layers(settings: Any, seed: Seed) -> tuple[Any, ...]:
    n_features, n_layers, width, depth, n_knots, interval = settings
    return tuple(
        MaskedAutoregressive(
            key,
            transformer=RationalQuadraticSpline(knots=n_knots, interval=interval),
            dim=n_features,
            cond_dim=2,
            nn_width=width,
            nn_depth=depth,
        )
        for key in jax.random.split(jax.random.key(seed.integer()), n_layers)
    )


@lru_cache(maxsize=64)
def _rest_of_layers(settings: Any) -> Any:
    return eqx.filter(_layers(settings, Seed(0)), eqx.is_array, inverse=True)
