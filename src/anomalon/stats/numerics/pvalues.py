"""p-values and standard deviations, accurate in both tails, one-sided: for an excess."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from anomalon.core.errors import BadValue

__all__ = ["log_p_from_z", "p_from_z", "z_from_log_p", "z_from_p"]

Floats = NDArray[np.floating[Any]]


def p_from_z(z: ArrayLike) -> Floats:
    """The one-sided p-value of an excess of `z` standard deviations, P(Z >= z).

    Underflows to 0 above z = 38; `log_p_from_z` does not.

    Example:
        >>> float(p_from_z(5.0).round(12))
        2.86652e-07
    """
    return np.asarray(special.ndtr(-np.asarray(z, dtype=np.float64)))[()]


def z_from_p(p: ArrayLike) -> Floats:
    """Standard deviations of a one-sided p-value; negative for p > 0.5, infinite at 0 and 1.

    Raises:
        BadValue: If a p-value is outside [0, 1].

    Example:
        >>> z_from_p([0.5, 2.866515718791939e-07, 1e-300]).round(4)
        array([ 0.    ,  5.    , 37.0471])
    """
    p = np.asarray(p, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise BadValue(f"p-value: expected numbers in [0, 1], got {np.min(p)} … {np.max(p)}.")
    # + 0.0 turns the -0.0 of p = 0.5 into 0.0
    return np.asarray(0.0 - special.ndtri(p))[()]


def log_p_from_z(z: ArrayLike) -> Floats:
    """Natural logarithm of `p_from_z`, for any z."""
    return np.asarray(special.log_ndtr(-np.asarray(z, dtype=np.float64)))[()]


def z_from_log_p(log_p: ArrayLike) -> Floats:
    """Standard deviations of the one-sided p-value exp(`log_p`), also where it underflows.

    Raises:
        BadValue: If a logarithm is above zero.

    Example:
        >>> float(z_from_log_p(log_p_from_z(100.0)).round(6))
        100.0
    """
    log_p = np.asarray(log_p, dtype=np.float64)
    if np.any(log_p > 0):
        raise BadValue(f"log p-value: expected numbers <= 0, got up to {np.max(log_p)}.")
    return np.asarray(0.0 - special.ndtri_exp(log_p))[()]
