"""`FlowForFlow`: events at one condition, moved to another one, where a density is known.

Flows for flows (Klein, Raine, Golling, arXiv:2211.02487; Sengupta et al., arXiv:2305.04646): a map
T(x | start, end) is trained such that events at `start` that went through it are likely at `end`,

    loss = -log p(T(x) | end) - log |det dT/dx|,

with a density p that was learned before and stays as it is. T is the identity where start and end
are the same, and starts close to it: events move no further than they have to, and what the density
gets wrong between features is kept from the events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.special import ndtri

from anomalon.core import check, event_random
from anomalon.core.errors import BadLayout
from anomalon.core.seed import Seed
from anomalon.learn.density.base import Density, DensityTask, Floats
from anomalon.learn.density.flows import FlowDensity
from anomalon.learn.density.preparation import held_back
from anomalon.learn.engine.groups import side_by_side
from anomalon.learn.engine.loop import train
from anomalon.learn.engine.schedule import Adam, Schedule
from anomalon.learn.engine.scoring import in_blocks
from anomalon.learn.engine.training import Training
from anomalon.learn.models.flow import Flow, Move, spline_move

__all__ = ["FlowForFlow", "LatentMove", "MoveTask", "TrainedMove"]


@final
@dataclass(frozen=True, eq=False)
class MoveTask:
    """One map that is wanted.

    Args:
        events: What is to be moved, with one condition.
        ends: Conditions that each event may be moved to in training; one is drawn in each step.
        density: What is known where they end: of a `SplineFlow`.

    Raises:
        BadLayout: If shapes do not go together, or the density is no flow.
    """

    events: DensityTask
    ends: Float[np.ndarray, "event choice"]
    density: Density

    def __post_init__(self) -> None:
        n, n_conditions = self.events.given.shape
        if n_conditions != 1 or self.ends.ndim != 2 or len(self.ends) != n:
            raise BadLayout(
                f"flow for flow: expected {n} events with one condition and as many rows of ends, "
                f"got {n_conditions} conditions and ends of shape {self.ends.shape}."
            )
        if not isinstance(self.density, FlowDensity):
            raise BadLayout(
                "flow for flow: expected the density of a SplineFlow, got "
                f"{type(self.density).__name__}."
            )


@final
@dataclass(frozen=True)
class FlowForFlow:
    """Settings of a map.

    Args:
        n_layers: Autoregressive layers of splines.
        width: Of the two hidden layers of each layer's network.
        n_knots: Knots of the splines.
        learning_rate: Adam's step size; it is halved after an epoch without a better one.
        batch_size: Events per step.
        epochs: Times that every event is seen, at most.
        patience: Stop after this many epochs without a better one.
        validation: Share of the events that judge epochs, drawn along their identity.

    Raises:
        BadValue: If a setting is outside its range.
    """

    n_layers: int = 3
    width: int = 64
    n_knots: int = 8
    learning_rate: float = 2e-3
    batch_size: int = 512
    epochs: int = 15
    patience: int = 3
    validation: float = 0.15

    def __post_init__(self) -> None:
        check.fields(
            self,
            "flow_for_flow",
            n_layers=(1, 100),
            width=(1, 10_000),
            n_knots=(2, 1000),
            learning_rate="(0, 1]",
            batch_size=(1, 10_000_000),
            epochs=(1, 1_000_000),
            patience=(0, 1_000_000),
            validation="(0, 1)",
        )

    def fit_many(self, tasks: Sequence[MoveTask]) -> list["TrainedMove"]:
        """One map for each task; none depends on the others.

        Raises:
            DidNotConverge: If a loss is no number any more.
        """
        if not tasks:
            return []
        trainings = [self._training(task) for task in tasks]
        numbers = sum(leaf[0].size for leaf in jax.tree.leaves(trainings[0].data))
        return side_by_side(
            [len(training.weight) for training in trainings],
            numbers + 1,
            self.batch_size,
            lambda group: self._fit_group([(tasks[i], trainings[i]) for i in group]),
        )

    def _fit_group(self, group: Sequence[tuple[MoveTask, Training]]) -> list["TrainedMove"]:
        schedule = Schedule(
            self.epochs,
            self.batch_size,
            Adam(self.learning_rate),
            halve_after=1,
            patience=self.patience,
            passes="blocks",
        )
        fitted = train(_unlikeliness, [training for _, training in group], schedule)
        return [
            TrainedMove(one.params.move, task.density, one.merits)  # type: ignore[arg-type]
            for (task, _), one in zip(group, fitted, strict=True)
        ]

    def _training(self, task: MoveTask) -> Training:
        events, density = task.events, task.density
        assert isinstance(density, FlowDensity)
        held = held_back(events.weight, events.event, self.validation, events.seed)
        z, start = _scaled(density, events.x, events.event), density.conditions(events.given)
        ends = density.conditions(task.ends.reshape(-1, 1)).reshape(task.ends.shape)
        rows = (z, start[:, 0], ends)
        weight = (events.weight / events.weight[~held].mean()).astype(np.float32)
        move = spline_move(
            z.shape[1],
            n_layers=self.n_layers,
            hidden=(self.width, 2),
            n_knots=self.n_knots,
            seed=events.seed.child("start"),
        )
        return Training(
            params=_Moved(move, density.flows[0]),
            data=tuple(a[~held] for a in rows),
            weight=weight[~held],
            seed=events.seed,
            validation=(tuple(a[held] for a in rows), weight[held]),
        )


@final
class _Moved(eqx.Module):
    """The map, and the density where it leads to; only the first is trained."""

    move: Move
    flow: Flow


def _unlikeliness(both: _Moved, batch: Any, noise: jax.Array | None) -> Float[jax.Array, " row"]:
    """Minus the log density of each event at a place that it may be moved to."""
    z, start, ends = batch
    if noise is None:
        end = ends[:, 0]
    else:
        choice = jax.random.randint(jax.random.key(noise), (len(z),), 0, ends.shape[1])
        end = jnp.take_along_axis(ends, choice[:, None], axis=1)[:, 0]
    arrays, rest = eqx.partition(both.flow, eqx.is_array)
    flow: Flow = eqx.combine(jax.lax.stop_gradient(arrays), rest)
    moved, log_det = jax.vmap(both.move)(z, start, end)
    return -flow.log_density(moved, end[:, None]) - log_det


@final
@dataclass(frozen=True, eq=False)
class TrainedMove:
    """A trained map.

    Args:
        move: Between features as the density knows them.
        density: Where it leads to.
        merits: Of the epochs: the mean log likelihood of validation events that were moved.
    """

    move: Move
    density: FlowDensity
    merits: tuple[float, ...]

    def __call__(
        self,
        x: Float[np.ndarray, "event feature"],
        start: Float[np.ndarray, "event 1"],
        end: Float[np.ndarray, "event 1"],
        event: Int[np.ndarray, " event"],
    ) -> Float[np.ndarray, "event feature"]:
        """The features of each event where it ends."""
        rows = (
            _scaled(self.density, x, event),
            self.density.conditions(start)[:, 0],
            self.density.conditions(end)[:, 0],
        )
        moved = in_blocks(lambda some: _moved(self.move, *some), rows)
        return self.density.scaling.inverse(moved[:, : x.shape[1]])


@final
@dataclass(frozen=True, eq=False)
class LatentMove:
    """The map that every density with a latent space has: to the latent point, and back elsewhere.

    Args:
        density: A density.
    """

    density: Density

    def __call__(
        self,
        x: Float[np.ndarray, "event feature"],
        start: Float[np.ndarray, "event 1"],
        end: Float[np.ndarray, "event 1"],
        event: Int[np.ndarray, " event"],
    ) -> Float[np.ndarray, "event feature"]:
        """The features of each event where it ends."""
        return self.density.from_normal(self.density.to_normal(x, start, event), end)


@eqx.filter_jit
def _moved(move: Move, z: jax.Array, start: jax.Array, end: jax.Array) -> jax.Array:
    return jax.vmap(move)(z, start, end)[0]


def _scaled(density: FlowDensity, x: Floats, event: NDArray[np.int64]) -> Floats:
    """Features as the flow knows them; a single one has a companion of noise."""
    z = density.scaling(x.astype(np.float64), event)
    if z.shape[1] > 1:
        return z
    noise = ndtri(event_random.uniform(event, Seed(0).child("companion")))
    return np.stack([z[:, 0], np.clip(noise, -5, 5).astype(z.dtype)], axis=1)
