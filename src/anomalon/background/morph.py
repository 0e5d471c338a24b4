"""Morph: side-band events, moved to masses of the signal region at constant rank.

Each feature of an event is replaced by the value that has the same rank among events of another
mass, x' = F^-1( F(x | m) | m' ), with F from quantiles that follow the mass smoothly
(`anomalon.features.decorrelate`), fitted outside the signal region. It takes half a second and no
training, and is the yardstick for every template that is learned. Events are moved once: copies on
both sides of a fold would give themselves away.

When not to use it: correlations *between* features are those of the side bands; where they change
with the mass, use side bands near the signal region, or a density (`cathode`).
"""

from dataclasses import dataclass, field
from typing import ClassVar, final

from anomalon.background.base import BackgroundEstimator
from anomalon.background.cwola import Cwola
from anomalon.background.masses import SmoothMasses
from anomalon.background.template import Template
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.features.decorrelate import ConditionalQuantiles

__all__ = ["Morph"]


@final
@dataclass(frozen=True)
class Morph(BackgroundEstimator):
    """Side-band events at masses of the signal region; either side has half of the weight.

    Args:
        quantiles: How the distribution of each feature at given mass is fitted.
    """

    kind: ClassVar[str] = "morph"
    needs_flat_features: ClassVar[bool] = False
    # What it learns are a few hundred numbers from all events: as stiff as a decorrelation.
    learns: ClassVar[bool] = False

    quantiles: ConditionalQuantiles = field(default_factory=ConditionalQuantiles)

    def _fit(
        self,
        data: Sample,
        window: Window,
        simulation: Sample | None,  # noqa: ARG002 - needs none
        seed: Seed,
    ) -> Template:
        reference = Cwola().fit(data, window, seed=seed).sample
        flatten = self.quantiles.fit(data[~window.in_signal_region(data.mass)])
        mass = SmoothMasses.of(data, window).draw(len(reference), seed.child("mass"))
        moved = flatten.inverse(flatten(reference).with_mass(mass))
        return Template(
            moved,
            self.kind,
            f"{len(moved)} side-band events, moved to the signal region at constant rank",
        )
