"""CATHODE: a density learned outside the signal region, drawn from inside.

Classifying anomalies through outer density estimation, Hallin et al., arXiv:2109.00546. A density
of the features at given mass is trained on all events outside the signal region; there it is
interpolated, and as many events as wanted are drawn from it. Better than side bands as they are
where features depend on the mass.

When not to use it: where few events are outside, or many features (a dozen) leave the density
inaccurate: a classifier then finds the inaccuracy. Compare `morph`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np

from anomalon.background.base import BackgroundEstimator
from anomalon.background.densities import conditions, fitted
from anomalon.background.masses import SmoothMasses
from anomalon.background.task import BackgroundTask
from anomalon.background.template import Template, own_identities
from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.learn.density import Density, DensityEstimator, SplineFlow

__all__ = ["Cathode"]


@final
@dataclass(frozen=True)
class Cathode(BackgroundEstimator):
    """Draws from a conditional density.

    Args:
        density: How it is learned.
        oversampling: Events that are drawn, as a multiple of those in the signal region.
        n_templates: Different trainings for the members of an ensemble, which take turns.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "cathode"
    cites: ClassVar[tuple[str, ...]] = ("Hallin:2021wme",)
    needs_flat_features: ClassVar[bool] = False

    density: DensityEstimator = field(default_factory=SplineFlow)
    oversampling: float = 4.0
    n_templates: int = 2

    def __post_init__(self) -> None:
        if not isinstance(self.density, DensityEstimator):
            raise BadValue(
                f"cathode.density: expected a density such as SplineFlow(), got "
                f"{check.shown(self.density)}."
            )
        check.fields(self, self.kind, oversampling="(0, 1000]", n_templates=(2, 100))

    def _fit(self, data: Sample, window: Window, simulation: Sample | None, seed: Seed) -> Template:
        return self._fit_many([BackgroundTask(data, window, simulation, seed)])[0]

    def _fit_many(self, tasks: Sequence[BackgroundTask]) -> list[Template]:
        densities = fitted(self.density, tasks)
        return [self._drawn(task, one) for task, one in zip(tasks, densities, strict=True)]

    def _drawn(self, task: BackgroundTask, density: Density) -> Template:
        data = task.data
        n = max(1, round(self.oversampling * task.window.in_signal_region(data.mass).sum()))
        mass = SmoothMasses.of(data, task.window).draw(n, task.seed.child("mass"))
        x = density.draw(conditions(mass), seed=task.seed.child("draw"))
        drawn = Sample(
            x,
            data.names,
            mass,
            event=own_identities(n, task.seed),
            source=f"cathode of {data.source}",
        )
        return Template(
            drawn,
            self.kind,
            f"{n} events drawn from a density that was learned from "
            f"{np.count_nonzero(~task.window.in_signal_region(data.mass))} events outside the "
            "signal region",
        )
