"""The bump hunt in a spectrum that is all there is: no events, no features, one histogram.

Where has the spectrum its most significant excess, and how often does background alone make one?
The answer is a plain value that the report shows.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check, config
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.provenance import code_version
from anomalon.core.seed import Seed
from anomalon.run import Executor, Progress, Store
from anomalon.search.histogram.closure import GlobalPClosure, InjectedSignal, check_number
from anomalon.search.histogram.cost import Cost, hunt_cost
from anomalon.search.histogram.narrow import scan_narrow
from anomalon.search.histogram.pieces import Doing, HuntWork, Injected, closures_of, toys_of
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
from anomalon.stats.scans.bumphunt import MOST_PSEUDO, Hunt

__all__ = ["hunt_bump"]

Floats = NDArray[np.floating[Any]]

_KEPT = 10_000  # windows that a result lists, so that it stays small whatever the bins
_INNER = 99  # pseudo-experiments behind each p-value of the closure: 5 % is one of its steps


def hunt_bump(
    spectrum: Any,
    background: SmoothBackground | Reference | Floats,
    *,
    widths: range | None = None,
    resolution: float | None = None,
    n_toys: int = 10_000,
    repeat_choice: bool = True,
    n_closure: int = 200,
    deficit: bool = False,
    seed: Seed | int = 0,
    executor: Executor | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
    name: str = "Bump hunt",
    source: str = "a spectrum",
    roles: tuple[str, ...] = (),
    digest: str = "",
) -> BumpResult:
    """The most significant window of a spectrum, locally and globally.

    With a fitted background every pseudo-experiment is fitted as well, and the local p-value of a
    resonance of the given width is scanned in mass.

    Args:
        spectrum: One `Spectrum`, what `read_spectrum` returns, or else what `Spectrum.of` takes.
        background: What to fit, a finite reference sample, or exact expectations, shape (bin,).
        widths: Widths of the windows in bins; None for 1 to half of the bins.
        resolution: Standard deviation of a resonance over its mass, for the scan in mass; None
            for none.
        n_toys: Pseudo-experiments.
        repeat_choice: If the data chose the number of parameters, let each pseudo-experiment
            choose its own. False: they keep that of the data.
        n_closure: With a fitted background, pseudo-experiments in which the whole search is
            repeated, with 99 of their own each, to see whether its global p-values are uniform;
            and as many for each strength of an injected signal. 0 for none.
        deficit: Look for a deficit.
        seed: Root of all random numbers.
        executor: Who does the pseudo-experiments; this process if None. The numbers do not depend
            on it.
        store: Where finished pieces of a hunt that takes more than some seconds are kept, so that
            an interrupted one goes on.
        progress: Called now and then with (pseudo-experiments done, all of them, what was done).
        name: Title for the report.
        source: Where the spectrum came from.
        roles: What every part of it was taken for; what `read_spectrum` says if not given.
        digest: Of its numbers, for the result.

    Raises:
        BadLayout: If it is not one spectrum.
        BadValue: If the resolution is not in (0, 1), or given without a fitted background, or
            `n_closure` is neither 0 nor at least 10.
        TooFewEvents: If the background cannot be fitted.
    """
    n_toys = check.whole(n_toys, "n_toys", 1, MOST_PSEUDO)
    check_number(n_closure)
    if resolution is not None:
        check.number(resolution, "resolution", "(0, 1)")
    seed = Seed.of(seed)
    roles = roles or getattr(spectrum, "roles", ())
    spectrum = Spectrum.of(spectrum)
    if spectrum.counts.ndim != 1:
        raise BadLayout(f"bump hunt: expected one spectrum, got {len(spectrum.counts)} toys.")
    options: dict[str, Any] = {"widths": widths, "deficit": deficit}
    if isinstance(background, SmoothBackground):
        procedure = _Procedure(background, repeat_choice and background.is_chosen, options)
        asked = _Asked(n_toys, n_closure, resolution, seed)
        doing = Doing.of(executor, store, progress, 2 * n_toys + _INNER * n_closure)
        hunt, narrow, about = _in_fitted(spectrum, procedure, asked, doing)
    elif resolution is None:
        prepared = Hunt.of(spectrum, background, seed=seed, **options)
        hunt = _in_given(prepared, n_toys, Doing.of(executor, store, progress, n_toys))
        narrow, about = None, _given(spectrum, background, hunt)
    else:
        raise BadValue(
            "resolution: the scan for a narrow resonance fits signal and background together, "
            "and here the background is given. Fit it, or leave the resolution out."
        )
    tomography = hunt.tomography_of(_KEPT)
    return BumpResult(
        name=name,
        source=source,
        background=about.kind,
        choice_repeated=about.choice_repeated,
        deficit=deficit,
        fit=about.fit,
        window=BestWindow(
            low=hunt.low,
            high=hunt.high,
            n=hunt.n_observed,
            expected=hunt.n_expected,
            p_local=hunt.p_local,
            z_local=hunt.z_local,
            t=hunt.t,
        ),
        significance=_significance(hunt, about.p_global_fixed),
        windows=WindowScan(
            len(hunt.windows), tomography["low"], tomography["high"], tomography["z"]
        ),
        narrow=narrow,
        closure=about.closure,
        signal=about.signal,
        seed=seed.root,
        roles=roles,
        digest=digest,
    )


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
class _About:
    """What a result says of its background."""

    kind: str
    fit: SpectrumFit
    choice_repeated: bool = False
    p_global_fixed: float | None = None
    closure: PValueUniformity | None = None
    signal: SignalClosure | None = None


@dataclass(frozen=True)
class _Asked:
    """How many pseudo-experiments of which kind."""

    n_toys: int
    n_closure: int
    resolution: float | None
    seed: Seed


@dataclass(frozen=True)
class _Procedure:
    """What is done to the data with a fitted background, and to every pseudo-experiment."""

    smooth: SmoothBackground
    choice_repeated: bool
    options: dict[str, Any]

    def prepared(self, fit: Fit, seed: Seed) -> Hunt:
        """With pseudo-experiments that are fitted as the data were."""
        refit = self.smooth.expectations if self.choice_repeated else True
        return Hunt.of(fit.spectrum, fit, refit=refit, seed=seed, **self.options)

    def global_p(self, spectrum: Spectrum, seed: Seed) -> float:
        """What closure asks of a pseudo-experiment."""
        hunt = self.prepared(self.smooth.fit(spectrum), seed)
        return hunt.found(hunt.every_log_p(), hunt.t_of_block(0, _INNER)).global_p.p


def _in_fitted(
    spectrum: Spectrum, procedure: _Procedure, asked: _Asked, doing: Doing
) -> tuple[FoundBump, NarrowScan | None, _About]:
    """The hunt with a background that is fitted, and what is done to trust it."""
    seed, n, n_closure = asked.seed, asked.n_toys, asked.n_closure
    fit = procedure.smooth.fit(spectrum)
    hunts = (
        procedure.prepared(fit, seed),
        Hunt.of(spectrum, fit, refit=False, seed=seed, **procedure.options),  # not repeated
    )
    cost = _cost(hunts[0], doing.total, 2 + n_closure)
    log_p = hunts[0].every_log_p()
    if asked.resolution is None:
        narrow, signal = None, None
    else:
        narrow = scan_narrow(fit, asked.resolution, seed)
        mass = float(narrow.masses[narrow.best])
        signal = InjectedSignal.into(fit, mass, asked.resolution, seed) if n_closure else None
    first = hunts[0]
    of = config.digest(code_version(), first.windows, procedure.smooth, procedure.choice_repeated,
                       spectrum, first.deficit, asked.resolution, _INNER, str(seed))  # fmt: skip
    n_strengths = 0 if signal is None else signal.n_strengths
    parts: list[list[Any]] = [
        [Injected(of, number, n_closure) for number in range(n_strengths)],
        toys_of(of, 0, n),
        toys_of(of, 1, n),
        closures_of(of, n_closure),
    ]
    sizes = [0] * n_strengths + [piece.size for piece in parts[1] + parts[2]]
    sizes += [_INNER * (piece.stop - piece.first) for piece in parts[3]]
    closure = GlobalPClosure(fit, procedure.global_p, seed)
    shared = HuntWork(hunts, closure, signal)
    values = iter(doing.values([p for part in parts for p in part], shared, sizes, cost))
    injected, toys, fixed, p = ([next(values) for _ in part] for part in parts)
    about = _About(
        "fit",
        spectrum_fit(spectrum, fit, fit.fitted, fit.shape.kind, ""),
        choice_repeated=procedure.choice_repeated,
        p_global_fixed=hunts[1].found(hunts[1].every_log_p(), np.concatenate(fixed)).global_p.p,
        closure=p_value_uniformity(np.concatenate(p)) if p else None,
        signal=None if signal is None else signal.result(injected),
    )
    return hunts[0].found(log_p, np.concatenate(toys)), narrow, about


def _in_given(hunt: Hunt, n_toys: int, doing: Doing) -> FoundBump:
    """The hunt with a background that is given."""
    cost = _cost(hunt, n_toys, 1)
    log_p = hunt.every_log_p()
    of = config.digest(code_version(), hunt.model, hunt.windows, hunt.deficit, str(hunt.seed))
    pieces = toys_of(of, 0, n_toys)
    sizes = [piece.size for piece in pieces]
    return hunt.found(log_p, np.concatenate(doing.values(pieces, HuntWork((hunt,)), sizes, cost)))


def _cost(hunt: Hunt, n_toys: int, n_hunts: int) -> Cost | None:
    """Of so many pseudo-experiments in so many hunts."""

    def some(n: int) -> None:
        hunt.every_log_p()
        hunt.t_of_block(0, n)

    return hunt_cost(some, hunt.spectrum.n_bins, len(hunt.windows), n_toys, n_hunts)


def _given(spectrum: Spectrum, background: Reference | Floats, hunt: FoundBump) -> _About:
    """A background that is no fit: its numbers, and their uncertainty if it is a sample."""
    kind, error = "exact", np.zeros(spectrum.n_bins)
    if isinstance(background, Reference):
        sample = background.against(spectrum)
        kind, error = "reference", np.sqrt(sample.sample.variances) / sample.tau
    everywhere = np.ones(spectrum.n_bins, dtype=bool)
    shown = spectrum_fit(spectrum, None, everywhere, "given", "")
    shown = replace(shown, expected=hunt.expected, sigma_expected=error, ok=True)
    return _About(kind, shown)
