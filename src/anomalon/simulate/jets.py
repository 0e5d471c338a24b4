"""From what a detector saw to single jets with their constituents, one row per jet."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from anomalon.core import Events, Particles, check
from anomalon.core.errors import BadValue
from anomalon.core.plain import to_plain
from anomalon.data.jets import write_jets
from anomalon.features import clustered_jets

__all__ = ["JetSelection"]


@dataclass(frozen=True)
class JetSelection:
    """Which of the leading jets of an event are kept, and how much of them.

    The jets are those of 2007.01850 and of the Harvard seminar (arXiv:2110.06948) as far as these
    say: anti-kT with R = 1.0 and pt between 550 and 650 GeV. A jet below the window does not make
    its event useless, and a jet above it neither: each of the leading jets is judged by itself.

    Args:
        pt_min, pt_max: Window of the jet's pt in GeV.
        eta_max: Largest |eta| of the axis.
        radius: Of the anti-kT jets.
        n_leading: How many jets of an event may be kept, those of highest pt.
        particle_pt_min: What the detector saw with less pt, in GeV, is left out before jets are
            made: soft cells, which thresholds of calorimeters remove.
        n_constituents: Constituents of a jet that a file has, those of highest pt. Mass, tau_N and
            the number of constituents are of all of them.

    Raises:
        BadValue: If a number is out of range, or the window is empty.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")
    cites: ClassVar[tuple[str, ...]] = ("Cacciari:2011ma", "Cacciari:2008gp", "Thaler:2010tr")

    pt_min: float = 550.0
    pt_max: float = 650.0
    eta_max: float = 2.0
    radius: float = 1.0
    n_leading: int = 2
    particle_pt_min: float = 0.5
    n_constituents: int = 100

    def __post_init__(self) -> None:
        check.fields(
            self,
            "selection",
            pt_min="(0, inf)",
            pt_max="(0, inf]",
            eta_max="(0, inf)",
            radius="(0, 10]",
            n_leading=(1, 100),
            particle_pt_min="[0, inf)",
            n_constituents=(1, 10_000),
        )
        if not self.pt_min < self.pt_max:
            raise BadValue(
                f"selection: expected pt_min below pt_max, got {self.pt_min:g} and "
                f"{self.pt_max:g} GeV."
            )

    def events(self, particles: Particles, *, first: int = 0) -> Events:
        """The jets of these events that are kept, in the order of their events.

        Args:
            particles: As the detector saw them.
            first: Number of the first event.

        Returns:
            As of `anomalon.features.clustered_jets`; two jets may be of one event.
        """
        jets = clustered_jets(
            _above(particles, self.particle_pt_min),
            radius=self.radius,
            pt_min=self.pt_min,
            pt_max=self.pt_max,
            eta_max=self.eta_max,
            n_leading=self.n_leading,
            n_constituents=self.n_constituents,
        )
        return jets.with_columns({**jets.columns, "event": first + jets.column("event")})

    def write(self, events: Events, about: Mapping[str, Any], path: Path, *, compact: bool) -> None:
        """The file of these jets (see `anomalon.data.jets`); it says that it is an emulation."""
        write_jets(events, path, about=to_plain(about), compact=compact)


def _above(particles: Particles, pt_min: float) -> Particles:
    """The particles of each event with so much pt."""
    kept = np.hypot(particles.px, particles.py) >= pt_min
    ends = np.concatenate([[0], np.cumsum(kept)])[particles.offsets]
    columns = {name: values[kept] for name, values in particles.columns.items()}
    return Particles(columns, ends, particles.source)
