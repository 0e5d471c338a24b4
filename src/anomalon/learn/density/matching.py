"""`FlowMatching`: noise that flows to the data along a learned velocity.

Lipman et al., arXiv:2210.02747, with straight paths: a network learns the velocity z1 - z0 at
(1 - t) z0 + t z1, for noise z0 and data z1. Training is a regression, fast and stable; draws follow
the velocity in `n_steps` steps. The log density is the integral of the divergence of the velocity,
fifty times slower than that of a spline flow: where densities are wanted, take `SplineFlow`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, final, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.seed import Seed
from anomalon.learn.density.base import Density, DensityEstimator, Floats
from anomalon.learn.density.learned import Learned, LearnedDensity, ScalingName
from anomalon.learn.density.scaling import Scaling
from anomalon.learn.engine.scoring import in_blocks
from anomalon.learn.engine.standardisation import Standardisation
from anomalon.learn.engine.training import Loss
from anomalon.learn.models.dense import Dense

__all__ = ["FlowMatching", "MatchedDensity"]

# Waves of the time that the network sees beside it.
_WAVES = 4


@final
@dataclass(frozen=True)
class FlowMatching(LearnedDensity):
    """A continuous flow with conditions.

    Args:
        scaling: What features go through first (`learn.density.scaling`).
        hidden: Width of each hidden layer of the velocity.
        learning_rate: Adam's step size; it is halved after three epochs without a better one.
        batch_size: Events per step.
        epochs: Times that every event is seen, at most.
        patience: Stop after this many epochs without a better one.
        n_average: How many of the best epochs make up the density, in equal parts.
        validation: Share of the events that judge epochs, drawn along their identity.
        condition_width: Standard deviation that conditions are scaled to.
        n_steps: Steps of the midpoint rule from noise to data.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "flow_matching"
    cites: ClassVar[tuple[str, ...]] = ("Lipman:2022fm", "jax2018github", "Kidger:2021equinox")
    halve_after: ClassVar[int] = 3

    scaling: ScalingName = "normal_scores"
    hidden: tuple[int, ...] = (128, 128, 128, 128)
    learning_rate: float = 2e-3
    batch_size: int = 1024
    epochs: int = 60
    patience: int = 12
    n_average: int = 5
    validation: float = 0.1
    condition_width: float = 1.0
    n_steps: int = 24

    def __post_init__(self) -> None:
        widths = check.several(self.hidden, f"{self.kind}.hidden", 100)
        checked = tuple(check.whole(w, f"{self.kind}.hidden", 1, 100_000) for w in widths)
        object.__setattr__(self, "hidden", checked)
        check.fields(
            self,
            self.kind,
            scaling=get_args(ScalingName),
            learning_rate="(0, 1]",
            batch_size=(1, 10_000_000),
            epochs=(1, 1_000_000),
            patience=(0, 1_000_000),
            n_average=(1, 1000),
            validation="(0, 1)",
            condition_width="(0, 1000]",
            n_steps=(1, 10_000),
        )

    @property
    def _loss(self) -> Loss:
        return _mismatch

    def start(self, n_features: int, n_conditions: int, seed: Seed) -> Dense:
        """The velocity before it is trained."""
        n_in = n_features + n_conditions + 1 + 2 * _WAVES
        return Dense(n_in, self.hidden, n_features, seed=seed)

    def _density(self, learned: Learned) -> Density:
        return MatchedDensity(learned.kept, learned.scaling, learned.conditions, self.n_steps)


@final
@dataclass(frozen=True, eq=False)
class MatchedDensity(Density):
    """The densities of the kept epochs, in equal parts; latent features are those of the best one.

    Args:
        velocities: Best first.
        scaling: What features go through.
        conditions: What conditions go through.
        n_steps: Steps from noise to data.
    """

    velocities: tuple[Dense, ...]
    scaling: Scaling
    conditions: Standardisation
    n_steps: int

    @property
    def learned(self) -> Learned:
        """What it is made of."""
        return Learned(self.velocities, self.scaling, self.conditions, self._n_features)

    def draw(self, given: Floats, *, seed: Seed) -> Floats:
        """One event for each row of conditions; the kept epochs take turns."""
        n, k = len(given), len(self.velocities)
        z = seed.generator().standard_normal((n, self._n_features)).astype(np.float32)
        rows, drawn = (z, self.conditions(given)), np.empty(z.shape)
        for i, velocity in enumerate(self.velocities):
            drawn[i::k] = self._moved(velocity, tuple(a[i::k] for a in rows), 0.0, 1.0)
        return self.scaling.inverse(drawn)

    def log_density(self, x: Floats, given: Floats, event: NDArray[np.int64]) -> Floats:
        """That of the best epoch."""
        rows = (self.scaling(x.astype(np.float64), event), self.conditions(given))
        density = self._in_blocks(_log_density, self.velocities[0], rows)
        return np.asarray(density + self.scaling.log_slope(x, event))

    def to_normal(self, x: Floats, given: Floats, event: NDArray[np.int64]) -> Floats:
        """The latent features of the best epoch."""
        rows = (self.scaling(x.astype(np.float64), event), self.conditions(given))
        return self._moved(self.velocities[0], rows, 1.0, 0.0)

    def from_normal(self, z: Floats, given: Floats) -> Floats:
        """The features that belong to latent ones of the best epoch."""
        rows = (z.astype(np.float32), self.conditions(given))
        return self.scaling.inverse(self._moved(self.velocities[0], rows, 0.0, 1.0))

    @property
    def _n_features(self) -> int:
        return int(self.velocities[0].layers[-1].bias.shape[0])

    def _moved(self, velocity: Dense, rows: Any, start: float, stop: float) -> Floats:
        return self._in_blocks(
            lambda *known: _moved(*known, start=start, stop=stop), velocity, rows
        )

    def _in_blocks(self, function: Callable[..., jax.Array], velocity: Dense, rows: Any) -> Floats:
        return in_blocks(lambda some: function(velocity, *some, self.n_steps), rows)


def _mismatch(velocity: Dense, batch: Any, noise: jax.Array | None) -> jax.Array:
    """Squared difference of velocities of each event; judged at the same noise in all epochs."""
    data, given = batch
    of_noise, of_time = jax.random.split(jax.random.key(0 if noise is None else noise))
    z = jax.random.normal(of_noise, data.shape)
    t = jax.random.uniform(of_time, (len(data), 1))
    there = _speed(velocity, (1 - t) * z + t * data, t, given)
    return ((there - (data - z)) ** 2).sum(axis=1)


def _speed(velocity: Dense, z: jax.Array, t: jax.Array, given: jax.Array) -> jax.Array:
    waves = jnp.pi * t * jnp.arange(1, _WAVES + 1)
    seen = [z, given, t, jnp.sin(waves), jnp.cos(waves)]
    return velocity(jnp.concatenate(seen, axis=-1))


@eqx.filter_jit
def _moved(
    velocity: Dense, z: jax.Array, given: jax.Array, n_steps: int, *, start: float, stop: float
) -> jax.Array:
    """Features after the way from one time to another, by the midpoint rule."""
    h = (stop - start) / n_steps

    def step(i: int, z: jax.Array) -> jax.Array:
        t = jnp.full((len(z), 1), start) + i * h
        middle = z + h / 2 * _speed(velocity, z, t, given)
        return z + h * _speed(velocity, middle, t + h / 2, given)

    return jax.lax.fori_loop(0, n_steps, step, z)


@eqx.filter_jit
def _log_density(velocity: Dense, x: jax.Array, given: jax.Array, n_steps: int) -> jax.Array:
    """Of the scaled features: that of the noise, less what the flow has spread."""
    h = 1 / n_steps

    def spread(z: jax.Array, t: jax.Array, c: jax.Array) -> tuple[jax.Array, jax.Array]:
        def one(row: jax.Array) -> jax.Array:
            return _speed(velocity, row, t, c)

        return one(z), jnp.trace(jax.jacfwd(one)(z))

    def step(i: int, known: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        z, total = known
        t = jnp.full((len(z), 1), 1.0) - i * h
        middle = z - h / 2 * _speed(velocity, z, t, given)
        speed, divergence = jax.vmap(spread)(middle, t - h / 2, given)
        return z - h * speed, total + h * divergence

    z, total = jax.lax.fori_loop(0, n_steps, step, (x, jnp.zeros(len(x))))
    return -(z**2 + jnp.log(2 * jnp.pi)).sum(axis=1) / 2 - total


DensityEstimator.registry[FlowMatching.kind] = FlowMatching
