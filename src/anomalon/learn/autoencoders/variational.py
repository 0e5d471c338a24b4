"""Variational autoencoders of tables (Kingma and Welling, arXiv:1312.6114)."""

from dataclasses import dataclass
from typing import Any, Literal, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from anomalon.learn.autoencoders.distance import Comparison
from anomalon.learn.autoencoders.plain import Data, as_tables, halves, penalty
from anomalon.learn.engine.scoring import in_blocks, in_parts
from anomalon.learn.models.slots import EncoderDecoder, Table

__all__ = [
    "LARGEST",
    "Bounded",
    "VariationalLoss",
    "VariationalScore",
    "divergence",
    "latent",
    "means",
    "scores",
]

VariationalScore = Literal["loss", "reconstruction", "divergence", "radius", "mean_square"]

LARGEST = 10.0
"""Of the logarithm of a variance, whatever its sign."""


@final
class Bounded(eqx.Module):
    """A decoder whose angles stay within what a detector sees: bound tanh(y), arXiv:2108.03986.

    Args:
        decoder: Of a table.
        columns: Features that are bounded, with what the smallest and the largest value of each
            row of the table are, in the units of the table.
    """

    decoder: Any
    columns: tuple[tuple[int, tuple[float, ...], tuple[float, ...]], ...] = eqx.field(static=True)

    def __call__(self, z: Float[Array, "*many n_in"]) -> Table:
        """The table."""
        table = self.decoder(z)
        for column, lowest, highest in self.columns:
            low, high = np.array(lowest, np.float32), np.array(highest, np.float32)
            inside = (low + high) / 2 + (high - low) / 2 * jnp.tanh(table[..., column])
            table = table.at[..., column].set(inside)
        return table


def latent(given: Float[Array, "event two_latent"]) -> tuple[jax.Array, jax.Array]:
    """Means and logarithms of variances in the middle."""
    mean, log_variance = jnp.split(given, 2, axis=1)
    return mean, jnp.clip(log_variance, -LARGEST, LARGEST)


def divergence(mean: Float[Array, "*many"], log_variance: Float[Array, "*many"]) -> Any:
    """Kullback-Leibler divergence of normal distributions from the unit one, summed at the end."""
    each = jnp.exp(log_variance) + mean**2 - 1 - log_variance
    return each.sum(axis=-1) / 2


@final
@dataclass(frozen=True)
class VariationalLoss:
    """(1 - beta) distance + beta divergence, as in arXiv:2108.03986.

    Args:
        distance: Of tables.
        beta: Share of the divergence, in (0, 1).
        l2: Of the sum of the squares of all weights.
    """

    distance: Comparison
    beta: float
    l2: float = 0.0

    def __call__(
        self, model: EncoderDecoder, batch: Data, noise: jax.Array | None
    ) -> Float[Array, " event"]:
        """One number per event; judged at the means."""
        x, mask = as_tables(batch)
        encoder, decoder = halves(model, noise)
        mean, log_variance = latent(encoder(x, mask))
        z = mean
        if noise is not None:
            drawn = jax.random.normal(jax.random.key(noise), mean.shape)
            z = mean + jnp.exp(log_variance / 2) * drawn
        away = self.distance(x, decoder(z), mask)
        loss = (1 - self.beta) * away + self.beta * divergence(mean, log_variance)
        return loss + self.l2 * penalty(model) if noise is not None and self.l2 > 0 else loss


def scores(loss: VariationalLoss, what: VariationalScore, model: EncoderDecoder, data: Data) -> Any:
    """One number per event, shape (event,), float64.

    "loss" and "reconstruction" at the means; "divergence" from the unit normal distribution;
    "radius" the sum of mean²/variance, R_z of arXiv:2108.03986; "mean_square" that of mean² alone,
    which needs no more than the encoder.
    """
    return in_blocks(lambda some: _scores(loss, what, model, some), data)


def means(model: EncoderDecoder, data: Data) -> Any:
    """Events as they come back from the means, of the shape of the first of `data`."""
    return in_blocks(lambda some: _back(model, some), data)


@eqx.filter_jit
def _scores(loss: VariationalLoss, what: str, model: EncoderDecoder, data: Data) -> jax.Array:
    return in_parts(lambda some: _score(loss, what, model, some), data)


def _score(loss: VariationalLoss, what: str, model: EncoderDecoder, data: Data) -> jax.Array:
    if what == "loss":
        return loss(model, data, None)
    x, mask = as_tables(data)
    mean, log_variance = latent(model.encoder(x, mask))
    if what == "reconstruction":
        return loss.distance(x, model.decoder(mean), mask)
    if what == "divergence":
        return divergence(mean, log_variance)
    square = mean**2 if what == "mean_square" else mean**2 / jnp.exp(log_variance)
    return square.sum(axis=1)


@eqx.filter_jit
def _back(model: EncoderDecoder, data: Data) -> jax.Array:
    x, mask = as_tables(data)
    mean, _ = latent(model.encoder(x, mask))
    return model.decoder(mean).reshape(data[0].shape)
