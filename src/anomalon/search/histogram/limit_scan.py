"""Upper limits on a narrow resonance at every mass of a spectrum.

At each mass a Gaussian signal and the background are fitted together to the whole spectrum, and the
limit is where CLs of the profile likelihood ratio says so (`anomalon.stats.SignalModel`). The
function of the background is a nuisance parameter as well, unless `background.choice` is "test".
Where fewer than 25 events are seen or expected, sums of probabilities take the place of asymptotic
formulae.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check, config
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.core.provenance import code_version
from anomalon.core.renamed import gathered
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown
from anomalon.run.job import HERE, Workplace
from anomalon.search.histogram.closure import (
    InjectedSignal,
    TestedLimits,
    check_number,
    toys_of_coverage,
)
from anomalon.search.histogram.cost import Cost, limit_cost
from anomalon.search.histogram.narrow import LIMITS_PER_WIDTH, resonance_masses
from anomalon.search.histogram.pieces import Doing, Injected, LimitAt, LimitWork, Tried, split
from anomalon.search.results.about import NOTHING_SAID, About
from anomalon.search.results.closure import LimitCoverage, SignalClosure
from anomalon.search.results.fitted import spectrum_fit
from anomalon.search.results.limit import LimitResult
from anomalon.search.smooth import SmoothBackground
from anomalon.stats import Envelope, SignalModel, SignalNuisances, Spectrum
from anomalon.stats.limits import SignalLimit
from anomalon.stats.limits.count_limits import N_SIGMA

__all__ = ["LimitSettings", "scan_limits"]

Floats = NDArray[np.floating[Any]]

_MARGIN = 3.0  # standard deviations from the ends, nearer to which there is background on one side


@dataclass(frozen=True, eq=False, repr=False)
class LimitSettings(Shown):
    """Which limits are set, and how they are tested.

    Args:
        resolution: Standard deviation of the signal over its mass.
        masses: Of the signal, GeV, increasing; None for four in each standard deviation, from three
            of them above the lowest edge to three below the highest.
        level: Confidence level.
        nuisances: What is not known of the signal; None for nothing.
        luminosity: Integrated luminosity in fb^-1, for limits on cross sections; None for none.
        acceptance: Share of the signal that is in the spectrum, acceptance times efficiency.
        n_closure: Pseudo-experiments with an injected signal, for each of some strengths and
            masses, to see whether limits cover it and measurements return it; 0 for none.

    Raises:
        BadValue: If the level is not in (0, 1), the luminosity or the acceptance not above zero,
            or `n_closure` neither 0 nor at least 10.
    """

    resolution: float
    masses: Sequence[float] | Floats | None = None
    level: float = 0.95
    nuisances: SignalNuisances | None = None
    luminosity: float | None = None
    acceptance: float = 1.0
    n_closure: int = 200

    def __post_init__(self) -> None:
        check_number(self.n_closure)
        if self.luminosity is not None:
            check.number(self.luminosity, "luminosity, in fb^-1", "(0, inf)")
        check.number(self.acceptance, "acceptance", "(0, 1]")
        object.__setattr__(self, "level", check.number(self.level, "level", "(0, 1)"))

    @property
    def uncertain(self) -> SignalNuisances:
        """What is not known of the signal."""
        return SignalNuisances() if self.nuisances is None else self.nuisances


@gathered("about", About, "name", "source", "roles", "digest")
@gathered("place", Workplace, "executor", "store", "progress")
@gathered(
    "settings", LimitSettings, "resolution", "masses", "level", "nuisances", "luminosity",
    "acceptance", "n_closure",
)  # fmt: skip
def scan_limits(
    spectrum: Any,
    background: SmoothBackground,
    settings: LimitSettings,
    *,
    seed: Seed | int = 0,
    place: Workplace = HERE,
    about: About = NOTHING_SAID,
) -> LimitResult:
    """Upper limits on a narrow resonance against mass, observed and expected.

    Args:
        spectrum: One `Spectrum`, what `read_spectrum` returns, or else what `Spectrum.of` takes.
        background: What may describe the spectrum without signal.
        settings: Which limits are set, and how they are tested.
        seed: Of the pseudo-experiments that test them.
        place: Who does the work and hears of it, and where finished pieces are kept of a scan that
            takes more than some seconds. The numbers do not depend on it.
        about: What the result says of the spectrum.

    Raises:
        BadLayout: If it is not one spectrum.
        BadValue: If the resolution is not in (0, 1), or a mass outside of the spectrum.
        TooFewEvents: If the background cannot be fitted, or there is no limit at any mass.
    """
    seed = Seed.of(seed)
    about = about.of(spectrum, "Upper limits")
    spectrum = Spectrum.of(spectrum)
    if spectrum.counts.ndim != 1:
        raise BadLayout(f"limits: expected one spectrum, got {len(spectrum.counts)} toys.")
    at = _masses(spectrum, settings.resolution, settings.masses)
    envelope = background.envelope(spectrum, beyond=np.inf)
    model = limit_model(envelope, at, settings.resolution, settings.uncertain)
    closures = len(at) if settings.n_closure else 0  # they take about as long as the limits
    of = config.digest(code_version(), spectrum, background, at, settings.resolution,
                       settings.uncertain, str(seed))  # fmt: skip
    asked = _Asked(at, settings, seed, of)
    limits, coverage, signal = _limited(model, asked, Doing.of(place, len(at) + closures))
    best = model.fits[0]
    tried = best.tried or envelope.table
    return LimitResult(
        name=about.name,
        source=about.source,
        fit=spectrum_fit(spectrum, best, best.fitted, best.shape.kind, "", tried),
        leverage=best.leverage(),
        profiled=background.choice == "profile",
        **asked.told(),
        **_measured(model),
        observed=np.array([one.observed for one in limits]),
        n_sigma=np.array(N_SIGMA),
        band=np.array([one.band for one in limits]).T,
        method=tuple(one.method for one in limits),
        why=tuple(one.why for one in limits),
        coverage=coverage,
        signal=signal,
        roles=about.roles,
        digest=about.digest,
    )


def _measured(model: SignalModel) -> dict[str, Any]:
    """What a result says of the best strength at each mass."""
    found = model.strengths
    functions = [model.fits[f] for f in found.function]
    return {
        "strength": found.strength,
        "sigma_strength": found.sigma,
        "z": found.z,
        "function": tuple(f"{fit.shape.kind} {fit.n_parameters}" for fit in functions),
    }


@dataclass(frozen=True, eq=False)
class _Asked:
    """What of limits."""

    masses: Floats
    settings: LimitSettings
    seed: Seed
    of: str  # digest of all that they depend on

    def told(self) -> dict[str, Any]:
        """What a result says of it."""
        settings = self.settings
        return {
            "masses": self.masses,
            "resolution": settings.resolution,
            "level": settings.level,
            "nuisances": settings.uncertain,
            "luminosity": settings.luminosity,
            "acceptance": settings.acceptance,
            "seed": self.seed.root,
        }


def _limited(
    model: SignalModel, asked: _Asked, doing: Doing
) -> tuple[list[SignalLimit], LimitCoverage | None, SignalClosure | None]:
    """The limits at all masses, and what tests of them found."""
    masses, n, level = asked.masses, asked.settings.n_closure, asked.settings.level

    def middle_one() -> SignalLimit:
        middle = SignalModel(model.fits, model.forms[len(masses) // 2 :][:1], model.penalty)
        return middle.limit(0, level=level)

    size = model.spectrum.n_bins, len(masses), len(model.fits), toys_of_coverage(n), n
    cost = limit_cost(middle_one, *size)
    _ = model.strengths  # of all masses together, once for all pieces
    pieces = [LimitAt(asked.of, i, float(mass), level) for i, mass in enumerate(masses)]
    sizes = [1] * len(pieces)
    values = doing.values(pieces, LimitWork(model), sizes, cost)
    limits = [SignalLimit(**value) for value in values]
    limited = np.flatnonzero(np.isfinite([one.observed for one in limits]))
    if not len(limited):
        raise TooFewEvents(f"limits: there is none at any mass; the first: {limits[0].why}")
    if not n:
        return limits, None, None
    return limits, *_tested(model, limited, asked, doing, cost)


def _tested(
    model: SignalModel, limited: NDArray[np.int64], asked: _Asked, doing: Doing, cost: Cost | None
) -> tuple[LimitCoverage, SignalClosure]:
    """Whether the limits cover a signal, and measurements return it."""
    masses, n, level = asked.masses, asked.settings.n_closure, asked.settings.level
    tested = TestedLimits.at(model, limited, masses, level, n, asked.seed)
    middle = float(masses[limited[len(limited) // 2]])
    signal = InjectedSignal.into(model.fits[0], middle, asked.settings.resolution, asked.seed)
    tries = [Tried(asked.of, n, level, *which) for which in tested.tries]
    strengths = [Injected(asked.of, i, n) for i in range(signal.n_strengths)]
    values = doing.values(
        [*tries, *strengths],
        LimitWork(model, tested, signal),
        split(doing.total - len(masses), len(tries) + len(strengths)),
        cost,
        before=len(masses),
    )
    return tested.result(values[: len(tries)]), signal.result(values[len(tries) :])


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
