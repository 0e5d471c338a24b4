"""The bump hunt in a spectrum that is all there is: no events, no features, one histogram.

Where has the spectrum its most significant excess, and how often does background alone make one?
The answer is a plain value that the report shows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.seed import Seed
from anomalon.run.progress import Progress, Steps, silent, steps
from anomalon.search.histogram.closure import check_number, global_p_closure, signal_closure
from anomalon.search.histogram.cost import beginning, hunt_cost
from anomalon.search.histogram.narrow import scan_narrow
from anomalon.search.results.bump import (
    BestWindow,
    BumpResult,
    GlobalSignificance,
    WindowScan,
)
from anomalon.search.results.closure import SignalClosure
from anomalon.search.results.fitted import SpectrumFit, spectrum_fit
from anomalon.search.smooth import SmoothBackground
from anomalon.stats import BumpHunt, Fit, Reference, Spectrum, bump_hunt
from anomalon.stats.coverage import PValueUniformity
from anomalon.stats.scans.bumphunt import MOST_PSEUDO
from anomalon.stats.scans.windows import Windows

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
    windows = len(Windows.of(spectrum.n_bins, widths))
    if isinstance(background, SmoothBackground):
        n_all = 2 * n_toys + _INNER * n_closure  # the data twice: the fits repeated, and not
        tell = steps(progress, n_all)
        procedure = _Procedure(background, repeat_choice and background.is_chosen, options, tell)
        fit = background.fit(spectrum)

        def some(n: int) -> BumpHunt:
            return procedure.hunt(spectrum, fit, n, seed)

        tell(0, beginning(hunt_cost(some, spectrum.n_bins, windows, n_all, 2 + n_closure)))
        narrow = None if resolution is None else scan_narrow(fit, resolution, seed)
        hunt = procedure.hunt(spectrum, fit, n_toys, seed, tell)
        about = procedure.about(fit, hunt, n_closure, seed)
        if n_closure and narrow is not None:
            mass = float(narrow.masses[narrow.best])
            signal = signal_closure(fit, mass, narrow.resolution, n_closure, seed)
            about = replace(about, signal=signal)
    else:
        if resolution is not None:
            raise BadValue(
                "resolution: the scan for a narrow resonance fits signal and background together, "
                "and here the background is given. Fit it, or leave the resolution out."
            )
        tell = steps(progress, n_toys)

        def some(n: int) -> BumpHunt:
            return bump_hunt(spectrum, background, n_pseudo=n, seed=seed, **options)

        tell(0, beginning(hunt_cost(some, spectrum.n_bins, windows, n_toys, 1)))
        hunt = bump_hunt(
            spectrum, background, n_pseudo=n_toys, seed=seed, tell=_toys(tell), **options
        )
        narrow = None
        about = _given(spectrum, background, hunt)
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
            p_local=hunt.local_p,
            z_local=hunt.local_z,
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


def _significance(hunt: BumpHunt, p_fixed: float | None) -> GlobalSignificance:
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
class _Procedure:
    """What is done to the data with a fitted background, and to every pseudo-experiment."""

    smooth: SmoothBackground
    choice_repeated: bool
    options: dict[str, Any]
    tell: Steps

    def hunt(
        self, spectrum: Spectrum, fit: Fit, n: int, seed: Seed, tell: Steps = silent
    ) -> BumpHunt:
        refit = self.smooth.expectations if self.choice_repeated else True
        return bump_hunt(
            spectrum, fit, refit=refit, n_pseudo=n, seed=seed, tell=_toys(tell), **self.options
        )

    def about(self, fit: Fit, hunt: BumpHunt, n_closure: int, seed: Seed) -> _About:
        spectrum, n = fit.spectrum, len(hunt.t_toys)
        again = _toys(self.tell, n)
        fixed = bump_hunt(
            spectrum, fit, refit=False, n_pseudo=n, seed=seed, tell=again, **self.options
        )

        def closed(done: int) -> None:
            self.tell(2 * n + _INNER * done, "closure of the global p-value")

        return _About(
            "fit",
            spectrum_fit(spectrum, fit, fit.fitted, fit.shape.kind, ""),
            choice_repeated=self.choice_repeated,
            p_global_fixed=fixed.global_p.p,
            closure=global_p_closure(fit, self._global_p, n_closure, seed, closed)
            if n_closure
            else None,
        )

    def _global_p(self, spectrum: Spectrum, seed: Seed) -> float:
        return self.hunt(spectrum, self.smooth.fit(spectrum), _INNER, seed).global_p.p


def _toys(tell: Steps, before: int = 0) -> Callable[[int], None]:
    """What a hunt calls after some of its pseudo-experiments."""
    return lambda done: tell(before + done, "pseudo-experiments")


def _given(spectrum: Spectrum, background: Reference | Floats, hunt: BumpHunt) -> _About:
    """A background that is no fit: its numbers, and their uncertainty if it is a sample."""
    kind, error = "exact", np.zeros(spectrum.n_bins)
    if isinstance(background, Reference):
        sample = background.against(spectrum)
        kind, error = "reference", np.sqrt(sample.sample.variances) / sample.tau
    everywhere = np.ones(spectrum.n_bins, dtype=bool)
    shown = spectrum_fit(spectrum, None, everywhere, "given", "")
    shown = replace(shown, expected=hunt.expected, sigma_expected=error, ok=True)
    return _About(kind, shown)
