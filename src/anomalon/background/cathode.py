"""CATHODE: a density learned outside the signal region, drawn from inside.

Classifying anomalies through outer density estimation, Hallin et al., arXiv:2109.00546. A density
of the features at given mass is trained on all events outside the signal region; there it is
interpolated, and as many events as wanted are drawn from it. Better than side bands as they are
where features depend on the mass.

The draws are those of three trainings in turns: what one of them gets wrong by chance, a classifier
would find. Measured without a signal (`benchmarks/templates.py`).

When not to use it: where few events are outside, or many features (a dozen) leave the density
inaccurate: a classifier then finds the inaccuracy. Compare `morph`.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.background.densities import conditions
from anomalon.background.from_density import FromDensity
from anomalon.background.task import BackgroundTask
from anomalon.background.template import Template
from anomalon.core.sample import Sample
from anomalon.learn.density import Density, DensityEstimator, Mixture, SplineFlow

__all__ = ["Cathode", "several"]


def several() -> DensityEstimator:
    """Three trainings in turns."""
    return Mixture(SplineFlow(), 3)


@final
@dataclass(frozen=True)
class Cathode(FromDensity):
    """Draws from a conditional density.

    Args:
        density: How it is learned.
        oversampling: Events that are drawn, as a multiple of those in the signal region.
        n_templates: Different trainings for the members of an ensemble, which take turns.
        quantiles: What makes each feature independent of the mass before the density is learned,
            outside the signal region; None to leave all to the density.

    Raises:
        BadValue: If a setting is outside its range.
    """

    kind: ClassVar[str] = "cathode"
    cites: ClassVar[tuple[str, ...]] = ("Hallin:2021wme",)
    learns_inside: ClassVar[bool] = False

    density: DensityEstimator = field(default_factory=several)

    def _template(
        self,
        task: BackgroundTask,
        learned_from: Sample,
        density: Density,
        mass: NDArray[np.floating[Any]],
    ) -> Template:
        drawn = density.draw(conditions(mass), seed=task.seed.child("draw"))
        n = len(learned_from)
        how = f"drawn from a density that was learned from {n} events outside the signal region"
        return self._made(task, learned_from, mass, drawn, how)
