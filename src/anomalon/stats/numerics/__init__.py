"""Arithmetic: Poisson deviances, tails of distributions, p-values, small matrices, quadrature."""

from anomalon.stats.numerics.poisson import poisson_deviance
from anomalon.stats.numerics.pvalues import log_p_from_z, p_from_z, z_from_log_p, z_from_p
from anomalon.stats.numerics.value import Value

__all__ = [
    "Value",
    "log_p_from_z",
    "p_from_z",
    "poisson_deviance",
    "z_from_log_p",
    "z_from_p",
]
