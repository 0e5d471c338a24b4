"""`Excess`: its parts against numbers from elsewhere, and that it finds what it looks for."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture as Peer
from toy_search import background as of_search
from toy_search import search

from anomalon import Sample
from anomalon.core import Seed
from anomalon.learn import Excess
from anomalon.learn.classify.excess import _independent, _loss
from anomalon.learn.classify.mixture import GaussianMixture, log_gaussians

QUICK = Excess(n_background=5, n_starts=2, iterations=30)


def test_gaussians_are_those_of_scipy():
    rng = np.random.default_rng(0)
    x, mean, a = rng.normal(size=(50, 3)), rng.normal(size=(2, 3)), rng.normal(size=(2, 3, 3))
    covariance = a @ a.transpose(0, 2, 1) + np.eye(3)
    ours = log_gaussians(x, mean, np.linalg.cholesky(np.linalg.inv(covariance)))
    for k in range(2):
        theirs = multivariate_normal(mean[k], covariance[k]).logpdf(x)
        np.testing.assert_allclose(ours[:, k], theirs, rtol=1e-10)


def crescent(n, seed):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=n)
    x = np.stack([first, 0.7 * first**2 + 0.4 * rng.normal(size=n)], axis=1)
    return (x - x.mean(axis=0)) / x.std(axis=0)


def test_a_mixture_is_a_density_as_good_as_that_of_scikit_learn():
    x, unseen = crescent(4000, 0), crescent(4000, 1)
    ours = GaussianMixture.fit(x, np.ones(len(x)), 10, Seed(0))
    theirs = Peer(10, random_state=0).fit(x)
    assert ours.log_density(unseen).mean() > theirs.score(unseen) - 0.02
    edges = np.linspace(-25, 25, 701)
    grid = np.stack(np.meshgrid(edges, edges), axis=-1).reshape(-1, 2)
    cell = (edges[1] - edges[0]) ** 2
    assert np.exp(ours.log_density(grid)).sum() * cell == pytest.approx(1, abs=0.01)


def test_weights_of_a_mixture_count_like_copies():
    x = crescent(2000, 0)
    right = x[:, 0] > 0
    weighted = GaussianMixture.fit(x, np.where(right, 3.0, 1.0), 4, Seed(0))
    copied = np.concatenate([x, x[right], x[right]])
    copies = GaussianMixture.fit(copied, np.ones(len(copied)), 4, Seed(0))
    assert weighted.log_density(x[right]).mean() == pytest.approx(
        copies.log_density(x[right]).mean(), abs=0.05
    )


def test_the_slope_is_that_of_the_loss():
    rng = np.random.default_rng(0)
    z, y, weight = rng.normal(size=(500, 3)), rng.random(500) < 0.5, rng.random(500)
    p = np.concatenate([[-2, -3], rng.normal(size=6), 0.3 * rng.normal(size=6), np.ones(6)])
    rest = (2, z, multivariate_normal(np.zeros(3)).logpdf(z), y, weight / weight.sum())
    slope = _loss(p, *rest)[1]
    np.testing.assert_allclose(slope, approx_fprime(p, lambda q: _loss(q, *rest)[0]), atol=1e-6)


def test_columns_that_others_determine_are_left_out():
    x = np.random.default_rng(0).normal(size=(4000, 3))
    derived = [x[:, 0] + x[:, 1], np.ones(4000), x[:, 0] * x[:, 2] - x[:, 1]]
    assert _independent(np.column_stack([x, *derived])).tolist() == [0, 1, 2]
    assert _independent(np.ones((10, 2))).tolist() == [0]


def test_it_finds_where_and_how_much():
    rng = np.random.default_rng(3)
    template = Sample(rng.normal(size=(20_000, 3)), ("a", "b", "c"), event=np.arange(20_000))
    data, excess = rng.normal(size=(9800, 3)), rng.normal([1.5, -1, 0], 0.15, (200, 3))
    mixed = Sample(np.concatenate([data, excess]), template.names, event=10**6 + np.arange(10_000))
    scorer = Excess().fit(mixed, template, seed=1)
    # the other peak is broad, and follows noise
    narrow = np.argmax(np.linalg.det(scorer.root[0]))
    assert np.exp(scorer.log_share[0, narrow]) == pytest.approx(0.02, abs=0.006)
    centre = scorer.scale.mean + scorer.scale.std * scorer.mean[0, narrow]
    np.testing.assert_allclose(centre, [1.5, -1, 0], atol=0.15)
    new = scorer.score(Sample(rng.normal([1.5, -1, 0], 0.15, (500, 3)), template.names))
    cut = np.quantile(scorer.score(Sample(rng.normal(size=(50_000, 3)), template.names)), 0.99)
    assert np.mean(new > cut) > 0.8


def test_without_signal_a_search_finds_nothing():
    scan = search(classifier=QUICK, n_members=2).run(of_search(seed=11), seed=1)
    for cut in scan.windows[0].cuts[1:]:
        assert cut.ok, cut.why
        assert abs(cut.z_local) < 3
