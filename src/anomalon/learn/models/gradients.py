"""Linear maps and normalisation of many rows, with gradients that are written out.

On a CPU the compiler puts what computes a gradient into each sum over rows that needs it, and
computes it as often. Here a gradient is finished before it is used, and sums over rows are matrix
products: a step of training with attention takes three quarters of the time.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

__all__ = [
    "LEAST",
    "affine",
    "affine_of_columns",
    "heard",
    "normalised",
    "normalised_among",
    "overlaps",
]

LEAST = 1e-5
"""Added to variances, as layers of this name do everywhere."""


@jax.custom_vjp
def affine(
    x: Float[Array, "*many n_in"], weight: Float[Array, "n_in n_out"], bias: Float[Array, " n_out"]
) -> Float[Array, "*many n_out"]:
    """The map x W + b, along the last axis."""
    return x @ weight + bias


def _affine(x: Any, weight: Any, bias: Any) -> tuple[Any, Any]:
    return affine(x, weight, bias), (x, weight)


def _of_affine(kept: Any, gradient: Any) -> tuple[Any, Any, Any]:
    x, weight = kept
    gradient = _finished(gradient)
    rows, of_rows = _flat(x), _flat(gradient)
    return gradient @ weight.T, rows.T @ of_rows, _summed(of_rows)


affine.defvjp(_affine, _of_affine)


@jax.custom_vjp
def affine_of_columns(
    x: Float[Array, "n_in many"], weight: Float[Array, "n_in n_out"], bias: Float[Array, " n_out"]
) -> Float[Array, "n_out many"]:
    """The same map of columns instead of rows.

    The long axis is the last one then, in all matrix products of a step, and a width that is no
    multiple of what a processor computes at a time costs nothing.
    """
    return weight.T @ x + bias[:, None]


def _affine_of_columns(x: Any, weight: Any, bias: Any) -> tuple[Any, Any]:
    return affine_of_columns(x, weight, bias), (x, weight)


def _of_affine_of_columns(kept: Any, gradient: Any) -> tuple[Any, Any, Any]:
    x, weight = kept
    gradient = _finished(gradient)
    ones = jnp.ones(gradient.shape[1], gradient.dtype)
    return weight @ gradient, x @ gradient.T, gradient @ ones


affine_of_columns.defvjp(_affine_of_columns, _of_affine_of_columns)


@jax.custom_vjp
def normalised(
    x: Float[Array, "*many width"], scale: Float[Array, " width"], shift: Float[Array, " width"]
) -> Float[Array, "*many width"]:
    """Mean zero and variance one along the last axis, then scaled and shifted (arXiv:1607.06450).

    With z the normalised x, s one over its standard deviation, and g the gradient times the scale,
    the gradient of x is s (g - mean(g) - z mean(g z)).
    """
    return _normalised(x, scale, shift)[0]


def _normalised(x: Any, scale: Any, shift: Any) -> tuple[Any, Any]:
    away = x - x.mean(axis=-1, keepdims=True)
    inverse = jax.lax.rsqrt((away**2).mean(axis=-1, keepdims=True) + LEAST)
    return away * inverse * scale + shift, (away, inverse, scale)


def _of_normalised(kept: Any, gradient: Any) -> tuple[Any, Any, Any]:
    away, inverse, scale = kept
    gradient = _finished(gradient)
    z, g = away * inverse, gradient * scale
    means = g.mean(axis=-1, keepdims=True), (g * z).mean(axis=-1, keepdims=True)
    of_x = inverse * (g - means[0] - z * means[1])
    return of_x, _summed(_flat(gradient * z)), _summed(_flat(gradient))


normalised.defvjp(_normalised, _of_normalised)


@jax.custom_vjp
def overlaps(
    query: Float[Array, "*many q head n"], key: Float[Array, "*many k head n"]
) -> Float[Array, "*many head q k"]:
    """Products of each object's query with the key of each object, head by head."""
    return jnp.einsum("...qhn,...khn->...hqk", query, key)


@jax.custom_vjp
def heard(
    share: Float[Array, "*many head q k"], value: Float[Array, "*many k head n"]
) -> Float[Array, "*many q head n"]:
    """What each object hears of the values of all, by its shares, head by head."""
    return jnp.einsum("...hqk,...khn->...qhn", share, value)


def _of_overlaps(kept: Any, gradient: Any) -> tuple[Any, Any]:
    query, key = kept
    return heard(gradient, key), _told(gradient, query)


def _of_heard(kept: Any, gradient: Any) -> tuple[Any, Any]:
    share, value = kept
    return overlaps(gradient, value), _told(share, gradient)


overlaps.defvjp(lambda *given: (overlaps(*given), given), _of_overlaps)
heard.defvjp(lambda *given: (heard(*given), given), _of_heard)


def _told(share: jax.Array, x: jax.Array) -> jax.Array:
    """What each object has told all others: `heard` with the shares turned.

    Objects are the last axis: the compiler has no fast product whose first factor is turned.
    """
    return jnp.moveaxis(jnp.moveaxis(x, -3, -1) @ share, -1, -3)


def normalised_among(
    x: Float[Array, "*many width"], scale: Float[Array, " width"], shift: Float[Array, " width"]
) -> Float[Array, "*many width"]:
    """Mean zero and variance one of each value among all rows, then the same (arXiv:1502.03167)."""
    rows = tuple(range(x.ndim - 1))
    away = x - x.mean(axis=rows, keepdims=True)
    variance = (away**2).mean(axis=rows, keepdims=True)
    return away * jax.lax.rsqrt(variance + LEAST) * scale + shift


def _finished(gradient: jax.Array) -> jax.Array:
    """The same, computed once."""
    finished: jax.Array = jax.lax.optimization_barrier(gradient)  # type: ignore[no-untyped-call]
    return finished


def _flat(x: jax.Array) -> jax.Array:
    return x.reshape(-1, x.shape[-1])


def _summed(rows: jax.Array) -> jax.Array:
    """The sum over rows."""
    return jnp.ones(len(rows), rows.dtype) @ rows
