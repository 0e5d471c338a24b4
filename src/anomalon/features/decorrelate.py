"""Features that carry no information about the mass: conditional quantiles.

A classifier that tells a signal region from its side bands learns everything that differs between
them, and for background that is whatever is correlated with the mass. Each feature is therefore
replaced by the normal score of its rank among background events *of the same mass*,

    z = Phi^-1( F(x | m) ),

with F from quantiles in slices of mass, each a polynomial in log(m): too stiff to follow a
resonance. It takes no network and a second for 1e5 events. The map is monotone at fixed mass, so it
keeps all that a feature knows about an event beyond its mass. Where many events share a value (a
multiplicity, a tag, a rounded number), they are ranked among each other at random, by their
identity, and F is that of the ranks (`ties`, `conditional_ranks`).

Fit it on other events than those it is applied to, as the search does fold by fold, and on all
masses where it is used: interpolated into a region that it was not fitted on, it is off there by a
statistical error that looks like a difference between the region and its surroundings.

When not to use it: with fewer than a few thousand events the quantiles are noise, and it removes
the dependence of each feature alone, not of their correlations, on the mass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from anomalon.core import check, event_random
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.features.conditional_quantiles import (
    ConditionalQuantileMap,
    fit_conditional_quantiles,
)
from anomalon.features.conditional_ranks import ConditionalRanks, fit_conditional_ranks
from anomalon.features.ties import Ranks

__all__ = ["ConditionalQuantiles", "Decorrelation"]

Floats = NDArray[np.floating[Any]]

# Probabilities, unlike quantiles, can be fitted in slices of few events, and are then true to the
# mass where it is long in the tail.
_NARROW = 8


@dataclass(frozen=True)
class ConditionalQuantiles:
    """Settings of the conditional-quantile decorrelation.

    Args:
        n_slices: Mass slices with equal numbers of events.
        degree: Degree of the polynomials in log(mass) that join the slices.
        n_quantiles: Quantiles per feature, equidistant in normal scores.
        z_max: Normal score of the outermost quantile; beyond it the map goes on linearly.

    Raises:
        BadValue: If there are not more slices than coefficients, or fewer than 5 quantiles.
    """

    kind: ClassVar[str] = "conditional_quantiles"

    n_slices: int = 12
    degree: int = 2
    n_quantiles: int = 61
    z_max: float = 3.0

    def __post_init__(self) -> None:
        check.fields(
            self,
            "decorrelate",
            n_slices=(1, 100_000),
            degree=(0, 1000),
            n_quantiles=(5, 100_000),
            z_max="(0, 30]",
        )
        if self.n_slices <= self.degree:
            raise BadValue(
                f"decorrelate: expected degree < n_slices, got degree {self.degree} and "
                f"{self.n_slices} slices."
            )

    def fit(self, reference: Sample) -> "Decorrelation":
        """Learn the quantiles.

        Args:
            reference: Events that are (nearly) all background, over the whole range of masses.

        Raises:
            TooFewEvents: If a slice would hold fewer than 50 events.
        """
        if len(reference) < 50 * self.n_slices:
            raise TooFewEvents(
                f"decorrelate: {self.n_slices} mass slices need at least {50 * self.n_slices} "
                f"events, got {len(reference)}. Use fewer slices or a wider range."
            )
        log_mass = np.log(reference.mass)
        centre, scale = float(log_mass.mean()), float(log_mass.std()) or 1.0
        order = np.argsort(reference.mass, kind="stable")

        def sliced(n: int) -> tuple[list[NDArray[np.intp]], Floats]:
            """The events of n slices with equal numbers, and the powers of their log(mass)."""
            slices = np.array_split(order, n)
            t = [(log_mass[rows].mean() - centre) / scale for rows in slices]
            return slices, np.vander(t, self.degree + 1, increasing=True)

        return Decorrelation(
            names=reference.names,
            maps=self._maps(reference, sliced),
            log_mass_centre=centre,
            log_mass_scale=scale,
            mass_range=(float(reference.mass.min()), float(reference.mass.max())),
            fitted_on=reference.digest(),
        )

    def _maps(
        self, reference: Sample, sliced: Callable[[int], tuple[list[NDArray[np.intp]], Floats]]
    ) -> tuple[ConditionalQuantileMap | ConditionalRanks, ...]:
        z = np.linspace(-self.z_max, self.z_max, self.n_quantiles)
        z_most = self.z_max + float(z[1] - z[0])  # as far as quantiles go
        ranks = [Ranks.of(column) for column in reference.x.T]
        tied = [bool(one.shared.any()) for one in ranks]
        slices, basis = sliced(self.n_slices)
        continuous = reference.x[:, ~np.array(tied, dtype=np.bool_)]
        quantiles = iter(
            fit_conditional_quantiles([continuous[rows] for rows in slices], basis, ndtr(z), z)
        )
        slices, basis = sliced(_NARROW * self.n_slices)
        maps: list[ConditionalQuantileMap | ConditionalRanks] = []
        for j, one in enumerate(ranks):
            if not tied[j]:
                maps.append(next(quantiles))
                continue
            r = one(reference.x[:, j], _place(reference, j))
            parts = [r[rows] for rows in slices]
            maps.append(fit_conditional_ranks(one, parts, basis, ndtr(z), self.n_slices, z_most))
        return tuple(maps)


def _place(sample: Sample, feature: int) -> Floats:
    """The place of each event among those that share its value, shape (event,).

    It belongs to the event and the feature, and is the same in every fold.
    """
    seed = Seed(0).child("ties", feature=sample.names[feature])
    return event_random.uniform(sample.event, seed)


@dataclass(frozen=True, eq=False)
class Decorrelation:
    """A fitted map from features to normal scores at given mass.

    Args:
        names: Features, in order.
        maps: One for each of them.
        log_mass_centre, log_mass_scale: The standardisation of log(mass).
        mass_range: Masses seen, in GeV; outside it the polynomials are held at the edge.
        fitted_on: Digest of the sample that it was fitted on.
    """

    names: tuple[str, ...]
    maps: tuple[ConditionalQuantileMap | ConditionalRanks, ...]
    log_mass_centre: float
    log_mass_scale: float
    mass_range: tuple[float, float]
    fitted_on: str

    def __call__(self, sample: Sample) -> Sample:
        """The sample with each feature replaced by its normal score given the mass.

        Raises:
            BadLayout: If the features are not those of the fit.
        """
        if sample.names != self.names:
            raise BadLayout(
                f"decorrelate: expected features {list(self.names)}, got {list(sample.names)}."
            )
        log_mass = np.log(np.clip(sample.mass, *self.mass_range))
        t = (log_mass - self.log_mass_centre) / self.log_mass_scale
        columns = [one(sample.x[:, j], t, _place(sample, j)) for j, one in enumerate(self.maps)]
        return sample.with_x(np.stack(columns, axis=1) if columns else sample.x)
