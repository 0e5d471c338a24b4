"""`MLP`: a fully connected network with one output, written for whole batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

__all__ = ["MLP", "Layers"]

# Weights (input, output) and biases (output,) of each layer.
Array = jax.Array | NDArray[np.float32]
Layers = tuple[tuple[Array, Array], ...]


@final
@dataclass(frozen=True)
class MLP:
    """Rectified linear layers with dropout and one linear output, trained as a classifier.

    Args:
        hidden: Width of each hidden layer.
        dropout: Share of hidden values set to zero in training; the others grow to compensate.
    """

    hidden: tuple[int, ...]
    dropout: float

    def start(self, n_inputs: int, rng: np.random.Generator) -> Layers:
        """Random weights of variance 2 / inputs (He et al., arXiv:1502.01852), zero biases."""
        sizes = (n_inputs, *self.hidden, 1)
        return tuple(
            (
                rng.normal(scale=np.sqrt(2 / n_in), size=(n_in, n_out)).astype(np.float32),
                np.zeros(n_out, np.float32),
            )
            for n_in, n_out in pairwise(sizes)
        )

    def logit(self, layers: Layers, x: jax.Array) -> jax.Array:
        """The output without dropout; x has shape (event, feature), the result (event,)."""
        return self._forward(layers, x, None)

    def loss(
        self, layers: Layers, batch: tuple[jax.Array, jax.Array], noise: jax.Array | None
    ) -> jax.Array:
        """Binary cross entropy of each event, shape (event,).

        Args:
            layers: The parameters.
            batch: Features (event, feature) and targets (event,).
            noise: Any 32-bit number; the dropout is a function of it. None: no dropout.
        """
        x, y = batch
        return optax.sigmoid_binary_cross_entropy(self._forward(layers, x, noise), y)

    def _forward(self, layers: Layers, x: jax.Array, noise: jax.Array | None) -> jax.Array:
        *inner, (weight, bias) = layers
        for i, (w, b) in enumerate(inner):
            z = x @ w + b
            alive = z > 0
            if noise is not None and self.dropout > 0:
                alive &= _kept(z.shape, self.dropout, noise, i)
                z /= 1 - self.dropout
            x = jnp.where(alive, z, 0)
        return (x @ weight + bias)[:, 0]


def _kept(shape: Sequence[int], dropout: float, noise: jax.Array, layer: int) -> jax.Array:
    """True where a value survives the dropout.

    A counter goes through an avalanche hash (C. Wellons, "lowbias32"), which vectorises: JAX's own
    generators cost more than all matrix products of a small network together.
    """
    start = _scramble(_scramble(noise) + jnp.uint32(layer))
    counter = jax.lax.iota(jnp.uint32, int(np.prod(shape))).reshape(shape)
    bits = _scramble(counter * jnp.uint32(0x9E3779B9) + start)
    return bits >= jnp.uint32(round(dropout * 2**32))


def _scramble(z: jax.Array) -> jax.Array:
    z = (z ^ (z >> 16)) * jnp.uint32(0x7FEB352D)
    z = (z ^ (z >> 15)) * jnp.uint32(0x846CA68B)
    return z ^ (z >> 16)
