"""The signals of the dijet study, simulated: `anomalon.simulate.recipe.TALK_POINTS`."""

from collections.abc import Sequence
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
from anomalon.simulate import Recipe, events
from anomalon.simulate.order import CHUNK
from anomalon.simulate.recipe import SIGNALS, TALK_POINTS

__all__ = ["simulated"]


@dataclass(frozen=True)
class _Point:
    """One signal to simulate: a piece of work.

    Args:
        name: Of the signal, in `TALK_POINTS`.
        features: That are wanted.
        n_events: How many events.
        seed: Root of all random numbers.
    """

    name: str
    features: tuple[str, ...]
    n_events: int
    seed: int

    @property
    def recipe(self) -> Recipe:
        """What to generate."""
        process, masses = TALK_POINTS[self.name]
        return SIGNALS[process](*masses)

    @property
    def what(self) -> str:
        """As people read it."""
        return f"signal {self.name}"

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
        return Signal(self.name, sample, self.recipe.masses[0])


def simulated(
    names: Sequence[str],
    features: tuple[str, ...],
    n_events: int,
    *,
    seed: int,
    place: Workplace,
) -> list[Signal]:
    """Signals with Pythia 8 and the light detector, behind the selection of the shipped samples.

    Args:
        names: Of the signals, in `TALK_POINTS`.
        features: That are wanted.
        n_events: Events of each.
        seed: Root of all random numbers.
        place: Who does the work, and where what is finished is kept.

    Raises:
        MissingExtra: If Pythia or FastJet is not installed.
    """
    pieces = [_Point(name, features, n_events, seed) for name in names]
    made = do(pieces, executor=place.executor, store=place.store, progress=place.progress)
    return [piece.signal(found) for piece, found in zip(pieces, made, strict=True)]
