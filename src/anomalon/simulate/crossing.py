"""`BunchCrossing`: pile-up of which nothing is removed, and none of it harder than it may be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Particles, Seed, check
from anomalon.simulate.pileup import SETTINGS, overlaid
from anomalon.simulate.pythia import ELECTRON, MUON, Generator

__all__ = ["BunchCrossing", "Pool"]


@dataclass(frozen=True, eq=False)
class Pool:
    """Inelastic collisions, and the pt_hat of each in GeV."""

    particles: Particles
    pt_hat: NDArray[np.float64]


@dataclass(frozen=True)
class BunchCrossing:
    """The other collisions of a crossing, with all of their particles.

    Each chunk of events has a pool of inelastic collisions of its own, made with multiparton
    interactions; each of them is used many times, turned in azimuth and perhaps reflected. A single
    rare particle of the pool would be in many events, so that electrons and muons of pile-up above
    `lepton_pt`, and collisions above `pt_hat_max`, are left out.

    Args:
        mean: Collisions per crossing, mu.
        pool: Different inelastic collisions per chunk.
        lepton_pt: Harder electrons and muons of pile-up are left out, in GeV.
        pt_hat_max: Harder collisions are left out, in GeV.

    Raises:
        BadValue: If a number is out of range.
    """

    mean: float = 60.0
    pool: int = 250
    lepton_pt: float = 4.0
    pt_hat_max: float = 60.0

    def __post_init__(self) -> None:
        check.fields(
            self,
            "crossing",
            mean="(0, 1000]",
            pool=(1, 1_000_000),
            lepton_pt="[0, inf)",
            pt_hat_max="(0, inf)",
        )

    def made_pool(self, seed: Seed) -> Pool:
        """The collisions of a chunk."""
        generator = Generator(SETTINGS, seed.child("pool"))
        batches = list(generator.batches(self.pool))
        particles = Particles.concatenate([self._left(batch.particles) for batch in batches])
        pt_hat = np.concatenate([batch.pt_hat for batch in batches])
        kept = pt_hat < self.pt_hat_max
        return Pool(particles[kept], pt_hat[kept])

    def overlay(
        self,
        particles: Particles,
        pool: Pool,
        generator: np.random.Generator,
        softer_than: NDArray[np.float64],
        *,
        own_counts: bool,
    ) -> tuple[Particles, NDArray[np.int64]]:
        """Crossings, and how many collisions were added to each.

        Args:
            particles: With px, py, pz, energy and `kind`.
            pool: From `made_pool`.
            generator: Of what is added to each event.
            softer_than: Shape (event,): only collisions of lower pt_hat are added, in GeV.
            own_counts: Whether the collision that is there is one of the Poisson number.

        Returns:
            Particles with a column `pileup`, 1 where they were added; the numbers of collisions.
        """
        n = generator.poisson(self.mean, len(particles))
        if own_counts:
            n = np.maximum(n - 1, 0)
        picks = generator.integers(len(pool.pt_hat), size=int(n.sum()))
        event = np.repeat(np.arange(len(particles)), n)
        kept = pool.pt_hat[picks] < softer_than[event]  # a thinned Poisson process is one
        picks, n = picks[kept], np.bincount(event[kept], minlength=len(particles))
        first = np.concatenate([[0], np.cumsum(n)]).astype(np.int64)
        both, offsets = overlaid(particles, pool.particles, first, picks, generator)
        own = particles.n_particles
        rank = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], np.diff(offsets))
        added = rank >= np.repeat(own, np.diff(offsets))
        return Particles(both | {"pileup": added.astype(np.int8)}, offsets, particles.source), n

    def _left(self, particles: Particles) -> Particles:
        """Without hard electrons and muons."""
        pt = np.hypot(particles.px, particles.py)
        kept = ~np.isin(particles.column("kind"), (ELECTRON, MUON)) | (pt < self.lepton_pt)
        before = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        columns = {name: values[kept] for name, values in particles.columns.items()}
        return Particles(columns, before[particles.offsets], particles.source)
