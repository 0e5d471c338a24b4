"""From what a detector saw to the two leading jets of the events of a dijet resonance search."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.kinematics import pt_eta_phi_mass
from anomalon.data.columns import DIJET_FEATURES
from anomalon.features import dijet
from anomalon.jets import Jets, leading_jets, nsubjettiness

__all__ = ["DijetSelection", "dijet_events", "dijet_table"]

N_TAU = 3


@dataclass(frozen=True)
class DijetSelection:
    """Which events have two jets worth looking at.

    The cut on |dY| removes t-channel QCD; together with the one on mjj it implies a cut on the
    jets' pT, so that no other one is needed and the mass spectrum falls from its first bin on.

    Args:
        mjj_min: Of the mass of the two leading jets, in GeV.
        dy_max: Of their rapidity difference.
        eta_max: Of both jets.
        radius: Of the anti-kT jets.

    Raises:
        BadValue: If one is negative, or no number.
    """

    mass: ClassVar[str | None] = "mjj"
    features: ClassVar[tuple[str, ...]] = DIJET_FEATURES
    cites: ClassVar[tuple[str, ...]] = ("Cacciari:2011ma", "Cacciari:2008gp", "Thaler:2010tr")

    mjj_min: float = 2500.0
    dy_max: float = 1.2
    eta_max: float = 2.5
    radius: float = 1.0

    def __post_init__(self) -> None:
        check.fields(
            self,
            "selection",
            mjj_min="[0, inf]",
            dy_max="(0, inf)",
            eta_max="(0, inf)",
            radius="(0, 10]",
        )

    @property
    def jet_pt_min(self) -> float:
        """A pT in GeV that no selected jet is below, far from the selection."""
        return 0.1 * self.mjj_min / math.cosh(0.5 * self.dy_max)

    def accepts(self, events: Events) -> NDArray[np.bool_]:
        """Which events of two jets are kept, shape (event,)."""
        sample = dijet(events, pt_min=0.0)
        return np.asarray(
            (sample.mass > self.mjj_min)
            & (sample.column("dY") < self.dy_max)
            & (np.abs(events.feature("eta")) < self.eta_max).all(axis=1)
        )

    def events(self, particles: Particles, *, first: int = 0) -> Events:
        """As `dijet_events`."""
        return dijet_events(particles, self, first=first)

    def columns(self, events: Events) -> dict[str, NDArray[np.float32]]:
        """As `dijet_table`."""
        return dijet_table(events)


def dijet_events(particles: Particles, selection: DijetSelection, *, first: int = 0) -> Events:
    """The two leading jets of the events that are selected, in their order.

    Args:
        particles: Of many events.
        selection: Which of them are kept.
        first: Number of the first event.

    Returns:
        Events of two jets of falling pT with pt, eta, phi, mass and tau1 to tau3 (beta = 1,
        winner-take-all kT axes), in float64; the column `event` is the number of the event.
    """
    jets = leading_jets(particles, radius=selection.radius, pt_min=selection.jet_pt_min, n_jets=2)
    rows = np.flatnonzero(jets.n >= 2)
    events = _two_jets(jets, rows, first, particles.source)
    kept = selection.accepts(events)
    slots = (2 * rows[kept, None] + [0, 1]).ravel()
    tau = nsubjettiness(jets.constituents[slots], n=N_TAU, R0=selection.radius)
    events = events[kept]
    return Events(
        objects=np.concatenate([events.objects, tau.reshape(-1, 2, N_TAU)], axis=2),
        object_names=events.object_names,
        feature_names=(*events.feature_names, *(f"tau{n + 1}" for n in range(N_TAU))),
        columns=events.columns,
        source=events.source,
        object_kinds=events.object_kinds,
    )


def _two_jets(jets: Jets, rows: NDArray[np.integer], first: int, source: str) -> Events:
    """The events `rows` as the momenta of their two leading jets."""
    return Events(
        objects=np.stack(pt_eta_phi_mass(jets.p4[rows]), axis=-1),
        object_names=("jet1", "jet2"),
        feature_names=("pt", "eta", "phi", "mass"),
        columns={"event": first + rows},
        source=source,
        object_kinds=("jet", "jet"),
    )


def dijet_table(events: Events) -> dict[str, NDArray[np.float32]]:
    """The columns of a file of dijet events: mjj, the features of a search, and the jets' pT."""
    sample = dijet(events, pt_min=0.0, momenta=True)
    columns = {"mjj": sample.mass} | {name: sample.column(name) for name in sample.names}
    return {name: values.astype(np.float32) for name, values in columns.items()}
