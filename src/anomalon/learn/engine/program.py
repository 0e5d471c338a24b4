"""What is compiled: a step, an epoch, and the judgement of a batch.

Equal programs are compiled once, so folds, members and windows share one. The parameters are taken
apart into arrays that are trained, arrays that are not (indices, masks), and the rest (settings,
activation functions), which is part of the program.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from anomalon.core.errors import BadLayout
from anomalon.learn.engine.schedule import Optimiser, Schedule, Way
from anomalon.learn.engine.training import Loss, Params, PerBatch

__all__ = ["Parts", "Program", "State", "block", "judge", "planned", "scan", "step", "taken_apart"]

_CACHE = 2_000_000  # bytes that a part may remember
_LARGE = 8_000_000  # bytes above which parts pay
_LEAST_ROWS = 16


@final
@dataclass(frozen=True)
class Rest:
    """What of a tree of parameters is no array."""

    leaves: tuple[Any, ...]
    structure: Any

    def joined(self, *arrays: Any) -> Params:
        """The parameters again, of this and the arrays."""
        return eqx.combine(*arrays, jax.tree.unflatten(self.structure, self.leaves))


class Parts(NamedTuple):
    """Parameters, taken apart."""

    trained: Any
    fixed: Any
    rest: Rest


class State(NamedTuple):
    """What a step changes."""

    trained: Any
    moments: Any


@final
@dataclass(frozen=True)
class Program:
    """All that decides what is compiled, beside the shapes of the arrays.

    Args:
        loss: The loss.
        optimiser: What moves the parameters.
        batch_size: Rows per step.
        damped: Whether changes are multiplied by a factor.
        rest: What of the parameters is no array.
        parts: A batch is gone through in so many, whose gradients are added up.
    """

    loss: Loss | PerBatch
    optimiser: Optimiser
    batch_size: int
    damped: bool
    rest: Rest
    parts: int = 1

    def batch_loss(self, trained: Any, fixed: Any, batch: Any, noise: Any) -> jax.Array:
        """The loss of one batch, a single number."""
        params = self.rest.joined(trained, fixed)
        data, weight = batch
        if isinstance(self.loss, PerBatch):
            loss = self.loss.loss(params, data, weight, noise)
            return self._of_shape(loss, (), "PerBatch: a single number")
        loss = self.loss(params, data, noise)
        self._of_shape(loss, weight.shape, "one number per row (or PerBatch(loss))")
        # Over the batch size, not the weights in the batch: the gradient stays unbiased.
        return jnp.sum(weight * loss) / self.batch_size

    def _of_shape(self, loss: jax.Array, shape: tuple[int, ...], what: str) -> jax.Array:
        if jnp.shape(loss) != shape:
            raise BadLayout(f"loss: expected {what}, shape {shape}, got shape {jnp.shape(loss)}.")
        return loss


def taken_apart(params: Params) -> Parts:
    """Parameters as what is trained, what stays, and what is no array.

    Raises:
        BadLayout: If there is nothing to train.
    """
    trained, others = eqx.partition(params, eqx.is_inexact_array)
    fixed, rest = eqx.partition(
        others, lambda x: isinstance(x, jax.Array | np.ndarray | np.generic)
    )
    if not jax.tree.leaves(trained):
        raise BadLayout("params: expected arrays of floating-point numbers to train, got none.")
    leaves, structure = jax.tree.flatten(rest)
    return Parts(trained, fixed, Rest(tuple(leaves), structure))


def _step(
    program: Program, state: State, fixed: Any, damping: jax.Array, batch: Any, noise: jax.Array
) -> tuple[State, jax.Array]:
    loss, gradient = _loss_and_gradient(program, state.trained, fixed, batch, noise)
    change, moments = program.optimiser.update(gradient, state.moments, state.trained)
    if program.damped:
        change = jax.tree.map(lambda leaf: leaf * damping, change)
    return State(optax.apply_updates(state.trained, change), moments), loss


def _loss_and_gradient(
    program: Program, trained: Any, fixed: Any, batch: Any, noise: jax.Array
) -> Any:
    of = jax.value_and_grad(program.batch_loss)
    if program.parts == 1:
        return of(trained, fixed, batch, noise)
    parts = jax.tree.map(lambda a: a.reshape(program.parts, -1, *a.shape[1:]), batch)

    def add(total: Any, part: Any) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, of(trained, fixed, part, noise)), None

    nothing = jnp.zeros((), jnp.float32), jax.tree.map(jnp.zeros_like, trained)
    return jax.lax.scan(add, nothing, parts)[0]


def _scan(
    program: Program,
    state: State,
    fixed: Any,
    damping: jax.Array,
    rows: Any,
    order: Any,
    noise: Any,
) -> tuple[State, jax.Array]:
    size = program.batch_size
    batches = jax.tree.map(lambda a: a[order].reshape(-1, size, *a.shape[1:]), rows)

    def one(state: State, scanned: Any) -> tuple[State, jax.Array]:
        return _step(program, state, fixed, damping, *scanned)

    return jax.lax.scan(one, state, (batches, noise))


def _one(
    program: Program,
    state: State,
    fixed: Any,
    damping: jax.Array,
    rows: Any,
    order: Any,
    noise: Any,
) -> tuple[State, jax.Array]:
    batch = rows if order is None else jax.tree.map(lambda a: a[order], rows)
    state, loss = _step(program, state, fixed, damping, batch, noise[0])
    return state, loss[None]


@partial(jax.jit, static_argnums=0)
def scan(program: Program, *arrays: Any) -> tuple[State, jax.Array]:
    """Some steps in one compiled loop.

    Args:
        program: What is trained.
        arrays: State, fixed arrays, damping, rows, their order, and the noise of each step; all
            have the training as first axis.

    Returns:
        The state behind the last step, and the loss of each step.
    """
    return _for_all(partial(_scan, program), arrays)


def _block(
    program: Program,
    n: jax.Array,
    state: State,
    fixed: Any,
    damping: jax.Array,
    rows: Any,
    noise: jax.Array,
) -> tuple[State, jax.Array]:
    size = program.batch_size
    batches = jax.tree.map(lambda a: a.reshape(-1, size, *a.shape[1:]), rows)

    def one(i: jax.Array, before: tuple[State, jax.Array]) -> tuple[State, jax.Array]:
        state, losses = before
        batch = jax.tree.map(lambda a: a[i], batches)
        state, loss = _step(program, state, fixed, damping, batch, noise[i])
        return state, losses.at[i].set(loss)

    return jax.lax.fori_loop(0, n, one, (state, jnp.zeros(len(noise))))


@partial(jax.jit, static_argnums=0)
def block(program: Program, n: jax.Array, *arrays: Any) -> tuple[State, jax.Array]:
    """The first `n` steps of a block, without an order: one program for any number of steps."""
    return _for_all(partial(_block, program, n), arrays)


@partial(jax.jit, static_argnums=0)
def step(program: Program, *arrays: Any) -> tuple[State, jax.Array]:
    """The same for a single step, without a loop; the order may be None."""
    return _for_all(partial(_one, program), arrays)


def _for_all(run: Callable[..., Any], arrays: Any) -> Any:
    if len(jax.tree.leaves(arrays)[0]) > 1:
        return jax.vmap(run)(*arrays)
    # A batch axis of length one would keep the compiler from using plain matrix products.
    first = jax.tree.map(lambda leaf: leaf[0], arrays)
    return jax.tree.map(lambda leaf: leaf[None], run(*first))


@partial(jax.jit, static_argnums=0)
def judge(program: Program, trained: Any, fixed: Any, batch: Any) -> jax.Array:
    """The loss of one batch without noise, of a single training."""
    return program.batch_loss(trained, fixed, batch, None)


def planned(program: Program, schedule: Schedule, parts: Parts, batch: Any) -> tuple[Program, Way]:
    """The program, in parts if that is faster, and how the steps of an epoch are done.

    Args:
        program: What is trained.
        schedule: What its user wants.
        parts: The parameters of one training.
        batch: A batch of it.

    Raises:
        BadLayout: If the loss has not the shape that it should have.
    """
    leaves, structure = jax.tree.flatten((parts.trained, parts.fixed, batch))
    shapes = tuple((np.shape(x), jnp.result_type(x)) for x in leaves)
    convolves, n = _looked_at(program, shapes, structure)
    on_cpu = jax.default_backend() == "cpu"
    if schedule.passes != "auto":
        way = schedule.passes
    else:
        way = "stepwise" if convolves and on_cpu else "compiled"
    return replace(program, parts=n if on_cpu and way == "compiled" else 1), way


@lru_cache(maxsize=256)
def _looked_at(program: Program, shapes: tuple[Any, ...], structure: Any) -> tuple[bool, int]:
    """Whether a loss convolves, and in how many parts its batches are best gone through.

    What a gradient has to remember of a batch should stay in the cache: of attention it is many
    megabytes. Noise is drawn for a batch, so losses that use it are computed as a whole.
    """
    shaped: Any = jax.ShapeDtypeStruct
    leaves = [shaped(shape, dtype) for shape, dtype in shapes]
    trained, fixed, batch = jax.tree.unflatten(structure, leaves)
    others = fixed, batch, shaped((), jnp.uint32)
    loss = jax.make_jaxpr(program.batch_loss)(trained, *others).jaxpr
    convolves = "conv_general_dilated" in str(loss)
    noise = loss.invars[-1]
    is_noisy = any(noise is used for equation in loss.eqns for used in equation.invars)
    if convolves or is_noisy or isinstance(program.loss, PerBatch):
        return convolves, 1

    def remembered(trained: Any, *others: Any) -> Any:
        return jax.vjp(lambda some: program.batch_loss(some, *others), trained)[1]

    kept = jax.tree.leaves(jax.eval_shape(remembered, trained, *others))
    n_bytes = sum(leaf.size * leaf.dtype.itemsize for leaf in kept)
    if n_bytes < _LARGE:
        return convolves, 1
    size = program.batch_size
    divisors = [n for n in range(1, size + 1) if size % n == 0 and size // n >= _LEAST_ROWS]
    return convolves, next((n for n in divisors if n_bytes <= n * _CACHE), max(divisors, default=1))
