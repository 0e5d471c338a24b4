"""Decays that Pythia leaves to others: made when it is cheap, or many times, with leptons in mind.

An event is worth its cost if a lepton passes the trigger, and whether one does is decided by decays
that Pythia makes last. `taus_first` decays taus before multiparton interactions are generated,
which are three quarters of the cost, and drops events there. `heavy_flavour` lets hadrons with b
and c quarks decay many times, and takes an event as often as they give an isolated lepton.
"""

import math
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Seed
from anomalon.simulate.starting import started

__all__ = ["Acceptance", "Decayer", "Decaying", "Decays", "Handful", "Surroundings"]

ELECTRON_PDG, MUON_PDG = 11, 13
UNPOLARISED = 9.0
"""In Pythia's words."""


@dataclass(frozen=True, eq=False)
class Handful:
    """Some particles of one event.

    Args:
        pdg: Shape (particle,).
        p4: Shape (particle, 4): px, py, pz, energy in GeV.
    """

    pdg: NDArray[np.integer[Any]]
    p4: NDArray[np.float64]

    def __getitem__(self, rows: Any) -> "Handful":
        return Handful(self.pdg[rows], self.p4[rows])

    def __add__(self, other: "Handful") -> "Handful":
        return Handful(np.concatenate([self.pdg, other.pdg]), np.concatenate([self.p4, other.p4]))

    @property
    def pt(self) -> NDArray[np.float64]:
        """Transverse momenta, shape (particle,)."""
        return np.hypot(self.p4[:, 0], self.p4[:, 1])

    @property
    def eta(self) -> NDArray[np.float64]:
        """Pseudorapidities, shape (particle,)."""
        return np.arcsinh(self.p4[:, 2] / np.maximum(self.pt, 1e-12))


class Decaying(Protocol):
    """Decays under way, with their own random numbers."""

    @property
    def codes(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def hook(self) -> Any:
        """Pythia's user hook that drops events early, or None."""

    def products(self, given: Handful, event: "Surroundings") -> Handful | None:
        """What the particles of an event decay to, all of them; None if the event is dropped.

        Args:
            given: Those whose decays have waited.
            event: Where they are.
        """


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What else there is in the event.

    Args:
        hard: Energies of the incoming partons of the hard process, which name the event.
        others: Its final particles, without those that wait.
    """

    hard: tuple[float, float]
    others: Handful


class Decays(Protocol):
    """Settings of decays that wait.

    Attributes:
        codes: PDG codes of the particles that Pythia leaves alone.
    """

    @property
    def codes(self) -> tuple[int, ...]: ...  # noqa: D102

    @abstractmethod
    def start(self, seed: Seed) -> Decaying:
        """Begin."""


@dataclass(frozen=True)
class Acceptance:
    """Leptons that a selection may take, with room for what comes later.

    Args:
        pt_min: In GeV.
        electron_eta: Largest |eta| of electrons.
        muon_eta: Of muons.
    """

    pt_min: float
    electron_eta: float
    muon_eta: float

    def leptons(self, particles: Handful) -> NDArray[np.intp]:
        """Rows of electrons and muons inside."""
        pdg = np.abs(particles.pdg)
        light = (pdg == ELECTRON_PDG) | (pdg == MUON_PDG)
        if not light.any():
            return np.zeros(0, np.intp)
        most = np.where(pdg == MUON_PDG, self.muon_eta, self.electron_eta)
        inside = (particles.pt > self.pt_min) & (np.abs(particles.eta) < most)
        return np.flatnonzero(light & inside)


class Decayer:
    """A Pythia that only decays, started when it is asked first: some never are.

    Args:
        seed: Of its random numbers.
        settings: Of Pythia, "key = value" each, as the channels that are open.
    """

    def __init__(self, seed: Seed, *settings: str) -> None:
        import pythia8mc

        self._seed, self._settings = seed, ("ProcessLevel:all = off", *settings)
        self._vec4 = pythia8mc.Vec4

    @cached_property
    def _pythia(self) -> Any:
        return started(self._settings, self._seed)

    def __call__(self, given: Handful, polarisation: float = UNPOLARISED) -> Handful:
        """Final products of these particles, with Pythia's helicity of a tau."""
        self._append(given, 1, polarisation)
        self._pythia.moreDecays()
        return self._table(self._finals(range(1, len(given.pdg) + 1)))

    def often(self, given: Handful, tries: int, pt_min: float) -> list[Handful]:
        """Of many sets of decays the final products of those with an electron or muon above."""
        self._append(given, tries, UNPOLARISED)
        self._pythia.moreDecays()
        event, n = self._pythia.event, len(given.pdg)
        first = set()  # of the sets with a lepton
        for particle in event:
            if particle.idAbs() in (ELECTRON_PDG, MUON_PDG) and particle.pT() > pt_min:
                top = particle
                while top.mother1() > 0:
                    top = event[top.mother1()]
                first.add(1 + (top.index() - 1) // n * n)
        return [self._table(self._finals(range(i, i + n))) for i in sorted(first)]

    def _finals(self, rows: Iterable[int]) -> list[int]:
        """Rows of what the particles in these rows have become in the end."""
        found, left = [], list(rows)
        while left:
            i = left.pop()
            if self._pythia.event[i].isFinal():
                found.append(i)
            else:
                left += list(self._pythia.event[i].daughterList())
        return sorted(found)

    def _table(self, rows: list[int]) -> Handful:
        particles = [self._pythia.event[i] for i in rows]
        table = [(p.id(), p.px(), p.py(), p.pz(), p.e()) for p in particles]
        numbers = np.array(table, dtype=np.float64).reshape(-1, 5)
        return Handful(numbers[:, 0].astype(np.int64), numbers[:, 1:])

    def _append(self, given: Handful, times: int, polarisation: float) -> None:
        event = self._pythia.event
        event.reset()
        particles = [
            (int(pdg), self._vec4(*p4), math.sqrt(max(p4[3] ** 2 - p4[:3] @ p4[:3], 0.0)))
            for pdg, p4 in zip(given.pdg, given.p4, strict=True)
        ]
        for pdg, p, mass in particles * times:
            event.append(pdg, 1, 0, 0, 0, 0, 0, 0, p, mass, 0.0, polarisation)
