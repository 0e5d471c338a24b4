"""Losses of the ready models, one number per row."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = ["reconstruction_error"]


def reconstruction_error(
    autoencoder: Any, batch: Float[Array, "row ..."], noise: jax.Array | None
) -> Float[Array, " row"]:
    """Mean squared difference between an event and its reconstruction."""
    del noise
    difference = jax.vmap(autoencoder)(batch) - batch
    return jnp.mean(difference**2, axis=tuple(range(1, batch.ndim)))
