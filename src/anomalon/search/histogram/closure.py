"""Does a search in a histogram keep what it promises, in data like these?

Pseudo-experiments from the fitted background, searched as the data were: are p-values uniform, does
an injected signal come out, do limits cover it? What goes wrong because the true background is none
that the function can describe is not seen here: the spurious signal is for that.
"""

from collections.abc import Callable, Sequence
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
    closure_test,
    interval_coverage,
    p_value_uniformity,
)
from anomalon.stats.spectra.signals import Gaussian

__all__ = [
    "LIMITED_MASSES",
    "MOST_CLOSURE",
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
LIMITED_MASSES = len(_WHERE)
"""At how many masses `limit_coverage` looks, at most."""


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


def limit_coverage(
    model: SignalModel,
    limited: NDArray[np.int64],
    masses: Floats,
    level: float,
    n: int,
    seed: Seed,
    tell: Callable[[int], None] = lambda _done: None,
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
        tell: Called with how many masses are done.
    """
    numbers = np.unique([limited[round(share * (len(limited) - 1))] for share in _WHERE])
    found = []
    for number in numbers:
        found.append(_coverage(model, int(number), float(masses[number]), level, n, seed))
        tell(len(found))
    at = masses[numbers]
    good = [(mass, one) for mass, one in zip(at, found, strict=True) if one is not None]
    return LimitCoverage(
        masses=np.array([mass for mass, _ in good]),
        expected=np.array([expected for _, (expected, _) in good]),
        coverage=tuple(coverage for _, (_, coverage) in good),
        failed=np.array([m for m, one in zip(at, found, strict=True) if one is None]),
    )


def _coverage(
    model: SignalModel, number: int, mass: float, level: float, n: int, seed: Seed
) -> tuple[float, Coverage] | None:
    """Expected limit and coverage at one mass; None if hardly any limit can be set there."""
    form, truth = model.forms[number], model.fits[0].expected
    shapes = model.close_functions(number)
    spectrum = model.spectrum
    asimov = SignalModel(_fits(spectrum.with_counts(truth), shapes), (form,), model.penalty)
    expected = asimov.limit(0, level=level).median
    if not np.isfinite(expected):
        return None
    strengths = _LIMITED * expected
    limits = np.empty((len(strengths), n))
    for row, strength in zip(limits, strengths, strict=True):
        own = seed.child("coverage of limits", mass=mass, strength=float(strength))
        toys = spectrum.toys(truth + strength * form.nominal, n, own.generator())
        again = SignalModel(_fits(toys, shapes), (form,), model.penalty)
        log_cls = again.log_cls(float(strength), 0)
        row[:] = np.where(log_cls >= np.log1p(-level), np.inf, -np.inf)
        row[np.isnan(log_cls)] = np.nan
    if ((~np.isnan(limits)).sum(axis=1) < 10).any():
        return None
    lowest = np.where(np.isnan(limits), np.nan, -np.inf)
    return expected, interval_coverage(lowest, limits, strengths, level)


def _fits(spectrum: Spectrum, shapes: Sequence[Shape]) -> tuple[Fit, ...]:
    return tuple(fit_spectrum(spectrum, shape, throw=False) for shape in shapes)
