"""Detectors of other packages: their random numbers, and which way their scores go."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import SGDOneClassSVM
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from toy_events import toy_background, toy_signal

import anomalon
from anomalon.core.errors import BadValue
from anomalon.detectors import Estimator


class Far(BaseEstimator):
    """Far from the middle; its labels are (inlier, outlier), and its score goes either way."""

    def __init__(self, sign=1.0, labels=(0, 1)):
        self.sign, self.labels = sign, labels

    def fit(self, X, y=None):
        self.middle_ = X.mean(axis=0)
        self.radius_ = np.quantile(self._distance(X), 0.9)
        return self

    def _distance(self, X):
        return ((X - self.middle_) ** 2).sum(axis=1)

    def decision_function(self, X):
        return self.sign * (self._distance(X) - self.radius_)

    def predict(self, X):
        return np.where(self._distance(X) > self.radius_, self.labels[1], self.labels[0])


class WithoutLabels(Far):
    """Nothing says which way it goes."""

    predict = None


class LikePyOD(WithoutLabels):
    """As PyOD's: what it gave of its training rows, higher is an outlier."""

    def fit(self, X, y=None):
        super().fit(X)
        self.decision_scores_ = self.decision_function(X)
        self.labels_ = (self.decision_scores_ > 0).astype(int)
        return self


OfPyOD = type("OfPyOD", (WithoutLabels,), {"__module__": "pyod.models.far"})


class OfScikitLearn(OutlierMixin, WithoutLabels):
    """As scikit-learn's that have no `score_samples`: lower is an outlier."""


class UsesGlobalNumbers(BaseEstimator):
    """Draws from NumPy's global state, as estimators did before they had a `random_state`."""

    def fit(self, X, y=None):
        self.direction_ = np.random.normal(size=X.shape[1])  # noqa: NPY002
        return self

    def score_samples(self, X):
        return X @ self.direction_


FORESTS = {
    "alone": IsolationForest(n_estimators=10),
    "at the end of a pipeline": make_pipeline(StandardScaler(), IsolationForest(n_estimators=10)),
    "that draws from the global state": UsesGlobalNumbers(),
}


@pytest.mark.parametrize("name", FORESTS)
def test_the_seed_of_the_fit_is_that_of_the_estimator(name):
    background, other = toy_background(300), toy_signal(50)
    before = np.random.get_state()  # noqa: NPY002
    first, second, third = (
        Estimator(FORESTS[name]).fit(background, seed=seed).score(other) for seed in (1, 1, 2)
    )
    after = np.random.get_state()  # noqa: NPY002
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_random_state_that_is_given_stays():
    given = make_pipeline(StandardScaler(), IsolationForest(n_estimators=10, random_state=3))
    detector = Estimator(given)
    fits = [detector.fit(toy_background(300), seed=seed) for seed in (1, 2)]
    first, second = (fit.score(toy_signal(50)) for fit in fits)
    assert np.array_equal(first, second)
    assert given.get_params()["isolationforest__random_state"] == 3


@pytest.mark.parametrize(
    "estimator",
    [
        Far(),
        Far(-1.0, (1, -1)),
        Far(-1.0),  # scikit-learn's sign with PyOD's labels: `predict` decides
        LikePyOD(),
        OfPyOD(),
        make_pipeline(StandardScaler(), OfPyOD()),
        OfScikitLearn(-1.0),
        make_pipeline(StandardScaler(), OfScikitLearn(-1.0)),
        make_pipeline(StandardScaler(), Far(-1.0, (1, -1))),
        SGDOneClassSVM(random_state=0),
        LocalOutlierFactor(novelty=True),
    ],
    ids=lambda one: type(one).__name__,
)
def test_outliers_score_higher_whatever_the_sign_of_the_estimator(estimator):
    """Rows far from the middle are outliers by construction."""
    background = toy_background(400)
    scorer = Estimator(estimator).fit(background, seed=1)
    found = anomalon.evaluate(
        scorer.score(toy_background(300, seed=5)), scorer.score(toy_signal(300))
    )
    assert found.auc.value > 0.55


@pytest.mark.parametrize(
    "estimator", [WithoutLabels(), Far(0.0), Far(1.0, (0, 0)), Far(1.0, (3, 4))]
)
def test_a_sign_that_nothing_tells_is_refused(estimator):
    with pytest.raises(BadValue, match="OutlierMixin if outliers are lower"):
        Estimator(estimator).fit(toy_background(300))


def test_a_class_in_place_of_an_estimator_is_refused():
    with pytest.raises(BadValue, match=r"got the class IsolationForest\. .*IsolationForest\(\)"):
        Estimator(IsolationForest)
