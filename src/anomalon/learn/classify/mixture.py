"""A mixture of Gaussians, fitted to weighted events: what `Excess` takes for the background."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.special import logsumexp

from anomalon.core.seed import Seed

__all__ = ["GaussianMixture", "log_gaussians"]

Floats = NDArray[np.floating[Any]]

_ROUNDS = 60
_LEAST_VARIANCE = 1e-3  # of features with variance one; keeps a component off single events
_BLOCK = 16_384  # rows at a time
# A share of the events may be anywhere: the tail of a Gaussian falls faster than that of data, and
# a ratio to it would find its excess where there is nothing.
_WIDE, _TIMES_WIDER = 0.002, 3.0


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """Components with precisions L L^T.

    Args:
        log_share: Of the components.
        mean: Their centres.
        root: Their L, lower triangular.
    """

    log_share: Float[np.ndarray, " component"]
    mean: Float[np.ndarray, "component feature"]
    root: Float[np.ndarray, "component feature feature"]

    @classmethod
    def fit(cls, x: Floats, weight: Floats, n_components: int, seed: Seed) -> Self:
        """Maximum likelihood by expectation and maximisation (Dempster, Laird, Rubin 1977).

        Args:
            x: Events of shape (event, feature), with variances of about one.
            weight: Positive, shape (event,).
            n_components: Gaussians, fewer if there are not ten events for each.
            seed: Draws the first centres.
        """
        n, d = x.shape
        k = max(1, min(n_components, n // 10))
        weight = weight / weight.sum()
        centres = seed.generator().choice(n, k, replace=False, p=weight)
        whole = np.atleast_2d(np.cov(x.T, aweights=weight, bias=True)) if n > 1 else np.eye(d)
        whole = whole + _LEAST_VARIANCE * np.eye(d)
        share, mean = np.full(k, 1 / k), x[centres]
        covariance = np.repeat(whole[None] * k ** (-2 / d), k, axis=0)
        for _ in range(_ROUNDS):
            terms = np.log(share) + log_gaussians(x, mean, _roots(covariance))
            belongs = np.exp(terms - logsumexp(terms, axis=1, keepdims=True)) * weight[:, None]
            share = np.maximum(belongs.sum(axis=0), 1e-12)
            mean = (belongs.T @ x) / share[:, None]
            for j in range(k):
                rest = x - mean[j]
                covariance[j] = (rest * belongs[:, j, None]).T @ rest / share[j]
            covariance += _LEAST_VARIANCE * np.eye(d)
        centre = weight @ x
        return cls(
            np.log(np.append(share / share.sum() * (1 - _WIDE), _WIDE)),
            np.vstack([mean, centre]),
            _roots(np.concatenate([covariance, whole[None] * _TIMES_WIDER**2])),
        )

    def log_density(self, x: Floats) -> Floats:
        """Logarithm of the density of each event, shape (event,)."""
        parts = [
            logsumexp(self.log_share + log_gaussians(x[i : i + _BLOCK], self.mean, self.root), 1)
            for i in range(0, len(x), _BLOCK)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)


def log_gaussians(x: Floats, mean: Floats, root: Floats) -> Floats:
    """Logarithms of Gaussian densities, shape (event, component)."""
    d = x.shape[1]
    columns = []
    for centre, line in zip(mean, root, strict=True):
        u = (x - centre) @ line
        columns.append(np.log(np.diag(line)).sum() - 0.5 * np.einsum("ij,ij->i", u, u))
    return np.stack(columns, axis=1) - 0.5 * d * np.log(2 * np.pi)


def _roots(covariance: Floats) -> Floats:
    """L of the precisions L L^T."""
    return np.linalg.cholesky(np.linalg.inv(covariance))
