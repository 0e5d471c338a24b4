"""A learned density against one that is known."""

from dataclasses import replace

import numpy as np
import pytest
from quick_flows import FLOW
from scipy.stats import kstest, multivariate_normal, norm

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, TooFewEvents
from anomalon.learn.density import DensityTask, FlowMatching

N = 8000
QUICK = replace(FLOW, epochs=10, n_average=2)


def correlated(n, seed, n_features=2):
    """Normal features with means that move with the condition, and a correlation of 0.7."""
    rng = np.random.default_rng(seed)
    given = rng.normal(3, 2, size=(n, 1))
    x = rng.normal(size=(n, n_features))
    x[:, 1:] = 0.7 * x[:, :1] + np.sqrt(1 - 0.49) * x[:, 1:]
    return x + 0.5 * (given - 3), given


def task(n_features=2, seed=1, **changes):
    x, given = correlated(N, seed, n_features)
    made = {"x": x, "given": given, "weight": np.ones(N), "event": np.arange(N)}
    return DensityTask(**(made | changes), seed=Seed(seed))


KINDS = {
    "coupling": replace(QUICK, layers="coupling", scaling="logit"),
    "autoregressive": replace(QUICK, layers="autoregressive", scaling="logit"),
    "matching": FlowMatching(scaling="logit", hidden=(64, 64), epochs=60, batch_size=256),
}


@pytest.fixture(scope="module", params=list(KINDS))
def fitted(request):
    return KINDS[request.param].fit_many([task()])[0]


def test_values_are_those_of_the_true_density(fitted):
    x, given = correlated(2000, 5)
    log_p = fitted.log_density(x, given, np.arange(2000))
    covariance = [[1, 0.7], [0.7, 1]]
    truth = multivariate_normal([0, 0], covariance).logpdf(x - 0.5 * (given - 3))
    # the mean difference is a Kullback-Leibler divergence
    assert -0.01 < np.mean(truth - log_p) < 0.15


def test_draws_follow_the_condition(fitted):
    for value in (1.0, 5.0):
        drawn = fitted.draw(np.full((4000, 1), value), seed=Seed(2))
        np.testing.assert_allclose(drawn.mean(axis=0), 0.5 * (value - 3), atol=0.2)
        np.testing.assert_allclose(np.cov(drawn.T), [[1, 0.7], [0.7, 1]], atol=0.2)


def test_latent_features_are_normal_and_come_back(fitted):
    x, given = correlated(2000, 6)
    z = fitted.to_normal(x, given, np.arange(2000))
    for j in range(2):
        assert kstest(z[:, j], norm.cdf).statistic < 0.08
    # in single precision, and far out in the tails a spline may be steep
    there = np.abs(fitted.from_normal(z, given) - x).max(axis=1) < 0.02
    assert there.mean() > 0.998


@pytest.mark.parametrize("n_layers", [1, 2])
def test_one_feature_and_many_trainings_that_do_not_see_each_other(n_layers):
    # one layer is two with a companion: the same program, and that of two features
    flow = replace(QUICK, n_layers=n_layers)
    one, other = task(1), task(1, seed=2)
    together = flow.fit_many([one, other])
    alone = flow.fit_many([one])[0]
    given = np.full((3000, 1), 3.0)
    drawn = alone.draw(given, seed=Seed(1))
    assert drawn.shape == (3000, 1)
    assert abs(drawn.mean()) < 0.1
    assert drawn.std() == pytest.approx(1, abs=0.1)
    np.testing.assert_array_equal(drawn, together[0].draw(given, seed=Seed(1)))
    x, given_x = one.x[:2000], one.given[:2000]
    latent = alone.to_normal(x, given_x, np.arange(2000))
    assert kstest(latent[:, 0], norm.cdf).statistic < 0.05
    assert (np.abs(alone.from_normal(latent, given_x) - x) < 0.2).mean() > 0.99
    # with respect to the feature's own distribution, which is that at all conditions
    log_p = alone.log_density(drawn, given, np.arange(3000))
    marginal = norm(0, np.sqrt(2))
    truth = norm(0, 1).logpdf(drawn[:, 0]) - marginal.logpdf(drawn[:, 0])
    assert abs(np.mean(truth - log_p)) < 0.1


def test_events_without_weight_do_not_count():
    x, given = correlated(N, 1)
    x = np.concatenate([x, x + 10])
    task = DensityTask(
        x, np.tile(given, (2, 1)), np.repeat([1.0, 0.0], N), np.arange(2 * N), Seed(1)
    )
    drawn = QUICK.fit_many([task])[0].draw(given, seed=Seed(1))
    assert (drawn < 7).mean() > 0.999


def test_refuses_what_is_no_density():
    with pytest.raises(BadNumbers, match="not negative"):
        task(weight=-np.ones(N))
    with pytest.raises(TooFewEvents, match="at least 100"):
        task(weight=np.zeros(N))
    with pytest.raises(BadLayout, match="`given` of 8000"):
        task(given=np.ones((3, 1)))
