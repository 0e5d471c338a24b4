"""Mock data: features from a generator at masses from a smooth function."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadNumbers
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.learn.density import Density, DensityEstimator, DensityTask
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.pseudo_data import PseudoData

__all__ = ["MockData"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class MockData:
    """A source of data sets like the data, but without what is rare in them; see `like`.

    Args:
        names: Of the features.
        density: Of the features at given log(mass).
        pseudo: Where the masses come from.
        n: Events of a data set.
        weight: Of each.
        n_trained: Events that the generator has seen.
    """

    names: tuple[str, ...]
    density: Density
    pseudo: PseudoData
    n: int
    weight: float
    n_trained: int

    @staticmethod
    def like(
        data: Sample, generator: DensityEstimator, share: float, fit: FitSettings, seed: Seed
    ) -> "MockData":
        """Train the generator on a share of the data.

        A data set has as many events as the data, of the same weight; where weights differ, as many
        as the data are worth.

        Args:
            data: With the features that are wanted, and no others.
            generator: What draws features.
            share: Of the events, by their identity.
            fit: How the spectrum is fitted.
            seed: Random numbers of the choice and the training.

        Raises:
            BadNumbers: If a mass is not positive, or the weights have no positive sum.
            TooFewEvents: If the share has fewer than 100 events with a weight.
            DidNotConverge: If the whole spectrum cannot be fitted, or the training fails.
        """
        total, squares = float(data.weight.sum()), float((data.weight**2).sum())
        if data.mass.min() <= 0 or total <= 0:
            raise BadNumbers(
                f"resampled: expected positive masses and weights with a positive sum, got masses "
                f"from {data.mass.min():g} GeV on and the sum {total:g} in {data.source}."
            )
        some = data[_chosen(data.event, share, seed.child("share"))]
        x = some.x.astype(np.float64)
        task = DensityTask(x, _given(some.mass), some.weight, some.event, seed.child("generator"))
        (density,) = generator.fit_many([task])
        n = round(total**2 / squares)
        pseudo = PseudoData.like(data, fit)
        return MockData(data.names, density, pseudo, n, total / n, len(some))

    def draw(self, seed: Seed) -> Sample:
        """One data set.

        Args:
            seed: Of its random numbers.
        """
        mass = self.masses(seed.child("masses"))
        x = self.density.draw(_given(mass), seed=seed.child("features"))
        source = f"resampled from {self.pseudo.data.source}"
        weight = np.full(self.n, self.weight)
        return Sample(x, self.names, mass, weight=weight, event=np.arange(self.n), source=source)

    def masses(self, seed: Seed) -> Floats:
        """Masses in GeV, shape (n,): smooth inside the fitted range, as in the data outside of it.

        Args:
            seed: Of their random numbers.
        """
        data, grid = self.pseudo.data, self.pseudo.mass
        rng = seed.generator()
        # with an event, its weight says how often its mass is drawn
        chance = np.maximum(data.weight, 0)
        mass = rng.choice(data.mass, self.n, p=chance / chance.sum())
        inside = (mass >= grid[0]) & (mass <= grid[-1])
        mass[inside] = np.interp(rng.random(int(inside.sum())), self.pseudo.cumulative, grid)
        return mass


def _given(mass: Floats) -> Floats:
    return np.log(mass)[:, None]


def _chosen(event: NDArray[np.int64], share: float, seed: Seed) -> NDArray[np.bool_]:
    """Copies of one event are chosen together."""
    distinct, which = np.unique(event, return_inverse=True)
    return np.asarray(seed.generator().random(len(distinct)) < share)[which]
