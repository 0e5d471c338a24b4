"""Which signal does a fit find in a background that its shape cannot describe?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, TooFewEvents
from anomalon.core.plain import to_plain
from anomalon.core.shown import Shown
from anomalon.stats.coverage.toys import Outcome, too_many
from anomalon.stats.fits.signal_fit import fit_signal
from anomalon.stats.spectra.shapes import Shape
from anomalon.stats.spectra.spectrum import Spectrum

__all__ = ["SpuriousSignal", "spurious_signal"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class SpuriousSignal(Shown, Outcome):
    """The signal that a fit finds where there is none.

    Args:
        mass: In GeV, or the number of the signal, shape (mass,).
        strength: Signal found, mean over the toys if there are any, shape (mass,).
        strength_error: Its uncertainty: of the mean over toys, or from the statistics of a weighted
            template; 0 for exact expectations.
        sigma: Uncertainty of the signal in data with these counts.
        n_failed: Fits that failed at each mass.
        allowed: The largest |strength|/sigma that is acceptable.
    """

    mass: Floats
    strength: Floats
    strength_error: Floats
    sigma: Floats
    n_failed: NDArray[np.int64]
    n: NDArray[np.int64]
    allowed: float = 0.2

    @property
    def ratio(self) -> Floats:
        """Spurious signal in units of its uncertainty; 0.2 is usual, 0.5 too much."""
        return np.asarray(self.strength / self.sigma)

    @property
    def ratio_error(self) -> Floats:
        """Uncertainty of `ratio` from the toys, or from the template."""
        return np.asarray(self.strength_error / self.sigma)

    @property
    def largest(self) -> float:
        """The largest |strength| at any mass: what many analyses take as their uncertainty."""
        return float(np.nanmax(np.abs(self.strength)))

    @property
    def ok(self) -> bool:
        """Whether |ratio| is at most `allowed` at every mass, within two standard deviations."""
        beyond = np.abs(self.ratio) - 2 * self.ratio_error > self.allowed
        return not (beyond.any() or too_many(self.n_failed, self.n))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists and numbers, for JSON."""
        more = {name: getattr(self, name) for name in ("ratio", "ratio_error", "largest")}
        return super().to_dict() | dict(to_plain(more))


def spurious_signal(
    background: Any,
    shape: Shape,
    signals: Any,
    masses: ArrayLike | None = None,
    *,
    mask: NDArray[np.bool_] | None = None,
    allowed: float = 0.2,
) -> SpuriousSignal:
    """Fit signal and background to spectra that have no signal.

    ATL-PHYS-PUB-2020-028, section 4: take a background that is not of the family that is fitted,
    with the size that is expected in data, and see how much signal the fit needs to describe it.

    Args:
        background: Expectations of another shape or of a simulation, shape (bin,), as a `Spectrum`
            or what `Spectrum.of` takes; with a variance for a simulation of finite size that stands
            for plain events, with `event_weight` alone for expectations of weighted data; or
            toys, shape (toy, bin).
        shape: The fitted background, e.g. `Dijet(4)`.
        signals: As for `fit_signal`, for several masses.
        masses: In GeV, shape (mass,), for plots; counted from 0 if None.
        mask: True for the bins that the fits must not see.
        allowed: The largest share of the uncertainty that is acceptable.

    Raises:
        BadLayout: If the shapes do not fit.
        TooFewEvents: If no fit at some mass succeeded.
    """
    spectrum = Spectrum.of(background)
    fit = fit_signal(spectrum, shape, signals, mask=mask, throw=False)
    n_masses = 1 if fit.templates.ndim == 1 else len(fit.templates)
    mass = np.arange(n_masses, dtype=float) if masses is None else np.atleast_1d(masses)
    if mass.shape != (n_masses,):
        raise BadLayout(f"spurious_signal: expected {n_masses} masses, got {mass.shape}.")
    strength = fit.strength.reshape(-1, n_masses)
    error = fit.sigma_strength.reshape(-1, n_masses)
    good = np.isfinite(strength)
    n = good.sum(axis=0)
    if not n.all():
        raise TooFewEvents(
            f"spurious_signal: no fit succeeded at {mass[n == 0]} (first reason: "
            f"{fit.why[~fit.ok].ravel()[0] if fit.ok.ndim else fit.why})"
        )
    if spectrum.counts.ndim == 2:
        spread = np.nanstd(strength, axis=0, ddof=1) if len(strength) > 1 else error[0]
        strength_error = spread / np.sqrt(n)
    else:
        strength_error = error[0] if spectrum.variance is not None else np.zeros(n_masses)
    return SpuriousSignal(
        mass=np.asarray(mass, dtype=np.float64),
        strength=np.nanmean(strength, axis=0),
        strength_error=strength_error,
        sigma=np.nanmedian(_in_data(spectrum, shape, signals, mask, error), axis=0),
        n_failed=len(strength) - n,
        n=n,
        allowed=allowed,
    )


def _in_data(
    spectrum: Spectrum, shape: Shape, signals: Any, mask: NDArray[np.bool_] | None, error: Floats
) -> Floats:
    """Uncertainties of the signal in data with these counts, shape (toy, mass)."""
    if spectrum.variance is None:
        return error
    plain = fit_signal((spectrum.counts, spectrum.edges), shape, signals, mask=mask, throw=False)
    return np.asarray(plain.sigma_strength.reshape(error.shape))
