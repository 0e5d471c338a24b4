import numpy as np
import pytest
from scipy.stats import binomtest, chi2, poisson

from anomalon.core.errors import BadValue
from anomalon.stats import clopper_pearson, garwood


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (57, 5700)])
@pytest.mark.parametrize("level", [0.6827, 0.95])
def test_clopper_pearson_against_scipy(k, n, level):
    expected = binomtest(k, n).proportion_ci(level, method="exact")
    low, high = clopper_pearson(k, n, level)
    assert (low, high) == (pytest.approx(expected.low), pytest.approx(expected.high))


def test_garwood_against_the_chi2_quantiles():
    n = np.array([0, 1, 4, 100, 1_000_000])
    low, high = garwood(n, 0.9)
    assert low[1:] == pytest.approx(chi2.ppf(0.05, 2 * n[1:]) / 2)
    assert low[0] == 0
    assert high == pytest.approx(chi2.ppf(0.95, 2 * n + 2) / 2)
    # the upper limit for no events: -ln(0.05)
    assert high[0] == pytest.approx(2.9957, abs=1e-4)


def test_garwood_covers():
    low, high = garwood(np.arange(60), 0.6827)
    for mu in (0.3, 2.2, 9.7):
        n = np.arange(60)
        covered = poisson.pmf(n, mu)[(low <= mu) & (mu <= high)].sum()
        assert covered >= 0.6827


def test_refusals():
    for k, n in ((-1, 5), (6, 5), (0, 0)):
        with pytest.raises(BadValue):
            clopper_pearson(k, n)
    with pytest.raises(BadValue):
        garwood(-1)
    with pytest.raises(BadValue, match="level"):
        garwood(1, 1.0)
