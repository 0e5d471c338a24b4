"""Goodness of fit of a Poisson spectrum, also where bins expect less than one event.

The deviance of a bin that expects many events is chi2 with one degree of freedom. With few events
it is not: its mean rises to 1.15 near two events, and falls to zero with the expectation below. So
the sum over bins gets its true mean and variance, and a chi2 scaled to these.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.stats.poisson import poisson_deviance

__all__ = ["deviance_moments", "deviance_p_value"]

Floats = NDArray[np.floating[Any]]

_LOW, _HIGH = 1e-4, 1e3  # expectations between which the moments are tabulated
_POINTS = 400


def deviance_moments(mu: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of the deviance of a Poisson count with expectation `mu`.

    Interpolated to about 1e-3; 1 and 2 in the limit of large expectations, 0 in that of small.

    Example:
        >>> [moment.round(2) for moment in deviance_moments(np.array([0.1, 2.0, 500.0]))]
        [array([0.47, 1.14, 1.  ]), array([0.86, 2.23, 2.  ])]
    """
    log_mu, mean, variance = _table()
    at = np.log(np.maximum(mu, _LOW))
    small = np.minimum(mu / _LOW, 1.0)  # both vanish like mu (ln mu)^k below the table
    return small * np.interp(at, log_mu, mean), small * np.interp(at, log_mu, variance)


def deviance_p_value(deviance: Floats, expected: Floats, n_parameters: int) -> Floats:
    """Probability of a larger deviance, shape (…) for expectations of shape (…, bin).

    The sum of the bins' deviances has mean m and variance v; the fit takes away its share of
    n_parameters of n_bins of both. Then deviance * 2m/v is compared with chi2(2 m^2/v). Where all
    bins expect many events this is chi2(n_bins - n_parameters).

    Args:
        deviance: Sum over the fitted bins, divided by the variance scale of the counts.
        expected: Expectations in the fitted bins, divided by the same scale.
        n_parameters: Parameters of the fit.
    """
    mean, variance = (moment.sum(axis=-1) for moment in deviance_moments(expected))
    n_bins = expected.shape[-1]
    left = max(n_bins - n_parameters, 1) / n_bins
    with np.errstate(invalid="ignore"):
        p_value = special.chdtrc(2 * left * mean**2 / variance, deviance * 2 * mean / variance)
    return np.asarray(p_value)


@cache
def _table() -> tuple[Floats, Floats, Floats]:
    log_mu = np.linspace(np.log(_LOW), np.log(_HIGH), _POINTS)
    mean, variance = np.empty(_POINTS), np.empty(_POINTS)
    for i, mu in enumerate(np.exp(log_mu)):
        reach = 10 * np.sqrt(mu) + 20
        n = np.arange(np.floor(max(mu - reach, 0.0)), mu + reach)
        probability = np.exp(n * np.log(mu) - mu - special.gammaln(n + 1))
        deviance = poisson_deviance(n, mu)
        mean[i] = (probability * deviance).sum()
        variance[i] = (probability * (deviance - mean[i]) ** 2).sum()
    return log_mu, mean, variance
