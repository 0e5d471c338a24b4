"""`Dense`: rectified linear layers; `DenseAutoencoder`: two of them with a narrow middle."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from anomalon.core.seed import Seed
from anomalon.learn.models.gradients import affine_of_columns, normalised, normalised_among
from anomalon.learn.models.layers import Linear

__all__ = ["ACTIVATIONS", "SLOPE", "Activation", "Dense", "DenseAutoencoder", "Inner", "Norm"]

Norm = Literal["none", "layer", "batch"]
Activation = Literal["relu", "leaky_relu", "silu"]
SLOPE = 0.3
"""Of `leaky_relu` below zero; that of Keras, and so of the studies that use it."""
ACTIVATIONS = {
    "relu": jax.nn.relu,
    "leaky_relu": lambda x: jax.nn.leaky_relu(x, SLOPE),
    "silu": jax.nn.silu,
}
"""What follows a hidden layer, by name."""


@final
@dataclass(frozen=True)
class Inner:
    """What becomes of the values of hidden layers.

    Args:
        activation: Which one.
        norm: In front of it: "layer" makes mean zero and width one of the values of a layer
            (arXiv:1607.06450), "batch" of each value among the events that are computed together
            (arXiv:1502.03167), which `without_batch_norms` ends; "none".
        dropout: Share of the values that are set to zero in training; the others grow.
    """

    activation: Activation = "relu"
    norm: Norm = "none"
    dropout: float = 0.0


@final
class Dense(eqx.Module):
    """Rectified linear layers and a linear output.

    Args:
        n_in: Inputs.
        hidden: Width of each hidden layer.
        n_out: Outputs.
        seed: Random numbers of the start.
        inner: What becomes of the values of hidden layers.
    """

    layers: tuple[Linear, ...]
    norms: tuple[eqx.nn.LayerNorm, ...]
    inner: Inner = eqx.field(static=True)

    def __init__(
        self,
        n_in: int,
        hidden: tuple[int, ...],
        n_out: int,
        *,
        seed: Seed,
        inner: Inner = Inner(),
    ) -> None:
        self.inner = inner
        # of either norm these are a scale and a shift
        self.norms = tuple(eqx.nn.LayerNorm(n) for n in hidden) if inner.norm != "none" else ()
        sizes = list(pairwise((n_in, *hidden, n_out)))
        self.layers = tuple(
            Linear(*size, seed=seed.child(layer=i), rectified=i < len(hidden))
            for i, size in enumerate(sizes)
        )

    def __call__(
        self, x: Float[Array, "*many n_in"], key: Array | None = None
    ) -> Float[Array, "*many n_out"]:
        """The outputs; with a key some of the hidden values are lost."""
        *hidden, last = self.layers
        for i, layer in enumerate(hidden):
            x = self._inside(i, layer(x), key)
        return last(x)

    def of_columns(
        self, x: Float[Array, "n_in event"], key: Array | None = None
    ) -> Float[Array, "n_out event"]:
        """The same for many events, each a column: training takes three quarters of the time."""
        *hidden, last = self.layers
        for i, layer in enumerate(hidden):
            x = affine_of_columns(x, layer.weight, layer.bias)
            if self.norms or key is not None:
                x = self._inside(i, x.T, key).T
            else:
                x = ACTIVATIONS[self.inner.activation](x)
        return affine_of_columns(x, last.weight, last.bias)

    def _inside(self, i: int, x: Array, key: Array | None) -> Array:
        """What becomes of the values of a hidden layer."""
        if self.norms:
            norm: Any = normalised if self.inner.norm == "layer" else normalised_among
            x = norm(x, self.norms[i].weight, self.norms[i].bias)
        x = ACTIVATIONS[self.inner.activation](x)
        if key is not None and self.inner.dropout > 0:
            kept = 1 - self.inner.dropout
            there = jax.random.bernoulli(jax.random.fold_in(key, i), kept, x.shape)
            x = jnp.where(there, x / kept, 0)
        return x


@final
class DenseAutoencoder(eqx.Module):
    """Features to a few numbers and back (Hinton and Salakhutdinov, Science 313 (2006) 504).

    Args:
        n_features: Features of an event.
        hidden: Width of each hidden layer of the encoder; the decoder has them in reverse.
        n_latent: Numbers in the middle.
        seed: Random numbers of the start.
    """

    encoder: Dense
    decoder: Dense

    def __init__(
        self, n_features: int, hidden: tuple[int, ...], n_latent: int, *, seed: Seed
    ) -> None:
        self.encoder = Dense(n_features, hidden, n_latent, seed=seed.child("encoder"))
        self.decoder = Dense(n_latent, hidden[::-1], n_features, seed=seed.child("decoder"))

    def __call__(self, x: Float[Array, " feature"]) -> Float[Array, " feature"]:
        """The reconstruction."""
        return self.decoder(self.encoder(x))
