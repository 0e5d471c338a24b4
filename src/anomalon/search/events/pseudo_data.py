"""Pseudo-data: what the data could have been without a signal and without any correlation to mass.

The masses inside the fitted range are drawn anew from the smooth function that the whole spectrum
is fitted with; the features of the real events are dealt out at random, each event's once. A signal
in the data is then spread over all masses, and nothing is left to find but fluctuations.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import DidNotConverge, FitError
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.search.events.fit_settings import FitSettings
from anomalon.stats import Spectrum

__all__ = ["PseudoData", "deal"]

Floats = NDArray[np.floating[Any]]

_GRID = 20_000  # points of the inverse of the cumulative distribution


@dataclass(frozen=True, eq=False)
class PseudoData:
    """A source of signal-free data sets of the size of the real one; see `like`.

    Args:
        data: The real events, without truth.
        mass: Grid over the fitted range in GeV, shape (point,).
        cumulative: Share of the smooth spectrum below each point, shape (point,).
    """

    data: Sample
    mass: Floats
    cumulative: Floats

    @staticmethod
    def like(data: Sample, settings: FitSettings) -> "PseudoData":
        """Pseudo-data like these data, with a spectrum as `settings` say.

        Raises:
            DidNotConverge: If no function of the family can be fitted to the whole spectrum.
        """
        low, high = settings.range_in(data)
        n_bins = max(round((high - low) / settings.bin_width), settings.n_max + 1)
        edges = np.linspace(low, high, n_bins + 1)
        spectrum = Spectrum.from_masses(data.mass, edges, data.weight)
        try:
            fit = settings.smooth.envelope(spectrum).best
        except FitError as error:
            raise DidNotConverge(
                f"pseudo-experiments: no function fits the whole spectrum of {data.source} from "
                f"{low:g} to {high:g} GeV ({error}). Narrow `search.fit.range`, or take another "
                "`search.fit.shape`."
            ) from error
        mass = np.linspace(low, high, _GRID + 1)
        density = np.asarray(fit.shape.integrate(fit.parameters, mass))
        cumulative = np.concatenate([[0.0], np.cumsum(density)])
        return PseudoData(data.blind(), mass, cumulative / cumulative[-1])

    def draw(self, seed: Seed) -> Sample:
        """One data set: as many events as in the data, inside the fitted range and outside."""
        dealt = deal(self.data, seed.child("features"))
        mass = dealt.mass.copy()
        inside = (mass >= self.mass[0]) & (mass <= self.mass[-1])
        uniform = seed.child("masses").generator().random(int(inside.sum()))
        mass[inside] = np.interp(uniform, self.cumulative, self.mass)
        return replace(dealt, mass=mass, source=f"pseudo-data like {self.data.source}")


def deal(sample: Sample, seed: Seed) -> Sample:
    """The same masses, with the features, weights and identities of the events dealt out anew.

    In the order of their identities, so that the order of the rows does not matter.
    """
    ordered = sample.blind()[np.argsort(sample.event, kind="stable")]
    order = seed.generator().permutation(len(sample))
    return replace(ordered[order], mass=ordered.mass)
