"""The signals of the dijet study: W' -> X Y and A0 -> H Z' with varying masses, simulated."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from anomalon.core import config
from anomalon.core.provenance import code_version
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.features.dijet import dijet
from anomalon.run.job import Workplace
from anomalon.run.work import do
from anomalon.search import Signal
from anomalon.simulate import Recipe, a_h_zprime, events, w_prime
from anomalon.simulate.generate import CHUNK

__all__ = ["POINTS", "simulated"]

# Masses in GeV: of the resonance, and of what it decays to. Both processes have the same.
_MASSES = (
    (3000.0, 300.0, 100.0),
    (3000.0, 500.0, 200.0),
    (3500.0, 250.0, 200.0),
    (3500.0, 400.0, 170.0),
    (3500.0, 500.0, 100.0),
    (3500.0, 600.0, 80.0),
    (4000.0, 400.0, 400.0),
    (4000.0, 500.0, 100.0),
    (4500.0, 500.0, 100.0),
    (5000.0, 600.0, 200.0),
)
_PROCESSES = {"W'": w_prime, "A0": a_h_zprime}
POINTS = tuple((process, masses) for process in _PROCESSES for masses in _MASSES)


@dataclass(frozen=True)
class _Point:
    """One signal to simulate: a piece of work.

    Args:
        process: A name in `_PROCESSES`.
        masses: Of the resonance and its daughters, in GeV.
        features: That are wanted.
        n_events: How many events.
        seed: Root of all random numbers.
    """

    process: str
    masses: tuple[float, float, float]
    features: tuple[str, ...]
    n_events: int
    seed: int

    @property
    def recipe(self) -> Recipe:
        """What to generate."""
        return _PROCESSES[self.process](*self.masses)

    @property
    def name(self) -> str:
        """As it is called among the limits."""
        m, x, y = self.masses
        return f"{self.process} {m:g} -> {x:g} {y:g}"

    @property
    def what(self) -> str:
        """As people read it."""
        return f"signal {self.name} GeV"

    @property
    def key(self) -> str:
        """What its events are stored under."""
        return config.digest(code_version(), self.recipe, self.features, self.n_events, self.seed)

    def __call__(self, shared: None) -> dict[str, Any]:
        """Features and masses."""
        del shared
        seed, chunk = Seed(self.seed).child("signal", of=self.name), min(CHUNK, self.n_events)
        made = events(self.recipe, self.n_events, seed=seed, chunk_size=chunk)
        sample = dijet(made, features=self.features)
        return {"x": sample.x, "mass": sample.mass}

    def signal(self, found: dict[str, Any]) -> Signal:
        """The simulated events as a signal."""
        x, mass = np.asarray(found["x"]), np.asarray(found["mass"])
        label = np.ones(len(x), dtype=np.int8)
        sample = Sample(x, self.features, mass, label=label, source=self.what)
        return Signal(self.name, sample, self.masses[0])


def simulated(
    points: tuple[tuple[str, tuple[float, float, float]], ...],
    features: tuple[str, ...],
    n_events: int,
    *,
    seed: int,
    place: Workplace,
) -> list[Signal]:
    """Signals with Pythia 8 and the light detector, behind the selection of the shipped samples.

    Args:
        points: Process and masses in GeV of each, as in `POINTS`.
        features: That are wanted.
        n_events: Events of each.
        seed: Root of all random numbers.
        place: Who does the work, and where what is finished is kept.

    Raises:
        MissingExtra: If Pythia or FastJet is not installed.
    """
    pieces = [_Point(process, masses, features, n_events, seed) for process, masses in points]
    made = do(pieces, executor=place.executor, store=place.store, progress=place.progress)
    return [piece.signal(found) for piece, found in zip(pieces, made, strict=True)]
