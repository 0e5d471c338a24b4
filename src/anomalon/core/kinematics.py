"""Four-vectors in plain arrays. Energies, momenta and masses in GeV, angles in radians."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "delta_phi",
    "delta_r",
    "energy_momentum",
    "invariant_mass",
    "pt_eta_phi_mass",
    "rapidity",
]

Floats = NDArray[np.floating[Any]]

_LARGEST_ETA = 18.0


def energy_momentum(pt: Floats, eta: Floats, phi: Floats, mass: Floats | float = 0.0) -> Floats:
    """Four-momenta (E, px, py, pz), stacked on a new last axis, in float64.

    Pseudorapidities beyond +-18, which no particle has, count as 18: momenta and rapidities stay
    finite.
    """
    pt, eta, phi, m = (np.asarray(v, dtype=np.float64) for v in (pt, eta, phi, mass))
    eta = np.clip(eta, -_LARGEST_ETA, _LARGEST_ETA)
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    energy = np.sqrt(px**2 + py**2 + pz**2 + m**2)
    return np.stack(np.broadcast_arrays(energy, px, py, pz), axis=-1)


def pt_eta_phi_mass(p: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Transverse momentum, pseudorapidity, azimuth in (-pi, pi] and mass of (E, px, py, pz)."""
    _energy, px, py, pz = np.moveaxis(np.asarray(p, dtype=np.float64), -1, 0)
    pt = np.hypot(px, py)
    with np.errstate(divide="ignore", invalid="ignore"):
        eta = np.where(pt > 0, np.arcsinh(pz / pt), np.sign(pz) * np.inf)
    return pt, eta, np.arctan2(py, px), invariant_mass(p)


def invariant_mass(p: Floats) -> Floats:
    """Mass of (E, px, py, pz); a negative square, which rounding can give, counts as zero."""
    energy, px, py, pz = np.moveaxis(np.asarray(p, dtype=np.float64), -1, 0)
    # (E - |p|)(E + |p|) keeps digits that E^2 - p^2 loses for light, fast particles.
    momentum = np.sqrt(px**2 + py**2 + pz**2)
    return np.asarray(np.sqrt(np.maximum((energy - momentum) * (energy + momentum), 0.0)))


def rapidity(p: Floats) -> Floats:
    """Rapidity y = atanh(pz / E) of (E, px, py, pz)."""
    p = np.asarray(p, dtype=np.float64)
    return np.arctanh(p[..., 3] / p[..., 0])


def delta_phi(a: Floats, b: Floats) -> Floats:
    """Difference of two azimuths, wrapped into [-pi, pi).

    Example:
        >>> round(float(delta_phi(np.float64(3.1), np.float64(-3.1))), 6)
        -0.083185
    """
    return (np.asarray(a) - np.asarray(b) + np.pi) % (2 * np.pi) - np.pi


def delta_r(y1: Floats, phi1: Floats, y2: Floats, phi2: Floats) -> Floats:
    """Distance in the plane of rapidity (or pseudorapidity) and azimuth."""
    return np.hypot(np.asarray(y1) - np.asarray(y2), delta_phi(phi1, phi2))
