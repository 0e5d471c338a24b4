"""The idealised anomaly detector: true background, as nobody has it in data.

It bounds from above what a learned template can reach (Hallin et al., arXiv:2109.00546), so it
belongs into tests and method papers, not into an analysis.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from anomalon.background.base import BackgroundEstimator
from anomalon.background.template import Template
from anomalon.core.errors import TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window

__all__ = ["Ideal"]


@final
@dataclass(frozen=True)
class Ideal(BackgroundEstimator):
    """Independent events from the true background distribution, given as `simulation`."""

    kind: ClassVar[str] = "ideal"
    cites: ClassVar[tuple[str, ...]] = ("Hallin:2021wme",)
    needs_flat_features: ClassVar[bool] = False  # it comes from the signal region
    learns: ClassVar[bool] = False
    needs_simulation: ClassVar[bool] = True
    simulation_is_background: ClassVar[bool] = True

    def _fit(
        self,
        data: Sample,  # noqa: ARG002 - the template does not depend on the data
        window: Window,
        simulation: Sample | None,
        seed: Seed,  # noqa: ARG002 - nor on random numbers
    ) -> Template:
        assert simulation is not None  # a method that needs one has it
        mass = simulation.required_mass("ideal: simulation")
        inside = simulation[window.in_signal_region(mass)]
        if len(inside) == 0:
            raise TooFewEvents(
                f"ideal: the background sample from {simulation.source} has no events in the "
                f"signal region {window} GeV."
            )
        return Template(inside, self.kind, f"{len(inside)} true background events")
