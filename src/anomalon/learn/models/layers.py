"""Linear layers, and where their weights start."""

from typing import final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from anomalon.core.seed import Seed

__all__ = ["Linear", "glorot", "he", "zeros"]


def he(shape: tuple[int, ...], n_in: int, seed: Seed) -> jax.Array:
    """Normal weights of variance 2 / inputs, for rectified layers (He et al., arXiv:1502.01852)."""
    drawn = seed.generator().normal(scale=np.sqrt(2 / n_in), size=shape)
    return jnp.asarray(drawn, jnp.float32)


def glorot(shape: tuple[int, ...], n_in: int, n_out: int, seed: Seed) -> jax.Array:
    """Normal weights of variance 2 / (inputs + outputs), for linear layers (Glorot and Bengio)."""
    drawn = seed.generator().normal(scale=np.sqrt(2 / (n_in + n_out)), size=shape)
    return jnp.asarray(drawn, jnp.float32)


def zeros(n: int) -> jax.Array:
    """Biases; by way of NumPy, or JAX would compile a program for each number of them."""
    return jnp.asarray(np.zeros(n, np.float32))


@final
class Linear(eqx.Module):
    """x W + b, along the last axis.

    Args:
        n_in: Inputs.
        n_out: Outputs.
        seed: Random numbers of the start.
        rectified: Whether a rectified activation follows: He weights, else Glorot; zero biases.
    """

    weight: Float[Array, "n_in n_out"]
    bias: Float[Array, " n_out"]

    def __init__(self, n_in: int, n_out: int, *, seed: Seed, rectified: bool = False) -> None:
        shape = n_in, n_out
        self.weight = he(shape, n_in, seed) if rectified else glorot(shape, n_in, n_out, seed)
        self.bias = zeros(n_out)

    def __call__(self, x: Float[Array, "*many n_in"]) -> Float[Array, "*many n_out"]:
        """The outputs."""
        return x @ self.weight + self.bias
