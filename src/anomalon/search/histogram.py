"""The bump hunt in a spectrum that is all there is: no events, no features, one histogram.

Where has the spectrum its most significant excess, and how often does background alone make one?
The answer is a plain value that the report shows.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.search.fitted import spectrum_fit
from anomalon.search.histogram_result import BumpResult
from anomalon.search.narrow import NarrowScan, scan_narrow
from anomalon.search.result import SpectrumFit
from anomalon.search.smooth import SmoothBackground
from anomalon.stats import BumpHunt, Fit, Reference, Spectrum, bump_hunt

__all__ = ["hunt_bump"]

Floats = NDArray[np.floating[Any]]


def hunt_bump(
    spectrum: Spectrum,
    background: SmoothBackground | Reference | Floats,
    *,
    widths: range | None = None,
    resolution: float | None = None,
    n_toys: int = 10_000,
    repeat_choice: bool = True,
    deficit: bool = False,
    seed: Seed | int = 0,
    name: str = "Bump hunt",
    source: str = "a spectrum",
) -> BumpResult:
    """The most significant window of a spectrum, locally and globally.

    With a fitted background every pseudo-experiment is fitted as well, and the local p-value of a
    resonance of the given width is scanned in mass.

    Args:
        spectrum: One spectrum.
        background: What to fit, a finite reference sample, or exact expectations, shape (bin,).
        widths: Widths of the windows in bins; None for 1 to half of the bins.
        resolution: Standard deviation of a resonance over its mass, for the scan in mass; None
            for none.
        n_toys: Pseudo-experiments.
        repeat_choice: If the data chose the number of parameters, let each pseudo-experiment
            choose its own. False: they keep that of the data.
        deficit: Look for a deficit.
        seed: Root of all random numbers.
        name: Title for the report.
        source: Where the spectrum came from.

    Raises:
        BadValue: If the resolution is not in (0, 1), or given without a fitted background.
        TooFewEvents: If the background cannot be fitted.
    """
    seed = Seed.of(seed)
    smooth = background if isinstance(background, SmoothBackground) else None
    if resolution is not None and smooth is None:
        raise BadValue(
            "resolution: the scan for a narrow resonance fits signal and background together, and "
            "here the background is given. Fit it, or leave the resolution out."
        )
    fit = None if smooth is None else smooth.fit(spectrum)
    narrow = NarrowScan.none()
    if fit is not None and resolution is not None:
        narrow = scan_narrow(fit, resolution, seed)
    repeated = smooth is not None and smooth.is_chosen and repeat_choice
    options: dict[str, Any] = {
        "widths": widths, "n_pseudo": n_toys, "deficit": deficit, "seed": seed,
    }  # fmt: skip
    model: Any = background if fit is None else fit
    refit = smooth.expectations if smooth is not None and repeated else True
    hunt = bump_hunt(spectrum, model, refit=refit, **options)
    fixed = None if fit is None else bump_hunt(spectrum, fit, refit=False, **options).global_p.p
    counts, edges = np.histogram(hunt.t_toys[np.isfinite(hunt.t_toys)], bins=60)
    tomography = hunt.tomography
    return BumpResult(
        name=name,
        source=source,
        background=_kind(background),
        choice_repeated=repeated,
        deficit=deficit,
        fit=_shown(spectrum, hunt, fit, background),
        low=hunt.low,
        high=hunt.high,
        n=hunt.n_observed,
        expected=hunt.n_expected,
        p_local=hunt.local_p,
        z_local=hunt.local_z,
        p_global=hunt.global_p.p,
        p_global_low=hunt.global_p.low,
        p_global_high=hunt.global_p.high,
        p_global_is_bound=hunt.global_p.is_bound,
        z_global=hunt.global_p.z,
        p_global_fixed=fixed,
        n_toys=hunt.global_p.n,
        n_failed=hunt.n_failed,
        t=hunt.t,
        t_edges=edges,
        t_counts=counts.astype(np.float64),
        window_low=tomography["low"],
        window_high=tomography["high"],
        window_z=tomography["z"],
        masses=narrow.masses,
        resolution=resolution,
        mass_z=narrow.z,
        mass_p_global=narrow.p_global,
        mass_spurious=narrow.spurious,
        trial_factor=narrow.trial_factor,
        seed=seed.root,
    )


def _kind(background: SmoothBackground | Reference | Floats) -> str:
    """The word for it in the result."""
    if isinstance(background, SmoothBackground):
        return "fit"
    return "reference" if isinstance(background, Reference) else "exact"


def _shown(spectrum: Spectrum, hunt: BumpHunt, fit: Fit | None, background: Any) -> SpectrumFit:
    """The spectrum with its background, fitted or given."""
    everywhere = np.ones(spectrum.n_bins, dtype=bool)
    if fit is not None:
        return spectrum_fit(spectrum, fit, everywhere, fit.shape.kind, "")
    error = np.zeros(spectrum.n_bins)
    if isinstance(background, Reference):
        sample = background.against(spectrum)
        error = np.sqrt(sample.sample.variances) / sample.tau
    shown = spectrum_fit(spectrum, None, everywhere, "given", "")
    return replace(shown, expected=hunt.expected, sigma_expected=error, ok=True)
