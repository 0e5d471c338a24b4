"""Logarithms of tail probabilities of counts, for arrays; the mathematics is in `tail_kernels`."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.stats.numerics import tail_kernels
from anomalon.stats.numerics.quadrature import compiled

__all__ = ["log_beta_tails", "log_gamma_tails", "log_poisson_at_most", "poisson_quantile"]

Floats = NDArray[np.floating[Any]]


def log_gamma_tails(a: ArrayLike, x: ArrayLike) -> tuple[Floats, Floats]:
    """Logarithms of P(a, x) and Q(a, x), for a and x >= 0.

    P is the probability of at least a events of a Poisson count with mean x, and Q of fewer.
    """
    a, x = check.together("tails", a=a, x=x)
    tails = np.empty((2, a.size))
    _gamma_tails(a.ravel(), x.ravel(), tails)
    return tails[0].reshape(a.shape), tails[1].reshape(a.shape)


def log_beta_tails(a: ArrayLike, c: ArrayLike, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Logarithms of I_x(a, c) and 1 - I_x(a, c), for a and c >= 0 and y = 1 - x.

    I is the probability of at least a of a + c - 1 events, each counted with probability x.
    """
    a, c, x, y = check.together("tails", a=a, c=c, x=x, y=y)
    tails = np.empty((2, a.size))
    _beta_tails(a.ravel(), c.ravel(), x.ravel(), y.ravel(), tails)
    return tails[0].reshape(a.shape), tails[1].reshape(a.shape)


def log_poisson_at_most(n: ArrayLike, mean: ArrayLike) -> Floats:
    """Logarithm of P(N <= n) of a Poisson count."""
    return log_gamma_tails(np.asarray(n) + 1.0, mean)[1]


def poisson_quantile(p: float, mean: ArrayLike) -> Floats:
    """The smallest count with a probability of at least `p`, in (0, 1), not to be exceeded."""
    mean = np.asarray(mean, dtype=np.float64)
    quantile = np.empty(mean.size)
    _quantiles(float(np.log(p)), mean.ravel(), quantile)
    return quantile.reshape(mean.shape)


@compiled
def _gamma_tails(a: Floats, x: Floats, tails: Floats) -> None:
    for i in range(len(a)):
        tails[0, i], tails[1, i] = tail_kernels.log_gamma_tails(a[i], x[i])


@compiled
def _beta_tails(a: Floats, c: Floats, x: Floats, y: Floats, tails: Floats) -> None:
    for i in range(len(a)):
        tails[0, i], tails[1, i] = tail_kernels.log_beta_tails(a[i], c[i], x[i], y[i])


@compiled
def _quantiles(log_p: float, mean: Floats, quantile: Floats) -> None:
    for i in range(len(mean)):
        below, above = -1.0, np.floor(mean[i])
        step = np.floor(np.sqrt(mean[i])) + 1.0
        while tail_kernels.log_at_most(above, mean[i]) < log_p:
            below, above, step = above, above + step, 2.0 * step
        while above - below > 1.0:  # P(N <= below) < p <= P(N <= above)
            middle = np.floor(0.5 * (below + above))
            if tail_kernels.log_at_most(middle, mean[i]) < log_p:
                below = middle
            else:
                above = middle
        quantile[i] = above
