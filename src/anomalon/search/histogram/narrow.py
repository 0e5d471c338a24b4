"""A narrow resonance at every mass of a spectrum, the background fitted together with it."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.search.results.bump import NarrowScan
from anomalon.stats import Fit, Spectrum, fit_spectrum, likelihood_ratio_scan, p_from_z
from anomalon.stats.coverage import spurious_signal
from anomalon.stats.scans import global_p_gaussian, score_correlation
from anomalon.stats.spectra.signals import Gaussian

__all__ = ["LIMITS_PER_WIDTH", "masses_between", "resonance_masses", "scan_narrow"]

Floats = NDArray[np.floating[Any]]

_PER_WIDTH = 2  # masses per standard deviation of the signal
LIMITS_PER_WIDTH = 4
"""The same for limits: neighbouring ones then differ by a few per cent."""
_PER_BIN = 4  # masses per bin, where bins are wider
_GLOBAL_SAMPLES = 4000
_LEVELS = 25  # the global p-value falls smoothly with z: interpolated in its logarithm
_LARGEST_Z = 35.0  # its p-value is 1e-268; beyond, numbers run out


def scan_narrow(fit: Fit, resolution: float, seed: Seed) -> NarrowScan:
    """The scan, with global p-values from the covariance of the significances.

    Args:
        fit: The background, fitted to all bins of one spectrum.
        resolution: Standard deviation of the resonance over its mass.
        seed: Of the global p-values.

    Raises:
        BadValue: If the resolution is not in (0, 1), or too wide for the spectrum.
    """
    masses = resonance_masses(fit.spectrum, resolution)
    signals = [Gaussian(m, resolution * m) for m in masses]
    z = likelihood_ratio_scan(fit, signals).z
    best = float(np.nanmax(z))
    levels = np.linspace(0.0, np.clip(best, 1.0, _LARGEST_Z), _LEVELS)
    correlation = score_correlation(fit, signals)
    log_p = np.log(global_p_gaussian(correlation, levels, n=_GLOBAL_SAMPLES, seed=seed).value)
    p_global = np.minimum(np.exp(np.interp(np.maximum(z, 0.0), levels, log_p)), 1.0)
    factor = float(np.nanmin(p_global) / p_from_z(best)) if 0 < best < _LARGEST_Z else None
    return NarrowScan(resolution, masses, z, p_global, *_spurious(fit, masses, signals), factor)


def _spurious(fit: Fit, masses: Floats, signals: list[Gaussian]) -> tuple[Floats, Floats]:
    """Spurious signal over its uncertainty if the truth has a parameter more, and its error."""
    nothing = np.zeros(0), np.zeros(0)
    if fit.n_parameters >= fit.shape.n_most:
        return nothing
    richer = replace(fit.shape, n=fit.n_parameters + 1)
    truth = fit_spectrum(fit.spectrum, richer, throw=False)
    if not truth.ok:
        return nothing
    without_signal = fit.spectrum.with_counts(truth.expected)
    ratio = spurious_signal(without_signal, fit.shape, signals, masses).ratio
    # by Wilks' theorem the parameter is this many standard deviations from its absence
    n_sigma = np.sqrt(max(float(fit.deviance - truth.deviance), 0.0))
    return ratio, np.abs(ratio) / n_sigma if n_sigma > 0 else np.zeros(len(ratio))


def resonance_masses(
    spectrum: Spectrum, resolution: float, *, per_width: int = _PER_WIDTH, margin: float = 1.0
) -> Floats:
    """Masses in steps of a share of the resolution, some standard deviations away from both ends.

    Where bins are wider than the resolution, a signal moves inside of one: four masses for each
    bin are enough.

    Args:
        spectrum: The bins.
        resolution: Standard deviation of the signal over its mass.
        per_width: Masses for each standard deviation.
        margin: Standard deviations from either end; less where they leave nothing between.

    Raises:
        BadValue: If the resolution is not in (0, 1), or too wide for the spectrum.
    """
    resolution = check.number(
        resolution, "resolution, a standard deviation over the mass", "(0, 1)"
    )
    edges = spectrum.edges
    low, high = _between(edges, resolution, margin)
    if not high > low:
        low, high = _between(edges, resolution, 1.0)
    if not high > low:
        raise BadValue(f"resolution: {resolution} is too wide for {edges[0]:g}-{edges[-1]:g} GeV.")
    return masses_between(edges, resolution, low, high, per_width=per_width)


def masses_between(
    edges: Floats, resolution: float, low: float, high: float, *, per_width: int = LIMITS_PER_WIDTH
) -> Floats:
    """Masses from `low` to `high` in steps of a share of the resolution, or of a bin if wider.

    Args:
        edges: Bin edges in GeV.
        resolution: Standard deviation of the signal over its mass.
        low: First mass, GeV.
        high: Last mass, GeV.
        per_width: Masses for each standard deviation.
    """
    if resolution * low / per_width >= (np.diff(edges) / _PER_BIN).max():
        n = int(np.ceil(np.log(high / low) / resolution * per_width)) + 1
        return np.geomspace(low, high, max(n, 2))
    masses = [low]
    while masses[-1] < high:
        here = int(np.clip(np.searchsorted(edges, masses[-1], side="right") - 1, 0, len(edges) - 2))
        step = max(resolution * masses[-1] / per_width, (edges[here + 1] - edges[here]) / _PER_BIN)
        masses.append(min(masses[-1] + step, high))
    return np.array(masses)


def _between(edges: Floats, resolution: float, margin: float) -> tuple[float, float]:
    """The first and the last mass, in GeV."""
    away = min(margin * resolution, 0.99)
    low = edges[0] if edges[0] > 0 else edges[1]
    return float(low / (1 - away)), float(edges[-1] / (1 + away))
