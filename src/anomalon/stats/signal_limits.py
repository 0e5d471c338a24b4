"""Limits on a resonance from a whole spectrum: signal and background fitted together.

The background is one of several functions with free parameters, and which one is a nuisance like any
other (`anomalon.stats.envelope`). So the likelihood of a strength s is that of the function which is
best for it, its parameters and the nuisances of the signal at their best:

    -2 ln L(s) = min_f min_{a, t} (-2 ln L_f(s, a, t)) + n_f.

No bin is cut out and none is counted as a whole, so limits move smoothly with the mass, and the ends
of a spectrum are as good as what is known of the background there.

The limits are CLs with the statistic q~ and its asymptotic distribution (Cowan, Cranmer, Gross and
Vitells, arXiv:1007.1727), as in pyhf. Where few events are seen or expected these claim too much; a
weighted sum of the counts takes their place, whose distribution is exact
(`anomalon.stats.weighted_count`), with the background as the fit of signal and background expects it
beside the signal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.core.errors import BadLayout, BadValue
from anomalon.stats import weighted_count
from anomalon.stats.conditional_fit import Conditional, SignalForm
from anomalon.stats.envelope import PENALTY, profiled_error
from anomalon.stats.fit import Fit
from anomalon.stats.limits import N_SIGMA
from anomalon.stats.signal_fit import SignalFit, fit_signal
from anomalon.stats.spectrum import Spectrum
from anomalon.stats.weighted_count import WeightedCount

__all__ = ["SignalLimit", "SignalModel", "Strengths"]

Floats = NDArray[np.floating[Any]]

_FEW = 25.0  # events, below which the sums are exact
_SURE = 0.02  # of the background: what is known as well counts as known
_BEYOND = 9.0  # of -2 ln L: functions that are worse by more are left out
_NODES, _FINE = 25, 100  # strengths that are fitted, and points between two of them
_REACH = 8.0  # standard deviations above the best strength
_MOST_DOUBLINGS = 8


@dataclass(frozen=True, eq=False)
class Strengths:
    """The best strength at each mass, the function of the background profiled.

    Args:
        strength: Signal events, signed, shape (mass,); NaN where there is no fit.
        sigma: Its standard deviation, with what is not known of the signal's size.
        z: Signed significance, sign(s) sqrt(2 ln L(s) - 2 ln L(0)).
        function: Number of the function that is best with the signal.
        cost: Deviance with the signal plus what parameters cost, over that of the best function,
            shape (function, mass); infinite where there is no fit.
        why: Why there is none, else "".
    """

    strength: Floats
    sigma: Floats
    z: Floats
    function: NDArray[np.int64]
    cost: Floats
    why: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class SignalLimit:
    """The upper limits at one mass, in signal events.

    Args:
        observed: The limit; NaN where there is none.
        band: Expected ones, for backgrounds that fluctuate by -2, -1, 0, 1, 2 standard deviations.
        method: "asymptotic" or "exact"; "" where there is no limit.
        why: The reason if there is none, else "".
    """

    observed: float
    band: Floats
    method: str
    why: str

    @property
    def median(self) -> float:
        """The median expected limit."""
        return float(self.band[N_SIGMA.index(0.0)])

    @classmethod
    def none(cls, why: str) -> "SignalLimit":
        """There is no limit."""
        return cls(float("nan"), np.full(len(N_SIGMA), np.nan), "", why)


@dataclass(frozen=True, eq=False)
class SignalModel:
    """One spectrum, the functions that may describe its background, and signals to look for.

    Args:
        fits: The functions, fitted to all bins of the spectrum without signal.
        forms: The signals.
        penalty: What a parameter of a function costs, in units of -2 ln L.

    Raises:
        BadLayout: If there is no fit, one is of toys or has failed, or did not see all bins.
    """

    fits: tuple[Fit, ...]
    forms: tuple[SignalForm, ...]
    penalty: float = PENALTY

    def __post_init__(self) -> None:
        object.__setattr__(self, "fits", tuple(self.fits))
        object.__setattr__(self, "forms", tuple(self.forms))
        if not self.fits or not all(fit.ok.ndim == 0 and fit.ok for fit in self.fits):
            raise BadLayout(f"limits: expected good fits of one spectrum, got {self.fits}.")
        if not all(fit.fitted.all() for fit in self.fits):
            raise BadLayout("limits: expected fits to all bins; the signal is fitted with them.")

    @property
    def spectrum(self) -> Spectrum:
        """The counts."""
        return self.fits[0].spectrum

    def with_signal(self) -> list[SignalFit]:
        """Fits with a signed signal, for each function, of all signals."""
        templates = np.array([form.nominal for form in self.forms])
        return [fit_signal(self.spectrum, f.shape, templates, throw=False) for f in self.fits]

    def strengths(self, fits: Sequence[SignalFit]) -> Strengths:
        """The best strengths, from `with_signal`."""
        n_parameters = np.array([f.n_parameters for f in self.fits])[:, None]
        total = np.array([np.where(f.ok, f.deviance, np.inf) for f in fits])
        total = total + self.penalty * n_parameters
        without = min(float(f.deviance) + self.penalty * f.n_parameters for f in self.fits)
        best, at = total.argmin(axis=0), np.arange(len(self.forms))
        least = total[best, at]
        there = np.isfinite(least)
        cost = total - np.where(there, least, 0.0)
        value = np.array([f.strength for f in fits])
        sigma = np.array([f.sigma_strength for f in fits])
        strength = np.where(there, value[best, at], np.nan)
        error = np.array([self._error(value[:, i], sigma[:, i], cost[:, i], best[i]) for i in at])
        gain = np.where(there, np.maximum(without - least, 0.0), np.nan)
        size = strength * np.array([form.kappa for form in self.forms])
        why = np.array([str(f.why[i]) for f, i in zip((fits[b] for b in best), at, strict=True)])
        return Strengths(
            strength=strength,
            sigma=np.where(there, np.hypot(error, size), np.nan),
            z=np.sign(strength) * np.sqrt(gain),
            function=best,
            cost=cost,
            why=np.where(there, "", why).astype(np.str_),
        )

    @staticmethod
    def _error(value: Floats, sigma: Floats, cost: Floats, best: int) -> float:
        order = np.argsort(cost, kind="stable")
        if not np.isfinite(cost[best]):
            return float("nan")
        return profiled_error(value[order], sigma[order], cost[order])

    def limit(
        self,
        number: int,
        strengths: Strengths,
        fits: Sequence[SignalFit],
        *,
        level: float = 0.95,
        few: float = _FEW,
    ) -> SignalLimit:
        """Observed and expected limits on one of the signals.

        Args:
            number: Which one.
            strengths: From `strengths`.
            fits: From `with_signal`.
            level: Confidence level.
            few: Events up to which sums are exact; 0 for asymptotic formulae everywhere.

        Raises:
            BadValue: If the level is not in (0, 1).
        """
        if not 0 < level < 1:
            raise BadValue(f"level: expected a confidence level in (0, 1), got {level}.")
        if why := str(strengths.why[number]):
            return SignalLimit.none(why)
        one = _AtMass(self, number, strengths, fits)
        if not one.unit > 0:
            return SignalLimit.none("the background absorbs this signal; use a narrower one")
        if few > 0:
            reference = max(one.unit * 2.0, 3.0 / max(float(one.form.nominal.sum()), 1e-300))
            count, total, size = one.count(reference)
            if size < few:
                return one.exact(count, total, level)
        return one.asymptotic(level)

    def log_cls(
        self, strength: float, number: int, strengths: Strengths, fits: Sequence[SignalFit],
        few: float = _FEW,
    ) -> float:  # fmt: skip
        """The logarithm of CLs of a strength: what `limit` finds the zero of, far faster.

        NaN where there is none.
        """
        if str(strengths.why[number]):
            return float("nan")
        one = _AtMass(self, number, strengths, fits)
        if not one.unit > 0:
            return float("nan")
        count, total, size = one.count(max(strength, one.unit))
        if size < few:
            return weighted_count.log_cls(strength, total, count)
        return one.asymptotic_log_cls(strength)


class _AtMass:
    """One signal over the functions that come into question."""

    def __init__(
        self, model: SignalModel, number: int, strengths: Strengths, fits: Sequence[SignalFit]
    ) -> None:
        spectrum = model.spectrum
        self.weight = spectrum.event_weight
        self.counts = spectrum.effective_counts
        self.form = model.forms[number] / self.weight
        cost = strengths.cost[:, number]
        self.used = [int(f) for f in np.argsort(cost, kind="stable") if cost[f] <= _BEYOND]
        self.cost = cost[self.used]
        # what each function costs beside its deviance, over the least
        extra = np.array([model.penalty * model.fits[f].n_parameters for f in self.used])
        self.extra = extra - extra.min()
        self.fits = [model.fits[f] for f in self.used]
        self.with_signal = [(fits[f], number) for f in self.used]
        self.best_strength = max(float(strengths.strength[number]), 0.0)
        self.unit = float(fits[self.used[0]].sigma_strength[number])
        self.models = [
            Conditional(fit.shape.binned(spectrum.edges) / self.weight, self.form)
            for fit in self.fits
        ]

    def curve(self, counts: Floats, strengths: Floats) -> "_Curve":
        """-2 ln L at these strengths, for each function."""
        found = [
            model.fits(counts, strengths, fit.parameters)
            for model, fit in zip(self.models, self.fits, strict=True)
        ]
        half = np.array([f.half for f in found]) + self.extra[:, None] / 2
        return _Curve(strengths, half, np.array([f.slope for f in found]))

    def asimov(self) -> Floats:
        """The data without fluctuations that the function expects which is best without signal."""
        total = [float(f.deviance) + e for f, e in zip(self.fits, self.extra, strict=True)]
        return self.fits[int(np.argmin(total))].effective_expected

    def asymptotic(self, level: float) -> SignalLimit:
        """From the distribution of q~ for many events."""
        log_alpha = np.log1p(-level)
        n_sigma = np.array(N_SIGMA)
        roots = n_sigma - special.ndtri_exp(log_alpha + special.log_ndtr(n_sigma))
        top = self.best_strength + _REACH * self.unit
        for _ in range(_MOST_DOUBLINGS):
            nodes = top * np.linspace(0.0, 1.0, _NODES) ** 1.5
            seen, expected = (self.curve(c, nodes) for c in (self.counts, self.asimov()))
            x, q, q_asimov = _statistics(seen, expected)
            log_cls = _log_cls(q, q_asimov)
            if log_cls[-1] < log_alpha and np.sqrt(q_asimov[-1]) > roots.max():
                break
            top *= 2.0
        else:
            return SignalLimit.none("no strength is excluded")
        band = np.interp(roots, np.sqrt(q_asimov), x)
        return SignalLimit(_crossing(x, log_cls, log_alpha), band, "asymptotic", "")

    def asymptotic_log_cls(self, strength: float) -> float:
        """At one strength."""
        nodes = np.linspace(0.0, max(strength, self.best_strength + self.unit), 9)
        nodes = np.unique(np.append(nodes, strength))
        seen, expected = (self.curve(c, nodes) for c in (self.counts, self.asimov()))
        x, q, q_asimov = _statistics(seen, expected)
        return float(np.interp(strength, x, _log_cls(q, q_asimov)))

    def exact(self, count: WeightedCount, total: int, level: float) -> SignalLimit:
        """From the distribution of a weighted sum of counts."""
        log_alpha = float(np.log1p(-level))
        observed = weighted_count.observed_limit(total, count, log_alpha)
        band = weighted_count.expected_limits(count, log_alpha, np.array(N_SIGMA))
        return SignalLimit(observed, band, "exact", "")

    def count(self, strength: float) -> tuple[WeightedCount, int, float]:
        """The weighted sum that sees a strength best, its value in the data, and how many events.

        The number of events is the smaller of what is seen and of what is expected, each with
        its weight over the largest.
        """
        expected = [self._beside(fit, number) for fit, number in self.with_signal]
        background = expected[0][0]
        weight = weighted_count.whole_weights(background, strength * self.form.nominal)
        used = weight > 0
        sums = np.array([(weight * b).sum() for b, _ in expected])
        errors = np.array([np.linalg.norm(weight @ leverage) for _, leverage in expected])
        relative = profiled_error(sums, errors, self.cost) / sums[0] if sums[0] > 0 else 0.0
        factor, share, probability = _variations(self.form, relative)
        signal = np.array([s[used] for s in share])
        count = WeightedCount(weight[used], factor[:, None] * background[used], signal, probability)
        total = int(np.round(weight @ self.counts))
        largest = max(int(weight.max()), 1)
        return count, total, min(total, float(sums[0])) / largest

    def _beside(self, fit: SignalFit, number: int) -> tuple[Floats, Floats]:
        """Effective background events beside the signal, and their derivatives times the root."""
        shape, edges = fit.background.shape, fit.background.spectrum.edges
        parameters, root = fit.parameters[number], fit.root[number]
        slope = shape.slope(parameters, edges) @ root[: shape.n]
        return (
            np.maximum(shape.integrate(parameters, edges), 0.0) / self.weight,
            slope / self.weight[:, None],
        )


@dataclass(frozen=True, eq=False)
class _Curve:
    """-ln L against the strength, (function, strength), with its slope."""

    strengths: Floats
    half: Floats
    slope: Floats

    def at(self, x: Floats) -> Floats:
        """The least of all functions, cubic between the strengths that were fitted."""
        nodes = self.strengths
        i = np.clip(np.searchsorted(nodes, x, side="right") - 1, 0, len(nodes) - 2)
        width = nodes[i + 1] - nodes[i]
        t = (x - nodes[i]) / width
        low, high = self.half[:, i], self.half[:, i + 1]
        at_low, at_high = width * self.slope[:, i], width * self.slope[:, i + 1]
        value = (
            low * (1 + 2 * t) * (1 - t) ** 2
            + high * t**2 * (3 - 2 * t)
            + at_low * t * (1 - t) ** 2
            - at_high * t**2 * (1 - t)
        )
        return np.asarray(np.where(np.isnan(value), np.inf, value).min(axis=0))


def _statistics(seen: _Curve, expected: _Curve) -> tuple[Floats, Floats, Floats]:
    """Strengths, and q~ of the data and of the Asimov data."""
    nodes = seen.strengths
    steps = np.linspace(0.0, 1.0, _FINE, endpoint=False)
    x = np.append((nodes[:-1, None] + np.diff(nodes)[:, None] * steps).ravel(), nodes[-1])
    of_data, of_asimov = seen.at(x), expected.at(x)
    best = int(np.argmin(of_data))
    q = np.where(np.arange(len(x)) > best, 2 * (of_data - of_data[best]), 0.0)
    q_asimov = 2 * (of_asimov - of_asimov.min())
    return x, np.maximum(q, 0.0), np.maximum.accumulate(np.maximum(q_asimov, 0.0))


def _log_cls(q: Floats, q_asimov: Floats) -> Floats:
    """ln(CL_{s+b}/CL_b), arXiv:1007.1727, eqs. 64-66."""
    root = np.sqrt(q_asimov)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(q > q_asimov, (q - q_asimov) / (2 * root), np.sqrt(q) - root)
    t = np.where(root > 0, t, 0.0)
    return np.asarray(special.log_ndtr(-(t + root)) - special.log_ndtr(-t))


def _crossing(x: Floats, log_cls: Floats, log_alpha: float) -> float:
    """Where the logarithm of CLs falls through that of alpha for the last time."""
    above = np.flatnonzero(log_cls > log_alpha)
    i = int(above[-1]) if len(above) else 0
    share = (log_cls[i] - log_alpha) / (log_cls[i] - log_cls[i + 1])
    return float(x[i] + share * (x[i + 1] - x[i]))


def _variations(form: SignalForm, relative: float) -> tuple[Floats, list[Floats], Floats]:
    """What is averaged over: factors on the background, signals, and their probabilities."""
    factors: list[tuple[float, float]] = [(1.0, 1.0)]
    if relative > _SURE:
        width = float(np.sqrt(np.log1p(relative**2)))
        factors = [(float(np.exp(width * t - width**2 / 2)), p) for t, p in _normal(5)]
    signals = [(form.nominal, 1.0)]
    for up, down in zip(form.up, form.down, strict=True):
        signals = [
            (np.maximum(s + abs(t) * ((up if t > 0 else down) - form.nominal), 0.0), p * weight)
            for s, p in signals
            for t, weight in _normal(3)
        ]
    if form.kappa > 0:
        signals = [
            (s * float(np.exp(form.kappa * t)), p * weight)
            for s, p in signals
            for t, weight in _normal(5)
        ]
    rows = [(f, s, p * weight) for f, p in factors for s, weight in signals]
    return (
        np.array([f for f, _, _ in rows]),
        [s for _, s, _ in rows],
        np.array([p for _, _, p in rows]),
    )


def _normal(n: int) -> list[tuple[float, float]]:
    """Points and probabilities that stand for a standard normal variable."""
    points, weights = np.polynomial.hermite_e.hermegauss(n)
    return list(zip(points.tolist(), (weights / weights.sum()).tolist(), strict=True))
