"""`TwoLevels`: what both levels of a trigger see of the same particles."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, check
from anomalon.simulate.coarse import CoarseDetector
from anomalon.simulate.detector import Detector
from anomalon.simulate.leptons import TRACKER_ETA
from anomalon.simulate.pythia import CHARGED, ELECTRON, MUON, NEUTRAL_HADRON, PHOTON

__all__ = ["TwoLevels", "level_of", "picked"]

_HLT, _L1 = 0, 1


@dataclass(frozen=True)
class TwoLevels:
    """Two detectors: one with tracks, of which those of pile-up are removed, and a coarse one.

    Args:
        hlt: Of the high-level trigger.
        l1: Of the first level.
        noise_pt: Photons and towers of the high-level trigger below are not told from noise, and
            left out, in GeV.
        l1_only: Leave the high-level trigger unmeasured, for studies of the first level alone: its
            objects are missing then, and `passes_hlt` is false.
    """

    hlt: Detector = field(default_factory=Detector)
    l1: CoarseDetector = field(default_factory=CoarseDetector)
    noise_pt: float = 0.5
    l1_only: bool = False

    def __post_init__(self) -> None:
        check.fields(
            self, "detector", hlt=Detector, l1=CoarseDetector, noise_pt="[0, inf)", l1_only=bool
        )

    def measure(self, particles: Particles, generator: np.random.Generator) -> Particles:
        """What both see, told apart by the column `level`: 0 high level, 1 first level.

        Args:
            particles: With the column `pileup` if there is any.
            generator: Of all random numbers.
        """
        if self.l1_only:
            nothing = picked(particles, np.zeros(len(particles.px), bool))
            return _together(nothing, self.l1.measure(particles, generator))
        left = particles
        if "pileup" in particles.columns:
            charged = np.isin(particles.column("kind"), (CHARGED, ELECTRON, MUON))
            pt = np.hypot(particles.px, particles.py)
            central = np.abs(particles.pz) < np.sinh(TRACKER_ETA) * pt
            left = picked(particles, ~(charged & central & (particles.column("pileup") == 1)))
        hlt = self.hlt.measure(left, generator)
        cell = np.isin(hlt.column("kind"), (PHOTON, NEUTRAL_HADRON))
        loud = np.hypot(hlt.px, hlt.py) >= self.noise_pt
        return _together(picked(hlt, ~cell | loud), self.l1.measure(particles, generator))


def level_of(seen: Particles, *, first: bool) -> Particles:
    """What one level has seen."""
    return picked(seen, seen.column("level") == (_L1 if first else _HLT))


def picked(particles: Particles, kept: NDArray[np.bool_]) -> Particles:
    """Some particles of every event."""
    before = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    columns = {name: values[kept] for name, values in particles.columns.items()}
    return Particles(columns, before[particles.offsets], particles.source)


def _together(hlt: Particles, l1: Particles) -> Particles:
    """Of each event what the one has seen, and then the other."""
    sizes = hlt.n_particles, l1.n_particles
    offsets = np.concatenate([[0], np.cumsum(sizes[0] + sizes[1])]).astype(np.int64)
    n = [int(size.sum()) for size in sizes]
    places = (
        np.arange(n[0]) + np.repeat(l1.offsets[:-1], sizes[0]),
        np.arange(n[1]) + np.repeat(hlt.offsets[1:], sizes[1]),
    )
    columns: dict[str, NDArray[Any]] = {"level": np.zeros(sum(n), np.int8)}
    columns["level"][places[1]] = _L1
    for name in ("px", "py", "pz", "energy", "kind"):
        columns[name] = np.empty(sum(n), hlt.column(name).dtype)
        for part, where in zip((hlt, l1), places, strict=True):
            columns[name][where] = part.column(name)
    return Particles(columns, offsets, hlt.source)
