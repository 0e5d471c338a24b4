"""Ours where scikit-learn expects its own: its own checks, and its own pipelines."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import IsolationForest as Theirs
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from toy_events import FEATURES, NAMES, toy_background, toy_signal

from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadValue
from anomalon.detectors import IsolationForest, NearestNeighbours, Objects
from anomalon.detectors.outlier_estimator import OutlierEstimator


@parametrize_with_checks(
    [OutlierEstimator(), OutlierEstimator(NearestNeighbours(inputs=Objects()))]
)
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


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (Theirs(), r"got the IsolationForest IsolationForest\(\).*Estimator\("),
        (
            IsolationForest,
            r"got the class IsolationForest\. Give one of this class: IsolationForest\(",
        ),
        (Theirs, "expected a detector or None, got the class IsolationForest"),
        ("isolation_forest", "expected a detector or None, got the str 'isolation_forest'"),
        (0, "expected a detector or None, got the int 0"),
    ],
    ids=["theirs", "class", "class of theirs", "name", "number"],
)
def test_what_is_no_detector_is_refused_in_the_fit(detector, message):
    X = np.random.default_rng(1).normal(size=(50, 3))
    estimator = clone(OutlierEstimator(detector))  # as scikit-learn wants: no complaint before
    with pytest.raises(BadValue, match=message):
        estimator.fit(X)


@pytest.mark.parametrize("share", [2, 0.51, 0, -1, "auto", None, float("nan"), True])
def test_a_contamination_that_is_no_share_up_to_a_half_is_refused(share):
    X = np.random.default_rng(1).normal(size=(50, 3))
    with pytest.raises(BadValue, match=r"contamination: expected a number in \(0, 0\.5\], got"):
        OutlierEstimator(contamination=share).fit(X)


def test_half_of_the_events_may_be_outliers():
    X = np.random.default_rng(1).normal(size=(200, 3))
    assert np.mean(OutlierEstimator(contamination=0.5).fit_predict(X) == -1) == 0.5


def test_columns_without_names_say_which_inputs_take_them():
    X = np.random.default_rng(1).normal(size=(50, 3))
    with pytest.raises(BadLayout, match=r"IsolationForest\(inputs=Objects\(\)\)"):
        OutlierEstimator(IsolationForest()).fit(X)
    OutlierEstimator(IsolationForest(inputs=Objects())).fit(X)


def test_settings_of_the_detector_are_parameters():
    first = NearestNeighbours(inputs=Objects())
    estimator = OutlierEstimator(first)
    assert estimator.get_params()["detector__n_neighbours"] == 5
    assert estimator.get_params()["detector__inputs__pt"] == "log"
    assert set(estimator.get_params(deep=False)) < set(estimator.get_params())
    estimator.set_params(detector__n_neighbours=3, detector__inputs__pt="linear")
    assert estimator.detector == NearestNeighbours(3, inputs=Objects(pt="linear"))
    assert first.n_neighbours == 5  # the one that was given has not changed
    assert clone(estimator).get_params() == estimator.get_params()
    other = IsolationForest(inputs=Objects())
    estimator.set_params(detector__n_trees=7, detector=other, contamination=0.2)
    assert (estimator.detector.n_trees, estimator.contamination) == (7, 0.2)
    with pytest.raises(BadValue, match=r"got 'detector__k'; known: inputs, n_samples, n_trees"):
        estimator.set_params(detector__k=3)
    estimator.set_params(detector__inputs__pt="linear", detector__inputs=Objects(phi="plain"))
    assert estimator.detector.inputs == Objects("linear", "plain")
    with pytest.raises(BadValue, match=r"got 'detector__n_trees__x'; 7 has no settings"):
        estimator.set_params(detector__n_trees__x=3)
    with pytest.raises(BadValue, match=r"n_trees"):
        estimator.set_params(detector__n_trees=-3)
    with pytest.raises(BadValue, match=r"got 'detector__n_neighbours'; None has no settings"):
        OutlierEstimator().set_params(detector__n_neighbours=3)


def test_a_grid_search_goes_through_settings_of_the_detector():
    """The mean distance to more neighbours is larger: the search has to find the fewest."""
    X = np.random.default_rng(1).normal(size=(120, 3))
    search = GridSearchCV(
        OutlierEstimator(NearestNeighbours(inputs=Objects())),
        {"detector__n_neighbours": [9, 2, 5]},
        scoring=lambda estimator, X, y=None: float(np.mean(estimator.score_samples(X))),
        cv=2,
    ).fit(X)
    assert search.best_params_ == {"detector__n_neighbours": 2}
    assert search.best_estimator_.fitted_.detector.n_neighbours == 2
