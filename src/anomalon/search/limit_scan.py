"""Upper limits on a narrow resonance at every mass of a spectrum."""

import numpy as np

from anomalon.core.errors import TooFewEvents
from anomalon.core.seed import Seed
from anomalon.search.closure import LIMITED_MASSES, check_number, limit_closure, limit_coverage
from anomalon.search.fitted import spectrum_fit
from anomalon.search.histogram_result import LimitResult
from anomalon.search.narrow import resonance_masses
from anomalon.search.scan import Progress
from anomalon.search.smooth import SmoothBackground
from anomalon.search.steps import steps
from anomalon.search.window_count import count_in_window
from anomalon.search.window_limit import window_limit
from anomalon.stats import Spectrum
from anomalon.stats.limits import N_SIGMA

__all__ = ["scan_limits"]


def scan_limits(
    spectrum: Spectrum,
    background: SmoothBackground,
    *,
    resolution: float,
    level: float = 0.95,
    n_closure: int = 500,
    seed: Seed | int = 0,
    progress: Progress | None = None,
    name: str = "Upper limits",
    source: str = "a spectrum",
    roles: tuple[str, ...] = (),
) -> LimitResult:
    """Upper limits on the number of signal events against mass, observed and expected.

    At each mass the events within 1.5 standard deviations are counted, the background there comes
    from a fit to the bins beyond three, and the limit on the count (CLs, background profiled) is
    divided by the share of a Gaussian that lies in the window. Where fewer than 25 events are seen
    or expected, sums of probabilities take the place of asymptotic formulae. A signal that is wider
    than it should be reaches into the fit, and limits on it are too strong.

    Args:
        spectrum: One spectrum.
        background: What to fit; the number of parameters is chosen once, on all bins.
        resolution: Standard deviation of the signal over its mass.
        level: Confidence level.
        n_closure: Pseudo-experiments with an injected signal, for each of some strengths and
            masses, to see whether limits cover it and measurements return it; 0 for none.
        seed: Of these pseudo-experiments.
        progress: Called now and then with (done, total, what was done).
        name: Title for the report.
        source: Where the spectrum came from.
        roles: What every part of it was taken for, as `read_spectrum` says.

    Raises:
        BadValue: If the resolution is not in (0, 1), or `n_closure` is neither 0 nor at least 10.
        TooFewEvents: If the background cannot be fitted.
    """
    check_number(n_closure)
    seed = Seed.of(seed)
    fit = background.fit(spectrum)
    masses = resonance_masses(spectrum, resolution)
    closures = len(masses) if n_closure else 0  # they take about as long as the limits
    tell = steps(progress, len(masses) + closures)
    tell(0, "background fit")
    counts = [count_in_window(spectrum, fit.shape, m, resolution * m) for m in masses]
    limits = []
    for mass, counted in zip(masses, counts, strict=True):
        limits.append(window_limit(counted, level))
        tell(len(limits), f"limit at {mass:.0f} GeV")
    observed = np.array([one.observed for one in limits])
    found = np.isfinite(observed)
    if not found.any():
        raise TooFewEvents(f"limits: there is none at any mass; the first: {limits[0].why}")
    coverage = signal = None
    if n_closure:
        limited = masses[found]

        def covered(done: int) -> None:
            tell(len(masses) + closures * done // (LIMITED_MASSES + 1), "coverage of limits")

        coverage = limit_coverage(fit, limited, resolution, level, n_closure, seed, covered)
        middle = float(limited[len(limited) // 2])
        signal = limit_closure(fit, middle, resolution, n_closure, seed)
        tell(len(masses) + closures, "injected signals")
    return LimitResult(
        name=name,
        source=source,
        fit=spectrum_fit(spectrum, fit, fit.fitted, fit.shape.kind, ""),
        masses=masses,
        resolution=resolution,
        level=level,
        low=np.array([c.low for c in counts]),
        high=np.array([c.high for c in counts]),
        n=np.array([c.n for c in counts]),
        expected=np.array([c.expected for c in counts]),
        sigma_expected=np.array([c.sigma_expected for c in counts]),
        share=np.array([c.share for c in counts]),
        z=np.array([c.z for c in counts]),
        observed=observed,
        n_sigma=np.array(N_SIGMA),
        band=np.array([one.band for one in limits]).T,
        method=tuple(one.method for one in limits),
        why=tuple(one.why for one in limits),
        coverage=coverage,
        signal=signal,
        roles=roles,
    )
