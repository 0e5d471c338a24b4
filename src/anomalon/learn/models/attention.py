"""`SetEncoder`: attention over the objects of an event, whatever their number and order.

Blocks of masked self-attention and a small network (Vaswani et al., arXiv:1706.03762) with the
normalisation in front of each (arXiv:2002.04745), and a mean over the objects that are there. No
object knows its place, so the outputs depend neither on the order of the objects nor on padding.

All of it takes one event or many: the axes in front. Many at once are faster than `jax.vmap`, under
which gradients of weights are computed for each event and summed.
"""

from math import sqrt
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.learn.models.dense import Dense
from anomalon.learn.models.gradients import affine, heard, normalised, overlaps
from anomalon.learn.models.layers import Linear

__all__ = ["SetEncoder"]

Mask = Bool[Array, "*many object"]


@final
class Attention(eqx.Module):
    """Self-attention with several heads; every object looks at those that are there."""

    queries_keys_values: Linear
    output: Linear
    n_heads: int = eqx.field(static=True)

    def __init__(self, width: int, n_heads: int, *, seed: Seed) -> None:
        self.queries_keys_values = Linear(width, 3 * width, seed=seed.child("inputs"))
        self.output = Linear(width, width, seed=seed.child("output"))
        self.n_heads = n_heads

    def __call__(
        self, x: Float[Array, "*many object width"], mask: Mask
    ) -> Float[Array, "*many object width"]:
        """What each object hears from the others."""
        split = _through(self.queries_keys_values, x)
        split = split.reshape(*x.shape[:-1], 3, self.n_heads, -1)
        query, key, value = split[..., 0, :, :], split[..., 1, :, :], split[..., 2, :, :]
        logit = overlaps(query, key) / sqrt(query.shape[-1])
        # Finite, so that an event without any object has no NaN.
        share = jax.nn.softmax(jnp.where(mask[..., None, None, :], logit, -1e9), axis=-1)
        return _through(self.output, heard(share, value).reshape(x.shape))


@final
class Block(eqx.Module):
    """Attention and a network of each object, both added to what comes in."""

    attention: Attention
    network: Dense
    norms: tuple[eqx.nn.LayerNorm, eqx.nn.LayerNorm]

    def __init__(self, width: int, n_heads: int, *, seed: Seed) -> None:
        self.attention = Attention(width, n_heads, seed=seed.child("attention"))
        self.network = Dense(width, (2 * width,), width, seed=seed.child("network"))
        self.norms = eqx.nn.LayerNorm(width), eqx.nn.LayerNorm(width)

    def __call__(
        self, x: Float[Array, "*many object width"], mask: Mask
    ) -> Float[Array, "*many object width"]:
        """The objects, one block later."""
        before, between = self.norms
        x = x + self.attention(_normalised(before, x), mask)
        first, last = self.network.layers
        hidden = jax.nn.relu(_through(first, _normalised(between, x)))
        return x + _through(last, hidden)


@final
class SetEncoder(eqx.Module):
    """Objects to outputs that do not depend on their order.

    Args:
        n_features: Features of an object.
        width: Numbers per object inside, a multiple of `n_heads`.
        n_heads: Heads of attention.
        n_blocks: Blocks of attention and network.
        n_out: Outputs.
        seed: Random numbers of the start.

    Raises:
        BadValue: If the width is no multiple of the number of heads.
    """

    input: Linear
    blocks: tuple[Block, ...]
    norm: eqx.nn.LayerNorm
    output: Linear

    def __init__(
        self, n_features: int, width: int, n_heads: int, n_blocks: int, n_out: int, *, seed: Seed
    ) -> None:
        if width % n_heads:
            raise BadValue(
                f"attention: expected a width that is a multiple of {n_heads} heads, got {width}."
            )
        self.input = Linear(n_features, width, seed=seed.child("input"))
        self.blocks = tuple(
            Block(width, n_heads, seed=seed.child(block=i)) for i in range(n_blocks)
        )
        self.norm = eqx.nn.LayerNorm(width)
        self.output = Linear(width, n_out, seed=seed.child("output"))

    def objects(
        self, x: Float[Array, "*many object feature"], mask: Mask
    ) -> Float[Array, "*many object width"]:
        """The objects behind all blocks; what is not there is zero."""
        y = _through(self.input, x)
        for block in self.blocks:
            y = block(y, mask)
        return jnp.where(mask[..., None], _normalised(self.norm, y), 0)

    def __call__(
        self, x: Float[Array, "*many object feature"], mask: Mask
    ) -> Float[Array, "*many n_out"]:
        """The outputs, of the mean over the objects that are there."""
        total = self.objects(x, mask).sum(axis=-2)
        return self.output(total / jnp.maximum(mask.sum(axis=-1, keepdims=True), 1))


def _through(layer: Linear, x: Float[Array, "*many n_in"]) -> Float[Array, "*many n_out"]:
    return affine(x, layer.weight, layer.bias)


def _normalised(norm: eqx.nn.LayerNorm, x: Float[Array, "*many width"]) -> Any:
    return normalised(x, norm.weight, norm.bias)
