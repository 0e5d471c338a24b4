"""`Dense`: rectified linear layers; `DenseAutoencoder`: two of them with a narrow middle."""

from itertools import pairwise
from typing import Literal, final

import equinox as eqx
import jax
from jaxtyping import Array, Float

from anomalon.core.seed import Seed
from anomalon.learn.models.layers import Linear

__all__ = ["ACTIVATIONS", "Activation", "Dense", "DenseAutoencoder"]

Activation = Literal["relu", "leaky_relu", "silu"]
ACTIVATIONS = {
    "relu": jax.nn.relu,
    # the slope that Keras has, and so the studies that use it
    "leaky_relu": lambda x: jax.nn.leaky_relu(x, 0.3),
    "silu": jax.nn.silu,
}
"""What follows a hidden layer, by name."""


@final
class Dense(eqx.Module):
    """Rectified linear layers and a linear output.

    Args:
        n_in: Inputs.
        hidden: Width of each hidden layer.
        n_out: Outputs.
        seed: Random numbers of the start.
        activation: Behind each hidden layer.
    """

    layers: tuple[Linear, ...]
    activation: Activation = eqx.field(static=True)

    def __init__(
        self,
        n_in: int,
        hidden: tuple[int, ...],
        n_out: int,
        *,
        seed: Seed,
        activation: Activation = "relu",
    ) -> None:
        self.activation = activation
        sizes = list(pairwise((n_in, *hidden, n_out)))
        self.layers = tuple(
            Linear(*size, seed=seed.child(layer=i), rectified=i < len(hidden))
            for i, size in enumerate(sizes)
        )

    def __call__(self, x: Float[Array, "*many n_in"]) -> Float[Array, "*many n_out"]:
        """The outputs."""
        *inner, last = self.layers
        for layer in inner:
            x = ACTIVATIONS[self.activation](layer(x))
        return last(x)


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
