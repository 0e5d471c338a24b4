"""Encoders and decoders for events of padded objects: a table (object, feature) and a mask.

An encoder makes a few numbers of an event, a decoder the table again. Which slot holds what kind of
object is part of the model; empty slots never reach it, except as zeros of a table that is read
as a whole. All take one event or many: any axes may be in front of those of the table.
"""

from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from anomalon.core.seed import Seed
from anomalon.learn.models.attention import SetEncoder
from anomalon.learn.models.conv import ConvDecoder, ConvEncoder
from anomalon.learn.models.dense import Activation, Dense, Inner
from anomalon.learn.models.layers import Linear

__all__ = [
    "ConvSlots",
    "DeepSet",
    "EncoderDecoder",
    "FlatDecoder",
    "FlatEncoder",
    "ImageDecoder",
    "Normalised",
    "SlotTransformer",
]

Table = Float[Array, "*many object feature"]
Mask = Bool[Array, "*many object"]


def _by_columns(
    dense: Dense, rows: Float[Array, "*many n_in"], key: Array | None
) -> Float[Array, "*many n_out"]:
    """What `dense` makes of rows; of many events by way of columns, which is faster."""
    if rows.ndim != 2:
        return dense(rows, key)
    # turned once: else the compiler turns it again in each use
    columns: Array = jax.lax.optimization_barrier(rows.T)  # type: ignore[no-untyped-call]
    return dense.of_columns(columns, key).T


@final
class FlatEncoder(eqx.Module):
    """All numbers of the table side by side."""

    dense: Dense

    def __init__(
        self, shape: tuple[int, int], hidden: tuple[int, ...], n_out: int, *, seed: Seed,
        inner: Inner,
    ) -> None:  # fmt: skip
        self.dense = Dense(shape[0] * shape[1], hidden, n_out, seed=seed, inner=inner)

    def __call__(
        self, x: Table, mask: Mask, key: Array | None = None
    ) -> Float[Array, "*many n_out"]:
        """The outputs."""
        del mask  # what is empty is zero
        return _by_columns(self.dense, x.reshape(*x.shape[:-2], -1), key)


@final
class FlatDecoder(eqx.Module):
    """A table out of a few numbers."""

    dense: Dense
    shape: tuple[int, int] = eqx.field(static=True)

    def __init__(
        self, n_in: int, hidden: tuple[int, ...], shape: tuple[int, int], *, seed: Seed,
        inner: Inner,
    ) -> None:  # fmt: skip
        self.shape = shape
        self.dense = Dense(n_in, hidden, shape[0] * shape[1], seed=seed, inner=inner)

    def __call__(self, z: Float[Array, "*many n_in"], key: Array | None = None) -> Table:
        """The table."""
        return _by_columns(self.dense, z, key).reshape(*z.shape[:-1], *self.shape)


def _image(shape: tuple[int, int], n_stages: int) -> tuple[int, int, int]:
    """The smallest image around a table that can be halved so often."""
    unit = 2**n_stages
    return (-(-shape[0] // unit) * unit, -(-shape[1] // unit) * unit, 1)


@final
class ConvSlots(eqx.Module):
    """The table as an image of one channel, filled up with zeros."""

    encoder: ConvEncoder
    image: tuple[int, int, int] = eqx.field(static=True)

    def __init__(
        self, shape: tuple[int, int], channels: tuple[int, ...], n_out: int, *, seed: Seed,
        activation: Activation,
    ) -> None:  # fmt: skip
        self.image = _image(shape, len(channels))
        self.encoder = ConvEncoder(self.image, channels, n_out, seed=seed, activation=activation)

    def __call__(self, x: Table, mask: Mask) -> Float[Array, "*many n_out"]:
        """The outputs."""
        del mask
        width = [(0, size - n) for size, n in zip(self.image[:2], x.shape[-2:], strict=True)]
        return self.encoder(jnp.pad(x, [(0, 0)] * (x.ndim - 2) + width)[..., None])


@final
class ImageDecoder(eqx.Module):
    """And back: the image, and of it the table."""

    decoder: ConvDecoder
    shape: tuple[int, int] = eqx.field(static=True)

    def __init__(
        self, n_in: int, channels: tuple[int, ...], shape: tuple[int, int], *, seed: Seed,
        activation: Activation,
    ) -> None:  # fmt: skip
        image = _image(shape, len(channels))
        self.shape = shape
        self.decoder = ConvDecoder(image, channels, n_in, seed=seed, activation=activation)

    def __call__(self, z: Float[Array, "*many n_in"]) -> Table:
        """The table."""
        return self.decoder(z)[..., : self.shape[0], : self.shape[1], 0]


@final
class Normalised(eqx.Module):
    """A decoder whose table is positive and of a given total, as transport needs it."""

    decoder: Any
    total: float = eqx.field(static=True)

    def __call__(self, z: Float[Array, "*many n_in"]) -> Table:
        """The table."""
        table = self.decoder(z)
        flat = jax.nn.softmax(table.reshape(*table.shape[:-2], -1), axis=-1)
        return self.total * flat.reshape(table.shape)


def _with_kinds(x: Table, kinds: tuple[int, ...]) -> Table:
    """Objects with the kind of their slot, one-hot, behind their features."""
    one_hot = np.eye(max(kinds) + 1, dtype=np.float32)[list(kinds)]
    return jnp.concatenate(
        [x, jnp.broadcast_to(one_hot, (*x.shape[:-1], len(one_hot[0])))], axis=-1
    )


@final
class DeepSet(eqx.Module):
    """A network of each object, a sum over those that are there, a network of the sum.

    Zaheer et al., arXiv:1703.06114; for particles arXiv:1810.05165.
    """

    each: Dense
    all: Dense
    kinds: tuple[int, ...] = eqx.field(static=True)

    def __init__(
        self, n_features: int, kinds: tuple[int, ...], hidden: tuple[int, ...], n_out: int, *,
        seed: Seed, inner: Inner,
    ) -> None:  # fmt: skip
        self.kinds = kinds
        width = hidden[-1]
        n_in = n_features + max(kinds) + 1
        self.each = Dense(n_in, hidden, width, seed=seed.child("each"), inner=inner)
        self.all = Dense(width, hidden, n_out, seed=seed.child("all"), inner=inner)

    def __call__(self, x: Table, mask: Mask) -> Float[Array, "*many n_out"]:
        """The outputs."""
        each = self.each(_with_kinds(x, self.kinds))
        return self.all(jnp.where(mask[..., None], each, 0).sum(axis=-2) / 4)


@final
class SlotTransformer(eqx.Module):
    """Attention over the objects that are there, which know their kind and no place.

    Args:
        n_features: Features of an object.
        kinds: The kind of each row of the table, as a number.
        size: Width, heads and blocks.
        n_out: Outputs.
        seed: Random numbers of the start.
        pooled: Of the mean over the objects; else of all rows side by side, which is as wide as
            the table itself.
    """

    encoder: SetEncoder
    all: Linear | None
    kinds: tuple[int, ...] = eqx.field(static=True)

    def __init__(
        self, n_features: int, kinds: tuple[int, ...], size: tuple[int, int, int], n_out: int, *,
        seed: Seed, pooled: bool = True,
    ) -> None:  # fmt: skip
        width, n_heads, n_blocks = size
        self.kinds = kinds
        n_in = n_features + max(kinds) + 1
        self.encoder = SetEncoder(n_in, width, n_heads, n_blocks, n_out, seed=seed)
        self.all = None if pooled else Linear(len(kinds) * width, n_out, seed=seed.child("all"))

    def __call__(self, x: Table, mask: Mask) -> Float[Array, "*many n_out"]:
        """The outputs."""
        seen = _with_kinds(x, self.kinds)
        if self.all is None:
            return self.encoder(seen, mask)
        objects = self.encoder.objects(seen, mask)
        return self.all(objects.reshape(*objects.shape[:-2], -1))


@final
class EncoderDecoder(eqx.Module):
    """Both halves."""

    encoder: Any
    decoder: Any

    def __call__(self, x: Table, mask: Mask) -> Table:
        """The reconstruction."""
        return self.decoder(self.encoder(x, mask))
