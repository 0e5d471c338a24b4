"""Boosted trees that say what a teacher says, and what they cannot say."""

from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from toy_events import toy_background, toy_signal

from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.detectors import (
    Autoencoder,
    Baseline,
    Distilled,
    EnsembleDetector,
    EventSummary,
    FeedForward,
    IsolationForest,
    Learning,
    Medoids,
    TriggerObjects,
    teacher_of,
)
from anomalon.learn import load_scorer, save_scorer
from anomalon.learn.regress import BoostedRegression

TEACHER = Autoencoder(
    FeedForward((16,)), 3, TriggerObjects(),
    learning=Learning(epochs=20, batch_size=512, learning_rate=1e-2),
)  # fmt: skip


def test_the_student_says_what_the_teacher_says_on_events_that_neither_has_seen(tmp_path):
    scorer = Distilled(TEACHER, BoostedRegression(200, 5)).fit(toy_background(6000), seed=1)
    fresh = toy_background(3000, 9)
    teacher = teacher_of(scorer)
    said, wanted = scorer.score(fresh), np.log(teacher.score(fresh))
    assert np.corrcoef(said, wanted)[0, 1] > 0.9
    # of decisions at 10 %, the chance agreement would be 82 %
    cuts = np.quantile(said, 0.9), np.quantile(wanted, 0.9)
    assert np.mean((said > cuts[0]) == (wanted > cuts[1])) > 0.93
    save_scorer(scorer, tmp_path / "d.npz")
    again = load_scorer(tmp_path / "d.npz")
    assert np.array_equal(again.score(fresh), said)
    assert np.array_equal(teacher_of(again).score(fresh), teacher.score(fresh))


def test_the_teacher_is_the_one_that_is_fitted_alone():
    """The same rows, weights and inputs: of a detector that draws nothing the same scores."""
    events = toy_background(800)
    detector = IsolationForest(5, 64)
    scorer = Distilled(detector, BoostedRegression(5, 2), "score").fit(events, seed=1)
    assert teacher_of(scorer).detector == detector
    assert teacher_of(scorer).seen is scorer.seen
    assert scorer.detector.inputs == EventSummary()


def test_trees_cannot_go_on_beyond_what_they_have_learned():
    """A limit of trees, said in the docs: of what is far away the order is lost."""
    scorer = Distilled(TEACHER, BoostedRegression(50, 4)).fit(toy_background(2000), seed=1)
    far = toy_signal(500)
    objects = far.objects.copy()
    objects[:, :, 0] *= 100
    farther = replace(far, objects=objects)
    grown = [np.log(teacher_of(scorer).score(events)).mean() for events in (far, farther)]
    assert grown[1] - grown[0] > 4
    said = [scorer.score(events) for events in (far, farther)]
    assert abs(said[1].mean() - said[0].mean()) < 1.5


def test_it_is_the_regression_of_lightgbm():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 4)).astype(np.float32)
    y, weight = np.sin(x[:, 0]) + x[:, 1] ** 2, rng.uniform(0.1, 10, 500)
    student = BoostedRegression(20, 3, 0.2, 10, 1.0)
    theirs = lightgbm.LGBMRegressor(
        n_estimators=20, max_depth=3, num_leaves=8, learning_rate=0.2, min_child_samples=10,
        reg_lambda=1.0, verbosity=-1, n_jobs=1,
    ).fit(x, y, sample_weight=weight)  # fmt: skip
    ours = student.ready(student.fit(x, y, weight, Seed(0)))
    np.testing.assert_allclose(ours(x), theirs.predict(x), rtol=1e-6, atol=1e-9)
    assert ours(x[:0]).shape == (0,)
    assert np.array_equal(ours(x[:7]), ours(x)[:7])


def test_an_event_of_weight_zero_teaches_nothing_and_weights_are_those_of_the_mean():
    x = np.array([[0.0]] * 40)
    y = np.repeat([1.0, 5.0], 20)
    student = BoostedRegression(1, 1, 1.0, 1)
    for weight, mean in ((np.ones(40), 3.0), (np.repeat([3.0, 1.0], 20), 2.0)):
        got = student.ready(student.fit(x, y, weight, Seed(0)))(x[:1])
        assert got[0] == pytest.approx(mean, rel=1e-6)


def test_what_makes_no_sense_is_refused():
    below_zero = EnsembleDetector(IsolationForest(5, 64), 1)
    events = toy_background(300)
    with pytest.raises(BadValue, match=r"'ensemble' above zero.*got -.*target = \"score\""):
        Distilled(below_zero).fit(events, seed=1)
    of_score = Distilled(below_zero, BoostedRegression(5), "score").fit(events)
    assert np.isfinite(of_score.score(events)).all()
    with pytest.raises(BadValue, match=r"distilled\.inputs"):
        Distilled(Medoids())  # points are no row of numbers
    with pytest.raises(BadValue, match="teacher: expected a Detector"):
        Distilled("autoencoder")
    with pytest.raises(BadValue, match="depth"):
        BoostedRegression(depth=17)
    with pytest.raises(BadValue, match="target"):
        Distilled(target="logit")
    with pytest.raises(BadValue, match="expected a distilled detector"):
        teacher_of(Baseline("ht").fit(events))
