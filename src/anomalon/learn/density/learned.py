"""`LearnedDensity`: how any network becomes a density; its kinds differ in network and loss."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core.seed import Seed
from anomalon.learn.density.base import Density, DensityEstimator, DensityTask
from anomalon.learn.density.preparation import Prepared
from anomalon.learn.density.scaling import SCALINGS, Scaling
from anomalon.learn.engine.groups import side_by_side
from anomalon.learn.engine.loop import train
from anomalon.learn.engine.schedule import Adam, Schedule
from anomalon.learn.engine.standardisation import Standardisation
from anomalon.learn.engine.training import Loss
from anomalon.learn.models.arrays import arrays_of, below, filled

__all__ = ["Learned", "LearnedDensity", "ScalingName"]

ScalingName = Literal["normal_scores", "logit"]


@final
@dataclass(frozen=True, eq=False)
class Learned:
    """What a training has found.

    Args:
        kept: The networks of the kept epochs, best first.
        scaling: What features go through.
        conditions: What conditions go through.
        n_features: Features of an event.
    """

    kept: tuple[Any, ...]
    scaling: Scaling
    conditions: Standardisation
    n_features: int


class LearnedDensity(DensityEstimator):
    """Settings of a density that is trained; a kind of it is a frozen dataclass with these fields.

    Args:
        scaling: What features go through first (`learn.density.scaling`).
        learning_rate: Adam's step size.
        batch_size: Events per step.
        epochs: Times that every event is seen, at most.
        patience: Stop after this many epochs without a better one.
        n_average: How many of the best epochs make up the density.
        validation: Share of the events that judge epochs, drawn along their identity.
        condition_width: Standard deviation that conditions are scaled to.
    """

    halve_after: ClassVar[int]
    """The step is halved after so many epochs without a better one."""
    needs_two_features: ClassVar[bool] = False
    """Whether a single feature gets a companion of noise."""

    scaling: ScalingName
    learning_rate: float
    batch_size: int
    epochs: int
    patience: int
    n_average: int
    validation: float
    condition_width: float

    def fit_many(self, tasks: Sequence[DensityTask]) -> list[Density]:
        """Side by side: they share a compiled program."""
        if not tasks:
            return []
        how, companion = (self.scaling, self.validation), self.needs_two_features
        width = self.condition_width
        prepared = [
            Prepared.of(task, *how, companion=companion, condition_width=width) for task in tasks
        ]
        return side_by_side(
            [p.n_rows for p in prepared],
            tasks[0].x.shape[1] + tasks[0].given.shape[1] + 1,
            self.batch_size,
            lambda group: self._fit_group([prepared[i] for i in group]),
        )

    def _fit_group(self, prepared: Sequence[Prepared]) -> list[Density]:
        schedule = Schedule(
            self.epochs,
            self.batch_size,
            Adam(self.learning_rate),
            halve_after=self.halve_after,
            patience=self.patience,
            keep=self.n_average,
            passes="blocks",
        )
        trainings = [p.training(self._first(p)) for p in prepared]
        fitted = train(self._loss, trainings, schedule)
        return [
            self._density(Learned(one.kept, p.scaling, p.conditions, p.n_features))
            for p, one in zip(prepared, fitted, strict=True)
        ]

    def _first(self, prepared: Prepared) -> Any:
        n_conditions = prepared.rows[1].shape[1]
        return self.start(prepared.n_features, n_conditions, prepared.seed.child("start"))

    def to_arrays(self, density: Density) -> dict[str, NDArray[Any]]:
        """A density of this estimator as arrays."""
        learned: Learned = density.learned  # type: ignore[attr-defined]
        arrays = {f"scaling/{name}": a for name, a in learned.scaling.to_arrays().items()}
        arrays |= {"mean": learned.conditions.mean, "std": learned.conditions.std}
        arrays["n_features"] = np.array(learned.n_features)
        for i, network in enumerate(learned.kept):
            arrays |= {f"kept{i}/{name}": a for name, a in arrays_of(network).items()}
        return arrays

    def from_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> Density:
        """The density again."""
        n_features, n_conditions = int(arrays["n_features"]), len(arrays["mean"])
        n_kept = len({name.split("/")[0] for name in arrays if name.startswith("kept")})
        start = self.start(n_features, n_conditions, Seed(0))
        kept = tuple(filled(start, below(arrays, f"kept{i}/")) for i in range(n_kept))
        scaling = SCALINGS[self.scaling].from_arrays(below(arrays, "scaling/"))
        conditions = Standardisation(arrays["mean"], arrays["std"])
        return self._density(Learned(kept, scaling, conditions, n_features))

    @property
    @abstractmethod
    def _loss(self) -> Loss:
        """What is minimised; of rows of scaled features and conditions."""

    @abstractmethod
    def start(self, n_features: int, n_conditions: int, seed: Seed) -> Any:
        """The network before it is trained."""

    @abstractmethod
    def _density(self, learned: Learned) -> Density:
        """What was learned, as a density."""
