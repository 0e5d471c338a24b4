"""`FlowForFlow`: events at one condition, moved to another one, where a density is known.

Flows for flows (Klein, Raine, Golling, arXiv:2211.02487; Sengupta et al., arXiv:2305.04646): a map
T(x | start, end) is trained such that events at `start` that went through it are likely at `end`,

    loss = -log p(T(x) | end) - log |det dT/dx|,

with a density p that was learned before and stays as it is. T is the identity where start and end
are the same, and starts close to it: events move no further than they have to, and what the density
gets wrong between features is kept from the events.

The original loss (CURTAINs, Raine et al., arXiv:2203.09470) needs no density: what arrives is
compared with events that are there, by the Sinkhorn divergence (`learn.density.transport`). Each
event is paired with others, drawn at random from where it may be moved to, and takes over their
condition:

    loss = S({T(x_i | m_i, m_j), m_j}, {x_j, m_j}).

The condition is one of the coordinates in which clouds are compared, so that a batch may hold
pairs of all conditions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, final, get_args

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
from anomalon.learn.density.transport import sinkhorn_divergence
from anomalon.learn.engine.groups import side_by_side
from anomalon.learn.engine.loop import train
from anomalon.learn.engine.schedule import Adam, Schedule
from anomalon.learn.engine.scoring import in_blocks
from anomalon.learn.engine.training import AnyLoss, PerBatch, Training
from anomalon.learn.models.flow import Flow, Move, spline_move

__all__ = ["FlowForFlow", "LatentMove", "MoveTask", "TrainedMove"]

LossName = Literal["likelihood", "transport"]


@final
@dataclass(frozen=True, eq=False)
class MoveTask:
    """One map that is wanted.

    Args:
        events: What is to be moved, with one condition.
        ends: Conditions that each event may be moved to in training; one is drawn in each step.
        density: What is known where they end: of a `SplineFlow`. For the loss `transport` only how
            it scales features matters.
        there: Features of events at these ends, for the loss `transport`.

    Raises:
        BadLayout: If shapes do not go together, or the density is no flow.
    """

    events: DensityTask
    ends: Float[np.ndarray, "event choice"]
    density: Density
    there: Float[np.ndarray, "event choice feature"] | None = None

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
        loss: "likelihood", of the density where events arrive; or "transport", how far what arrives
            is from events that are there.
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

    loss: LossName = "likelihood"
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
            loss=get_args(LossName),
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
        loss: AnyLoss = PerBatch(_distance) if self.loss == "transport" else _unlikeliness
        fitted = train(loss, [training for _, training in group], schedule)
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
        rows: tuple[Floats, ...] = (z, start[:, 0], ends)
        if self.loss == "transport":
            rows = (*rows, _there(task, density))
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
    moved, log_det = both.move(z, start, end)
    return -flow.log_density(moved, end[:, None]) - log_det


def _distance(
    both: _Moved, batch: Any, weight: Float[jax.Array, " row"], noise: jax.Array | None
) -> Float[jax.Array, ""]:
    """How far events that were moved are from those that are there."""
    z, start, ends, there = batch
    choice = jnp.zeros(len(z), int)
    if noise is not None:
        choice = jax.random.randint(jax.random.key(noise), (len(z),), 0, ends.shape[1])
    rows = jnp.arange(len(z))
    end = ends[rows, choice]
    moved, _ = both.move(z, start, end)
    arrived, wanted = (jnp.column_stack([x, end]) for x in (moved, there[rows, choice]))
    return sinkhorn_divergence(arrived, wanted, weight)


def _there(task: MoveTask, density: FlowDensity) -> Floats:
    """Features of events at the ends, as the flow knows them, (event, choice, feature)."""
    if task.there is None:
        raise BadLayout(
            "flow for flow: the loss 'transport' compares with events that are there; expected "
            "`there` of shape (event, choice, feature), got none."
        )
    # values that many events share get a place among each other, which is drawn by identity
    identity = np.arange(task.ends.size)
    z = _scaled(density, task.there.reshape(task.ends.size, -1), identity)
    return z.reshape(*task.ends.shape, -1)


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
    return move(z, start, end)[0]


def _scaled(density: FlowDensity, x: Floats, event: NDArray[np.int64]) -> Floats:
    """Features as the flow knows them; a single one has a companion of noise."""
    z = density.scaling(x.astype(np.float64), event)
    if z.shape[1] > 1:
        return z
    noise = ndtri(event_random.uniform(event, Seed(0).child("companion")))
    return np.stack([z[:, 0], np.clip(noise, -5, 5).astype(z.dtype)], axis=1)
