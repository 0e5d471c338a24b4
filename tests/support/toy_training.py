"""Small trainings whose results are known."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from anomalon.core import Seed
from anomalon.learn.engine import Training


def squared_error(params, batch, noise):
    """y = a x + b; it knows nothing of networks or classes."""
    x, y = batch
    return (params["a"] * x + params["b"] - y) ** 2


@dataclass(frozen=True)
class Noisy:
    """The parameter follows the sum of the noise it was shown."""

    def __call__(self, params, batch, noise):
        return params * (noise % 97).astype(jnp.float32) + 0 * batch


def line(n, seed, weight=None, **more):
    """Points on y = 2 x - 1."""
    rng = np.random.default_rng(n)
    x = rng.normal(size=n).astype(np.float32)
    data = x, (2 * x - 1).astype(np.float32)
    start = {"a": np.float32(0), "b": np.float32(0)}
    weight = np.ones(n, np.float32) if weight is None else weight
    return Training(start, data, weight, Seed(seed), **more)


def bits(trained):
    """All that came out, as bytes."""
    import jax

    leaves = [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(trained.kept)]
    return leaves, trained.epochs, trained.losses, trained.merits
