"""`train`: the training loop, for any parameters, loss and optimiser.

An epoch is one compiled call, so Python costs nothing, or a Python loop over a compiled step where
that is faster. Every training is filled up with rows of weight zero to a round number of steps:
folds and windows of almost the same size share a program.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadValue, DidNotConverge
from anomalon.learn.engine.checkpoint import Checkpoint
from anomalon.learn.engine.groups import n_steps
from anomalon.learn.engine.program import (
    Parts,
    Program,
    State,
    block,
    judge,
    planned,
    scan,
    step,
    taken_apart,
)
from anomalon.learn.engine.progress import Clock, OnProgress
from anomalon.learn.engine.record import Record
from anomalon.learn.engine.rows import Source, read, stacked
from anomalon.learn.engine.schedule import Schedule, Way
from anomalon.learn.engine.training import AnyLoss, PerBatch, Trained, Training

__all__ = ["train"]


def train(
    loss: AnyLoss,
    trainings: Sequence[Training],
    schedule: Schedule,
    *,
    checkpoint: Checkpoint | None = None,
    progress: OnProgress | None = None,
) -> list[Trained]:
    """Train parameters on rows; several trainings at a time share one compiled program.

    What comes out for one training does not depend on the others, beyond rounding (`side_by_side`
    makes groups that are fast).

    Args:
        loss: What is minimised: a mean over rows with their weights, or `PerBatch`.
        trainings: All with the same shapes and the same number of steps per epoch.
        schedule: Batches, optimiser, and when it is over.
        checkpoint: Where to write the state now and then, and to go on from: a training that was
            interrupted ends with the same bytes as one that was not.
        progress: Called after every epoch.

    Returns:
        One result for each training, in their order.

    Raises:
        BadLayout: If the trainings do not go together, or the loss has a wrong shape.
        BadValue: If the checkpoint belongs to another training, or the loss cannot be hashed.
        DidNotConverge: If a loss or merit is no number any more.

    Example:
        >>> from anomalon.core import Seed
        >>> from anomalon.learn.engine import Adam
        >>> def squared_error(line, batch, noise):
        ...     x, y = batch
        ...     return (line["a"] * x + line["b"] - y) ** 2
        >>> x = np.linspace(-1, 1, 100, dtype=np.float32)
        >>> start = {"a": np.float32(0), "b": np.float32(0)}
        >>> one = Training(start, (x, 2 * x - 1), np.ones(100, np.float32), Seed(1))
        >>> [fit] = train(squared_error, [one], Schedule(200, 50, Adam(0.05)))
        >>> round(float(fit.params["a"]), 2), round(float(fit.params["b"]), 2)
        (2.0, -1.0)
    """
    group = _Group.of(loss, trainings, schedule)
    state, records = group.start(), [Record(schedule) for _ in trainings]
    if checkpoint is not None:
        state, records = checkpoint.resumed(trainings, state, records)
    clock, written = Clock(), time.monotonic()
    for epoch in range(max(len(r.merits) for r in records), schedule.epochs):
        if all(record.over for record in records):
            break
        damping = np.array([record.damping for record in records], np.float32)
        state, losses = group.epoch(state, epoch, damping)
        records = group.judged(records, state, losses)
        if checkpoint is not None and checkpoint.is_due(epoch, schedule, records, written):
            checkpoint.write(trainings, state, records)
            written = time.monotonic()
        if progress is not None:
            last = [(record.losses[-1], record.merits[-1]) for record in records]
            progress(clock.tick(epoch + 1, schedule.epochs, *zip(*last, strict=True)))
    return [group.trained(i, record) for i, record in enumerate(records)]


@final
@dataclass(frozen=True, eq=False)
class _Group:
    """Trainings that share a program; all arrays have the training as first axis."""

    program: Program
    trainings: Sequence[Training]
    parts: Sequence[Parts]
    source: Source
    fixed: Any
    n_steps: int
    way: Way

    @classmethod
    def of(cls, loss: AnyLoss, trainings: Sequence[Training], schedule: Schedule) -> "_Group":
        size = schedule.batch_size
        n = _steps(trainings, size)
        parts = [taken_apart(t.params) for t in trainings]
        program = Program(
            loss,
            schedule.optimiser,
            size,
            damped=schedule.halve_after > 0,
            rest=parts[0].rest,
        )
        _check_hashable(program)
        batch = read(trainings[0].data, trainings[0].weight, np.zeros(size, np.int32))
        program, way = planned(program, schedule, parts[0], batch)
        source = Source.of([t.data for t in trainings], [t.weight for t in trainings], size, n, way)
        fixed = _together([p.fixed for p in parts])
        return cls(program, trainings, parts, source, fixed, n, way)

    def start(self) -> State:
        """The state before the first step."""
        states = []
        for part in self.parts:
            trained = jax.tree.map(jnp.asarray, part.trained)
            states.append(State(trained, self.program.optimiser.init(trained)))
        return _together(states)

    def epoch(
        self, state: State, epoch: int, damping: NDArray[np.float32]
    ) -> tuple[State, NDArray[np.float32]]:
        """One epoch; the losses have shape (training, step)."""
        seeds = [t.seed.child(epoch=epoch) for t in self.trainings]
        n_rows = self.n_steps * self.program.batch_size
        order = np.stack([s.child("order").generator().permutation(n_rows) for s in seeds])
        first = np.array([s.child("noise").integer(2**32) for s in seeds], np.uint32)
        noise = first[:, None] + np.arange(self.n_steps, dtype=np.uint32)
        n, losses = self.source.at_a_time, []
        for i, (rows, which) in enumerate(self.source.blocks(order.astype(np.int32))):
            some = noise[:, i * n : (i + 1) * n]
            state, loss = self._steps(state, damping, rows, which, some)
            losses.append(loss)
        return state, np.concatenate(jax.device_get(losses), axis=1)

    def _steps(
        self, state: State, damping: NDArray[np.float32], rows: Any, which: Any, noise: Any
    ) -> tuple[State, Any]:
        """One block of steps."""
        if self.way != "blocks":
            run = step if self.way == "stepwise" else scan
            return run(self.program, state, self.fixed, damping, rows, which, noise)
        n = noise.shape[1]
        filled = np.pad(noise, ((0, 0), (0, self.source.at_a_time - n)))
        state, losses = block(self.program, n, state, self.fixed, damping, rows, filled)
        return state, losses[:, :n]

    def judged(
        self, records: Sequence[Record], state: State, losses: NDArray[np.float32]
    ) -> list[Record]:
        """The records one epoch later; of a training that is over nothing counts any more."""
        host = jax.tree.map(np.asarray, state.trained)
        judged = list(records)
        for i, record in enumerate(records):
            if record.over:
                continue
            mine = jax.tree.map(lambda leaf, i=i: leaf[i], host)
            loss = self._mean(i, losses[i], len(record.losses))
            judged[i] = record.after(loss, self._merit(i, mine, loss, len(record.losses)), mine)
        return judged

    def _mean(self, i: int, losses: NDArray[np.float32], epoch: int) -> float:
        """The mean loss of an epoch."""
        if not np.isfinite(losses).all():
            at = int(np.flatnonzero(~np.isfinite(losses))[0])
            raise DidNotConverge(
                f"training {self.trainings[i].seed}: expected a finite loss, got {losses[at]} in "
                f"epoch {epoch + 1}, step {at + 1} of {len(losses)}. Take a smaller learning rate, "
                "clip gradients (optax.clip_by_global_norm), or look for values in the data at "
                "which the loss or its derivative is infinite."
            )
        total = losses.sum(dtype=np.float64)
        if isinstance(self.program.loss, PerBatch):
            return float(total / len(losses))
        weight = self.trainings[i].weight.sum(dtype=np.float64)
        return float(total * self.program.batch_size / weight)

    def _merit(self, i: int, trained: Any, loss: float, epoch: int) -> float:
        training = self.trainings[i]
        if training.merit is not None:
            merit = float(training.merit(self._params(i, trained)))
        elif training.validation is not None:
            merit = -self._validation_loss(i, trained)
        else:
            merit = -loss
        if np.isnan(merit):
            raise DidNotConverge(
                f"training {training.seed}: expected a number as merit, got NaN after epoch "
                f"{epoch + 1}. Look for values at which the merit is not defined, or take a "
                "smaller learning rate."
            )
        return merit

    def _validation_loss(self, i: int, trained: Any) -> float:
        """The mean loss of the validation rows, without noise."""
        validation, size = self.trainings[i].validation, self.program.batch_size
        assert validation is not None
        data, weight = validation
        n = -(-len(weight) // size) * size
        filled = np.append(weight, np.zeros(n - len(weight), np.float32))
        total = sum_of_weights = 0.0
        for start in range(0, n, size):
            batch = read(data, filled, np.arange(start, start + size, dtype=np.int32))
            here = float(batch[1].sum(dtype=np.float64))
            loss = float(judge(self.program, trained, self.parts[i].fixed, batch))
            total += loss * (here if isinstance(self.program.loss, PerBatch) else size)
            sum_of_weights += here
        return total / sum_of_weights

    def _params(self, i: int, trained: Any) -> Any:
        return self.parts[i].rest.joined(trained, self.parts[i].fixed)

    def trained(self, i: int, record: Record) -> Trained:
        """What came out."""
        return Trained(
            tuple(self._params(i, kept.trained) for kept in record.kept),
            tuple(kept.epoch for kept in record.kept),
            record.losses,
            record.merits,
        )


def _check_hashable(program: Program) -> None:
    try:
        hash(program)
    except TypeError as error:
        raise BadValue(
            "train: expected a loss, an optimiser and static fields of a module that can be "
            f"hashed, because equal ones share a compiled program: {error}. Take a function of a "
            "module, or a frozen dataclass with `__call__`."
        ) from error


def _steps(trainings: Sequence[Training], size: int) -> int:
    steps = {n_steps(len(t.weight), size) for t in trainings}
    if len(steps) != 1:
        raise BadLayout(
            "train: expected trainings with the same number of steps per epoch, got "
            f"{sorted(steps)}. Train them in groups, as `side_by_side` makes them."
        )
    return steps.pop()


def _together(trees: list[Any]) -> Any:
    """Several trees as one; stacked by NumPy, or JAX would compile a program for each shape."""
    return jax.tree.map(jnp.asarray, stacked(jax.tree.map(np.asarray, trees)))
