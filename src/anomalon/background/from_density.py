"""`FromDensity`: what templates have in common that come from a density outside the region."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.background.base import BackgroundEstimator
from anomalon.background.densities import density_task, outside
from anomalon.background.flattening import in_flat_features
from anomalon.background.masses import SmoothMasses
from anomalon.background.task import BackgroundTask
from anomalon.background.template import Template, own_identities
from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn.density import Density, DensityEstimator, SplineFlow

__all__ = ["FromDensity"]


@dataclass(frozen=True)
class FromDensity(BackgroundEstimator):
    """Events at masses that are drawn from a smooth spectrum, and a density for them.

    Args:
        density: How it is learned.
        oversampling: Events that are drawn, as a multiple of those in the signal region.
        n_templates: Different trainings for the members of an ensemble, which take turns.
        quantiles: What makes each feature independent of the mass before the density is learned,
            outside the signal region; None to leave all to the density.

    Raises:
        BadValue: If a setting is outside its range.
    """

    needs_flat_features: ClassVar[bool] = False

    density: DensityEstimator = field(default_factory=SplineFlow)
    oversampling: float = 4.0
    n_templates: int = 2
    quantiles: ConditionalQuantiles | None = field(default_factory=ConditionalQuantiles)

    def __post_init__(self) -> None:
        if not isinstance(self.density, DensityEstimator):
            raise BadValue(
                f"{self.kind}.density: expected a density such as SplineFlow(), got "
                f"{check.shown(self.density)}."
            )
        quantiles = ConditionalQuantiles | None
        check.fields(
            self, self.kind, oversampling="(0, 1000]", n_templates=(2, 100), quantiles=quantiles
        )

    def _fit(self, data: Sample, window: Window, simulation: Sample | None, seed: Seed) -> Template:
        return self._fit_many([BackgroundTask(data, window, simulation, seed)])[0]

    def _fit_many(self, tasks: Sequence[BackgroundTask]) -> list[Template]:
        return in_flat_features(self._in_flat_features, tasks, self.quantiles, self._learned_from)

    def _in_flat_features(self, tasks: Sequence[BackgroundTask]) -> list[Template]:
        learned_from = [self._learned_from(task) for task in tasks]
        densities = self._densities(learned_from, [task.seed for task in tasks])
        return [
            self._template(*known, self._masses(known[0]))
            for known in zip(tasks, learned_from, densities, strict=True)
        ]

    def _densities(self, learned_from: Sequence[Sample], seeds: Sequence[Seed]) -> list[Density]:
        """One for each sample and seed."""
        pairs = zip(learned_from, seeds, strict=True)
        return self.density.fit_many([density_task(e, s.child("density")) for e, s in pairs])

    def _learned_from(self, task: BackgroundTask) -> Sample:
        """The events that density and quantiles are fitted to."""
        return outside(task)

    def _masses(self, task: BackgroundTask) -> NDArray[np.floating[Any]]:
        data = task.data
        n = max(1, round(self.oversampling * task.window.in_signal_region(data.mass).sum()))
        return SmoothMasses.of(data, task.window).draw(n, task.seed.child("mass"))

    def _made(
        self,
        task: BackgroundTask,
        learned_from: Sample,
        mass: NDArray[np.floating[Any]],
        drawn: NDArray[np.floating[Any]],
        how: str,
    ) -> Template:
        """A template of events that were drawn at these masses; `how`, as people read it."""
        n, names = len(mass), learned_from.names
        event, source = own_identities(n, task.seed), f"{self.kind} of {learned_from.source}"
        return Template(
            Sample(drawn, names, mass, event=event, source=source), self.kind, f"{n} events {how}"
        )

    @abstractmethod
    def _template(
        self,
        task: BackgroundTask,
        learned_from: Sample,
        density: Density,
        mass: NDArray[np.floating[Any]],
    ) -> Template:
        """Events at these masses, and the density with what it was learned from."""
