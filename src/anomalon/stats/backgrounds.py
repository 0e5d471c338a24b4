"""What a bump hunt compares the data with, and the pseudo-experiments that follow from it.

Every background gives three things for the kernels of `anomalon.stats.scan_kernel`: the statistic
with its two counts per bin, and pseudo-experiments that treat the background as the analysis did.

* `Known`: exact expectations. Right for a background with negligible uncertainty, and for nothing
  else.
* `Fitted`: a smooth function fitted to the same data. Pseudo-experiments are fitted again, in the
  same way: where the number of parameters was chosen, it can be chosen again.
* `Reference`: another sample of finite size. Given the sum of both samples in a bin, the data are
  binomial under the background hypothesis whatever its spectrum, so pseudo-experiments that share
  out the sum anew are exact (a permutation test): both samples fluctuate, and nothing is estimated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.stats.fit import Fit, fit_spectrum
from anomalon.stats.scan_kernel import DEFICIT, KNOWN, ON_OFF
from anomalon.stats.spectrum import Spectrum

__all__ = ["Background", "Fitted", "Known", "Reference", "Refit"]

Floats = NDArray[np.floating[Any]]
_MOST_SHARED = 1e9  # events that numpy can share out exactly; beyond, both totals may fluctuate

Counts = tuple[Floats, Floats]  # the k and m of the kernels, shape (toy, bin) or (1, bin)

Refit = Callable[[Spectrum], Floats]
"""Expectations of toys, both of shape (toy, bin), by the whole procedure that gave the fit of the
data; NaN where it fails. The counts of the toys are Poisson, those of weighted data divided by the
scale."""


class Background(Protocol):
    """What the scan needs to know; all in units in which counts are Poisson."""

    @property
    def statistic(self) -> int:
        """KNOWN, DEFICIT or ON_OFF."""

    @property
    def q(self) -> float:
        """For ON_OFF, the probability of an event to be counted in k."""

    @property
    def expected(self) -> Floats:
        """Events expected in the data, in their own units, shape (bin,)."""

    @property
    def counts(self) -> Counts:
        """The counts of the data, each of shape (1, bin)."""

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Counts of pseudo-experiments."""


@dataclass(frozen=True, eq=False)
class Known:
    """Exact expectations.

    Args:
        spectrum: The data.
        expected: Shape (bin,).
        deficit: Look for deficits.
    """

    spectrum: Spectrum
    expected: Floats
    deficit: bool

    q = 0.5

    def __post_init__(self) -> None:
        if self.expected.shape != (self.spectrum.n_bins,):
            raise BadLayout(
                f"bump hunt: background: expected one number for each of {self.spectrum.n_bins} "
                f"bins, got shape {self.expected.shape}."
            )
        check.finite(self.expected, "bump hunt: background")
        check.non_negative(self.expected, "bump hunt: background")

    @property
    def statistic(self) -> int:
        """KNOWN or DEFICIT."""
        return DEFICIT if self.deficit else KNOWN

    @property
    def scale(self) -> float:
        """Variance over mean of the counts."""
        return float(self.spectrum.scale())

    @property
    def counts(self) -> Counts:
        """Data and expectations, divided by the scale."""
        return self.spectrum.counts[None] / self.scale, self.expected[None] / self.scale

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Poisson counts, against the same expectations."""
        mean = self.expected / self.scale
        return rng.poisson(mean, (size, len(mean))).astype(np.float64), mean[None]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A function fitted to the data, and fitted anew to every pseudo-experiment.

    Args:
        fit: The fit.
        deficit: Look for deficits.
        refit: How pseudo-experiments are fitted; None for the same shape and bins.
    """

    fit: Fit
    deficit: bool
    refit: Refit | None = None

    q = 0.5

    @property
    def statistic(self) -> int:
        """KNOWN or DEFICIT."""
        return DEFICIT if self.deficit else KNOWN

    @property
    def expected(self) -> Floats:
        """The fit."""
        return self.fit.expected

    @property
    def counts(self) -> Counts:
        """Data and expectations, divided by the scale."""
        scale = float(self.fit.scale)
        return self.fit.spectrum.counts[None] / scale, self.fit.expected[None] / scale

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Poisson counts around the fit, and their own fits; NaN where one fails."""
        fit = self.fit
        mean = fit.expected / float(fit.scale)
        toys = rng.poisson(mean, (size, len(mean))).astype(np.float64)
        pseudo_data = Spectrum(toys, fit.spectrum.edges)
        if self.refit is not None:
            return toys, self._checked(self.refit(pseudo_data), toys.shape)
        again = fit_spectrum(pseudo_data, fit.shape, mask=~fit.fitted, throw=False)
        return toys, again.expected

    @staticmethod
    def _checked(expected: Floats, shape: tuple[int, ...]) -> Floats:
        if np.shape(expected) != shape:
            raise BadLayout(
                f"bump hunt: refit: expected expectations of shape {shape} for as many toys and "
                f"bins, got {np.shape(expected)}."
            )
        return np.ascontiguousarray(expected, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Reference:
    """A sample of background events of finite size: a control region, simulation, a template.

    Args:
        counts: The sample in the bins of the data: a `Spectrum` or what `Spectrum.of` takes, or an
            array of counts, shape (bin,). Weighted samples (a `Spectrum` with variance) count as
            scaled Poisson, with one scale for all bins.
        tau: Background events in the sample over those in the data: its exposure. None: the
            sample predicts the form only, and its normalisation is that of the data.
    """

    counts: Any
    tau: float | None = None

    def __post_init__(self) -> None:
        if self.tau is not None and not (np.isfinite(self.tau) and self.tau > 0):
            raise BadValue(
                "reference: tau: expected background events in the reference over those in the "
                f"data, above 0, or None; got {self.tau}."
            )

    def against(self, spectrum: Spectrum, *, deficit: bool = False) -> "OnOff":
        """The background for this data.

        Raises:
            BadLayout: If the bins of sample and data differ.
            BadNumbers: If the data or the sample are empty and there is no `tau`.
        """
        counts = self.counts
        if not (isinstance(counts, tuple) or hasattr(counts, "edges") or hasattr(counts, "axes")):
            counts = Spectrum(np.asarray(counts), spectrum.edges)
        sample = Spectrum.of(counts)
        if sample.counts.shape != spectrum.counts.shape or not np.allclose(
            sample.edges, spectrum.edges, rtol=1e-9
        ):
            raise BadLayout(
                f"reference: expected the {spectrum.n_bins} bins of the data, got {sample!r}."
            )
        tau = self.tau
        if tau is None:
            totals = sample.counts.sum(), spectrum.counts.sum()
            if min(totals) <= 0:
                raise BadNumbers("reference: expected events in the data and in the reference.")
            tau = float(totals[0] / totals[1])
        return OnOff(spectrum, sample, tau, self.tau is None, deficit)


@dataclass(frozen=True, eq=False)
class OnOff:
    """Data and reference, in units in which both are Poisson.

    Args:
        spectrum: The data.
        sample: The reference.
        tau: Background events in the reference over those in the data.
        normalised: Whether `tau` comes from these counts.
        deficit: Look for deficits: excesses of the reference.
    """

    spectrum: Spectrum
    sample: Spectrum
    tau: float
    normalised: bool
    deficit: bool

    statistic = ON_OFF

    @property
    def q(self) -> float:
        """Exposure of the counts in k over that of both."""
        on = float(self.spectrum.scale()) ** -1
        off = self.tau * float(self.sample.scale()) ** -1
        return (off if self.deficit else on) / (on + off)

    @property
    def expected(self) -> Floats:
        """The reference, scaled to the data."""
        return self.sample.counts / self.tau

    @property
    def counts(self) -> Counts:
        """Data and reference, or the other way round for deficits."""
        on = self.spectrum.counts[None] / self.spectrum.scale()
        off = self.sample.counts[None] / self.sample.scale()
        return (off, on) if self.deficit else (on, off)

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Share out the events of both samples anew; Poisson if they are not whole numbers."""
        k, m = (counts[0] for counts in self.counts)
        filled = np.flatnonzero(k + m)
        toys = np.zeros((2, size, len(k)))
        toys[:, :, filled] = self._share_out(rng, size, k[filled], m[filled])
        return toys[0], toys[1]

    def _share_out(self, rng: np.random.Generator, size: int, k: Floats, m: Floats) -> Counts:
        total = k + m
        shape = (size, len(total))
        if np.any(k % 1) or np.any(m % 1):
            again = rng.poisson(self.q * total, shape).astype(np.float64)
            return again, rng.poisson((1.0 - self.q) * total, shape).astype(np.float64)
        whole = total.astype(np.int64)
        if self.normalised and total.sum() < _MOST_SHARED:
            drawn = rng.multivariate_hypergeometric(whole, int(k.sum()), size, method="marginals")
        else:
            drawn = rng.binomial(whole, self.q, shape)
        again = drawn.astype(np.float64)
        return again, total - again
