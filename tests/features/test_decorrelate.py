import numpy as np
import pytest
from scipy.stats import kstest, spearmanr

from anomalon import Sample
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.features.decorrelate import ConditionalQuantiles


def correlated(n=40_000, seed=0):
    """Features whose whole shape depends on the mass: a shift, a width and a skewed one."""
    rng = np.random.default_rng(seed)
    mass = 2400 * (1 - rng.random(n)) ** (-1 / 6)
    mass = mass[mass < 6000]
    t = np.log(mass / 2400)
    x = np.stack(
        [
            rng.normal(3 * t, 1),
            rng.normal(0, 1 + t),
            rng.gamma(2 + 2 * t, 1 / (1 + t)),
        ],
        axis=1,
    )
    return Sample(x, ("shift", "width", "skew"), mass)


def test_uniform_at_every_mass_also_where_it_was_not_fitted():
    train, test = correlated(seed=0), correlated(seed=1)
    blinded = (train.mass > 3300) & (train.mass < 3700)
    flat = ConditionalQuantiles().fit(train[~blinded])(test)
    for low, high in [(2400, 2800), (2800, 3300), (3300, 3700), (3700, 5000)]:
        x = flat.between(low, high).x
        for j in range(3):
            assert kstest(x[:, j], "norm").pvalue > 1e-4, (low, flat.names[j])
    for j in range(3):
        assert abs(spearmanr(test.x[:, j], test.mass).statistic) > 0.02 or j == 1
        assert abs(spearmanr(flat.x[:, j], flat.mass).statistic) < 0.015


def test_monotone_at_fixed_mass():
    train = correlated()
    flatten = ConditionalQuantiles().fit(train)
    grid = np.linspace(-3, 6, 500)
    at = Sample(np.stack([grid] * 3, axis=1), train.names, np.full(500, 3000.0))
    assert (np.diff(flatten(at).x, axis=0) >= 0).all()


def test_constants_and_atoms_stay_finite():
    train = correlated()
    x = train.x.copy()
    x[:, 0] = 1.0
    x[::3, 1] = 0.0
    flat = ConditionalQuantiles().fit(train.with_x(x))(train.with_x(x))
    assert np.isfinite(flat.x).all()
    assert np.ptp(flat.x[:, 0]) < 7


def test_masses_outside_the_fit_are_held_at_its_edge():
    train = correlated()
    flatten = ConditionalQuantiles().fit(train)
    edge, far = (Sample([[1.0, 1.0, 1.0]], train.names, [m]) for m in (train.mass.max(), 20_000.0))
    np.testing.assert_array_equal(flatten(edge).x, flatten(far).x)


def test_knows_what_it_was_fitted_on():
    train = correlated()
    assert ConditionalQuantiles().fit(train).fitted_on == train.digest()


def test_errors():
    train = correlated()
    with pytest.raises(TooFewEvents, match=r"at least 600.*got 100"):
        ConditionalQuantiles().fit(train[:100])
    with pytest.raises(BadLayout, match="expected features"):
        ConditionalQuantiles().fit(train)(train.select(["skew"]))
    with pytest.raises(BadValue, match="n_slices"):
        ConditionalQuantiles(n_slices=2)
    with pytest.raises(BadValue, match="n_quantiles: expected a whole number from 5"):
        ConditionalQuantiles(n_quantiles=3)
