"""Does a search in a histogram keep what it promises, in data like these?

Pseudo-experiments from the fitted background, searched as the data were: are p-values uniform, does
an injected signal come out, do limits cover it? What goes wrong because the true background is none
that the function can describe is not seen here: the spurious signal is for that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue, FitError
from anomalon.core.seed import Seed
from anomalon.search.results.closure import LimitCoverage, SignalClosure
from anomalon.stats import Fit, Shape, SignalModel, Spectrum, fit_signal, fit_spectrum
from anomalon.stats.coverage import (
    Coverage,
    PValueUniformity,
    interval_coverage,
    p_value_uniformity,
)
from anomalon.stats.coverage.closure import Injection, closure_of
from anomalon.stats.spectra.signals import Gaussian

__all__ = [
    "MOST_CLOSURE",
    "GlobalPClosure",
    "InjectedSignal",
    "TestedLimits",
    "check_number",
    "global_p_closure",
    "limit_coverage",
    "signal_closure",
    "toys_of_coverage",
]

Floats = NDArray[np.floating[Any]]

_INJECTED = np.array([0.0, 1.0, 2.0, 3.0, 5.0])  # times the uncertainty of the signal
_LIMITED = np.array([0.5, 1.0, 1.5, 2.0, 3.0])  # times the expected limit
_WHERE = (0.1, 0.5, 0.9)  # of the list of masses: many events, some, few


def toys_of_coverage(n: int) -> int:
    """Pseudo-experiments in which `limit_coverage` sets limits, if it has n for each strength."""
    return n * len(_LIMITED) * len(_WHERE)


MOST_CLOSURE = 1_000_000
"""More pseudo-experiments are a slip of the finger."""


def check_number(n: int) -> None:
    """Raise `BadValue` for a number of pseudo-experiments that can show nothing."""
    if 0 < check.whole(n, "n_closure", 0, MOST_CLOSURE) < 10:
        raise BadValue(f"n_closure: expected 0 or at least 10 pseudo-experiments, got {n}.")


def global_p_closure(
    fit: Fit, global_p: Callable[[Spectrum, Seed], float], n: int, seed: Seed
) -> PValueUniformity:
    """Global p-values of pseudo-experiments without signal, each searched as the data were.

    Args:
        fit: The background of the data, from which they are drawn.
        global_p: The whole search in one of them.
        n: Their number.
        seed: Of all of them.

    Raises:
        TooFewEvents: If fewer than 10 have a global p-value.
    """
    closure = GlobalPClosure(fit, global_p, seed)
    return p_value_uniformity([closure.p(toy) for toy in range(n)])


@dataclass(frozen=True, eq=False)
class GlobalPClosure:
    """The pseudo-experiments of `global_p_closure`, one by one; the same arguments."""

    fit: Fit
    global_p: Callable[[Spectrum, Seed], float]
    seed: Seed

    def p(self, toy: int) -> float:
        """The global p-value of one of them; NaN if it cannot be searched."""
        own = self.seed.child("closure of the global p-value", toy=toy)
        toys = self.fit.spectrum.toys(self.fit.expected, 1, own.child("data").generator())
        try:
            return self.global_p(toys.with_counts(toys.counts[0]), own)
        except FitError:
            return float("nan")  # p_value_uniformity counts them


def signal_closure(fit: Fit, mass: float, resolution: float, n: int, seed: Seed) -> SignalClosure:
    """Signals of several strengths, injected and fitted together with the background.

    Args:
        fit: The background of the data; pseudo-experiments are fitted with its shape.
        mass: Of the signal, in GeV.
        resolution: Its standard deviation over its mass.
        n: Pseudo-experiments for each strength.
        seed: Of all of them.
    """
    injected = InjectedSignal.into(fit, mass, resolution, seed)
    return injected.result([injected.tried(i, n) for i in range(injected.n_strengths)])


@dataclass(frozen=True, eq=False)
class InjectedSignal:
    """The strengths of `signal_closure`, one by one.

    Args:
        mass: Of the signal, in GeV.
        injection: Background and signal; None if it cannot be measured at all.
        strengths: Signal events, shape (strength,).
        why: If it cannot, why; else "".
        seed: Of all pseudo-experiments.
    """

    mass: float
    injection: Injection | None
    strengths: Floats
    why: str
    seed: Seed

    @classmethod
    def into(cls, fit: Fit, mass: float, resolution: float, seed: Seed) -> "InjectedSignal":
        """Arguments are those of `signal_closure`."""
        signal = Gaussian(mass, resolution * mass)
        asimov = fit.spectrum.with_counts(fit.expected)
        try:
            sigma = float(fit_signal(asimov, fit.shape, signal).sigma_strength)
        except FitError as error:
            return cls(mass, None, np.zeros(0), str(error), seed)
        expected = Spectrum(fit.expected, asimov.edges, event_weight=fit.event_weight)
        injection = Injection.of(expected, fit.shape, signal)
        return cls(mass, injection, sigma * _INJECTED, "", seed)

    @property
    def n_strengths(self) -> int:
        """How many there are; none if the signal cannot be measured."""
        return len(self.strengths)

    def tried(self, number: int, n: int) -> Floats:
        """What is measured in n pseudo-experiments with one of the strengths, shape (3, toy)."""
        if self.injection is None:
            raise IndexError(f"no strength number {number}: {self.why}")
        return self.injection.tried(float(self.strengths[number]), n, self.seed)

    def result(self, tables: Sequence[Floats]) -> SignalClosure:
        """From what `tried` gave for each strength."""
        if self.injection is None:
            return SignalClosure(self.mass, None, self.why)
        try:
            return SignalClosure(self.mass, closure_of(self.strengths, tables), "")
        except FitError as error:
            return SignalClosure(self.mass, None, str(error))


def limit_coverage(
    model: SignalModel,
    limited: NDArray[np.int64],
    masses: Floats,
    level: float,
    n: int,
    seed: Seed,
) -> LimitCoverage:
    """How often limits are above a signal that is there, at three masses.

    Args:
        model: What the limits come from; pseudo-experiments are drawn from its best function and
            fitted with all that come into question.
        limited: Numbers of the signals that have a limit, shape (limit,).
        masses: Of all signals, GeV, shape (mass,).
        level: Confidence level of the limits.
        n: Pseudo-experiments for each strength.
        seed: Of all of them.
    """
    tested = TestedLimits.at(model, limited, masses, level, n, seed)
    return tested.result([tested.above(*which) for which in tested.tries])


@dataclass(frozen=True, eq=False)
class TestedLimits:
    """The masses and strengths of `limit_coverage`, one by one.

    Args:
        model: What the limits come from.
        numbers: Of the signals at the masses that are looked at, shape (n,).
        masses: The masses, GeV, shape (n,).
        expected: Median expected limits there, shape (n,); NaN where there is none.
        level: Confidence level of the limits.
        n: Pseudo-experiments for each strength.
        seed: Of all of them.
    """

    model: SignalModel
    numbers: NDArray[np.int64]
    masses: Floats
    expected: Floats
    level: float
    n: int
    seed: Seed

    @classmethod
    def at(
        cls,
        model: SignalModel,
        limited: NDArray[np.int64],
        masses: Floats,
        level: float,
        n: int,
        seed: Seed,
    ) -> "TestedLimits":
        """Arguments are those of `limit_coverage`."""
        numbers = np.unique([limited[round(share * (len(limited) - 1))] for share in _WHERE])
        expected = np.array([_median(model, int(number), level) for number in numbers])
        return cls(model, numbers, masses[numbers], expected, level, n, seed)

    @property
    def tries(self) -> list[tuple[int, int]]:
        """Which mass, and which strength there."""
        there = np.flatnonzero(np.isfinite(self.expected))
        return [(int(mass), i) for mass in there for i in range(len(_LIMITED))]

    def above(self, which: int, i: int) -> Floats:
        """Infinite where the limit is above the signal, minus infinity where not; shape (toy,)."""
        number, mass = int(self.numbers[which]), float(self.masses[which])
        form, truth = self.model.forms[number], self.model.fits[0].expected
        strength = float(_LIMITED[i] * self.expected[which])
        own = self.seed.child("coverage of limits", mass=mass, strength=strength)
        toys = self.model.spectrum.toys(truth + strength * form.nominal, self.n, own.generator())
        fits = _fits(toys, self.model.close_functions(number))
        log_cls = SignalModel(fits, (form,), self.model.penalty).log_cls(strength, 0)
        above = np.where(log_cls >= np.log1p(-self.level), np.inf, -np.inf)
        return np.where(np.isnan(log_cls), np.nan, above)

    def result(self, limits: Sequence[Floats]) -> LimitCoverage:
        """From what `above` gave for all `tries`."""
        rows = dict(zip(self.tries, limits, strict=True))
        good: list[tuple[int, Coverage]] = []
        for which in range(len(self.masses)):
            if (which, 0) in rows:
                table = np.array([rows[which, i] for i in range(len(_LIMITED))])
                if (coverage := self._coverage(which, table)) is not None:
                    good.append((which, coverage))
        at = [which for which, _ in good]
        return LimitCoverage(
            masses=self.masses[at],
            expected=self.expected[at],
            coverage=tuple(coverage for _, coverage in good),
            failed=np.delete(self.masses, at),
        )

    def _coverage(self, which: int, limits: Floats) -> Coverage | None:
        """None if hardly any limit can be set there."""
        if ((~np.isnan(limits)).sum(axis=1) < 10).any():
            return None
        lowest = np.where(np.isnan(limits), np.nan, -np.inf)
        return interval_coverage(lowest, limits, _LIMITED * self.expected[which], self.level)


def _median(model: SignalModel, number: int, level: float) -> float:
    """The median expected limit on one signal, with the functions that come into question."""
    asimov = model.spectrum.with_counts(model.fits[0].expected)
    fits = _fits(asimov, model.close_functions(number))
    return SignalModel(fits, (model.forms[number],), model.penalty).limit(0, level=level).median


def _fits(spectrum: Spectrum, shapes: Sequence[Shape]) -> tuple[Fit, ...]:
    return tuple(fit_spectrum(spectrum, shape, throw=False) for shape in shapes)
