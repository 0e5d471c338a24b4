"""`Matching`: jets that are those of a particle of the generator."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Particles, check
from anomalon.core.kinematics import delta_r

__all__ = ["Matching"]


@dataclass(frozen=True)
class Matching:
    """Which jets are those of a particle of the generator: close to it in eta and phi.

    Args:
        pdg: Codes of the particles, without sign.
        status: Of the particles in Pythia's words, without sign: 62 for the last copy of a
            resonance, 23 for what leaves the hard process.
        distance: Largest distance in eta and phi.

    Raises:
        BadValue: If the distance is not above 0.
    """

    pdg: tuple[int, ...]
    status: int
    distance: float = 0.6

    def __post_init__(self) -> None:
        check.fields(self, "matching", distance="(0, inf)")

    def matched(self, jets: Events, partons: Particles, *, first: int = 0) -> NDArray[np.bool_]:
        """Which jets are close to one of the particles, shape (jet,).

        Args:
            jets: With the columns event, jet_eta and jet_phi.
            partons: Of all events, with the columns pdg and status.
            first: Number of the first event.
        """
        wanted = np.isin(np.abs(partons.column("pdg")), self.pdg)
        wanted &= partons.column("status") == self.status
        event = np.repeat(np.arange(len(partons)), partons.n_particles)[wanted]
        eta, phi = partons.eta[wanted], partons.phi[wanted]
        jet_event = (jets.column("event") - first)[:, None]
        jet_eta, jet_phi = (jets.column(name)[:, None] for name in ("jet_eta", "jet_phi"))
        apart = delta_r(jet_eta, jet_phi, eta, phi)
        return np.asarray(((jet_event == event) & (apart < self.distance)).any(axis=1))
