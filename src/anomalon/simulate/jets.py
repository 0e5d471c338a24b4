"""From what a detector saw to single jets with their constituents, one row per jet."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.errors import BadValue
from anomalon.core.kinematics import pt_eta_phi_mass
from anomalon.core.plain import to_plain
from anomalon.data.jets import jet_events, relative_to, write_jets
from anomalon.jets import leading_jets, nsubjettiness

__all__ = ["JetSelection"]

_N_TAUS = 3


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
            Jets with their constituents (see `anomalon.data.jets`) and the columns event (the
            number of the event: two jets may have the same), jet_pt, jet_eta, jet_phi, jet_mass,
            tau1 to tau3 (winner-take-all kT axes, beta 1, R0 = R) and n_constituents.
        """
        found = leading_jets(
            _above(particles, self.particle_pt_min),
            radius=self.radius,
            pt_min=self.pt_min,
            n_jets=self.n_leading,
        )
        slots = found.p4.reshape(-1, 4)
        filled = np.flatnonzero(slots[:, 0] > 0)
        pt, eta, phi, mass = pt_eta_phi_mass(slots[filled])
        inside = (pt < self.pt_max) & (np.abs(eta) < self.eta_max)
        kept = filled[inside]
        constituents = found.constituents[kept]
        tau = nsubjettiness(constituents, n=_N_TAUS, R0=self.radius)
        numbers = {"jet_pt": pt, "jet_eta": eta, "jet_phi": phi, "jet_mass": mass}
        columns: dict[str, NDArray[Any]] = {
            "event": first + kept // self.n_leading,
            **{name: values[inside].astype(np.float32) for name, values in numbers.items()},
            **{f"tau{n + 1}": tau[:, n].astype(np.float32) for n in range(_N_TAUS)},
            "n_constituents": constituents.n_particles.astype(np.int32),
        }
        relative = relative_to(constituents, eta[inside], phi[inside])
        return jet_events(relative, self.n_constituents, columns=columns)

    def write(self, events: Events, about: Mapping[str, Any], path: Path, *, compact: bool) -> None:
        """The file of these jets (see `anomalon.data.jets`); it says that it is an emulation."""
        write_jets(events, path, about=to_plain(about), compact=compact)


def _above(particles: Particles, pt_min: float) -> Particles:
    """The particles of each event with so much pt."""
    kept = np.hypot(particles.px, particles.py) >= pt_min
    ends = np.concatenate([[0], np.cumsum(kept)])[particles.offsets]
    columns = {name: values[kept] for name, values in particles.columns.items()}
    return Particles(columns, ends, particles.source)
