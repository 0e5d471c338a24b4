"""`Spectrum`: counts in bins of mass."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.core.result import Number
from anomalon.core.shown import Fact, Shown, extent
from anomalon.stats.spectra.event_weights import event_weights
from anomalon.stats.spectra.uhi import from_uhi

__all__ = ["Spectrum"]

Floats = NDArray[np.floating[Any]]

_MOST = 1e18  # effective events in a bin: no generator of random counts goes further
_SAME_EDGE = 1e-6  # relative difference of two masses that is rounding

# Not given: `__post_init__` fills it in, so that a reader always finds an array.
_FILLED = cast(Any, None)


@dataclass(frozen=True, eq=False, repr=False)
class Spectrum(Shown):
    """Counts in bins of mass: one spectrum, or many toys over the same bins.

    Args:
        counts: Events per bin, not negative, shape (bin,) or (toy, bin). Weighted sums and means
            over selections need not be integers.
        edges: Bin edges in GeV, increasing, shape (bin + 1,).
        variance: Variance of `counts`, same shape; None for plain events (variance = counts).
        event_weight: Variance over mean of the counts in each bin, shape (bin,): n/s of them are
            Poisson events (Bohm and Zech, arXiv:1309.1287). If not given: from the variance of the
            bin and of neighbours with the same weights (`anomalon.stats.spectra.event_weights`),
            one for all toys; ones for plain events.

    Raises:
        BadLayout: If the shapes do not fit or the edges do not increase.
        BadNumbers: If a count or a variance is negative or not finite, a bin with a count has
            no variance, or an event weight is not above zero.

    Example:
        >>> spectrum = Spectrum.from_masses([2.9e3, 3.1e3, 3.1e3], [2800, 3000, 3200])
        >>> spectrum.counts
        array([1., 2.])
        >>> spectrum.inside(3100, 3500)
        array([False,  True])
    """

    counts: Floats
    edges: Floats
    variance: Floats | None = None
    event_weight: Floats = _FILLED

    def __post_init__(self) -> None:
        counts = np.asarray(self.counts, dtype=np.float64)
        edges = np.asarray(self.edges, dtype=np.float64)
        object.__setattr__(self, "counts", counts)
        object.__setattr__(self, "edges", edges)
        if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
            raise BadLayout(
                f"spectrum: expected increasing bin edges of shape (bin + 1,), got {edges}."
            )
        if counts.ndim not in (1, 2) or counts.shape[-1] != len(edges) - 1:
            raise BadLayout(
                f"spectrum: expected counts of shape ({len(edges) - 1},) or (toy, "
                f"{len(edges) - 1}) for {len(edges)} edges, got {counts.shape}."
            )
        check.finite(counts, "spectrum: counts")
        check.non_negative(counts, "spectrum: counts")
        if self.variance is not None:
            self._check_variance(np.asarray(self.variance, dtype=np.float64))
        self._fill_event_weight()

    def _fill_event_weight(self) -> None:
        weight: Floats
        given: Floats | None = self.event_weight
        if given is not None:
            weight = np.asarray(given, dtype=np.float64)
            check.length(weight, self.n_bins, "spectrum: event_weight (one number per bin)")
            check.finite(weight, "spectrum: event_weight")
            if not np.all(weight > 0):
                raise BadNumbers(
                    f"spectrum: event_weight: expected numbers above zero, got {weight.min()}."
                )
        elif self.variance is None:
            weight = np.ones(self.n_bins)
        else:
            by_toy = (x.reshape(-1, self.n_bins) for x in (self.counts, self.variance))
            weight = event_weights(*(x.sum(axis=0) for x in by_toy))
        object.__setattr__(self, "event_weight", weight)
        check.at_most(self.counts / weight, _MOST, "spectrum: counts")

    def _check_variance(self, variance: Floats) -> None:
        object.__setattr__(self, "variance", variance)
        if variance.shape != self.counts.shape:
            raise BadLayout(
                f"spectrum: expected one variance for each count, shape {self.counts.shape}, "
                f"got {variance.shape}."
            )
        check.finite(variance, "spectrum: variance")
        check.non_negative(variance, "spectrum: variance")
        if np.any((variance == 0) & (self.counts > 0)):
            raise BadNumbers(
                "spectrum: a bin with a count needs a variance above zero; give variance=None "
                "for plain events."
            )

    @classmethod
    def of(cls, histogram: Any) -> "Spectrum":
        """The spectrum of a one-dimensional histogram of counts.

        Only what lies between the edges counts: under- and overflow are no bins of mass, neither
        here nor in what `values()` of a histogram returns.

        Args:
            histogram: A `Spectrum`; what `anomalon.data.read_spectrum` returns, or anything else
                with the arrays `counts`, `edges` and `variances` (or None); anything with the UHI
                PlottableHistogram protocol (hist, boost-histogram, uproot), whose masses are in
                the unit that the label of the axis says, GeV if none; or (counts, edges) of plain
                events as from `np.histogram`.

        Raises:
            BadLayout: If it is none of these, has more than one axis or one of categories, or
                holds means.
            BadNumbers: If a histogram does not know its variances, or is divided by the widths of
                its bins.

        Example:
            >>> Spectrum.of(np.histogram([2.9e3, 3.1e3, 3.1e3], [2800, 3000, 3200])).counts
            array([1., 2.])
        """
        if isinstance(histogram, cls):
            return histogram
        if isinstance(histogram, tuple) and len(histogram) == 2:
            return cls(*histogram)
        if hasattr(histogram, "values") and hasattr(histogram, "axes"):
            return cls(*from_uhi(histogram))
        if not (hasattr(histogram, "counts") and hasattr(histogram, "edges")):
            raise BadLayout(
                "spectrum: expected a histogram (UHI protocol), a spectrum that was read from a "
                f"file, or (counts, edges), got {type(histogram).__name__}."
            )
        return cls(histogram.counts, histogram.edges, getattr(histogram, "variances", None))

    @classmethod
    def from_masses(
        cls, mass: ArrayLike, edges: ArrayLike, weight: ArrayLike | None = None
    ) -> "Spectrum":
        """Events filled into bins [low, high); masses outside the edges are left out.

        Args:
            mass: Masses in GeV, shape (event,).
            edges: Bin edges in GeV.
            weight: Weights, shape (event,); the variance is then the sum of their squares. For
                the mean over an ensemble of selections, the share of the members that pick the
                event.

        Raises:
            BadLayout: If there is not one weight for each mass.
            BadNumbers: If a mass or a weight is not finite.
        """
        mass = np.asarray(mass, dtype=np.float64)
        edges = np.asarray(edges, dtype=np.float64)
        check.length(mass, mass.size, "spectrum: mass")
        check.finite(mass, "spectrum: mass")
        bins = np.searchsorted(edges, mass, side="right") - 1
        inside = (bins >= 0) & (bins < len(edges) - 1)
        n_bins = max(len(edges) - 1, 0)
        if weight is None:
            return cls(np.bincount(bins[inside], minlength=n_bins).astype(np.float64), edges)
        weight = np.asarray(weight, dtype=np.float64)
        check.length(weight, len(mass), "spectrum: weight")
        check.finite(weight, "spectrum: weight")
        counts = np.bincount(bins[inside], weight[inside], minlength=n_bins)
        variance = np.bincount(bins[inside], weight[inside] ** 2, minlength=n_bins)
        return cls(counts.astype(np.float64), edges, variance.astype(np.float64))

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return len(self.edges) - 1

    @property
    def widths(self) -> Floats:
        """Bin widths in GeV, shape (bin,)."""
        return np.diff(self.edges)

    @property
    def centres(self) -> Floats:
        """Bin centres in GeV, shape (bin,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @property
    def variances(self) -> Floats:
        """Variance of the counts; the counts themselves for plain events."""
        return self.counts * self.event_weight if self.variance is None else self.variance

    def inside(self, low: float, high: float) -> NDArray[np.bool_]:
        """True for the bins that reach into (low, high), shape (bin,): what hides that window."""
        return np.asarray((self.edges[1:] > low) & (self.edges[:-1] < high))

    def between(self, low: float, high: float) -> "Spectrum":
        """The bins that lie between two masses in GeV.

        A mass that agrees with an edge to 1e-6 is that edge.

        Raises:
            BadLayout: If there are none.

        Example:
            >>> Spectrum([1.0, 2.0, 3.0], [0, 100, 200, 300]).between(100, 300).counts
            array([2., 3.])
        """
        low, high = _nearest(low, self.edges), _nearest(high, self.edges)
        inside = np.flatnonzero((self.edges[:-1] >= low) & (self.edges[1:] <= high))
        if not len(inside):
            raise BadLayout(
                f"spectrum: no bin lies between {low:g} and {high:g} GeV; there are "
                f"{self.n_bins} from {self.edges[0]:g} to {self.edges[-1]:g} GeV."
            )
        bins = slice(inside[0], inside[-1] + 1)
        return Spectrum(
            self.counts[..., bins],
            self.edges[inside[0] : inside[-1] + 2],
            None if self.variance is None else self.variance[..., bins],
            self.event_weight[bins],
        )

    @property
    def is_weighted(self) -> bool:
        """Whether counts are anything else than numbers of events."""
        return bool(np.any(self.event_weight != 1.0))

    @property
    def effective_counts(self) -> Floats:
        """The counts in effective events, which are Poisson, shape (bin,) or (toy, bin)."""
        return self.counts / self.event_weight

    def with_counts(self, counts: ArrayLike, variance: ArrayLike | None = None) -> "Spectrum":
        """The same bins with other counts: toys, for instance, of shape (toy, bin).

        Without a variance, their events weigh as much as these.
        """
        return Spectrum(
            np.asarray(counts),
            self.edges,
            None if variance is None else np.asarray(variance),
            self.event_weight if variance is None else _FILLED,
        )

    def toys(self, expected: Floats, n: int, rng: np.random.Generator) -> "Spectrum":
        """Pseudo-experiments in these bins, with events of the same weights.

        Args:
            expected: Counts expected, shape (bin,).
            n: How many.
            rng: Where the random numbers come from.
        """
        drawn = rng.poisson(expected / self.event_weight, (n, self.n_bins))
        return self.with_counts(drawn * self.event_weight)

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        toys = (Number("toys", len(self.counts), form="count"),) if self.counts.ndim == 2 else ()
        return (
            *toys,
            Number("bins", self.n_bins, form="count"),
            extent("range", self.edges[[0, -1]], "GeV", digits=6),
            extent("events", self.counts.sum(axis=-1), digits=6),
            extent("variance over mean", self.event_weight),
        )

    def __repr__(self) -> str:
        toys = f"{len(self.counts)} toys of " if self.counts.ndim == 2 else ""
        weighted = ", weighted" if self.is_weighted else ""
        return (
            f"Spectrum({toys}{self.n_bins} bins, {self.edges[0]:g}-{self.edges[-1]:g} GeV, "
            f"{self.counts.sum():g} events{weighted})"
        )


def _nearest(mass: float, edges: Floats) -> float:
    """The edge at a mass, but for rounding; the mass itself if there is none."""
    edge = float(edges[np.abs(edges - mass).argmin()])
    rounding = _SAME_EDGE * max(abs(edge), float(np.diff(edges).min()))
    return edge if abs(edge - mass) <= rounding else mass
