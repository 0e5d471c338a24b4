"""Searches in a spectrum that is all there is: no events, no features, one histogram.

`hunt_bump` asks where the spectrum has the most significant excess and how often background alone
makes one; `scan_limits` how much signal of a given width could hide at each mass. Both work on any
`Spectrum`; the answers are plain values that the report shows.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.config import lookup
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.seed import Seed
from anomalon.search.fitted import spectrum_fit
from anomalon.search.histogram_result import BumpResult, LimitResult
from anomalon.search.result import SpectrumFit
from anomalon.stats import (
    SHAPES,
    BumpHunt,
    Fit,
    Reference,
    Shape,
    Spectrum,
    bump_hunt,
    choose_order,
    fit_spectrum,
    global_p_gaussian,
    likelihood_ratio_scan,
    p_from_z,
    score_correlation,
    spurious_signal,
    upper_limits,
)
from anomalon.stats.limits import N_SIGMA
from anomalon.stats.signals import Gaussian

__all__ = ["SmoothBackground", "hunt_bump", "scan_limits"]

Floats = NDArray[np.floating[Any]]

_STEPS_PER_WIDTH = 2  # masses per standard deviation of the signal
_GLOBAL_SAMPLES = 4000
_LARGEST_Z = 35.0  # its p-value is 1e-268; beyond, numbers run out
_HALF_WINDOW = 1.5  # standard deviations: 87 % of a Gaussian, and nearly the best s/sqrt(b)


@dataclass(frozen=True)
class SmoothBackground:
    """The smooth background that is fitted to a spectrum.

    Args:
        shape: Family of functions, a name in `anomalon.stats.SHAPES`.
        n_min, n_max: Numbers of parameters, normalisation included, among which the F-test
            chooses; equal to fix it.
        alpha: The next parameter is taken if the F-test's p-value is below this.
        sqrt_s: Centre-of-mass energy in GeV, for families that need it.
    """

    shape: str = "dijet"
    n_min: int = 2
    n_max: int = 4
    alpha: float = 0.05
    sqrt_s: float = 13_000.0

    @property
    def family(self) -> Shape:
        """The shape, with one parameter.

        Raises:
            UnknownKey: If there is no such family; the nearest name is suggested.
        """
        cls = lookup(SHAPES, self.shape, "background shape")
        has_scale = any(f.name == "sqrt_s" for f in fields(cls))
        shape: Shape = cls(n=1, **({"sqrt_s": self.sqrt_s} if has_scale else {}))
        return shape

    def fit(self, spectrum: Spectrum) -> Fit:
        """The fit to all bins."""
        family = self.family
        n_max = min(self.n_max, family.n_most)
        return choose_order(spectrum, family, min(self.n_min, n_max), n_max, alpha=self.alpha)


def hunt_bump(
    spectrum: Spectrum,
    background: SmoothBackground | Reference | Floats,
    *,
    widths: range | None = None,
    resolution: float | None = None,
    n_toys: int = 10_000,
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
        deficit: Look for a deficit.
        seed: Root of all random numbers.
        name: Title for the report.
        source: Where the spectrum came from.

    Raises:
        BadValue: If the resolution is not in (0, 1).
        TooFewEvents: If the background cannot be fitted.
    """
    seed = Seed.of(seed)
    fit = None
    model: Fit | Reference | Floats
    if isinstance(background, SmoothBackground):
        model = fit = background.fit(spectrum)
    else:
        model = background
    options: dict[str, Any] = {
        "widths": widths, "n_pseudo": n_toys, "deficit": deficit, "seed": seed,
    }  # fmt: skip
    hunt = bump_hunt(spectrum, model, **options)
    fixed = None if fit is None else bump_hunt(spectrum, fit, refit=False, **options).global_p.p
    counts, edges = np.histogram(hunt.t_toys[np.isfinite(hunt.t_toys)], bins=60)
    tomography = hunt.tomography
    masses, z, p_global, factor = _mass_scan(fit, resolution, seed)
    kind = {True: "fit", False: "exact"}[fit is not None]
    return BumpResult(
        name=name,
        source=source,
        background="reference" if isinstance(background, Reference) else kind,
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
        masses=masses,
        resolution=resolution,
        mass_z=z,
        mass_p_global=p_global,
        mass_spurious=_spurious(fit, masses, resolution),
        trial_factor=factor,
        seed=seed.root,
    )


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


def _mass_scan(
    fit: Fit | None, resolution: float | None, seed: Seed
) -> tuple[Floats, Floats, Floats, float | None]:
    """Masses, local significances, global p-values of each, and the trial factor of the best."""
    nothing = np.zeros(0)
    if fit is None or resolution is None:
        return nothing, nothing, nothing, None
    masses = _masses(fit.spectrum, resolution)
    signals = [Gaussian(m, resolution * m) for m in masses]
    z = likelihood_ratio_scan(fit, signals).z
    correlation = score_correlation(fit, signals)
    # The global p-value falls with z: a few points and interpolation in its logarithm.
    grid = np.linspace(0.0, np.clip(float(np.nanmax(z)), 1.0, _LARGEST_Z), 25)
    log_p = [
        np.log(global_p_gaussian(correlation, level, n=_GLOBAL_SAMPLES, seed=seed).value)
        for level in grid
    ]
    p_global = np.minimum(np.exp(np.interp(np.maximum(z, 0.0), grid, log_p)), 1.0)
    best = float(np.nanmax(z))
    factor = float(np.nanmin(p_global) / p_from_z(best)) if 0 < best < _LARGEST_Z else None
    return masses, z, p_global, factor


def _spurious(fit: Fit | None, masses: Floats, resolution: float | None) -> Floats:
    """Signal found where there is none, over its uncertainty, if the truth has a parameter more."""
    if fit is None or resolution is None or fit.n_parameters >= fit.shape.n_most:
        return np.zeros(0)
    richer = replace(fit.shape, n=fit.n_parameters + 1)
    truth = fit_spectrum(fit.spectrum, richer, throw=False)
    if not truth.ok:
        return np.zeros(0)
    signals = [Gaussian(m, resolution * m) for m in masses]
    return spurious_signal(
        Spectrum(truth.expected, fit.spectrum.edges), fit.shape, signals, masses
    ).ratio


def _masses(spectrum: Spectrum, resolution: float) -> Floats:
    """Masses in steps of a share of the resolution, a standard deviation away from both ends."""
    if not 0 < resolution < 1:
        raise BadValue(
            f"resolution: expected a standard deviation over the mass in (0, 1), got {resolution}."
        )
    low = spectrum.edges[0] / (1 - resolution)
    high = spectrum.edges[-1] / (1 + resolution)
    if low <= 0:
        low = spectrum.edges[1] / (1 - resolution)
    if not high > low:
        raise BadValue(
            f"resolution: {resolution} is too wide for {spectrum.edges[0]:g}-"
            f"{spectrum.edges[-1]:g} GeV."
        )
    n = int(np.ceil(np.log(high / low) / resolution * _STEPS_PER_WIDTH)) + 1
    return np.geomspace(low, high, max(n, 2))


def scan_limits(
    spectrum: Spectrum,
    background: SmoothBackground,
    *,
    resolution: float,
    level: float = 0.95,
    name: str = "Upper limits",
    source: str = "a spectrum",
) -> LimitResult:
    """Upper limits on the number of signal events against mass, observed and expected.

    At each mass the events within 1.5 standard deviations are counted, the background there comes
    from a fit to the other bins, and the limit on the count (CLs, background profiled) is divided
    by the share of a Gaussian that lies in the window. What of the signal lies outside is taken
    for background, which makes limits a little too strong for signals wider than they should be.

    Args:
        spectrum: One spectrum.
        background: What to fit; the number of parameters is chosen once, on all bins.
        resolution: Standard deviation of the signal over its mass.
        level: Confidence level.
        name: Title for the report.
        source: Where the spectrum came from.

    Raises:
        BadValue: If the resolution is not in (0, 1).
        TooFewEvents: If the background cannot be fitted.
    """
    fit = background.fit(spectrum)
    masses = _masses(spectrum, resolution)
    rows = [_count(spectrum, fit, m, resolution * m) for m in masses]
    low, high, n, b, sigma_b, share = np.array([row[0] for row in rows]).T
    why = [row[1] for row in rows]
    scale = float(spectrum.scale())
    limit = upper_limits(n / scale, b / scale, sigma_b / scale, level=level)
    reasons = tuple(mine or str(theirs) for mine, theirs in zip(why, limit.why, strict=True))
    if not limit.ok.any():
        raise TooFewEvents(f"limits: there is none at any mass; the first: {reasons[0]}")
    return LimitResult(
        name=name,
        source=source,
        fit=spectrum_fit(spectrum, fit, fit.fitted, fit.shape.kind, ""),
        masses=masses,
        resolution=resolution,
        level=level,
        low=low,
        high=high,
        n=n,
        expected=b,
        sigma_expected=sigma_b,
        share=share,
        observed=limit.observed * scale / share,
        n_sigma=np.array(N_SIGMA),
        band=limit.expected * scale / share,
        why=reasons,
    )


def _count(
    spectrum: Spectrum, fit: Fit, mass: float, sigma: float
) -> tuple[tuple[float, float, float, float, float, float], str]:
    """Window, count, background with its uncertainty, and the signal's share in the window."""
    reach = _HALF_WINDOW * sigma
    inside = (spectrum.centres > mass - reach) & (spectrum.centres < mass + reach)
    if not inside.any():
        inside[np.abs(spectrum.centres - mass).argmin()] = True
    first, last = np.flatnonzero(inside)[[0, -1]]
    low, high = float(spectrum.edges[first]), float(spectrum.edges[last + 1])
    share = float(Gaussian(mass, sigma).integrate(spectrum.edges)[inside].sum())
    around = fit_spectrum(spectrum, fit.shape, mask=inside, throw=False)
    if not around.ok:
        return (low, high, float(spectrum.counts[inside].sum()), np.nan, np.nan, share), str(
            around.why
        )
    b = around.integral(low, high)
    return (low, high, float(spectrum.counts[inside].sum()), b.value, b.uncertainty, share), ""
