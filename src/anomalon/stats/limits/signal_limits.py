"""Limits on a resonance from a whole spectrum: signal and background fitted together.

The background is one of several functions with free parameters, and which one is a nuisance like
any other (`anomalon.stats.fits.envelope`). So the likelihood of a strength s is that of the
function which is best for it, its parameters a and the pulls t of the signal at their best:

    -2 ln L(s) = min_f (min_{a, t} -2 ln L_f(s, a, t) + n_f).

No bin is cut out and none is counted as a whole, so limits move smoothly with the mass, and the
ends of a spectrum are as good as what is known of the background there.

The limits are CLs with the statistic q~ and its asymptotic distribution (Cowan, Cranmer, Gross and
Vitells, arXiv:1007.1727), as in pyhf. Where few events are seen or expected these claim too much: a
weighted sum of the counts takes their place, whose distribution is exact
(`anomalon.stats.limits.weighted_count`), over the background that the fit of both expects beside
the signal.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.core import check
from anomalon.core.errors import BadLayout
from anomalon.stats.fits.envelope import BEYOND, PENALTY, profiled_error
from anomalon.stats.fits.fit import Fit
from anomalon.stats.fits.signal_fit import SignalFit, fit_signal
from anomalon.stats.limits import weighted_count
from anomalon.stats.limits.conditional_fit import Conditional, SignalForm
from anomalon.stats.limits.count_limits import N_SIGMA
from anomalon.stats.limits.signal_curve import (
    Curve,
    crossing,
    log_cls_of,
    statistics,
    variations,
)
from anomalon.stats.limits.strengths import SignalLimit, Strengths
from anomalon.stats.limits.weighted_count import WeightedCount
from anomalon.stats.spectra.shapes import Binned, Shape
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = [
    "SignalModel",
]

Floats = NDArray[np.floating[Any]]

_FEW = 25.0  # events, below which the sums are exact
_NODES = 25  # strengths that are fitted
_REACH = 8.0  # standard deviations above the best strength
_MOST_DOUBLINGS = 8


@dataclass(frozen=True, eq=False)
class SignalModel:
    """A spectrum, the functions that may describe its background, and signals to look for.

    Args:
        fits: The functions, each fitted to all bins of the spectrum without signal, or of toys.
        forms: The signals, in events per bin for a strength of one.
        penalty: What a parameter of a function costs, in units of -2 ln L.

    Raises:
        BadLayout: If there is no function, no signal, or a fit did not see all bins.

    Example:
        >>> from anomalon.stats import Exponential, Gaussian, fit_spectrum
        >>> edges = np.linspace(1000.0, 3000.0, 41)
        >>> counts = Exponential(2).integrate([4.0, -1.0], edges)
        >>> none = np.zeros((0, 40))
        >>> form = SignalForm(Gaussian(2000.0, 60.0).integrate(edges), none, none)
        >>> model = SignalModel((fit_spectrum((counts, edges), Exponential(2)),), (form,))
        >>> round(model.limit(0).observed, 1)
        85.6
    """

    fits: tuple[Fit, ...]
    forms: tuple[SignalForm, ...]
    penalty: float = PENALTY

    def __post_init__(self) -> None:
        object.__setattr__(self, "fits", tuple(self.fits))
        object.__setattr__(self, "forms", tuple(self.forms))
        if not self.fits or not self.forms:
            raise BadLayout("limits: expected at least one function and one signal.")
        if not all(fit.fitted.all() for fit in self.fits):
            raise BadLayout("limits: expected fits to all bins; the signal is fitted with them.")

    @property
    def spectrum(self) -> Spectrum:
        """The counts, of one spectrum or of toys."""
        return self.fits[0].spectrum

    @cached_property
    def strengths(self) -> Strengths:
        """The best strengths."""
        strip = 0 if self.spectrum.counts.ndim == 1 else slice(None)
        least, best = self._total.min(axis=0), self._total.argmin(axis=0)
        there = np.isfinite(least)

        def of_best(name: str) -> NDArray[Any]:
            values = np.array([getattr(f, name) for f in self._with_signal])
            values = values.reshape(self._total.shape)
            return np.asarray(np.take_along_axis(values, best[None], axis=0)[0])

        strength = np.where(there, of_best("strength"), np.nan)
        gain = np.maximum(self._without.min(axis=0)[:, None] - least, 0.0)
        size = strength * np.array([form.kappa for form in self.forms])
        return Strengths(
            strength=strength[strip],
            sigma=np.where(there, np.hypot(self._errors(), size), np.nan)[strip],
            z=np.where(there, np.sign(strength) * np.sqrt(gain), np.nan)[strip],
            function=best[strip],
            why=np.where(there, "", of_best("why")).astype(np.str_)[strip],
        )

    def limit(self, number: int, *, level: float = 0.95, few: float = _FEW) -> SignalLimit:
        """Observed and expected limits on one of the signals, in one spectrum.

        Args:
            number: Which signal.
            level: Confidence level.
            few: Events up to which sums are exact; 0 for asymptotic formulae everywhere.

        Raises:
            BadLayout: If the model is of toys.
            BadValue: If the level is not in (0, 1).
        """
        if self.spectrum.counts.ndim != 1:
            raise BadLayout("limits: expected one spectrum, got toys; see `log_cls`.")
        level = check.number(level, "level", "(0, 1)")
        if why := str(self.strengths.why[number]):
            return SignalLimit.none(why)
        one = self._at(0, number)
        if not one.unit > 0:
            return SignalLimit.none("the background absorbs this signal; use a narrower one")
        if few > 0:
            count, total, size = one.count(2.0 * one.unit)
            if size < few:
                return one.exact(count, total, level)
        return one.asymptotic(level)

    def log_cls(self, strength: float, number: int, *, few: float = _FEW) -> Floats:
        """The logarithm of CLs of one strength, which `limit` finds the zero of; far faster.

        Returns:
            Shape () or (toy,); NaN where there is none.
        """
        toys = len(np.atleast_2d(self.spectrum.counts))
        values = np.full(toys, np.nan)
        for toy in np.flatnonzero(np.isfinite(self._total[:, :, number].min(axis=0))):
            one = self._at(int(toy), number)
            if not one.unit > 0:
                continue
            count, total, size = one.count(max(strength, one.unit))
            if size < few:
                values[toy] = weighted_count.log_cls(strength, total, count)
            else:
                values[toy] = one.asymptotic_log_cls(strength)
        return np.asarray(values[0 if self.spectrum.counts.ndim == 1 else slice(None)])

    def close_functions(self, number: int) -> tuple[Shape, ...]:
        """The functions that come into question beside one of the signals, in one spectrum."""
        cost = self._total[:, 0, number] - self._total[:, 0, number].min()
        return tuple(f.shape for f, c in zip(self.fits, cost, strict=True) if c <= 2 * BEYOND)

    @cached_property
    def _with_signal(self) -> list[SignalFit]:
        """Fits with a signed signal, of all signals, for each function."""
        templates = np.array([form.nominal for form in self.forms])
        return [fit_signal(self.spectrum, f.shape, templates, throw=False) for f in self.fits]

    @cached_property
    def _price(self) -> Floats:
        """What each function costs beside its deviance, shape (function,)."""
        return self.penalty * np.array([float(f.n_parameters) for f in self.fits])

    @cached_property
    def _without(self) -> Floats:
        """-2 ln L without signal, shape (function, toy); infinite where there is no fit."""
        deviance = np.array([np.where(f.ok, f.deviance, np.inf) for f in self.fits])
        return np.asarray(deviance.reshape(len(self.fits), -1) + self._price[:, None])

    @cached_property
    def _total(self) -> Floats:
        """-2 ln L with the best signal, shape (function, toy, mass)."""
        deviance = np.array([np.where(f.ok, f.deviance, np.inf) for f in self._with_signal])
        deviance = deviance.reshape(len(self.fits), -1, len(self.forms))
        return np.asarray(deviance + self._price[:, None, None])

    def _errors(self) -> Floats:
        """Standard deviations of the strengths with the function profiled, (toy, mass)."""
        shape = self._total.shape
        value, sigma = (
            np.array([getattr(f, name) for f in self._with_signal]).reshape(shape)
            for name in ("strength", "sigma_strength")
        )
        errors = np.full(shape[1:], np.nan)
        for at in np.argwhere(np.isfinite(self._total.min(axis=0))):
            where = (slice(None), *at)
            cost = self._total[where] - self._total[where].min()
            errors[tuple(at)] = profiled_error(value[where], sigma[where], cost)
        return errors

    def _at(self, toy: int, number: int) -> "_AtMass":
        cost = self._total[:, toy, number] - self._total[:, toy, number].min()
        used = [int(f) for f in np.argsort(cost, kind="stable") if cost[f] <= BEYOND]
        one = 0 if self.spectrum.counts.ndim == 1 else 1

        def pick(values: Any, *rest: int) -> Any:
            return values[(toy, *rest) if one else rest]

        functions = tuple(
            _Function(
                shape=self.fits[f].shape,
                binned=self._binned[f],
                price=float(self._price[f]),
                start=pick(self.fits[f].parameters),
                without=float(self._without[f, toy]),
                beside=pick(self._with_signal[f].parameters, number),
                root=pick(self._with_signal[f].root, number),
                strength=float(pick(self._with_signal[f].strength, number)),
                total=float(self._total[f, toy, number]),
            )
            for f in used
        )
        return _AtMass(
            spectrum=self.spectrum,
            counts=np.atleast_2d(self.spectrum.effective_counts)[toy],
            form=self.forms[number] / self.spectrum.event_weight,
            functions=functions,
        )

    @cached_property
    def _binned(self) -> list[Binned]:
        """The functions on the bins, in effective events."""
        edges, weight = self.spectrum.edges, self.spectrum.event_weight
        return [fit.shape.binned(edges) / weight for fit in self.fits]


@dataclass(frozen=True, eq=False)
class _Function:
    """One function with one signal.

    Args:
        shape, binned: The function, and on the bins in effective events.
        price: What its parameters cost.
        start: Parameters without signal.
        without: -2 ln L there, with the price.
        beside, root: Parameters beside the best signal, and the root of their covariance with it.
        strength: The best one, signed.
        total: -2 ln L there, with the price.
    """

    shape: Shape
    binned: Binned
    price: float
    start: Floats
    without: float
    beside: Floats
    root: Floats
    strength: float
    total: float

    @property
    def least(self) -> float:
        """-2 ln L at the best strength that is not negative."""
        return self.total if self.strength >= 0 else self.without


@dataclass(frozen=True, eq=False)
class _AtMass:
    """One spectrum and one signal over the functions that come into question, the best first."""

    spectrum: Spectrum
    counts: Floats
    form: SignalForm
    functions: tuple[_Function, ...]

    @cached_property
    def unit(self) -> float:
        """Standard deviation of the strength over the best function."""
        return float(np.linalg.norm(self.functions[0].root[-1]))

    @cached_property
    def _models(self) -> list[Conditional]:
        return [Conditional(f.binned, self.form) for f in self.functions]

    def _curve(self, counts: Floats, strengths: Floats) -> "Curve":
        """-ln L at these strengths, for each function."""
        found = [
            model.fits(counts, strengths, f.start)
            for model, f in zip(self._models, self.functions, strict=True)
        ]
        price = np.array([f.price for f in self.functions])
        half = np.array([f.half for f in found]) + price[:, None] / 2
        return Curve(strengths, half, np.array([f.slope for f in found]))

    @cached_property
    def _asimov(self) -> Floats:
        """What is expected, without fluctuations, over the function that is best without signal."""
        best = min(self.functions, key=lambda f: f.without)
        return best.binned.events(best.start)

    def asymptotic(self, level: float) -> SignalLimit:
        """From the distribution of q~ for many events."""
        log_alpha = np.log1p(-level)
        n_sigma = np.array(N_SIGMA)
        roots = n_sigma - special.ndtri_exp(log_alpha + special.log_ndtr(n_sigma))
        top = max(self.functions[0].strength, 0.0) + _REACH * self.unit
        for _ in range(_MOST_DOUBLINGS):
            nodes = top * np.linspace(0.0, 1.0, _NODES) ** 1.5
            seen, expected = (self._curve(c, nodes) for c in (self.counts, self._asimov))
            x, q, q_asimov = statistics(seen, expected)
            log_cls = log_cls_of(q, q_asimov)
            if log_cls[-1] < log_alpha and np.sqrt(q_asimov[-1]) > roots.max():
                band = np.interp(roots, np.sqrt(q_asimov), x)
                return SignalLimit(crossing(x, log_cls, log_alpha), band, "asymptotic", "")
            top *= 2.0
        return SignalLimit.none("no strength is excluded")

    def asymptotic_log_cls(self, strength: float) -> float:
        """At one strength."""
        if len(self.form.up):  # the best strength is not that of the nominal form
            top = max(strength, self.functions[0].strength + self.unit)
            nodes = np.unique(np.append(np.linspace(0.0, top, 9), strength))
            seen, expected = (self._curve(c, nodes) for c in (self.counts, self._asimov))
            x, q, q_asimov = statistics(seen, expected)
            return float(np.interp(strength, x, log_cls_of(q, q_asimov)))
        at = np.array([strength])
        minimum = [2 * float(self._curve(c, at).half.min()) for c in (self.counts, self._asimov)]
        best = min(self.functions, key=lambda f: f.least)
        least = best.least, min(self.functions, key=lambda f: f.without).price
        both = np.maximum(np.array(minimum) - least, 0.0)[:, None]
        above = best.strength < strength
        return float(log_cls_of(both[0] if above else 0 * both[0], both[1])[0])

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
        expected = [self._beside(f) for f in self.functions]
        background = expected[0][0]
        weight = weighted_count.whole_weights(background, strength * self.form.nominal)
        used = weight > 0
        sums = np.array([(weight * b).sum() for b, _ in expected])
        errors = np.array([np.linalg.norm(weight @ leverage) for _, leverage in expected])
        cost = np.array([f.total - self.functions[0].total for f in self.functions])
        relative = profiled_error(sums, errors, cost) / sums[0] if sums[0] > 0 else 0.0
        factor, signals, probability = variations(self.form, relative)
        count = WeightedCount(
            weight[used],
            factor[:, None] * background[used],
            np.array([s[used] for s in signals]),
            probability,
        )
        total = int(np.round(weight @ self.counts))
        return count, total, min(total, float(sums[0])) / max(int(weight.max()), 1)

    def _beside(self, f: _Function) -> tuple[Floats, Floats]:
        """Effective background events beside the signal, and their derivatives times the root."""
        slope = f.binned.slopes(f.beside) @ f.root[: f.shape.n]
        return np.maximum(f.binned.events(f.beside), 0.0), slope
