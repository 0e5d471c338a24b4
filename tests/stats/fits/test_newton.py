import numpy as np
import pytest

from anomalon.stats import Dijet, Exponential
from anomalon.stats.fits.newton import maximise


def plain_newton(counts, columns, weights, steps=200):
    """The same maximum in plain NumPy: one spectrum, the full Hessian, a damped Newton step."""
    n = columns.shape[-1]
    mean = columns.mean(axis=1)
    scale = np.abs(mean).max(axis=0)
    columns = columns / scale
    mean = mean / scale
    log_counts = np.log(np.maximum(counts, 0.5) / weights.sum(axis=1))
    root = np.sqrt(np.maximum(counts, 0.5))
    b = np.linalg.lstsq(mean * root[:, None], log_counts * root, rcond=None)[0]

    def nll(b):
        mu = (np.exp(columns @ b) * weights).sum(axis=1)
        return (mu - counts * np.log(mu)).sum()

    for _ in range(steps):
        events = np.exp(columns @ b) * weights
        mu = events.sum(axis=1)
        first = np.einsum("bq,bqj->bj", events, columns)
        second = np.einsum("bq,bqj,bqk->bjk", events, columns, columns)
        gradient = first.T @ (1 - counts / mu)
        hessian = np.einsum("b,bjk->jk", 1 - counts / mu, second)
        hessian += (first * (counts / mu**2)[:, None]).T @ first
        step = -np.linalg.solve(hessian, gradient)
        size = 1.0
        while size > 1e-9 and not nll(b + size * step) <= nll(b):
            size /= 2
        b = b + size * step
    information = (first / mu[:, None]).T @ first
    return b / scale, np.linalg.inv(information) / np.outer(scale, scale), n


@pytest.mark.parametrize("shape", [Dijet(3), Dijet(4), Exponential(3)])
@pytest.mark.parametrize("events", [200, 1e5])
def test_against_plain_newton(shape, events):
    edges = np.linspace(2000, 7000, 26)
    truth = Dijet(3).integrate([0, 8, 5], edges)
    counts = np.random.default_rng(4).poisson(truth / truth.sum() * events).astype(float)
    columns, weights = shape.quadrature(edges)
    ours = maximise(counts[None], columns, weights)
    parameters, covariance, _ = plain_newton(counts, columns, weights)
    errors = np.sqrt(np.diag(covariance))
    assert ours.converged[0]
    assert np.all(np.abs(ours.parameters[0] - parameters) < 1e-4 * errors)
    assert ours.root[0] @ ours.root[0].T == pytest.approx(covariance, rel=1e-3)


def test_wide_bins_and_steep_spectra_converge():
    """Where one node per bin is far off, and where the first step goes much too far."""
    edges = np.array([500.0, 3000.0, 6000.0, 9000.0, 12000.0])
    counts = np.array([[1e7, 30.0, 1.0, 0.0], [5.0, 3.0, 2.0, 1.0], [0.0, 0.0, 1.0, 1e6]])
    columns, weights = Dijet(2).quadrature(edges)
    solution = maximise(counts, columns, weights)
    assert solution.converged.all()
    mu = Dijet(2).integrate(solution.parameters, edges)
    slope = np.stack(
        [
            (Dijet(2).integrate(solution.parameters + 1e-6 * unit, edges) - mu) / 1e-6
            for unit in np.eye(2)
        ]
    )
    # the score, in units of the error of each parameter, vanishes at the maximum
    score = ((counts / mu - 1) * slope).sum(axis=-1).T
    errors = np.sqrt((solution.root**2).sum(axis=-1))
    assert np.abs(score * errors).max() < 1e-2
