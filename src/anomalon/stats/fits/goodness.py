"""Goodness of fit of a Poisson spectrum, also where bins expect less than one event.

The deviance of a bin that expects many events is chi2 with one degree of freedom. With few events
it is not: its mean rises to 1.15 near two events, and falls to zero with the expectation below. So
the sum over bins gets its true mean and variance, and a chi2 scaled to these.
"""

from functools import cache
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.stats.numerics.poisson import poisson_deviance
from anomalon.stats.numerics.quadrature import compiled

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

    Returns:
        p-values; NaN where there are no bins.
    """
    n_bins = expected.shape[-1]
    if n_bins == 0:
        return np.full(expected.shape[:-1], np.nan)
    mean, variance = np.empty(expected.shape[:-1]), np.empty(expected.shape[:-1])
    _total(expected.reshape(-1, n_bins), *_table(), mean.reshape(-1), variance.reshape(-1))
    left = max(n_bins - n_parameters, 1) / n_bins
    with np.errstate(invalid="ignore"):
        p_value = special.chdtrc(2 * left * mean**2 / variance, deviance * 2 * mean / variance)
    return np.asarray(p_value)


@compiled
def _total(
    mu: Floats, log_mu: Floats, means: Floats, variances: Floats, mean: Floats, variance: Floats
) -> None:
    """The sums of `deviance_moments` over the last axis."""
    step = (log_mu[-1] - log_mu[0]) / (len(log_mu) - 1)
    for toy in range(len(mu)):
        mean[toy] = variance[toy] = 0.0 * mu[toy].sum()
        if np.isnan(mean[toy]):
            continue
        for i in range(mu.shape[1]):
            small = min(mu[toy, i] / _LOW, 1.0)
            at = (log(max(mu[toy, i], _LOW)) - log_mu[0]) / step
            at = min(max(at, 0.0), len(log_mu) - 1.000001)
            k = int(at)
            mean[toy] += small * (means[k] + (at - k) * (means[k + 1] - means[k]))
            variance[toy] += small * (variances[k] + (at - k) * (variances[k + 1] - variances[k]))


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
