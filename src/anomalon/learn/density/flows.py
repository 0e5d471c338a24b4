"""`SplineFlow`: the density engine of the background templates, many densities in one program.

Rational-quadratic splines (Durkan et al., arXiv:1906.04032), in autoregressive layers or in
coupling layers (`learn.models.flow`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, final, get_args

import equinox as eqx
import jax
import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from anomalon.core import check
from anomalon.core.seed import Seed
from anomalon.learn.density.base import Density, DensityEstimator, Floats
from anomalon.learn.density.learned import Learned, LearnedDensity, ScalingName
from anomalon.learn.density.preparation import beside_zeros
from anomalon.learn.density.scaling import Scaling
from anomalon.learn.engine.scoring import in_blocks
from anomalon.learn.engine.standardisation import Standardisation
from anomalon.learn.engine.training import Loss
from anomalon.learn.models.flow import Flow, negative_log_likelihood, spline_flow

__all__ = ["FlowDensity", "SplineFlow"]

LayerName = Literal["autoregressive", "coupling"]


@final
@dataclass(frozen=True)
class SplineFlow(LearnedDensity):
    """A normalising flow with conditions.

    Args:
        scaling: What features go through first (`learn.density.scaling`).
        layers: "autoregressive" or "coupling".
        n_layers: Layers of splines.
        width: Of the two hidden layers of each layer's network.
        n_knots: Knots of the splines.
        learning_rate: Adam's step size; it is halved after an epoch without a better one.
        batch_size: Events per step.
        epochs: Times that every event is seen, at most.
        patience: Stop after this many epochs without a better one.
        n_average: How many of the best epochs make up the density, in equal parts.
        validation: Share of the events that judge epochs, drawn along their identity.
        condition_width: Standard deviation that conditions are scaled to: the smaller, the more
            slowly the density changes with them, and the less noise it follows.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "spline_flow"
    cites: ClassVar[tuple[str, ...]] = ("Durkan:2019nsq", "jax2018github", "Kidger:2021equinox")
    halve_after: ClassVar[int] = 1
    needs_two_features: ClassVar[bool] = True

    scaling: ScalingName = "normal_scores"
    layers: LayerName = "autoregressive"
    n_layers: int = 3
    width: int = 64
    n_knots: int = 8
    learning_rate: float = 2e-3
    batch_size: int = 512
    epochs: int = 15
    patience: int = 5
    n_average: int = 3
    validation: float = 0.15
    condition_width: float = 0.3

    def __post_init__(self) -> None:
        check.fields(
            self,
            self.kind,
            scaling=get_args(ScalingName),
            layers=get_args(LayerName),
            n_layers=(1, 100),
            width=(1, 10_000),
            n_knots=(2, 1000),
            learning_rate="(0, 1]",
            batch_size=(1, 10_000_000),
            epochs=(1, 1_000_000),
            patience=(0, 1_000_000),
            n_average=(1, 1000),
            validation="(0, 1)",
            condition_width="(0, 1000]",
        )

    @property
    def _loss(self) -> Loss:
        return negative_log_likelihood

    def _density(self, learned: Learned) -> Density:
        return FlowDensity(learned.kept, learned.scaling, learned.conditions, learned.n_features)

    def start(self, n_features: int, n_conditions: int, seed: Seed) -> Flow:
        """The flow before it is trained; of a single feature with a companion of noise.

        Layers turn the order of features round. With a companion there must be an even number of
        them, or its place would be taken for that of the feature.
        """
        alone = n_features == 1
        return spline_flow(
            2 if alone else n_features,
            n_conditions,
            n_layers=self.n_layers + (self.n_layers % 2 if alone else 0),
            hidden=(self.width, 2),
            n_knots=self.n_knots,
            autoregressive=self.layers == "autoregressive",
            seed=seed,
        )


@final
@dataclass(frozen=True, eq=False)
class FlowDensity(Density):
    """The mean density of the kept epochs; latent features are those of the best one.

    Args:
        flows: Best first.
        scaling: What features go through.
        conditions: What conditions go through.
        n_features: Features of an event.
    """

    flows: tuple[Flow, ...]
    scaling: Scaling
    conditions: Standardisation
    n_features: int

    @property
    def learned(self) -> Learned:
        """What it is made of."""
        return Learned(self.flows, self.scaling, self.conditions, self.n_features)

    def draw(self, given: Floats, *, seed: Seed) -> Floats:
        """One event for each row of conditions; the kept epochs take turns."""
        n, k = len(given), len(self.flows)
        z = seed.generator().standard_normal((n, max(self.n_features, 2)))
        rows, drawn = (z.astype(np.float32), self.conditions(given)), np.empty(z.shape)
        for i, flow in enumerate(self.flows):
            mine = tuple(a[i::k] for a in rows)
            drawn[i::k] = _in_blocks(_from_normal, flow, mine)
        return self.scaling.inverse(drawn[:, : self.n_features])

    def log_density(self, x: Floats, given: Floats, event: NDArray[np.int64]) -> Floats:
        """The logarithm of the mean over the kept epochs."""
        rows = self._rows(x, given, event)
        each = [_in_blocks(_log_density, flow, rows) for flow in self.flows]
        mean = logsumexp(each, axis=0) - np.log(len(each))
        # the companion of a single feature, at zero, has the density of a unit normal there
        companion = 0.5 * np.log(2 * np.pi) if self.n_features == 1 else 0.0
        return np.asarray(mean + companion + self.scaling.log_slope(x, event))

    def to_normal(self, x: Floats, given: Floats, event: NDArray[np.int64]) -> Floats:
        """The latent features of the best epoch."""
        z = _in_blocks(_to_normal, self.flows[0], self._rows(x, given, event))
        return z[:, : self.n_features]

    def from_normal(self, z: Floats, given: Floats) -> Floats:
        """The features that belong to latent ones of the best epoch."""
        rows = (beside_zeros(z.astype(np.float32)), self.conditions(given))
        x = _in_blocks(_from_normal, self.flows[0], rows)
        return self.scaling.inverse(x[:, : self.n_features])

    def _rows(self, x: Floats, given: Floats, event: NDArray[np.int64]) -> Any:
        z = self.scaling(x.astype(np.float64), event)
        return beside_zeros(z), self.conditions(given)


def _in_blocks(function: Callable[..., jax.Array], flow: Flow, rows: Any) -> Floats:
    return in_blocks(lambda some: function(flow, *some), rows)


@eqx.filter_jit
def _log_density(flow: Flow, x: jax.Array, given: jax.Array) -> jax.Array:
    return flow.log_density(x, given)


@eqx.filter_jit
def _to_normal(flow: Flow, x: jax.Array, given: jax.Array) -> jax.Array:
    return flow.to_normal(x, given)


@eqx.filter_jit
def _from_normal(flow: Flow, z: jax.Array, given: jax.Array) -> jax.Array:
    return flow.from_normal(z, given)


DensityEstimator.registry[SplineFlow.kind] = SplineFlow
