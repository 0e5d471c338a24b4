"""The training loop: any model with a loss per row, many trainings in one compiled program.

A whole epoch is one compiled call, so Python costs nothing. Every training is padded with rows of
weight zero to a round number of steps: folds and windows of almost the same size share a program.
On a CPU trainings run one after the other on each core (batching small matrix products over
trainings gains nothing there), on an accelerator side by side under `vmap`.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.seed import Seed
from anomalon.learn.threads import threaded

__all__ = ["Schedule", "Trainable", "Training", "epochs", "side_by_side"]

Params = Any
T = TypeVar("T")

# Numbers in the rows of trainings that sit side by side on an accelerator: 2 GB.
_GROUP_NUMBERS = 500_000_000


class Trainable(Hashable, Protocol):
    """A model: equal settings must be equal objects, because they share a compiled program."""

    def loss(self, params: Params, batch: Any, noise: jax.Array) -> jax.Array:
        """Loss of each row, shape (row,); `noise` is a 32-bit number, new in every step."""


@dataclass(frozen=True)
class Schedule:
    """How parameters move: Adam (arXiv:1412.6980) on shuffled batches.

    Args:
        epochs: Times that every row is seen.
        batch_size: Rows per step.
        learning_rate: Adam's step size.

    Raises:
        BadValue: If a setting is not positive.
    """

    epochs: int
    batch_size: int
    learning_rate: float

    def __post_init__(self) -> None:
        check.fields(
            self,
            "",
            epochs=(1, check.MOST),
            batch_size=(1, check.MOST),
            learning_rate="(0, inf)",
        )


@dataclass(frozen=True, eq=False)
class Training:
    """One training.

    Args:
        params: Where it starts; any tree of arrays.
        data: What the loss sees; a tree of arrays, each of shape (row, …).
        weight: Shape (row,), of mean one.
        seed: Random numbers of shuffling and dropout.
    """

    params: Params
    data: Any
    weight: NDArray[np.float32]
    seed: Seed


def epochs(
    model: Trainable, trainings: Sequence[Training], schedule: Schedule
) -> Iterator[list[Params]]:
    """The parameters of every training after each epoch, as trees of NumPy arrays.

    All trainings need the same number of steps; `side_by_side` sees to that.
    """
    steps = n_steps(len(trainings[0].weight), schedule.batch_size)
    n_rows = steps * schedule.batch_size
    rows = _stack([_padded((t.data, t.weight), n_rows) for t in trainings])
    optimiser = optax.adam(schedule.learning_rate)
    params = _stack([t.params for t in trainings])
    state = (params, jax.vmap(optimiser.init)(params))
    for epoch in range(schedule.epochs):
        seeds = [t.seed.child(epoch=epoch) for t in trainings]
        order = np.stack([s.child("order").generator().permutation(n_rows) for s in seeds])
        noise = np.array([s.child("noise").integer(2**32) for s in seeds], np.uint32)
        state = _epoch(model, schedule, state, rows, order.astype(np.int32), noise)
        host = jax.tree.map(np.asarray, state[0])
        yield [jax.tree.map(lambda leaf, i=i: leaf[i], host) for i in range(len(trainings))]


def side_by_side(
    n_rows: Sequence[int],
    numbers_per_row: int,
    batch_size: int,
    run: Callable[[list[int]], list[T]],
) -> list[T]:
    """Run many trainings in groups that share a program; one result per training, in order.

    Args:
        n_rows: Rows of each training.
        numbers_per_row: Numbers that one row holds, to bound the memory of a group.
        batch_size: Rows per step.
        run: Trains the group with these indices and gives one result for each; what it gives for
            one training must not depend on the others.
    """
    alike: dict[int, list[int]] = {}
    for i, rows in enumerate(n_rows):
        alike.setdefault(n_steps(rows, batch_size), []).append(i)
    groups: list[list[int]] = []
    for steps, indices in alike.items():
        numbers = steps * batch_size * numbers_per_row
        together = 1 if jax.default_backend() == "cpu" else max(1, _GROUP_NUMBERS // numbers)
        groups += [indices[i : i + together] for i in range(0, len(indices), together)]
    results = dict[int, T]()
    for group, fitted in zip(groups, threaded(run, groups), strict=True):
        results.update(zip(group, fitted, strict=True))
    return [results[i] for i in range(len(n_rows))]


def n_steps(n_rows: int, batch_size: int) -> int:
    """Batches per epoch, rounded up to five significant binary digits (at most 6 % more).

    Example:
        >>> [n_steps(rows, 512) for rows in (1, 10_000, 95_600, 95_900)]
        [1, 20, 192, 192]
    """
    steps = -(-n_rows // batch_size)
    unit = 1 << max(0, steps.bit_length() - 5)
    return -(-steps // unit) * unit


def _padded(rows: Any, n_rows: int) -> Any:
    def pad(leaf: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([leaf, np.zeros((n_rows - len(leaf), *leaf.shape[1:]), leaf.dtype)])

    return jax.tree.map(pad, rows)


def _stack(trees: Sequence[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *trees)


@partial(jax.jit, static_argnums=(0, 1))
def _epoch(
    model: Trainable, schedule: Schedule, state: Any, rows: Any, order: Any, noise: Any
) -> Any:
    """One epoch of every training of a group; all arguments have the training as first axis."""
    one = partial(_one_epoch, model, schedule)
    if len(noise) > 1:
        return jax.vmap(one)(state, rows, order, noise)
    # A batch axis of length one would keep the compiler from using plain matrix products.
    first = jax.tree.map(lambda leaf: leaf[0], (state, rows, order, noise))
    return jax.tree.map(lambda leaf: leaf[None], one(*first))


def _one_epoch(
    model: Trainable, schedule: Schedule, state: Any, rows: Any, order: Any, noise: Any
) -> Any:
    optimiser = optax.adam(schedule.learning_rate)
    size = schedule.batch_size
    steps = len(order) // size
    batches = jax.tree.map(lambda a: a[order].reshape(steps, size, *a.shape[1:]), rows)

    def step(state: Any, scanned: Any) -> tuple[Any, None]:
        params, moments = state
        (data, weight), noise = scanned

        def mean_loss(params: Params) -> jax.Array:
            # Over the batch size, not the weights in the batch: the gradient stays unbiased.
            return jnp.sum(weight * model.loss(params, data, noise)) / size

        gradient = jax.grad(mean_loss)(params)
        change, moments = optimiser.update(gradient, moments)
        return (optax.apply_updates(params, change), moments), None

    counters = noise + jnp.arange(steps, dtype=jnp.uint32)
    return jax.lax.scan(step, state, (batches, counters))[0]
