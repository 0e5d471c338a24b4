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
from anomalon.features.conditional_ranks import ConditionalRanks, Constant, fit_conditional_ranks
from anomalon.features.grouped import Grouped, Grouping, Map, most_associated
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
    registry: ClassVar[dict[str, type["ConditionalQuantiles"]]] = {}

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

    @property
    def _least(self) -> int:
        """Events without which there are no quantiles in slices."""
        return 50 * self.n_slices

    @property
    def _z(self) -> Floats:
        """Normal scores of the quantiles, shape (quantile,)."""
        return np.linspace(-self.z_max, self.z_max, self.n_quantiles)

    def fit(self, reference: Sample) -> "Decorrelation":
        """Learn the quantiles.

        Args:
            reference: Events that are (nearly) all background, over the whole range of masses.

        Raises:
            MassRequired: If the events have no mass.
            TooFewEvents: If a slice would hold fewer than 50 events.
        """
        mass = reference.required_mass("decorrelate")
        if len(reference) < self._least:
            raise TooFewEvents(
                f"decorrelate: {self.n_slices} mass slices need at least {self._least} "
                f"events, got {len(reference)}. Use fewer slices or a wider range."
            )
        log_mass = np.log(mass)
        centre, scale = float(log_mass.mean()), float(log_mass.std()) or 1.0
        return Decorrelation(
            names=reference.names,
            maps=_Fitting(self, reference, centre, scale).maps(),
            log_mass_centre=centre,
            log_mass_scale=scale,
            mass_range=(float(mass.min()), float(mass.max())),
            fitted_on=reference.digest(),
        )


ConditionalQuantiles.registry[ConditionalQuantiles.kind] = ConditionalQuantiles


@dataclass(frozen=True, eq=False)
class _Fitting:
    """The maps of all features of one sample.

    Args:
        settings: How.
        reference: The sample.
        centre, scale: The standardisation of log(mass).
    """

    settings: ConditionalQuantiles
    reference: Sample
    centre: float
    scale: float

    def maps(self) -> tuple[Map | Grouped, ...]:
        """One for each feature; for each value of another feature if the two go together."""
        x = self.reference.x
        ranks = [Ranks.of(column) for column in x.T]
        tied = [bool(one.shared.any()) for one in ranks]
        everywhere = np.ones(len(x), dtype=np.bool_)
        continuous = [j for j in range(len(ranks)) if not tied[j]]
        plain: dict[int, Map] = dict(
            zip(continuous, self._quantiles(continuous, everywhere), strict=True)
        )
        groupings: list[Grouping] = []
        grouped: dict[int, Grouped] = {}
        for j in [*np.flatnonzero(tied).tolist(), *continuous]:
            place = _place(self.reference, j)
            if len(ranks[j].values) == 1:
                plain[j] = Constant(float(x[0, j]))
                continue
            if tied[j]:
                plain[j] = self._ranks(j, everywhere)
            known = most_associated(ranks[j](x[:, j], place), groupings, x)
            if known is not None:
                grouped[j] = self._grouped(j, known, plain[j], tied=tied[j])
            if tied[j]:
                groupings.append(Grouping.of(j, ranks[j], self.settings._least))
        return tuple(grouped.get(j, plain[j]) for j in range(len(ranks)))

    def _grouped(self, j: int, known: Grouping, plain: Map, *, tied: bool) -> Grouped:
        group = known.group(self.reference.x[:, known.by])
        maps: list[Map] = []
        for i in range(len(known.values) + 1):
            here = group == i
            if here.sum() < self.settings._least:  # of the others
                maps.append(plain)
            else:
                maps += [self._ranks(j, here)] if tied else self._quantiles([j], here)
        return Grouped(known, tuple(maps))

    def _ranks(self, j: int, here: NDArray[np.bool_]) -> ConditionalRanks:
        x = self.reference.x[here, j]
        ranks = Ranks.of(x)
        r = ranks(x, _place(self.reference, j)[here])
        z, n = self.settings._z, self.settings.n_slices
        slices, basis = self._sliced(_NARROW * n, here)
        z_most = self.settings.z_max + float(z[1] - z[0])  # as far as quantiles go
        return fit_conditional_ranks(ranks, [r[s] for s in slices], basis, ndtr(z), n, z_most)

    def _quantiles(
        self, features: list[int], here: NDArray[np.bool_]
    ) -> list[ConditionalQuantileMap]:
        x = self.reference.x[here][:, features]
        slices, basis = self._sliced(self.settings.n_slices, here)
        z = self.settings._z
        return fit_conditional_quantiles([x[s] for s in slices], basis, ndtr(z), z)

    def _sliced(self, n: int, here: NDArray[np.bool_]) -> tuple[list[NDArray[np.intp]], Floats]:
        """Slices of mass with equal numbers of events, and the powers of their log(mass)."""
        mass = self.reference.mass[here]
        log_mass = np.log(mass)
        # events of one mass by their identity: the order of the rows must not matter
        slices = np.array_split(np.lexsort((self.reference.event[here], mass)), n)
        t = [(log_mass[rows].mean() - self.centre) / self.scale for rows in slices]
        return slices, np.vander(t, self.settings.degree + 1, increasing=True)


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
    maps: tuple[Map | Grouped, ...]
    log_mass_centre: float
    log_mass_scale: float
    mass_range: tuple[float, float]
    fitted_on: str

    def __call__(self, sample: Sample) -> Sample:
        """The sample with each feature replaced by its normal score given the mass.

        Raises:
            BadLayout: If the features are not those of the fit.
            MassRequired: If the events have no mass.
        """
        t = self._place_in_mass(sample)
        columns = []
        for j, one in enumerate(self.maps):
            known = (sample.x[:, j], t, _place(sample, j))
            if isinstance(one, Grouped):
                columns.append(one(*known, sample.x[:, one.grouping.by]))
            else:
                columns.append(one(*known))
        return sample.with_x(np.stack(columns, axis=1) if columns else sample.x)

    def inverse(self, sample: Sample) -> Sample:
        """The sample with each normal score replaced by the feature that has it at that mass.

        With other masses than those of `__call__` it moves events along the mass: each keeps its
        rank among events of the same mass.

        Raises:
            BadLayout: If the features are not those of the fit.
            MassRequired: If the events have no mass.
        """
        t = self._place_in_mass(sample)
        x = np.zeros(sample.x.shape)
        # features that are ranked at given value of another come after it
        last = [j for j, one in enumerate(self.maps) if isinstance(one, Grouped)]
        for j in [*(j for j in range(len(self.maps)) if j not in last), *self._in_order(last)]:
            one = self.maps[j]
            if isinstance(one, Grouped):
                x[:, j] = one.inverse(sample.x[:, j], t, x[:, one.grouping.by])
            else:
                x[:, j] = one.inverse(sample.x[:, j], t)
        return sample.with_x(x)

    def _in_order(self, grouped: list[int]) -> list[int]:
        """Each after the one that it is grouped by."""
        order: list[int] = []
        while len(order) < len(grouped):
            for j in grouped:
                one = self.maps[j]
                waits = isinstance(one, Grouped) and one.grouping.by in grouped
                if j not in order and not (waits and one.grouping.by not in order):  # type: ignore[union-attr]
                    order.append(j)
        return order

    def _place_in_mass(self, sample: Sample) -> Floats:
        """Standardised log(mass), held at the edges of what was seen, shape (event,)."""
        if sample.names != self.names:
            raise BadLayout(
                f"decorrelate: expected features {list(self.names)}, got {list(sample.names)}."
            )
        mass = sample.required_mass("decorrelate")
        log_mass = np.log(np.clip(mass, *self.mass_range))
        return np.asarray((log_mass - self.log_mass_centre) / self.log_mass_scale)
