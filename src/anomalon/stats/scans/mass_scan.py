"""Scans in mass for a signal of known form over a fitted background.

Both give the signed root Z of a test of "no signal" at every mass, with the parameters of the
background profiled, for one spectrum or for thousands of toys by the same call:

* `likelihood_ratio_scan`: the profile likelihood ratio, a fit of signal and background per mass
  (Cowan et al., arXiv:1007.1727, eq. 12; signed, so that deficits are negative);
* `score_test_scan`: one step from the fit without signal, some thirty times faster. At large counts
  the two agree; at low counts the score test's Z is too large for an excess, because it takes the
  variance of the background alone. Use it to count upcrossings and for the correlation of the scan,
  which gives the global p-value without pseudo-experiments (`global_p_gaussian`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout
from anomalon.core.plain import to_plain
from anomalon.core.result import Number
from anomalon.core.shown import Fact, Shown, extent
from anomalon.stats.fits.fit import Fit
from anomalon.stats.fits.maximum import maximise_with_signal
from anomalon.stats.numerics.poisson import half_deviance_of
from anomalon.stats.numerics.quadrature import compiled, summing
from anomalon.stats.scans.upcrossings import count_upcrossings
from anomalon.stats.spectra.signals import signal_templates

__all__ = ["MassScan", "likelihood_ratio_scan", "score_correlation", "score_test_scan"]

Floats = NDArray[np.floating[Any]]

_CHUNK = 500  # toys whose fits are in memory at once


@dataclass(frozen=True, eq=False, repr=False)
class MassScan(Shown):
    """The significance of a signal at each mass.

    Args:
        z: Signed significance, shape (mass,) or (toy, mass); NaN where there is none.
        strength: Signal in units of its template, same shape.
        sigma_strength: Its standard deviation.
        ok: Whether there is a result, same shape.
        why: If not, why; else "".
    """

    z: Floats
    strength: Floats
    sigma_strength: Floats
    ok: NDArray[np.bool_]
    why: NDArray[np.str_]

    @property
    def best(self) -> NDArray[np.int64]:
        """Index of the mass of the largest excess, shape () or (toy,)."""
        return np.asarray(np.argmax(np.where(self.ok, self.z, -np.inf), axis=-1))

    @property
    def z_max(self) -> Floats:
        """Largest significance, shape () or (toy,); NaN if there is no result at any mass."""
        largest = np.where(self.ok, self.z, -np.inf).max(axis=-1)
        return np.asarray(np.where(self.ok.any(axis=-1), largest, np.nan))[()]

    def upcrossings(self, z0: float = 0.0) -> NDArray[np.int64]:
        """How often the scan rises through `z0`, shape () or (toy,)."""
        return count_upcrossings(self.z, z0)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists and numbers, for JSON."""
        names = ("z", "strength", "sigma_strength", "ok", "why")
        return dict(to_plain({name: getattr(self, name) for name in names}))

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        toys = (Number("toys", len(self.z), form="count"),) if self.z.ndim > 1 else ()
        return (
            *toys,
            Number("masses", self.z.shape[-1], form="count"),
            Number("with a result", int(self.ok.sum()), form="count"),
            extent("largest significance", self.z_max),
        )

    def __repr__(self) -> str:
        masses = self.z.shape[-1]
        if self.z.ndim > 1:
            return f"MassScan({len(self.z)} toys, {masses} masses)"
        if not self.ok.any():
            return f"MassScan({masses} masses, no result)"
        return f"MassScan({masses} masses, largest Z = {self.z_max:.2f} at number {self.best})"


def score_test_scan(fit: Fit, signals: ArrayLike | Sequence[Any]) -> MassScan:
    """Score test (Rao's) for a signal at every mass, from the fit without signal alone.

    With expectations b and the signal's events s per bin, U = sum s (n - b)/b and its variance
    V = sum s^2/b minus what the fit of the background can absorb; Z = U/sqrt(V), and the strength
    is U/V.

    Args:
        fit: The background, fitted to all bins; of one spectrum or of toys.
        signals: Templates, events in each bin for a strength of one, shape (mass, bin); or
            signals that have `integrate(edges)`.

    Raises:
        BadLayout: If the shapes do not fit, or the fit left bins out.
        BadNumbers: If a template is not finite.

    Example:
        >>> from anomalon.stats import Exponential, Spectrum, fit_spectrum
        >>> spectrum = Spectrum([1000.0, 500.0, 330.0, 125.0, 60.0], [0, 1, 2, 3, 4, 5])
        >>> scan = score_test_scan(fit_spectrum(spectrum, Exponential(2)), np.eye(5))
        >>> scan.z.round(1)
        array([-0.7, -1.2,  4.2, -1.6, -1.8])
    """
    templates = _templates(fit, signals)
    counts = np.atleast_2d(fit.spectrum.effective_counts)
    expected, parameters = np.atleast_2d(fit.effective_expected), np.atleast_2d(fit.parameters)
    root = np.ascontiguousarray(fit.root.reshape(-1, fit.shape.n, fit.shape.n))
    shape = fit.shape.binned(fit.spectrum.edges) / fit.event_weight
    u, v = np.empty((2, len(counts), len(templates)))
    for first in range(0, len(counts), _CHUNK):
        rows = slice(first, first + _CHUNK)
        slope = shape.slopes(parameters[rows])
        u[rows], v[rows] = _scores(counts[rows], expected[rows], slope, root[rows], templates)
    fitted = np.atleast_1d(fit.ok)[:, None]
    useful = v > 0
    ok = fitted & useful
    why = np.where(ok, "", "the background absorbs this signal entirely; use a narrower one")
    why = np.where(fitted, why, np.atleast_1d(fit.why)[:, None])
    deviation = np.sqrt(np.where(ok, v, np.nan))
    return _result(fit, u / deviation, u / deviation**2, 1.0 / deviation, ok, why)


def likelihood_ratio_scan(fit: Fit, signals: ArrayLike | Sequence[Any]) -> MassScan:
    """Signed root of the profile likelihood ratio for a signal at every mass.

    Z = sign(s) sqrt(2 ln L(s, b_s) - 2 ln L(0, b_0)), the background fitted anew with the signal.

    Args:
        fit: The background, fitted to all bins; of one spectrum or of toys.
        signals: As for `score_test_scan`.

    Raises:
        BadLayout: If the shapes do not fit, or the fit left bins out.
        BadNumbers: If a template is not finite.
    """
    templates = _templates(fit, signals)
    shape = fit.shape.binned(fit.spectrum.edges) / fit.event_weight
    counts = np.atleast_2d(fit.spectrum.effective_counts)
    expected, start = np.atleast_2d(fit.effective_expected), np.atleast_2d(fit.parameters)
    items = (len(counts), len(templates))
    z, strength, sigma = (np.full(items, np.nan) for _ in range(3))
    ok = np.zeros(items, dtype=bool)
    good = np.flatnonzero(np.atleast_1d(fit.ok))
    for first in range(0, len(good), _CHUNK):
        rows = good[first : first + _CHUNK]
        found = maximise_with_signal(counts[rows], shape, templates, start[rows])
        background = shape.events(found.parameters[..., :-1])
        size = found.parameters[..., -1]
        gain = _gain(counts[rows], expected[rows], background, size, templates)
        z[rows] = np.sign(size) * np.sqrt(np.maximum(gain, 0.0))
        strength[rows] = size
        sigma[rows] = np.sqrt((found.root[..., -1, :] ** 2).sum(axis=-1))
        ok[rows] = found.converged
    why = np.where(ok, "", "the fit of signal and background did not converge")
    why = np.where(np.atleast_1d(fit.ok)[:, None], why, np.atleast_1d(fit.why)[:, None])
    return _result(fit, z, strength, sigma, ok, why)


def score_correlation(fit: Fit, signals: ArrayLike | Sequence[Any]) -> Floats:
    """Correlation between the significances at different masses, shape (mass, mass).

    Of the score test under the background hypothesis: the covariance of U is
    sum s s'/b minus the part of each that the background's parameters absorb. It needs no toys.

    Args:
        fit: The background, fitted to all bins of one spectrum.
        signals: As for `score_test_scan`.

    Raises:
        BadLayout: If the shapes do not fit, the fit left bins out, has failed, or is of toys.
        BadNumbers: If a template is not finite.
    """
    templates = _templates(fit, signals)
    if fit.ok.ndim or not fit.ok:
        raise BadLayout(f"score_correlation: expected a good fit of one spectrum, got {fit!r}.")
    weight = 1.0 / np.sqrt(fit.effective_expected)
    absorbed = fit.leverage() * (weight / fit.event_weight)[:, None]  # orthonormal columns
    signal = templates * weight
    left = signal - (signal @ absorbed) @ absorbed.T
    left = left / np.sqrt((left**2).sum(axis=1))[:, None]
    correlation = left @ left.T
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)


def _templates(fit: Fit, signals: ArrayLike | Sequence[Any]) -> Floats:
    """Effective events in each bin for a strength of one, shape (mass, bin)."""
    if not fit.fitted.all():
        raise BadLayout(
            f"mass scan: expected a background fitted to all bins, got one that leaves out "
            f"{int((~fit.fitted).sum())}. Fit without a mask: the signal is profiled."
        )
    templates = signal_templates(signals, fit.spectrum.edges, "mass scan")
    if templates.ndim != 2:
        raise BadLayout("mass scan: expected one template for each mass, got a single signal.")
    return np.asarray(templates / fit.event_weight)


def _result(
    fit: Fit, z: Floats, strength: Floats, sigma: Floats, ok: NDArray[np.bool_], why: Any
) -> MassScan:
    """The `MassScan` of arrays with a toy axis, which goes if the fit has none."""
    one: Any = slice(None) if fit.ok.ndim else 0
    z, strength, sigma = (np.where(ok, values, np.nan)[one] for values in (z, strength, sigma))
    return MassScan(z, strength, sigma, ok[one], why.astype(np.str_)[one])


@compiled
def _scores(
    counts: Floats, expected: Floats, slope: Floats, root: Floats, templates: Floats
) -> tuple[Floats, Floats]:
    """U and V of every toy and mass; V = 0 for absorbed signals.

    Not as matrix products, whose last bits depend on the number of toys.
    """
    toys, bins, n = slope.shape
    u, v = np.full((toys, len(templates)), np.nan), np.full((toys, len(templates)), np.nan)
    absorbed = np.empty((n, bins))
    for toy in range(toys):
        if np.isnan(expected[toy, 0]):
            continue
        for i in range(bins):
            for j in range(n):
                absorbed[j, i] = 0.0
                for k in range(n):
                    absorbed[j, i] += slope[toy, i, k] * root[toy, k, j]
                absorbed[j, i] /= expected[toy, i]
        pull, weight = counts[toy] / expected[toy] - 1.0, 1.0 / expected[toy]
        for mass in range(len(templates)):
            u[toy, mass], v[toy, mass] = _score(pull, weight, absorbed, templates[mass])
    return u, v


@summing
def _score(pull: Floats, weight: Floats, absorbed: Floats, signal: Floats) -> tuple[float, float]:
    u, total = 0.0, 0.0
    for i in range(len(signal)):
        u += signal[i] * pull[i]
        total += signal[i] * signal[i] * weight[i]
    v = total
    for row in absorbed:
        along = 0.0
        for i in range(len(signal)):
            along += signal[i] * row[i]
        v -= along * along
    if v < 1e-9 * total:  # rounding
        return u, 0.0
    return u, v


@compiled
def _gain(
    counts: Floats, expected: Floats, background: Floats, strength: Floats, templates: Floats
) -> Floats:
    """How much smaller the deviance is with the signal than without, shape (toy, mass)."""
    toys, masses = strength.shape
    gain = np.empty((toys, masses))
    for toy in range(toys):
        without = 0.0
        for i in range(len(expected[toy])):
            n, mu = counts[toy, i], expected[toy, i]
            without += half_deviance_of(n, mu, n - mu)
        for mass in range(masses):
            total = 0.0
            for i in range(len(expected[toy])):
                mu = background[toy, mass, i] + strength[toy, mass] * templates[mass, i]
                total += half_deviance_of(counts[toy, i], mu, counts[toy, i] - mu)
            gain[toy, mass] = 2.0 * (without - total)
    return gain
