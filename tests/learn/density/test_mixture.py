"""A mixture of densities is their mean."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from quick_flows import FLOW
from scipy.stats import norm

from anomalon.core import Seed
from anomalon.core.errors import BadValue
from anomalon.learn.density import Density, DensityTask, Mixture
from anomalon.learn.density.mixture import MixedDensity


@dataclass(frozen=True, eq=False)
class Normal(Density):
    """Of unit width, about what is given and a shift."""

    shift: float

    def draw(self, given, *, seed):
        return given + self.shift + seed.generator().normal(size=given.shape)

    def log_density(self, x, given, event):
        return norm.logpdf(x - given - self.shift)[:, 0]

    def to_normal(self, x, given, event):
        return x - given - self.shift

    def from_normal(self, z, given):
        return z + given + self.shift


MIXED = MixedDensity((Normal(-4.0), Normal(0.0), Normal(4.0)))


def test_it_is_the_mean():
    x = np.linspace(-15, 15, 3001)[:, None]
    given = np.full_like(x, 1.0)
    p = np.exp(MIXED.log_density(x, given, np.arange(len(x))))
    np.testing.assert_allclose(np.trapezoid(p, x[:, 0]), 1, rtol=1e-9)
    expected = np.mean([norm.pdf(x[:, 0], 1 + s) for s in (-4, 0, 4)], axis=0)
    np.testing.assert_allclose(p, expected, rtol=1e-9)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 3001])
def test_draws_are_of_all_parts_at_their_conditions(n):
    given = np.linspace(0, 100, n)[:, None]
    drawn = MIXED.draw(given, seed=Seed(1))
    assert drawn.shape == (n, 1)
    near = np.round((drawn - given)[:, 0] / 4)
    if n > 1000:
        shares = [np.mean(near == k) for k in (-1, 0, 1)]
        np.testing.assert_allclose(shares, 1 / 3, atol=0.03)
        assert not np.array_equal(drawn, MIXED.draw(given, seed=Seed(2)))
    np.testing.assert_array_equal(drawn, MIXED.draw(given, seed=Seed(1)))


def test_latent_features_are_those_of_the_first():
    x, given = np.ones((5, 1)), np.arange(5.0)[:, None]
    z = MIXED.to_normal(x, given, np.arange(5))
    np.testing.assert_array_equal(z, x - given + 4)
    np.testing.assert_allclose(MIXED.from_normal(z, given), x)


def test_trainings_differ_and_their_mean_is_nearer_to_the_truth():
    rng = np.random.default_rng(1)
    given = rng.normal(size=(3000, 1))
    x = rng.normal(size=(3000, 2)) + 0.5 * given
    x[:, 1] += 0.7 * x[:, 0]
    seen, unseen = slice(0, 1500), slice(1500, None)
    task = DensityTask(x[seen], given[seen], np.ones(1500), np.arange(1500), Seed(3))
    mixture = Mixture(replace(FLOW, epochs=8), 4)
    (mixed,) = mixture.fit_many([task])
    fresh = x[unseen], given[unseen], np.arange(1500)
    each = [part.log_density(*fresh).mean() for part in mixed.parts]
    assert len(set(each)) == 4
    assert mixed.log_density(*fresh).mean() > np.mean(each) + 0.002
    again, other = mixture.fit_many([task, replace(task, seed=Seed(4))])
    np.testing.assert_array_equal(again.log_density(*fresh), mixed.log_density(*fresh))
    assert not np.array_equal(other.log_density(*fresh), mixed.log_density(*fresh))


@pytest.mark.parametrize("settings", [{"density": Mixture()}, {"density": 3}, {"n": 0}, {"n": 1.5}])
def test_other_settings_are_refused(settings):
    with pytest.raises(BadValue, match="mixture"):
        Mixture(**settings)
