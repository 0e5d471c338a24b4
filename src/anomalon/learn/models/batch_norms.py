"""`without_batch_norms`: what was normalised among events in training becomes part of the weights.

A network with batch norms (Ioffe, Szegedy, arXiv:1502.03167) gives numbers of an event that depend
on its company. What an event scores must not, so when the training is over, means and variances of
all events take the place of those of a batch, computed layer by layer with the weights as they are
then (Wu, Johnson, arXiv:2105.07576, section 3), and are multiplied into the layer in front.
"""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from anomalon.core.seed import Seed
from anomalon.learn.models.dense import ACTIVATIONS, Dense
from anomalon.learn.models.gradients import LEAST
from anomalon.learn.models.layers import Linear

__all__ = ["without_batch_norms"]

Floats = NDArray[np.float64]


def without_batch_norms(dense: Dense, rows: Floats, weight: Floats) -> tuple[Dense, Floats]:
    """The same network without batch norms, and its outputs.

    Args:
        dense: With batch norms or without.
        rows: Of events that stand for all, shape (event, n_in).
        weight: What each of them counts, shape (event,).

    Returns:
        The network, and what it makes of the rows, shape (event, n_out).
    """
    share = weight / weight.sum()
    layers, x = [], np.asarray(rows, np.float64)
    *hidden, last = dense.layers
    for i, layer in enumerate(hidden):
        w, b = np.asarray(layer.weight, np.float64), np.asarray(layer.bias, np.float64)
        if dense.inner.norm == "batch":
            norm, y = dense.norms[i], x @ w + b
            mean = share @ y
            scale = np.asarray(norm.weight) / np.sqrt(share @ (y - mean) ** 2 + LEAST)
            w, b = w * scale, (b - mean) * scale + np.asarray(norm.bias)
        layers.append(_of(layer, w, b))
        x = np.asarray(ACTIVATIONS[dense.inner.activation](jnp.asarray(x @ w + b)), np.float64)
    outputs = x @ np.asarray(last.weight, np.float64) + np.asarray(last.bias, np.float64)
    if dense.inner.norm != "batch":
        return dense, outputs
    sizes = [*(layer.weight.shape[0] for layer in dense.layers), outputs.shape[1]]
    inner = replace(dense.inner, norm="none")
    bare = Dense(sizes[0], tuple(sizes[1:-1]), sizes[-1], seed=Seed(0), inner=inner)
    return eqx.tree_at(lambda net: net.layers, bare, (*layers, last)), outputs


def _of(layer: Linear, weight: Floats, bias: Floats) -> Linear:
    values = jnp.asarray(weight, jnp.float32), jnp.asarray(bias, jnp.float32)
    return eqx.tree_at(lambda one: (one.weight, one.bias), layer, values)
