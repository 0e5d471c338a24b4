"""`LearnedDensity`: how any network becomes a density; its kinds differ in network and loss."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from anomalon.learn.density.base import Density, DensityEstimator, DensityTask
from anomalon.learn.density.preparation import Prepared
from anomalon.learn.engine.groups import side_by_side
from anomalon.learn.engine.loop import train
from anomalon.learn.engine.schedule import Adam, Schedule
from anomalon.learn.engine.training import Loss

__all__ = ["LearnedDensity", "ScalingName"]

ScalingName = Literal["normal_scores", "logit"]


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
        trainings = [p.training(self._start(p)) for p in prepared]
        fitted = train(self._loss, trainings, schedule)
        return [self._density(p, one.kept) for p, one in zip(prepared, fitted, strict=True)]

    @property
    @abstractmethod
    def _loss(self) -> Loss:
        """What is minimised; of rows of scaled features and conditions."""

    @abstractmethod
    def _start(self, prepared: Prepared) -> Any:
        """The parameters before the training."""

    @abstractmethod
    def _density(self, prepared: Prepared, kept: tuple[Any, ...]) -> Density:
        """What the parameters of the kept epochs make up, best first."""
