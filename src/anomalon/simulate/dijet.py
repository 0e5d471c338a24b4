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
from anomalon.features.feature_sets import joined
from anomalon.features.subjettiness import needed, suffix
from anomalon.jets import Jets, leading_jets, nsubjettiness

__all__ = ["DijetSelection", "dijet_events", "dijet_table"]


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
        feature_sets: Which features a file has, by the names of sets
            (`anomalon.features.FEATURE_SETS`); dR and dY in any case. Those of `prongs` if none.

    Raises:
        BadValue: If a number is negative, or none.
        UnknownKey: If there is no such set.
    """

    mass: ClassVar[str | None] = "mjj"
    cites: ClassVar[tuple[str, ...]] = ("Cacciari:2011ma", "Cacciari:2008gp", "Thaler:2010tr")

    mjj_min: float = 2500.0
    dy_max: float = 1.2
    eta_max: float = 2.5
    radius: float = 1.0
    feature_sets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check.fields(
            self,
            "selection",
            mjj_min="[0, inf]",
            dy_max="(0, inf)",
            eta_max="(0, inf)",
            radius="(0, 10]",
        )
        where = "selection.feature_sets"
        sets = check.once(check.several(self.feature_sets, where, 100), where)
        object.__setattr__(self, "feature_sets", sets)
        joined(sets, where)  # what is wrong with a name is said at once

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of a file that a search takes for features."""
        if not self.feature_sets:
            return DIJET_FEATURES
        return tuple(dict.fromkeys((*joined(self.feature_sets, ""), "dR", "dY")))

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
        return dijet_table(events, self)


def dijet_events(particles: Particles, selection: DijetSelection, *, first: int = 0) -> Events:
    """The two leading jets of the events that are selected, in their order.

    Args:
        particles: Of many events.
        selection: Which of them are kept.
        first: Number of the first event.

    Returns:
        Events of two jets of falling pT with pt, eta, phi, mass and the tau_N (winner-take-all kT
        axes) that the features of the selection are made of, in float64: `tau1` to `tau3` by
        default, `tau1_b0.5`, … with other exponents. The column `event` is the number of the event.
    """
    jets = leading_jets(particles, radius=selection.radius, pt_min=selection.jet_pt_min, n_jets=2)
    rows = np.flatnonzero(jets.n >= 2)
    events = _two_jets(jets, rows, first, particles.source)
    kept = selection.accepts(events)
    slots = (2 * rows[kept, None] + [0, 1]).ravel()
    asked = needed(selection.features)
    tau = nsubjettiness(
        jets.constituents[slots], n=asked.n_tau, beta=asked.betas, R0=selection.radius
    )
    events = events[kept]
    tau = np.moveaxis(tau, 0, 1).reshape(len(events), 2, tau.shape[0] * tau.shape[2])
    return Events(
        objects=np.concatenate([events.objects, tau], axis=2),
        object_names=events.object_names,
        feature_names=(
            *events.feature_names,
            *(f"tau{n + 1}{suffix(beta)}" for beta in asked.betas for n in range(asked.n_tau)),
        ),
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


_DEFAULT = DijetSelection()


def dijet_table(
    events: Events, selection: DijetSelection = _DEFAULT
) -> dict[str, NDArray[np.float32]]:
    """The columns of a file of dijet events: mjj, the features of a search, and the jets' pT.

    Args:
        events: As `dijet_events` gave them with this selection.
        selection: Which features there are.
    """
    *features, dr, dy = selection.features  # in the order of files that are older than sets
    sample = dijet(events, pt_min=0.0, features=[*features, "pt_J1", "pt_J2", dr, dy])
    columns = {"mjj": sample.mass} | {name: sample.column(name) for name in sample.names}
    return {name: values.astype(np.float32) for name, values in columns.items()}
