"""Autoencoders of tables, denoising or sparse if wanted, trained by a `Distance` or transport."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from anomalon.core.seed import Seed
from anomalon.learn.autoencoders.distance import Comparison
from anomalon.learn.engine.checkpoint import Checkpoint
from anomalon.learn.engine.loop import train
from anomalon.learn.engine.schedule import Schedule
from anomalon.learn.engine.scoring import in_blocks, in_parts
from anomalon.learn.engine.training import AnyLoss, Training
from anomalon.learn.models.batch_norms import without_batch_norms
from anomalon.learn.models.slots import EncoderDecoder, FlatDecoder

__all__ = [
    "AutoencoderLoss",
    "Data",
    "compared",
    "decoded",
    "distances",
    "encoded",
    "fitted",
    "layers",
    "penalty",
    "reconstructions",
    "without_norms_of_batches",
]

Data = tuple[Any, ...]
"""Tables (event, object, feature) and masks (event, object); tables alone, all of whose rows are
there; or rows (event, feature) alone."""


_ENOUGH = 100_000  # events, for means and widths
_ROW = 64  # numbers of a row of weights


def as_tables(data: Data) -> tuple[jax.Array, jax.Array]:
    """Tables and masks; a row of numbers is a table of one row, which is there."""
    if len(data) == 2:
        return data[0], data[1]
    table = data[0][:, None, :] if data[0].ndim == 2 else data[0]
    return table, jnp.ones(table.shape[:2], bool)


def penalty(model: Any) -> jax.Array:
    """The sum of the squares of all weights, without biases."""
    leaves = jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))
    weights = [w.reshape(-1) for w in leaves if w.ndim > 1]
    if not weights:
        return jnp.zeros(())
    # one long vector, in rows that are added up first: many short sums one number after the other
    # take as long as half of a network
    together = jnp.concatenate(weights)
    filled: jax.Array = jax.lax.optimization_barrier(  # type: ignore[no-untyped-call]
        jnp.pad(together, (0, -len(together) % _ROW))
    )
    return (filled**2).reshape(-1, _ROW).sum(axis=0).sum()


@final
@dataclass(frozen=True)
class AutoencoderLoss:
    """The distance to the reconstruction, and what keeps the network from learning by heart.

    Args:
        distance: Of tables.
        noise: Standard deviation of what is added to the inputs in training (Vincent et al., ICML
            2008); the reconstruction is compared with what was there
            before.
        sparsity: Of the mean absolute value of the numbers in the middle.
        l2: Of the sum of the squares of all weights.
    """

    distance: Comparison
    noise: float = 0.0
    sparsity: float = 0.0
    l2: float = 0.0

    def __call__(
        self, model: EncoderDecoder, batch: Data, noise: jax.Array | None
    ) -> Float[Array, " event"]:
        """One number per event."""
        x, mask = as_tables(batch)
        given = x
        if noise is not None and self.noise > 0:
            added = self.noise * jax.random.normal(jax.random.key(noise), x.shape)
            given = x + jnp.where(mask[:, :, None], added, 0)
        encoder, decoder = halves(model, noise)
        middle = encoder(given, mask)
        loss = self.distance(x, decoder(middle), mask)
        if self.sparsity > 0:
            loss += self.sparsity * jnp.abs(middle).mean(axis=1)
        # not where epochs are judged: they are judged by what they reconstruct
        return loss + self.l2 * penalty(model) if noise is not None and self.l2 > 0 else loss


def halves(
    model: EncoderDecoder, noise: jax.Array | None
) -> tuple[Callable[..., jax.Array], Callable[..., jax.Array]]:
    """Encoder and decoder, which lose values under dropout if there is noise."""
    encoder, decoder = model.encoder, model.decoder
    if noise is None or not _dropout(model):
        return encoder, decoder
    keys = jax.random.split(jax.random.key(noise))
    return lambda x, mask: encoder(x, mask, keys[0]), lambda z: decoder(z, keys[1])


def _dropout(model: EncoderDecoder) -> bool:
    """Whether it is dense and loses values in training."""
    dense = getattr(model.encoder, "dense", None)
    return dense is not None and dense.inner.dropout > 0


def fitted(
    loss: AnyLoss, start: Any, rows: Data, weight: Any, held: tuple[Data, Any], schedule: Schedule,
    seed: Seed, checkpoint: Checkpoint | None = None,
) -> Any:  # fmt: skip
    """A model of the best epoch.

    Args:
        loss: Of events.
        start: The model before it is trained.
        rows: What it sees.
        weight: Shape (event,).
        held: Rows and weights that judge epochs; those of training do if there are none.
        schedule: How the training goes.
        seed: Random numbers of the training.
        checkpoint: Where its state is kept, to go on from.
    """
    judged = held if len(held[1]) else None
    training = Training(start, rows, weight, seed.child("training"), validation=judged)
    return train(loss, [training], schedule, checkpoint=checkpoint)[0].params


def without_norms_of_batches(model: EncoderDecoder, data: Data, weight: Any) -> EncoderDecoder:
    """The same of dense networks, with the means and widths of all events in the place of batches.

    Args:
        model: Both halves, trained.
        data: What it has seen; so many of them at even distances as are enough.
        weight: Shape (event,).
    """
    some = np.linspace(0, len(weight) - 1, min(len(weight), _ENOUGH)).astype(np.intp)
    table = np.asarray(data[0][some], np.float64).reshape(len(some), -1)
    share = np.asarray(weight[some], np.float64)
    encoder, middle = without_batch_norms(model.encoder.dense, table, share)
    decoder, _ = without_batch_norms(_flat_decoder(model).dense, middle, share)

    def dense(model: EncoderDecoder) -> tuple[Any, Any]:
        return model.encoder.dense, _flat_decoder(model).dense

    found: EncoderDecoder = eqx.tree_at(dense, model, (encoder, decoder))
    return found


def _flat_decoder(model: EncoderDecoder) -> FlatDecoder:
    half: Any = model.decoder
    while not isinstance(half, FlatDecoder):
        half = half.decoder
    return half


def distances(distance: Comparison, model: EncoderDecoder, data: Data) -> Any:
    """How far events are from their reconstructions, shape (event,), float64."""
    return in_blocks(lambda some: _distances(distance, model, some), data)


def compared(distance: Comparison, data: Data, back: Any) -> Any:
    """How far events are from what came back, of the shape of the first of `data`; float64."""
    return in_blocks(lambda some: _compared(distance, *some), (data, np.float32(back)))


def reconstructions(model: EncoderDecoder, data: Data) -> Any:
    """Events as they come back, of the shape of the first of `data`."""
    return in_blocks(lambda some: _reconstructions(model, some), data)


def encoded(model: EncoderDecoder, data: Data) -> Any:
    """What the encoder gives, shape (event, n_out), float64."""
    return in_blocks(lambda some: _encoded(model, some), data)


def decoded(model: EncoderDecoder, z: Any) -> Any:
    """What the decoder makes of z (event, n_in); tables, float64."""
    return in_blocks(lambda some: _decoded(model, some), z, 256)


def layers(encoder: Any, data: Data) -> list[Any]:
    """What a convolutional encoder of images gives layer by layer, the image itself first."""
    x = jnp.asarray(as_tables(data)[0])[..., None]
    found = [x]
    for stage in encoder.stages:
        found.append(stage(found[-1]))
    found.append(encoder.output(found[-1].reshape(len(x), -1)))
    return [np.asarray(layer, np.float64).reshape(len(x), -1) for layer in found]


@eqx.filter_jit
def _encoded(model: EncoderDecoder, data: Data) -> jax.Array:
    return model.encoder(*as_tables(data))


@eqx.filter_jit
def _decoded(model: EncoderDecoder, z: jax.Array) -> jax.Array:
    return model.decoder(z)


@eqx.filter_jit
def _distances(distance: Comparison, model: EncoderDecoder, data: Data) -> jax.Array:
    def of(some: Data) -> jax.Array:
        x, mask = as_tables(some)
        return distance(x, model(x, mask), mask)

    return in_parts(of, data)


@eqx.filter_jit
def _reconstructions(model: EncoderDecoder, data: Data) -> jax.Array:
    x, mask = as_tables(data)
    back = model(x, mask)
    return back.reshape(data[0].shape)


@eqx.filter_jit
def _compared(distance: Comparison, data: Data, back: jax.Array) -> jax.Array:
    x, mask = as_tables(data)
    return distance(x, back.reshape(x.shape), mask)
