"""The words that everyone uses: events, samples, seeds, errors. Imports numpy only."""

from anomalon.core.events import Events
from anomalon.core.particles import Particles
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed

__all__ = ["Events", "Particles", "Sample", "Seed"]
