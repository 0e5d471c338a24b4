from decimal import Decimal, getcontext

import numpy as np
import pytest

from anomalon.stats.numerics import poisson_deviance
from anomalon.stats.numerics.poisson import total_deviance


def exact(n, mu):
    getcontext().prec = 60
    n, mu = Decimal(n), Decimal(mu)
    return float(2 * ((n * (n / mu).ln() if n else 0) - (n - mu)))


@pytest.mark.parametrize(
    ("n", "mu"),
    [(0, 3.0), (1, 1e-12), (10, 10.5), (1e12, 1e12 + 1e4), (4059920, 4061156.0), (7, 1e9)],
)
def test_against_sixty_digits(n, mu):
    assert poisson_deviance(n, mu) == pytest.approx(exact(n, mu), rel=1e-12)


def test_limits():
    assert poisson_deviance([0, 5, 5], [0, 5, 0]).tolist() == [0.0, 0.0, np.inf]


def test_the_total_is_the_sum():
    rng = np.random.default_rng(3)
    mu = 10 ** rng.uniform(-3, 7, (4, 300))
    n = rng.poisson(mu).astype(float)
    assert total_deviance(n, mu) == pytest.approx(poisson_deviance(n, mu).sum(axis=1), rel=1e-12)
