"""Does a search in a histogram keep what it promises, in data like these?

Pseudo-experiments from the fitted background, searched as the data were: are p-values uniform, does
an injected signal come out, do limits cover it? What goes wrong because the true background is none
that the function can describe is not seen here: the spurious signal is for that.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadValue, FitError, TooFewEvents
from anomalon.core.seed import Seed
from anomalon.search.histogram_result import LimitCoverage, SignalClosure
from anomalon.search.window_count import count_in_window
from anomalon.search.window_limit import is_covered, window_limit
from anomalon.stats import (
    Coverage,
    Fit,
    PValueUniformity,
    Spectrum,
    closure_test,
    fit_signal,
    interval_coverage,
    p_value_uniformity,
)
from anomalon.stats.signals import Gaussian

__all__ = [
    "LIMITED_MASSES",
    "check_number",
    "global_p_closure",
    "limit_closure",
    "limit_coverage",
    "signal_closure",
]

Floats = NDArray[np.floating[Any]]

_INJECTED = np.array([0.0, 1.0, 2.0, 3.0, 5.0])  # times the uncertainty of the signal
_LIMITED = np.array([0.5, 1.0, 1.5, 2.0, 3.0])  # times the expected limit
_WHERE = (0.1, 0.5, 0.9)  # of the list of masses: many events, some, few
LIMITED_MASSES = len(_WHERE)
"""At how many masses `limit_coverage` looks, at most."""


def check_number(n: int) -> None:
    """Raise `BadValue` for a number of pseudo-experiments that can show nothing."""
    if n != 0 and n < 10:
        raise BadValue(f"n_closure: expected 0 or at least 10 pseudo-experiments, got {n}.")


def global_p_closure(
    fit: Fit,
    global_p: Callable[[Spectrum, Seed], float],
    n: int,
    seed: Seed,
    tell: Callable[[int], None] = lambda _done: None,
) -> PValueUniformity:
    """Global p-values of pseudo-experiments without signal, each searched as the data were.

    Args:
        fit: The background of the data, from which they are drawn.
        global_p: The whole search in one of them.
        n: Their number.
        seed: Of all of them.
        tell: Called with how many are done.

    Raises:
        TooFewEvents: If fewer than 10 have a global p-value.
    """
    p = np.full(n, np.nan)
    for i in range(n):
        own = seed.child("closure of the global p-value", toy=i)
        toys = fit.spectrum.toys(fit.expected, 1, own.child("data").generator())
        try:
            p[i] = global_p(toys.with_counts(toys.counts[0]), own)
        except FitError:
            p[i] = np.nan  # p_value_uniformity counts them
        tell(i + 1)
    return p_value_uniformity(p)


def signal_closure(fit: Fit, mass: float, resolution: float, n: int, seed: Seed) -> SignalClosure:
    """Signals of several strengths, injected and fitted together with the background.

    Args:
        fit: The background of the data; pseudo-experiments are fitted with its shape.
        mass: Of the signal, in GeV.
        resolution: Its standard deviation over its mass.
        n: Pseudo-experiments for each strength.
        seed: Of all of them.
    """
    signal = Gaussian(mass, resolution * mass)
    asimov = fit.spectrum.with_counts(fit.expected)
    try:
        sigma = float(fit_signal(asimov, fit.shape, signal).sigma_strength)
        test = closure_test(
            fit.expected, asimov.edges, fit.shape, signal, sigma * _INJECTED, n_toys=n, seed=seed,
            event_weight=fit.event_weight,
        )  # fmt: skip
    except FitError as error:
        return SignalClosure(mass, None, str(error))
    return SignalClosure(mass, test, "")


def limit_closure(fit: Fit, mass: float, resolution: float, n: int, seed: Seed) -> SignalClosure:
    """`signal_closure` for the count in a window over a fit to the other bins, as limits use it."""
    sigma = resolution * mass
    edges, mean = fit.spectrum.edges, _mean(fit)

    def measure(counts: Floats) -> tuple[Floats, Floats, Floats]:
        counted = count_in_window(Spectrum(counts, edges), fit.shape, mass, sigma)
        strength = (counted.n - counted.expected) / counted.share
        error = np.hypot(np.sqrt(np.maximum(counted.n, 1.0)), counted.sigma_expected)
        return strength, error / counted.share, np.full(len(counts), np.nan)

    alone = measure(mean[None])[1]
    if not np.isfinite(alone[0]):
        return SignalClosure(mass, None, "the fit beside the window failed")
    try:
        test = closure_test(
            mean, edges, fit.shape, Gaussian(mass, sigma), alone[0] * _INJECTED[1:],
            n_toys=n, seed=seed, fit=measure,
        )  # fmt: skip
    except TooFewEvents as error:
        return SignalClosure(mass, None, str(error))
    return SignalClosure(mass, test, "")


def limit_coverage(
    fit: Fit,
    masses: Floats,
    resolution: float,
    level: float,
    n: int,
    seed: Seed,
    tell: Callable[[int], None] = lambda _done: None,
) -> LimitCoverage:
    """How often limits are above a signal that is there, at three masses.

    Args:
        fit: The background of the data; pseudo-experiments are fitted with its shape.
        masses: Where limits were set, GeV, shape (mass,).
        resolution: Standard deviation of the signal over its mass.
        level: Confidence level of the limits.
        n: Pseudo-experiments for each strength.
        seed: Of all of them.
        tell: Called with how many masses are done.
    """
    rows = np.unique([round(share * (len(masses) - 1)) for share in _WHERE])
    found = []
    for row in rows:
        found.append(_coverage(fit, float(masses[row]), resolution, level, n, seed))
        tell(len(found))
    good = [(mass, one) for mass, one in zip(masses[rows], found, strict=True) if one is not None]
    return LimitCoverage(
        masses=np.array([mass for mass, _ in good]),
        expected=np.array([expected for _, (expected, _) in good]),
        coverage=tuple(coverage for _, (_, coverage) in good),
        failed=np.array([m for m, one in zip(masses[rows], found, strict=True) if one is None]),
    )


def _coverage(
    fit: Fit, mass: float, resolution: float, level: float, n: int, seed: Seed
) -> tuple[float, Coverage] | None:
    """Expected limit and coverage at one mass; None if hardly any limit can be set there."""
    edges, mean, sigma = fit.spectrum.edges, _mean(fit), resolution * mass
    without = count_in_window(Spectrum(mean, edges), fit.shape, mass, sigma)
    expected = window_limit(without, level).median
    if not np.isfinite(expected):
        return None
    strengths = _LIMITED * expected
    template = Gaussian(mass, sigma).integrate(edges)
    limits = np.empty((len(strengths), n))
    for row, strength in zip(limits, strengths, strict=True):
        own = seed.child("coverage of limits", mass=mass, strength=float(strength))
        toys = own.generator().poisson(mean + strength * template, (n, len(mean)))
        counted = count_in_window(Spectrum(toys.astype(np.float64), edges), fit.shape, mass, sigma)
        covered, there = is_covered(counted, strength, level)
        row[:] = np.where(there, np.where(covered, np.inf, -np.inf), np.nan)
    if ((~np.isnan(limits)).sum(axis=1) < 10).any():
        return None
    lowest = np.where(np.isnan(limits), np.nan, -np.inf)
    return expected, interval_coverage(lowest, limits, strengths, level)


def _mean(fit: Fit) -> Floats:
    """Expectations in units in which counts are Poisson."""
    return np.asarray(fit.effective_expected)
