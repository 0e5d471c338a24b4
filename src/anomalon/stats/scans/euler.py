"""The look-elsewhere effect of a scan in two dimensions: mass and width, mass and threshold.

Vitells and Gross, Astropart. Phys. 35 (2011) 230, arXiv:1105.4355: the mean Euler characteristic of
the set of points above a level is the global p-value where that is small, and for a Gaussian field
it is known at all levels from its values at two low ones.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, BadValue
from anomalon.stats.numerics.pvalues import p_from_z

__all__ = ["euler_characteristic", "euler_coefficients", "global_p_euler"]

Floats = NDArray[np.floating[Any]]


def euler_characteristic(z: ArrayLike, z0: float) -> NDArray[np.int64]:
    """Islands minus holes of the set z >= z0 on a grid.

    Points minus edges between neighbours plus squares of four; points without a number count as
    below.

    Args:
        z: Signed significance, shape (…, row, column).
        z0: The level.

    Returns:
        Shape (…).

    Example:
        A ring is one island with one hole:

        >>> int(euler_characteristic([[1, 1, 1], [1, 0, 1], [1, 1, 1]], 0.5))
        0
    """
    z = np.asarray(z, dtype=np.float64)
    if z.ndim < 2:
        raise BadLayout(f"euler_characteristic: expected shape (…, row, column), got {z.shape}.")
    inside = z >= z0
    across = inside[..., :, 1:] & inside[..., :, :-1]
    along = inside[..., 1:, :] & inside[..., :-1, :]
    squares = along[..., :, 1:] & along[..., :, :-1]
    phi = inside.sum((-2, -1)) + squares.sum((-2, -1)) - across.sum((-2, -1)) - along.sum((-2, -1))
    return np.asarray(phi, dtype=np.int64)[()]


def euler_coefficients(
    mean_1: float, z_1: float, mean_2: float, z_2: float, *, two_sided: bool = False
) -> tuple[float, float]:
    """The N1 and N2 of E[phi(z)] = p(z) + exp(-z^2/2) (N1 + z N2), from two levels.

    Args:
        mean_1: Mean Euler characteristic at the level `z_1`, over few pseudo-experiments.
        z_1: First level.
        mean_2: Mean Euler characteristic at `z_2`.
        z_2: Second level.
        two_sided: Excesses and deficits count: the field is |Z|.

    Raises:
        BadValue: If the levels are the same.
    """
    if z_1 == z_2:
        raise BadValue(f"euler_coefficients: expected two different levels, got {z_1} twice.")
    sides = 2.0 if two_sided else 1.0
    left = [
        (mean - sides * float(p_from_z(z))) * np.exp(z**2 / 2)
        for mean, z in ((mean_1, z_1), (mean_2, z_2))
    ]
    slope = (left[1] - left[0]) / (z_2 - z_1)
    return float(left[0] - slope * z_1), float(slope)


def global_p_euler(z: ArrayLike, n1: float, n2: float, *, two_sided: bool = False) -> Floats:
    """p-value of a largest excess of `z` in two dimensions; at most 1.

    Args:
        z: Local significance of the largest excess.
        n1: From `euler_coefficients`.
        n2: From `euler_coefficients`.
        two_sided: As there.

    Example:
        Without any area there is only one place to look:

        >>> float(global_p_euler(3.0, 0.0, 0.0).round(6))
        0.00135
    """
    z = np.asarray(z, dtype=np.float64)
    p = (2.0 if two_sided else 1.0) * p_from_z(z) + np.exp(-(z**2) / 2) * (n1 + z * n2)
    return np.asarray(np.clip(p, 0.0, 1.0))[()]
