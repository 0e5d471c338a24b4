import numpy as np
import pytest

from anomalon.core import Seed
from anomalon.stats import Dijet, fit_spectrum
from anomalon.stats.fits.goodness import deviance_moments
from anomalon.stats.numerics import poisson_deviance


@pytest.mark.parametrize("mu", [1e-5, 0.03, 0.7, 2.0, 11.0, 300.0, 1e5])
def test_moments_against_draws(mu):
    draws = poisson_deviance(Seed(1).child(mu=mu).generator().poisson(mu, 400_000), mu)
    mean, variance = deviance_moments(np.array([mu]))
    assert abs(mean[0] - draws.mean()) < 5 * draws.std() / np.sqrt(len(draws)) + 2e-3 * mean[0]
    error = ((draws - draws.mean()) ** 2).std() / np.sqrt(len(draws))
    assert abs(variance[0] - draws.var()) < 5 * error + 5e-3 * variance[0]


@pytest.mark.parametrize("events", [60, 600])
def test_p_values_at_few_events(events):
    """chi2(ndf) would give a mean p of 0.94 and 0.65."""
    edges = np.linspace(2800.0, 6500.0, 38)
    expected = Dijet(3).integrate([0, 9.0, 5.2], edges)
    rng = Seed(2).child(events=events).generator()
    toys = rng.poisson(expected / expected.sum() * events, (2000, 37))
    p = fit_spectrum((toys, edges), Dijet(3)).p_value
    assert p.mean() == pytest.approx(0.5, abs=0.04)
    assert 0.01 < (p < 0.05).mean() < 0.06
