"""Ours where scikit-learn expects its own: its own checks, and its own pipelines."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import IsolationForest as Theirs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from toy_events import FEATURES, NAMES, toy_background, toy_signal

from anomalon.core import Seed
from anomalon.core.errors import BadLayout
from anomalon.detectors import IsolationForest, Objects
from anomalon.detectors.outlier_estimator import OutlierEstimator


@parametrize_with_checks([OutlierEstimator()])
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_it_goes_into_a_pipeline_and_finds_what_is_far():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(500, 4))
    far = np.full((5, 4), 7.0)
    pipeline = make_pipeline(StandardScaler(), OutlierEstimator(contamination=0.02)).fit(X)
    assert (pipeline.predict(far) == -1).all()
    assert np.mean(pipeline.predict(X) == -1) == pytest.approx(0.02, abs=0.005)
    assert (pipeline.decision_function(far) < pipeline.decision_function(X).min()).all()


def test_the_forest_is_the_one_of_scikit_learn():
    """Trees are grown there and read here."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(600, 4))
    ours = OutlierEstimator(IsolationForest(50, 128, Objects())).fit(X)
    forest = ours.fitted_
    seen = forest.inputs(ours._events(X)).x.reshape(len(X), -1)
    seed = Seed(0).child("detector", kind="isolation_forest")
    theirs = Theirs(n_estimators=50, max_samples=128, random_state=seed.integer(2**31))
    theirs.fit(seen, sample_weight=np.ones(len(seen), np.float32))
    assert np.allclose(ours.score_samples(X), theirs.score_samples(seen), atol=1e-12)


def test_rows_of_objects_are_events():
    background, signal = toy_background(600), toy_signal(50)
    X, far = (events.objects.reshape(len(events), -1) for events in (background, signal))
    ours = OutlierEstimator(
        IsolationForest(), object_names=NAMES, feature_names=FEATURES, random_state=3
    )
    ours = clone(ours).fit(X)
    assert np.mean(ours.predict(far) == -1) > 0.3
    assert np.array_equal(ours.score_samples(X), -ours.fitted_.score(background))
    with pytest.raises(BadLayout, match="27 numbers, got 26"):
        OutlierEstimator(IsolationForest(), object_names=NAMES).fit(X[:, :26])
