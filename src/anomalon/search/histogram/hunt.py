"""The bump hunt in a spectrum that is all there is: no events, no features, one histogram.

Where has the spectrum its most significant excess, and how often does background alone make one?
The answer is a plain value that the report shows.

With a fitted background every pseudo-experiment is fitted as well, and the local p-value of a
resonance of the given width is scanned in mass.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check, config
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.provenance import code_version
from anomalon.core.renamed import gathered
from anomalon.core.seed import Seed
from anomalon.run.job import HERE, Workplace
from anomalon.search.histogram.closure import GlobalPClosure, InjectedSignal, check_number
from anomalon.search.histogram.cost import Cost, hunt_cost
from anomalon.search.histogram.narrow import scan_narrow
from anomalon.search.histogram.pieces import (
    Closures,
    Doing,
    HuntWork,
    Injected,
    closures_of,
    toys_of,
)
from anomalon.search.results.about import NOTHING_SAID, About
from anomalon.search.results.bump import (
    BestWindow,
    BumpResult,
    GlobalSignificance,
    NarrowScan,
    WindowScan,
)
from anomalon.search.results.closure import SignalClosure
from anomalon.search.results.fitted import SpectrumFit, spectrum_fit
from anomalon.search.smooth import SmoothBackground
from anomalon.stats import Fit, FoundBump, Reference, Spectrum
from anomalon.stats.coverage import PValueUniformity, p_value_uniformity
from anomalon.stats.scans.backgrounds import Refit
from anomalon.stats.scans.bumphunt import MOST_PSEUDO, Hunt

__all__ = ["USUAL_HUNT", "HuntSettings", "hunt_bump"]

Floats = NDArray[np.floating[Any]]

_KEPT = 10_000  # windows that a result lists, so that it stays small whatever the bins
_INNER = 99  # pseudo-experiments behind each p-value of the closure: 5 % is one of its steps


@dataclass(frozen=True)
class HuntSettings:
    """What is looked for in a spectrum, and by how many pseudo-experiments.

    Args:
        widths: Widths of the windows in bins; None for 1 to half of the bins.
        resolution: Standard deviation of a resonance over its mass, for the scan in mass; None
            for none. Only with a background that is fitted.
        n_toys: Pseudo-experiments.
        repeat_choice: If the data chose the number of parameters, let each pseudo-experiment
            choose its own. False: they keep that of the data.
        n_closure: With a fitted background, pseudo-experiments in which the whole search is
            repeated, with 99 of their own each, to see whether its global p-values are uniform;
            and as many for each strength of an injected signal. 0 for none.
        deficit: Look for a deficit.

    Raises:
        BadValue: If the resolution is not in (0, 1), there is not at least one pseudo-experiment,
            or `n_closure` is neither 0 nor at least 10.
    """

    widths: range | None = None
    resolution: float | None = None
    n_toys: int = 10_000
    repeat_choice: bool = True
    n_closure: int = 200
    deficit: bool = False

    def __post_init__(self) -> None:
        n_toys = check.whole(self.n_toys, "n_toys", 1, MOST_PSEUDO)
        object.__setattr__(self, "n_toys", n_toys)
        check_number(self.n_closure)
        if self.resolution is not None:
            check.number(self.resolution, "resolution", "(0, 1)")

    def windows_in(
        self, spectrum: Spectrum, background: Any, seed: Seed, *, refit: bool | Refit = True
    ) -> Hunt:
        """The hunt for these windows.

        Args:
            spectrum: The data.
            background: What is expected, as for `bump_hunt`.
            seed: Of the pseudo-experiments.
            refit: How they are fitted, as for `bump_hunt`.
        """
        return Hunt.of(
            spectrum, background, widths=self.widths, refit=refit, deficit=self.deficit, seed=seed
        )


USUAL_HUNT = HuntSettings()
"""As it is done if nothing else is said."""


@gathered("about", About, "name", "source", "roles", "digest")
@gathered("place", Workplace, "executor", "store", "progress")
@gathered(
    "settings", HuntSettings, "widths", "resolution", "n_toys", "repeat_choice", "n_closure",
    "deficit",
)  # fmt: skip
def hunt_bump(
    spectrum: Any,
    background: SmoothBackground | Reference | Floats,
    settings: HuntSettings = USUAL_HUNT,
    *,
    seed: Seed | int = 0,
    place: Workplace = HERE,
    about: About = NOTHING_SAID,
) -> BumpResult:
    """The most significant window of a spectrum, locally and globally.

    Args:
        spectrum: One `Spectrum`, what `read_spectrum` returns, or else what `Spectrum.of` takes.
        background: What to fit, a finite reference sample, or exact expectations, shape (bin,).
        settings: What is looked for, and by how many pseudo-experiments.
        seed: Root of all random numbers.
        place: Who does the pseudo-experiments and hears of it, and where finished pieces are kept
            of a hunt that takes more than some seconds. The numbers do not depend on it.
        about: What the result says of the spectrum.

    Raises:
        BadLayout: If it is not one spectrum.
        BadValue: If a resolution is given without a fitted background.
        TooFewEvents: If the background cannot be fitted.
    """
    seed = Seed.of(seed)
    about = about.of(spectrum, "Bump hunt")
    spectrum = Spectrum.of(spectrum)
    if spectrum.counts.ndim != 1:
        raise BadLayout(f"bump hunt: expected one spectrum, got {len(spectrum.counts)} toys.")
    if isinstance(background, SmoothBackground):
        procedure = _Procedure(background, settings)
        hunt, narrow, of_background = _in_fitted(spectrum, procedure, seed, place)
    elif settings.resolution is None:
        hunt = _in_given(settings.windows_in(spectrum, background, seed), settings, place)
        narrow, of_background = None, _given(spectrum, background, hunt)
    else:
        raise BadValue(
            "resolution: the scan for a narrow resonance fits signal and background together, "
            "and here the background is given. Fit it, or leave the resolution out."
        )
    return BumpResult(
        name=about.name,
        source=about.source,
        background=of_background.kind,
        choice_repeated=of_background.choice_repeated,
        deficit=settings.deficit,
        fit=of_background.fit,
        window=_best_window(hunt),
        significance=_significance(hunt, of_background.p_global_fixed),
        windows=_windows(hunt),
        narrow=narrow,
        closure=of_background.closure,
        signal=of_background.signal,
        seed=seed.root,
        roles=about.roles,
        digest=about.digest,
    )


def _best_window(hunt: FoundBump) -> BestWindow:
    return BestWindow(
        low=hunt.low,
        high=hunt.high,
        n=hunt.n_observed,
        expected=hunt.n_expected,
        p_local=hunt.p_local,
        z_local=hunt.z_local,
        t=hunt.t,
    )


def _windows(hunt: FoundBump) -> WindowScan:
    found = hunt.tomography_of(_KEPT)
    return WindowScan(len(hunt.windows), found["low"], found["high"], found["z"])


def _significance(hunt: FoundBump, p_fixed: float | None) -> GlobalSignificance:
    found = hunt.global_p
    counts, edges = np.histogram(hunt.t_toys[np.isfinite(hunt.t_toys)], bins=60)
    return GlobalSignificance(
        p=found.p,
        low=found.low,
        high=found.high,
        is_bound=found.is_bound,
        z=found.z,
        p_fixed=p_fixed,
        n=found.n,
        n_failed=hunt.n_failed,
        t_edges=edges,
        t_counts=counts.astype(np.float64),
    )


@dataclass(frozen=True, eq=False)
class _OfBackground:
    """What a result says of its background."""

    kind: str
    fit: SpectrumFit
    choice_repeated: bool = False
    p_global_fixed: float | None = None
    closure: PValueUniformity | None = None
    signal: SignalClosure | None = None


@dataclass(frozen=True)
class _Procedure:
    """What is done to the data with a fitted background, and to every pseudo-experiment."""

    smooth: SmoothBackground
    settings: HuntSettings

    @property
    def choice_repeated(self) -> bool:
        """Whether pseudo-experiments choose their own number of parameters."""
        return self.settings.repeat_choice and self.smooth.is_chosen

    def prepared(self, fit: Fit, seed: Seed) -> Hunt:
        """With pseudo-experiments that are fitted as the data were."""
        refit = self.smooth.expectations if self.choice_repeated else True
        return self.settings.windows_in(fit.spectrum, fit, seed, refit=refit)

    def global_p(self, spectrum: Spectrum, seed: Seed) -> float:
        """What closure asks of a pseudo-experiment."""
        hunt = self.prepared(self.smooth.fit(spectrum), seed)
        return hunt.found(hunt.every_log_p(), hunt.t_of_block(0, _INNER)).global_p.p


def _in_fitted(
    spectrum: Spectrum, procedure: _Procedure, seed: Seed, place: Workplace
) -> tuple[FoundBump, NarrowScan | None, _OfBackground]:
    """The hunt with a background that is fitted, and what is done to trust it."""
    settings = procedure.settings
    doing = Doing.of(place, 2 * settings.n_toys + _INNER * settings.n_closure)
    fit = procedure.smooth.fit(spectrum)
    hunts = (
        procedure.prepared(fit, seed),
        settings.windows_in(spectrum, fit, seed, refit=False),  # not repeated
    )
    cost = _cost(hunts[0], doing.total, 2 + settings.n_closure)
    log_p = hunts[0].every_log_p()
    narrow, signal = _narrow(fit, settings, seed)
    of = config.digest(code_version(), hunts[0].windows, procedure.smooth,
                       procedure.choice_repeated, spectrum, settings.deficit, settings.resolution,
                       _INNER, str(seed))  # fmt: skip
    parts = _parts(settings, of, 0 if signal is None else signal.n_strengths)
    shared = HuntWork(hunts, GlobalPClosure(fit, procedure.global_p, seed), signal)
    pieces = [piece for part in parts for piece in part]
    values = iter(doing.values(pieces, shared, [_size(piece) for piece in pieces], cost))
    injected, toys, fixed, p = ([next(values) for _ in part] for part in parts)
    of_background = _OfBackground(
        "fit",
        spectrum_fit(spectrum, fit, fit.fitted, fit.shape.kind, ""),
        choice_repeated=procedure.choice_repeated,
        p_global_fixed=hunts[1].found(hunts[1].every_log_p(), np.concatenate(fixed)).global_p.p,
        closure=p_value_uniformity(np.concatenate(p)) if p else None,
        signal=None if signal is None else signal.result(injected),
    )
    return hunts[0].found(log_p, np.concatenate(toys)), narrow, of_background


def _narrow(
    fit: Fit, settings: HuntSettings, seed: Seed
) -> tuple[NarrowScan | None, InjectedSignal | None]:
    """The scan for a narrow resonance, and the signal that tests it."""
    if settings.resolution is None:
        return None, None
    narrow = scan_narrow(fit, settings.resolution, seed)
    if not settings.n_closure:
        return narrow, None
    mass = float(narrow.masses[narrow.best])
    return narrow, InjectedSignal.into(fit, mass, settings.resolution, seed)


def _parts(settings: HuntSettings, of: str, n_strengths: int) -> list[list[Any]]:
    """All pieces: injected signals, both kinds of pseudo-experiments, closure."""
    return [
        [Injected(of, number, settings.n_closure) for number in range(n_strengths)],
        toys_of(of, 0, settings.n_toys),
        toys_of(of, 1, settings.n_toys),
        closures_of(of, settings.n_closure),
    ]


def _size(piece: Any) -> int:
    """How many pseudo-experiments a piece counts for."""
    if isinstance(piece, Injected):
        return 0
    if isinstance(piece, Closures):
        return _INNER * (piece.stop - piece.first)
    return int(piece.size)


def _in_given(hunt: Hunt, settings: HuntSettings, place: Workplace) -> FoundBump:
    """The hunt with a background that is given."""
    doing = Doing.of(place, settings.n_toys)
    cost = _cost(hunt, settings.n_toys, 1)
    log_p = hunt.every_log_p()
    of = config.digest(code_version(), hunt.model, hunt.windows, hunt.deficit, str(hunt.seed))
    pieces = toys_of(of, 0, settings.n_toys)
    sizes = [piece.size for piece in pieces]
    return hunt.found(log_p, np.concatenate(doing.values(pieces, HuntWork((hunt,)), sizes, cost)))


def _cost(hunt: Hunt, n_toys: int, n_hunts: int) -> Cost | None:
    """Of so many pseudo-experiments in so many hunts."""

    def some(n: int) -> None:
        hunt.every_log_p()
        hunt.t_of_block(0, n)

    return hunt_cost(some, hunt.spectrum.n_bins, len(hunt.windows), n_toys, n_hunts)


def _given(spectrum: Spectrum, background: Reference | Floats, hunt: FoundBump) -> _OfBackground:
    """A background that is no fit: its numbers, and their uncertainty if it is a sample."""
    kind, error = "exact", np.zeros(spectrum.n_bins)
    if isinstance(background, Reference):
        sample = background.against(spectrum)
        kind, error = "reference", np.sqrt(sample.sample.variances) / sample.tau
    everywhere = np.ones(spectrum.n_bins, dtype=bool)
    shown = spectrum_fit(spectrum, None, everywhere, "given", "")
    shown = replace(shown, expected=hunt.expected, sigma_expected=error, ok=True)
    return _OfBackground(kind, shown)
