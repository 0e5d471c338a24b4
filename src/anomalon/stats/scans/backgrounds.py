"""What a bump hunt compares the data with, and the pseudo-experiments that follow from it.

Every background gives three things for the kernels of `anomalon.stats.scans.scan_kernel`: the
statistic with its two counts per bin, and pseudo-experiments that treat the background as the
analysis did.

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
from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.stats.fits.fit import Fit, fit_spectrum
from anomalon.stats.scans.scan_kernel import DEFICIT, KNOWN, ON_OFF
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = ["Background", "Counts", "Fitted", "Known", "Reference", "Refit"]

Floats = NDArray[np.floating[Any]]
_ROUNDING = 1e-6  # of a count, from dividing by the weight of an event
_SAME_EDGE = 1e-4  # of a bin's width, by which edges may differ that a file has rounded
_MOST_SHARED = 1e9  # events that numpy can share out exactly; beyond, both totals may fluctuate

Refit = Callable[[Spectrum], Floats]
"""Expectations of toys, both of shape (toy, bin), by the whole procedure that gave the fit of the
data; NaN where it fails. The events of the toys weigh as much as those of the data."""


@dataclass(frozen=True, eq=False)
class Counts:
    """What the kernels compare, in effective events, which are Poisson.

    Args:
        k: Events seen, shape (toy, bin).
        m: Events expected, or seen in the reference, shape (toy, bin) or (1, bin).
        q: For a reference, the probability of an event of either to be in k, shape (bin,) or
            (toy, bin); one half elsewhere.
    """

    k: Floats
    m: Floats
    q: Floats


class Background(Protocol):
    """What the scan needs to know."""

    @property
    def statistic(self) -> int:
        """KNOWN, DEFICIT or ON_OFF."""

    @property
    def expected(self) -> Floats:
        """Events expected in the data, in their own units, shape (bin,)."""

    @property
    def counts(self) -> Counts:
        """Those of the data, shape (1, bin)."""

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Those of pseudo-experiments."""


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
    def counts(self) -> Counts:
        """Data and expectations."""
        k = self.spectrum.effective_counts[None]
        return Counts(k, self.expected[None] / self.spectrum.event_weight, _even(k))

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Poisson counts, against the same expectations."""
        mean = self.expected / self.spectrum.event_weight
        k = rng.poisson(mean, (size, len(mean))).astype(np.float64)
        return Counts(k, mean[None], _even(k))


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
        """Data and expectations."""
        k = self.fit.spectrum.effective_counts[None]
        return Counts(k, self.fit.effective_expected[None], _even(k))

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Poisson counts around the fit, and their own fits; NaN where one fails."""
        fit, weight = self.fit, self.fit.event_weight
        pseudo_data = fit.spectrum.toys(fit.expected, size, rng)
        if self.refit is not None:
            again = self._checked(self.refit(pseudo_data), pseudo_data.counts.shape)
        else:
            again = fit_spectrum(pseudo_data, fit.shape, mask=~fit.fitted, throw=False).expected
        k = pseudo_data.effective_counts
        return Counts(k, again / weight, _even(k))

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
            scaled Poisson, bin by bin.
        tau: Background events in the sample over those in the data: its exposure. None: the
            sample predicts the form only, and its normalisation is that of the data.
    """

    counts: Any
    tau: float | None = None

    def __post_init__(self) -> None:
        if self.tau is not None:
            what = "reference: tau (its background events over those of the data, or None)"
            object.__setattr__(self, "tau", check.number(self.tau, what, "(0, inf)"))

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
        if sample.counts.shape != spectrum.counts.shape:
            raise BadLayout(
                f"reference: expected the {spectrum.n_bins} bins of the data, got {sample!r}."
            )
        _check_edges(sample.edges, spectrum.edges)
        tau = self.tau
        if tau is None:
            totals = sample.counts.sum(), spectrum.counts.sum()
            if min(totals) <= 0:
                raise BadNumbers("reference: expected events in the data and in the reference.")
            tau = float(totals[0] / totals[1])
        return OnOff(spectrum, sample, tau, self.tau is None, deficit)


@dataclass(frozen=True, eq=False)
class OnOff:
    """Data and reference.

    In a bin whose events weigh s in the data and t in the reference, both are Poisson counts, of
    background/s and tau background/t effective events. Given their sum, that of the data is
    binomial, whatever the background.

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
    def expected(self) -> Floats:
        """The reference, scaled to the data."""
        return self.sample.counts / self.tau

    @property
    def counts(self) -> Counts:
        """Data and reference, or the other way round for deficits."""
        on, off = _whole(self.spectrum.effective_counts), _whole(self.sample.effective_counts)
        return self._ordered(on[None], off[None], self._share(self.tau))

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Share out the events of both samples anew; Poisson if they are not whole numbers."""
        on, off = (_whole(s.effective_counts) for s in (self.spectrum, self.sample))
        share = self._share(self.tau)
        filled = np.flatnonzero(on + off)
        toys = np.zeros((2, size, len(on)))
        toys[:, :, filled] = self._share_out(rng, size, on[filled], off[filled], share[filled])
        return self._ordered(toys[0], toys[1], self._share_of(toys) if self._is_mixed else share)

    @property
    def _is_mixed(self) -> bool:
        """Whether the form alone is compared, and events of several weights set its size."""
        ratio = self.spectrum.event_weight / self.sample.event_weight
        weights = (self.spectrum.event_weight, self.sample.event_weight, ratio)
        return self.normalised and not all(np.allclose(w, w[0]) for w in weights)

    def _share(self, tau: float | Floats) -> Floats:
        """Exposure of the data over that of both, shape (bin,) or (toy, bin)."""
        on, off = 1.0 / self.spectrum.event_weight, tau / self.sample.event_weight
        return np.asarray(on / (on + off))

    def _share_of(self, toys: Floats) -> Floats:
        """The same where each pseudo-experiment has a `tau` of its own."""
        weights = (self.spectrum.event_weight, self.sample.event_weight)
        on, off = ((n * w).sum(axis=1, keepdims=True) for n, w in zip(toys, weights, strict=True))
        there = (on > 0) & (off > 0)
        return self._share(np.where(there, off / np.where(there, on, 1.0), self.tau))

    def _ordered(self, on: Floats, off: Floats, share: Floats) -> Counts:
        if self.deficit:
            return Counts(off, on, np.atleast_2d(1.0 - share))
        return Counts(on, off, np.atleast_2d(share))

    def _share_out(
        self, rng: np.random.Generator, size: int, on: Floats, off: Floats, share: Floats
    ) -> tuple[Floats, Floats]:
        total = on + off
        shape = (size, len(total))
        if np.any(on % 1) or np.any(off % 1):
            again = rng.poisson(share * total, shape).astype(np.float64)
            return again, rng.poisson((1.0 - share) * total, shape).astype(np.float64)
        whole = total.astype(np.int64)
        if self.normalised and not self._is_mixed and total.sum() < _MOST_SHARED:
            drawn = rng.multivariate_hypergeometric(whole, int(on.sum()), size, method="marginals")
        else:
            drawn = rng.binomial(whole, share, shape)
        again = drawn.astype(np.float64)
        return again, total - again


def _even(k: Floats) -> Floats:
    return np.full((1, k.shape[1]), 0.5)


def _whole(counts: Floats) -> Floats:
    """Counts that are whole numbers but for rounding as whole numbers."""
    near = np.round(counts)
    return np.where(np.abs(counts - near) <= _ROUNDING * np.maximum(near, 1.0), near, counts)


def _check_edges(sample: Floats, data: Floats) -> None:
    """Raise `BadLayout` unless the edges agree but for the digits that a file was written with."""
    away = np.abs(sample - data)
    width = np.diff(data)
    allowed = _SAME_EDGE * np.minimum(np.append(width, width[-1]), np.append(width[0], width))
    bad = np.flatnonzero(away > allowed)
    if len(bad):
        i = int(bad[0])
        raise BadLayout(
            f"reference: expected the bins of the data, got {len(bad)} of {len(data)} edges that "
            f"differ; the first is {sample[i]!r} GeV, and {data[i]!r} GeV in the data. Write both "
            "with the same digits, or fill both with the same edges."
        )
