"""What a sample has beside unit normal noise: a signal density and its share, learned together.

Residual ANODE (Das, Kasieczka, Shih, arXiv:2312.11629), where the background is known:

    p(z) = (1 - w) phi(z) + w s(z),

phi the unit normal density, s a flow, w the share of signal, both by maximum likelihood. In the
latent space of a background density (`Density.to_normal`) the background is unit normal at every
mass, and s / phi scores events of any mass.

When not to use it: what the background density misses is signal to it, too; the share is therefore
bounded, and says nothing about a cross section.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int
from scipy.special import expit, logsumexp

from anomalon.core import check
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown
from anomalon.learn.density.flows import SplineFlow
from anomalon.learn.density.preparation import beside_noise, beside_zeros, held_back
from anomalon.learn.engine.groups import side_by_side
from anomalon.learn.engine.loop import train
from anomalon.learn.engine.schedule import Adam, Schedule
from anomalon.learn.engine.scoring import in_blocks
from anomalon.learn.engine.training import Trained, Training
from anomalon.learn.models.flow import Flow

__all__ = ["Residual", "ResidualFlow", "ResidualTask"]

# The logit of the share, in parts of its bound, is so many times a parameter: one number has to go
# further than the weights of a network. At the start 1/20 of the bound.
_STRIDE, _START = 20.0, -3.0


@final
@dataclass(frozen=True, eq=False, repr=False)
class ResidualTask(Shown):
    """Events to look for a signal in.

    Args:
        z: Features in which the background is unit normal.
        weight: Not negative.
        event: Identities.
        seed: Random numbers of the training.
    """

    z: Float[np.ndarray, "event feature"]
    weight: Float[np.ndarray, " event"]
    event: Int[np.ndarray, " event"]
    seed: Seed


@final
@dataclass(frozen=True)
class _Mixture:
    """What is minimised."""

    most: float

    def __call__(self, params: Any, z: jax.Array, noise: jax.Array | None) -> jax.Array:
        """Minus the log density of each event, shape (event,)."""
        del noise
        flow, place = params
        log_w = jnp.log(self.most) + jax.nn.log_sigmoid(_STRIDE * place)
        background = -(z**2).sum(axis=1) / 2 - z.shape[1] / 2 * jnp.log(2 * jnp.pi)
        signal = flow.log_density(z)
        return -jnp.logaddexp(log_w + signal, jnp.log1p(-jnp.exp(log_w)) + background)


@final
@dataclass(frozen=True)
class ResidualFlow:
    """Settings of a signal density.

    Args:
        flow: How it is learned; its scaling is not used.
        most: Largest share of signal, in (0, 1).

    Raises:
        BadValue: If a setting is outside its range.
    """

    flow: SplineFlow = field(
        default_factory=lambda: SplineFlow(epochs=60, patience=8, n_average=5, batch_size=256)
    )
    most: float = 0.05

    def __post_init__(self) -> None:
        check.fields(self, "residual", flow=SplineFlow, most="(0, 1)")

    def fit_many(self, tasks: Sequence[ResidualTask]) -> list["Residual"]:
        """One for each task, side by side.

        Raises:
            DidNotConverge: If a loss is no number any more.
        """
        trainings = [self._training(task) for task in tasks]
        return side_by_side(
            [len(one.weight) for one in trainings],
            tasks[0].z.shape[1] + 1 if tasks else 1,
            self.flow.batch_size,
            lambda group: self._fit_group([trainings[i] for i in group]),
        )

    def _fit_group(self, trainings: Sequence[Training]) -> list["Residual"]:
        schedule = Schedule(
            self.flow.epochs,
            self.flow.batch_size,
            Adam(self.flow.learning_rate),
            halve_after=2,
            patience=self.flow.patience,
            keep=self.flow.n_average,
            passes="blocks",
        )
        return [self._fitted(one) for one in train(_Mixture(self.most), trainings, schedule)]

    def _fitted(self, trained: Trained) -> "Residual":
        flows = tuple(flow for flow, _ in trained.kept)
        shares = [self.most * float(expit(_STRIDE * place)) for _, place in trained.kept]
        return Residual(flows, float(np.mean(shares)))

    def _training(self, task: ResidualTask) -> Training:
        z, w = beside_noise(task.z, task.seed), task.weight.astype(np.float64)
        held = held_back(w, task.event, self.flow.validation, task.seed)
        weight = (w / w[~held].mean()).astype(np.float32)
        start = self.flow.start(task.z.shape[1], 0, task.seed.child("start"))
        return Training(
            params=(start, np.float32(_START / _STRIDE)),
            data=z[~held],
            weight=weight[~held],
            seed=task.seed,
            validation=(z[held], weight[held]),
        )


@final
@dataclass(frozen=True, eq=False)
class Residual:
    """A fitted signal density.

    Args:
        flows: Those of the kept epochs.
        share: Of signal among the events of the fit, as the likelihood has it.
    """

    flows: tuple[Flow, ...]
    share: float

    def log_ratio(self, z: Float[np.ndarray, "event feature"]) -> Float[np.ndarray, " event"]:
        """The logarithm of signal over background density, averaged over the kept epochs."""
        rows = beside_zeros(z).astype(np.float32)
        each = [in_blocks(partial(_log_density, flow), rows) for flow in self.flows]
        background = -(rows.astype(np.float64) ** 2 + np.log(2 * np.pi)).sum(axis=1) / 2
        return np.asarray(logsumexp(each, axis=0) - np.log(len(each)) - background)


@eqx.filter_jit
def _log_density(flow: Flow, z: jax.Array) -> jax.Array:
    return flow.log_density(z)
