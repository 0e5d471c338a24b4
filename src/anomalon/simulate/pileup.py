"""Pile-up: other collisions of the same bunch crossing, without the tracks that can be told apart.

Events come from a pool of inelastic ones that is made once; each is rotated in azimuth and perhaps
reflected along the beam, so that a pool of some thousands stands for many more.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, Seed, check
from anomalon.run.compiling import compiled
from anomalon.simulate.pythia import CHARGED, ELECTRON, MUON, Generator

__all__ = ["SETTINGS", "PileUp", "overlaid"]

SETTINGS = ("Beams:eCM = 13000.", "PartonLevel:MPI = on", "SoftQCD:inelastic = on")
"""Of inelastic collisions, always with multiparton interactions."""


@dataclass(frozen=True)
class PileUp:
    """How many collisions there are beside the hard one, and what is left of them.

    Charged particles of pile-up within the tracker are recognised and removed, all of them.

    Args:
        mean: Of the Poisson distribution of their number; 0 for none.
        pool: Different inelastic events, that are made from the seed of the sample.
        tracker_eta: Charged particles within this |eta| are removed.

    Raises:
        BadValue: If a number is out of range.
    """

    mean: float = 20.0
    pool: int = 5000
    tracker_eta: float = 2.5

    def __post_init__(self) -> None:
        check.fields(self, "pileup", mean="[0, 1000]", pool=(1, 1_000_000), tracker_eta="[0, 20]")

    def overlay(
        self, particles: Particles, seed: Seed, generator: np.random.Generator
    ) -> tuple[Particles, NDArray[np.int64]]:
        """Events with pile-up, and how many collisions were added to each.

        Args:
            particles: With px, py, pz, energy and `kind`.
            seed: Of the pool, which is kept from call to call.
            generator: Of what is added to each event.
        """
        n = generator.poisson(self.mean, len(particles))
        if self.mean == 0:
            return particles, n
        pool = _pool(self.pool, self.tracker_eta, seed)
        picks = generator.integers(len(pool), size=int(n.sum()))
        first = np.concatenate([[0], np.cumsum(n)])
        columns, offsets = overlaid(particles, pool, first, picks, generator)
        return Particles(columns, offsets, particles.source), n


def overlaid(
    particles: Particles,
    pool: Particles,
    first: NDArray[np.int64],
    picks: NDArray[np.int64],
    generator: np.random.Generator,
) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
    """Each event followed by its picks from the pool, turned and perhaps reflected.

    Args:
        particles: With px, py, pz, energy and `kind`.
        pool: The same.
        first: Shape (event + 1,): picks from first[i] up to first[i + 1] are of event i.
        picks: Events of the pool.
        generator: Of angles and reflections.

    Returns:
        The columns, and the offsets of the events.
    """
    phi = generator.uniform(0.0, 2 * np.pi, len(picks))
    sign = np.where(generator.random(len(picks)) < 0.5, -1.0, 1.0)
    names = ("px", "py", "pz", "energy", "kind")
    p4, kind, offsets = _overlay(
        np.stack([particles.column(name) for name in names[:4]]),
        particles.column("kind"),
        particles.offsets,
        np.stack([pool.column(name) for name in names[:4]]),
        pool.column("kind"),
        pool.offsets,
        first,
        picks,
        (np.cos(phi), np.sin(phi), sign),
    )
    return dict(zip(names, (*p4, kind), strict=True)), offsets


@lru_cache(maxsize=2)
def _pool(n: int, tracker_eta: float, seed: Seed) -> Particles:
    """Inelastic events without charged particles within the tracker."""
    generator = Generator(SETTINGS, seed.child("pool"))
    return Particles.concatenate(
        [_left(batch.particles, tracker_eta) for batch in generator.batches(n)]
    )


def _left(particles: Particles, tracker_eta: float) -> Particles:
    pt = np.hypot(particles.px, particles.py)
    charged = np.isin(particles.column("kind"), (CHARGED, ELECTRON, MUON))
    kept = ~charged | (np.abs(particles.pz) >= np.sinh(tracker_eta) * pt)
    before = np.concatenate([[0], np.cumsum(kept)])
    columns = {name: values[kept] for name, values in particles.columns.items()}
    return Particles(columns, before[particles.offsets], particles.source)


@compiled()
def _overlay(p4, kind, offsets, pool_p4, pool_kind, pool_offsets, first, picks, turns):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Each event followed by its picks; `first` (event + 1,) says which of them are its own."""
    cos, sin, sign = turns
    size = p4.shape[1]
    for k in picks:
        size += pool_offsets[k + 1] - pool_offsets[k]
    out, out_kind = np.empty((4, size)), np.empty(size, np.int8)
    out_offsets = np.zeros(len(offsets), np.int64)
    n = 0
    for event in range(len(offsets) - 1):
        for i in range(offsets[event], offsets[event + 1]):
            for j in range(4):
                out[j, n] = p4[j, i]
            out_kind[n] = kind[i]
            n += 1
        for pick in range(first[event], first[event + 1]):
            k = picks[pick]
            for i in range(pool_offsets[k], pool_offsets[k + 1]):
                out[0, n] = cos[pick] * pool_p4[0, i] - sin[pick] * pool_p4[1, i]
                out[1, n] = sin[pick] * pool_p4[0, i] + cos[pick] * pool_p4[1, i]
                out[2, n] = sign[pick] * pool_p4[2, i]
                out[3, n] = pool_p4[3, i]
                out_kind[n] = pool_kind[i]
                n += 1
        out_offsets[event + 1] = n
    return out, out_kind, out_offsets
