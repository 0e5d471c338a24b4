"""The density in the middle of an autoencoder, beside a normal distribution fitted there."""

from dataclasses import replace

import numpy as np
import pytest
from quick_flows import FLOW
from scipy.stats import multivariate_normal, spearmanr
from toy_events import toy_background

from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.detectors import (
    Autoencoder,
    FeedForward,
    LatentDensity,
    Learning,
    NearestNeighbours,
    Variational,
)
from anomalon.detectors.base import FittedDetector
from anomalon.detectors.latent import latent_means
from anomalon.learn.models.arrays import below

QUICK = Learning(epochs=5, batch_size=512, learning_rate=1e-2)


def middle(scorer, events):
    inner = scorer.detector.autoencoder
    network = FittedDetector(inner, scorer.inputs, below(scorer.state, "autoencoder/"))
    return latent_means(network, events)


def test_the_score_is_how_rare_background_is_in_the_middle():
    events = toy_background(3000, 1)
    detector = LatentDensity(Variational(FeedForward((16,)), 3, beta=0.05, learning=QUICK), FLOW)
    scorer = detector.fit(events, seed=1)
    others = toy_background(1000, 2)
    z, there = middle(scorer, events), middle(scorer, others)
    normal = multivariate_normal(z.mean(axis=0), np.cov(z.T))
    assert spearmanr(scorer.score(others), -normal.logpdf(there)).statistic > 0.7


@pytest.mark.parametrize("inner", [Autoencoder, Variational])
def test_a_middle_of_one_number(inner):
    network = inner(FeedForward((8,)), 1, learning=QUICK)
    scorer = LatentDensity(network, replace(FLOW, epochs=2)).fit(toy_background(500, 1), seed=1)
    assert np.isfinite(scorer.score(toy_background(100, 2))).all()


def test_too_few_events_are_refused_before_anything_is_trained(monkeypatch):
    def trained(*_):
        raise AssertionError

    monkeypatch.setattr(Variational, "_fit", trained)
    with pytest.raises(TooFewEvents, match="100"):
        LatentDensity(Variational(FeedForward((8,)), 2)).fit(toy_background(60, 1), seed=1)


def test_how_the_autoencoder_scores_does_not_matter():
    events = toy_background(500, 1)
    scores = [
        LatentDensity(
            Variational(FeedForward((8,)), 2, score=score, learning=QUICK), replace(FLOW, epochs=2)
        ).fit(events, seed=3).score(events)
        for score in ("loss", "radius")
    ]  # fmt: skip
    np.testing.assert_array_equal(*scores)


def test_what_has_no_middle_is_refused():
    with pytest.raises(BadValue, match=r"latent_density\.autoencoder: expected .*'nearest_neigh"):
        LatentDensity(NearestNeighbours())
