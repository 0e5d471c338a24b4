"""Upper limits on a narrow resonance at every mass of a spectrum."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check, config
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.core.provenance import code_version
from anomalon.core.seed import Seed
from anomalon.run import Executor, Progress, Store
from anomalon.search.histogram.closure import (
    InjectedSignal,
    TestedLimits,
    check_number,
    toys_of_coverage,
)
from anomalon.search.histogram.cost import limit_cost
from anomalon.search.histogram.narrow import LIMITS_PER_WIDTH, resonance_masses
from anomalon.search.histogram.pieces import Doing, Injected, LimitAt, LimitWork, Tried, split
from anomalon.search.results.closure import LimitCoverage, SignalClosure
from anomalon.search.results.fitted import spectrum_fit
from anomalon.search.results.limit import LimitResult
from anomalon.search.smooth import SmoothBackground
from anomalon.stats import Envelope, SignalModel, SignalNuisances, Spectrum
from anomalon.stats.limits import SignalLimit
from anomalon.stats.limits.count_limits import N_SIGMA

__all__ = ["scan_limits"]

Floats = NDArray[np.floating[Any]]

_MARGIN = 3.0  # standard deviations from the ends, nearer to which there is background on one side


def scan_limits(
    spectrum: Any,
    background: SmoothBackground,
    *,
    resolution: float,
    masses: Sequence[float] | Floats | None = None,
    level: float = 0.95,
    nuisances: SignalNuisances | None = None,
    luminosity: float | None = None,
    acceptance: float = 1.0,
    n_closure: int = 200,
    seed: Seed | int = 0,
    executor: Executor | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
    name: str = "Upper limits",
    source: str = "a spectrum",
    roles: tuple[str, ...] = (),
    digest: str = "",
) -> LimitResult:
    """Upper limits on a narrow resonance against mass, observed and expected.

    At each mass a Gaussian signal and the background are fitted together to the whole spectrum, and
    the limit is where CLs of the profile likelihood ratio says so (`anomalon.stats.SignalModel`).
    The function of the background is a nuisance parameter as well, unless `background.choice` is
    "test". Where fewer than 25 events are seen or expected, sums of probabilities take the place of
    asymptotic formulae.

    Args:
        spectrum: One `Spectrum`, what `read_spectrum` returns, or else what `Spectrum.of` takes.
        background: What may describe the spectrum without signal.
        resolution: Standard deviation of the signal over its mass.
        masses: Of the signal, GeV, increasing; None for four in each standard deviation, from three
            of them above the lowest edge to three below the highest.
        level: Confidence level.
        nuisances: What is not known of the signal; None for nothing.
        luminosity: Integrated luminosity in fb^-1, for limits on cross sections; None for none.
        acceptance: Share of the signal that is in the spectrum, acceptance times efficiency.
        n_closure: Pseudo-experiments with an injected signal, for each of some strengths and
            masses, to see whether limits cover it and measurements return it; 0 for none.
        seed: Of these pseudo-experiments.
        executor: Who sets them; this process if None. The numbers do not depend on it.
        store: Where finished pieces of a scan that takes more than some seconds are kept, so that
            an interrupted one goes on.
        progress: Called now and then with (done, total, what was done).
        name: Title for the report.
        source: Where the spectrum came from.
        roles: What every part of it was taken for; what `read_spectrum` says if not given.
        digest: Of its numbers, for the result.

    Raises:
        BadLayout: If it is not one spectrum.
        BadValue: If the resolution is not in (0, 1), a mass outside of the spectrum, the luminosity
            or the acceptance not above zero, or `n_closure` neither 0 nor at least 10.
        TooFewEvents: If the background cannot be fitted, or there is no limit at any mass.
    """
    check_number(n_closure)
    _check_yield(luminosity, acceptance)
    level = check.number(level, "level", "(0, 1)")
    seed = Seed.of(seed)
    roles = roles or getattr(spectrum, "roles", ())
    spectrum = Spectrum.of(spectrum)
    if spectrum.counts.ndim != 1:
        raise BadLayout(f"limits: expected one spectrum, got {len(spectrum.counts)} toys.")
    uncertain = SignalNuisances() if nuisances is None else nuisances
    at = _masses(spectrum, resolution, masses)
    envelope = background.envelope(spectrum, beyond=np.inf)
    model = limit_model(envelope, at, resolution, uncertain)
    closures = len(at) if n_closure else 0  # they take about as long as the limits
    doing = Doing.of(executor, store, progress, len(at) + closures)
    of = config.digest(code_version(), spectrum, background, at, resolution, uncertain, str(seed))
    asked = _Asked(level, n_closure, resolution, seed)
    limits, coverage, signal = _limited(model, at, asked, doing, of)
    observed = np.array([one.observed for one in limits])
    found = model.strengths
    best = model.fits[0]
    return LimitResult(
        name=name,
        source=source,
        fit=spectrum_fit(
            spectrum, best, best.fitted, best.shape.kind, "", best.tried or envelope.table
        ),
        leverage=best.leverage(),
        profiled=background.choice == "profile",
        masses=at,
        resolution=resolution,
        level=level,
        nuisances=uncertain,
        luminosity=luminosity,
        acceptance=acceptance,
        strength=found.strength,
        sigma_strength=found.sigma,
        z=found.z,
        function=tuple(f"{model.fits[f].shape.kind} {model.fits[f].n_parameters}"
                       for f in found.function),
        observed=observed,
        n_sigma=np.array(N_SIGMA),
        band=np.array([one.band for one in limits]).T,
        method=tuple(one.method for one in limits),
        why=tuple(one.why for one in limits),
        coverage=coverage,
        signal=signal,
        roles=roles,
        seed=seed.root,
        digest=digest,
    )  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    """What of limits."""

    level: float
    n_closure: int
    resolution: float
    seed: Seed


def _limited(
    model: SignalModel, masses: Floats, asked: _Asked, doing: Doing, of: str
) -> tuple[list[SignalLimit], LimitCoverage | None, SignalClosure | None]:
    """The limits at all masses, and what tests of them found."""
    n, level, seed = asked.n_closure, asked.level, asked.seed

    def middle_one() -> SignalLimit:
        middle = SignalModel(model.fits, model.forms[len(masses) // 2 :][:1], model.penalty)
        return middle.limit(0, level=level)

    size = model.spectrum.n_bins, len(masses), len(model.fits), toys_of_coverage(n), n
    cost = limit_cost(middle_one, *size)
    _ = model.strengths  # of all masses together, once for all pieces
    pieces = [LimitAt(of, i, float(mass), level) for i, mass in enumerate(masses)]
    sizes = [1] * len(pieces)
    values = doing.values(pieces, LimitWork(model), sizes, cost)
    limits = [SignalLimit(**value) for value in values]
    observed = np.array([one.observed for one in limits])
    if not np.isfinite(observed).any():
        raise TooFewEvents(f"limits: there is none at any mass; the first: {limits[0].why}")
    if not n:
        return limits, None, None
    limited = np.flatnonzero(np.isfinite(observed))
    tested = TestedLimits.at(model, limited, masses, level, n, seed)
    middle = float(masses[limited[len(limited) // 2]])
    signal = InjectedSignal.into(model.fits[0], middle, asked.resolution, seed)
    tries = [Tried(of, n, level, *which) for which in tested.tries]
    strengths = [Injected(of, i, n) for i in range(signal.n_strengths)]
    values = doing.values(
        [*tries, *strengths],
        LimitWork(model, tested, signal),
        split(doing.total - len(masses), len(tries) + len(strengths)),
        cost,
        before=len(masses),
    )
    coverage = tested.result(values[: len(tries)])
    return limits, coverage, signal.result(values[len(tries) :])


def limit_model(
    envelope: Envelope, masses: Floats, resolution: float, nuisances: SignalNuisances
) -> SignalModel:
    """Background functions and the signals at these masses."""
    edges = envelope.best.spectrum.edges
    forms = tuple(nuisances.form(float(mass), resolution, edges) for mass in masses)
    return SignalModel(envelope.fits, forms)


def _masses(
    spectrum: Spectrum, resolution: float, masses: Sequence[float] | Floats | None
) -> Floats:
    default = resonance_masses(spectrum, resolution, per_width=LIMITS_PER_WIDTH, margin=_MARGIN)
    if masses is None:
        return default
    at = np.asarray(masses, dtype=np.float64)
    low, high = spectrum.edges[0], spectrum.edges[-1]
    if at.ndim != 1 or not len(at) or not np.all((at > max(low, 0.0)) & (at < high)):
        raise BadValue(
            f"masses: expected numbers between {low:g} and {high:g} GeV, the ends of the "
            f"spectrum, got {_outside(at, max(low, 0.0), high)}."
        )
    if np.any(np.diff(at) <= 0):
        k = int(np.argmax(np.diff(at) <= 0))
        raise BadValue(f"masses: expected increasing numbers, got {at[k]:g} before {at[k + 1]:g}.")
    return at


def _outside(at: Floats, low: float, high: float) -> str:
    """The masses that are not between two others, for a message."""
    if at.ndim != 1 or not len(at):
        return f"an array of shape {at.shape}"
    out = at[~((at > low) & (at < high))]
    if len(out) == 1:
        return f"{out[0]:g}"
    return f"{out[0]:g} to {out[-1]:g}, {len(out)} of {len(at)} of them outside"


def _check_yield(luminosity: float | None, acceptance: float) -> None:
    if luminosity is not None:
        check.number(luminosity, "luminosity, in fb^-1", "(0, inf)")
    check.number(acceptance, "acceptance", "(0, 1]")
