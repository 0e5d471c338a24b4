"""Encoders that learn which changes of an event do not matter, without labels: VICReg.

Two versions of each event, changed at random, are brought together, while the outputs keep their
variance and stay uncorrelated (Bardes, Ponce, LeCun, arXiv:2105.04906; on collider events
arXiv:2301.04660). Anomalies are then rare places of what the encoder gives.
"""

from dataclasses import dataclass
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from anomalon.learn.autoencoders.plain import Data
from anomalon.learn.engine.scoring import in_blocks
from anomalon.learn.models.dense import Dense

__all__ = ["Changes", "Vicreg", "WithHead", "embedded"]


@final
class WithHead(eqx.Module):
    """An encoder, and a network behind it that only the training needs."""

    encoder: Any
    head: Dense


@final
@dataclass(frozen=True)
class Changes:
    """What may happen to an event without making it another one.

    Args:
        smear: Standard deviation of what is added to each feature, in standard deviations.
        drop: Probability that an object is lost.
        mirrors: For each feature whether its sign is nobody's business (an angle around zero): all
            objects of an event are mirrored together.
        turns: For each row of the table what a full turn is in units of the last feature, if that
            is an azimuth by which events may be turned; empty: they are not.
    """

    smear: float
    drop: float
    mirrors: tuple[bool, ...]
    turns: tuple[float, ...] = ()

    def __call__(self, x: jax.Array, mask: jax.Array, key: Any) -> tuple[jax.Array, jax.Array]:
        """Another version of each event (event, object, feature), and its mask."""
        of_noise, of_loss, of_signs = jax.random.split(key, 3)
        x = x + self.smear * jax.random.normal(of_noise, x.shape)
        for j in (j for j, mirrored in enumerate(self.mirrors) if mirrored):
            flip = jax.random.bernoulli(jax.random.fold_in(of_signs, j), shape=(len(x), 1))
            x = x.at[:, :, j].set(jnp.where(flip, -x[:, :, j], x[:, :, j]))
        if self.turns:
            turn = np.array(self.turns, np.float32)
            share = jax.random.uniform(jax.random.fold_in(of_signs, x.shape[2]), (len(x), 1))
            phi = x[:, :, -1] + share * turn
            x = x.at[:, :, -1].set(phi - turn * jnp.round(phi / turn))
        lost = jax.random.bernoulli(of_loss, self.drop, mask.shape)
        # the first object stays: an event of nothing says nothing
        mask = mask & ~lost.at[:, 0].set(False)
        return jnp.where(mask[:, :, None], x, 0), mask


@final
@dataclass(frozen=True)
class Vicreg:
    """The loss of a batch: 25 invariance + 25 variance + covariance.

    Args:
        changes: What happens to events.
    """

    changes: Changes

    def __call__(
        self, model: WithHead, batch: Data, weight: jax.Array, noise: jax.Array | None
    ) -> jax.Array:
        """One number."""
        x, mask = batch
        first, second = jax.random.split(jax.random.key(0 if noise is None else noise))
        a, b = (self._outputs(model, x, mask, key) for key in (first, second))
        share = (weight / jnp.maximum(weight.sum(), 1e-6))[:, None]
        together = (share * (a - b) ** 2).sum() / a.shape[1]
        return 25 * together + sum((_spread(z, share) for z in (a, b)), jnp.zeros(()))

    def _outputs(self, model: WithHead, x: jax.Array, mask: jax.Array, key: Any) -> jax.Array:
        return model.head(model.encoder(*self.changes(x, mask, key)))


def _spread(z: jax.Array, share: jax.Array) -> jax.Array:
    centred = z - (share * z).sum(axis=0)
    covariance = (centred * share).T @ centred
    std = jnp.sqrt(jnp.diag(covariance) + 1e-4)
    off = covariance - jnp.diag(jnp.diag(covariance))
    return 25 * jax.nn.relu(1 - std).mean() / 2 + (off**2).sum() / z.shape[1]


def embedded(model: WithHead, data: Data) -> Any:
    """What the encoder gives, shape (event, n_out), float64."""
    return in_blocks(lambda some: _embedded(model.encoder, some), data)


@eqx.filter_jit
def _embedded(encoder: Any, data: Data) -> jax.Array:
    return encoder(*data)
