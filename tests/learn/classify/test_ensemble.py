"""`Ensemble` and `KFold`: how they multiply tasks and join scores."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from anomalon.core import Sample, Seed
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.learn import BoostedTrees, Classifier, Ensemble, KFold, Scorer


def sample(n, first=0):
    x = np.random.default_rng(first).normal(size=(n, 2))
    return Sample(x=x, names=("a", "b"), mass=np.full(n, 1.0), event=first + np.arange(n))


@dataclass(frozen=True, eq=False)
class Constant(Scorer):
    names: tuple[str, ...]
    value: float

    def _score(self, sample):
        return np.full(len(sample), self.value)


CALLS = []
TREES = BoostedTrees(n_trees=5)


@dataclass(frozen=True)
class Counted(Classifier):
    """Scores its place among the tasks; remembers what it was asked."""

    kind: ClassVar[str] = "counted"

    def _fit_many(self, tasks, names):
        CALLS.append(tasks)
        return [Constant(names, float(i)) for i, _ in enumerate(tasks)]


@pytest.fixture(autouse=True)
def _forget():
    CALLS.clear()


def test_the_standard_nesting_is_one_call_with_all_tasks():
    scorer = Ensemble(KFold(Counted(), k=5), n=10).fit(sample(100), sample(100, 100), seed=1)
    (tasks,) = CALLS
    assert len(tasks) == 50
    assert len({str(task.seed) for task in tasks}) == 50
    assert all(task.x is tasks[0].x for task in tasks)
    # Tasks arrive member by member, fold by fold, and go back to where they belong.
    for i, member in enumerate(scorer.members):
        assert [model.value for model in member.models] == [5 * i + f for f in range(5)]
        for f, task in enumerate(tasks[5 * i : 5 * i + 5]):
            events = Sample(x=task.x, names=("a", "b"), mass=np.ones(200), event=task.event)
            assert ((member.fold_of(events) == f) == (task.weight == 0)).all()


def test_members_have_their_own_folds():
    scorer = Ensemble(KFold(Counted()), n=3).fit(sample(1000), sample(1000, 1000), seed=1)
    folds = [member.fold_of(sample(1000)) for member in scorer.members]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.mean(folds[one] == folds[other]) == pytest.approx(0.2, abs=0.06)


def test_score_is_the_mean_of_the_members():
    scorer = Ensemble(BoostedTrees(n_trees=5), n=3).fit(sample(500), sample(500, 500), seed=1)
    each = scorer.member_scores(sample(50))
    assert each.shape == (3, 50)
    np.testing.assert_allclose(scorer.score(sample(50)), each.mean(axis=0), rtol=1e-14)


def test_a_member_does_not_depend_on_their_number():
    data = sample(500), sample(500, 500)
    few = Ensemble(BoostedTrees(n_trees=5), n=2).fit(*data, seed=1)
    many = Ensemble(BoostedTrees(n_trees=5), n=4).fit(*data, seed=1)
    assert (many.member_scores(data[0])[:2] == few.member_scores(data[0])).all()


def test_classifiers_take_turns_and_a_kind_is_one_call():
    first, second = replace(TREES, n_trees=3), replace(TREES, n_trees=4)
    data = sample(500), sample(500, 500)
    mixed = Ensemble((first, second), n=5).fit(*data, seed=1)
    assert [m.booster.num_trees() for m in mixed.members] == [3, 4, 3, 4, 3]
    # A member is what it would be in an ensemble of its kind alone.
    for place, classifier in enumerate((first, second)):
        alone = Ensemble(classifier, n=5).fit(*data, seed=1).member_scores(data[0])
        assert (mixed.member_scores(data[0])[place::2] == alone[place::2]).all()
    KFold(Ensemble((Counted(), TREES), n=3), k=4).fit(*data, seed=1)
    (tasks,) = CALLS
    assert len(tasks) == 4 * 2


def test_every_event_has_a_fold_that_scores_it():
    scorer = KFold(Counted(), k=4).fit(sample(400), sample(400, 400), seed=1)
    for events in (sample(400), sample(300, 10**12)):
        assert (scorer.score(events) == scorer.fold_of(events)).all()
        assert set(scorer.fold_of(events)) == {0, 1, 2, 3}


def test_folds_balance_the_classes_again():
    KFold(Counted(), k=3).fit(sample(100), sample(700, 100), seed=1)
    for task in CALLS[0]:
        halves = [task.weight[task.y == c].sum() for c in (0, 1)]
        assert halves[0] == pytest.approx(halves[1], rel=1e-5)
        assert task.weight[task.rows].mean() == pytest.approx(1, rel=1e-5)


def test_a_fold_that_takes_a_whole_class_is_refused():
    same = Sample(x=np.zeros((9, 2)), names=("a", "b"), mass=np.ones(9), event=np.full(9, 4))
    with pytest.raises(TooFewEvents, match=r"signal-like events .* fewer folds"):
        KFold(Counted()).fit(same, sample(100), seed=1)


def test_settings_are_checked():
    with pytest.raises(BadValue, match="n: expected a whole number from 1"):
        Ensemble(Counted(), n=0)
    with pytest.raises(BadValue, match="at least 2 member"):
        Ensemble((Counted(), Counted()), n=1)
    for nothing in ((), "boosted_trees", (TREES, "network")):
        with pytest.raises(BadValue, match="expected a classifier or some that take turns"):
            Ensemble(nothing)
    assert Ensemble([Counted(), TREES]) == Ensemble((Counted(), TREES))
    with pytest.raises(BadValue, match="k: expected a whole number from 2"):
        KFold(Counted(), k=1)


def test_an_integer_is_a_seed():
    data = sample(300), sample(300, 300)
    trees = Ensemble(KFold(BoostedTrees(n_trees=3)), n=2)
    one, other = (trees.fit(*data, seed=s).score(data[0]) for s in (7, Seed(7)))
    assert (one == other).all()


def test_members_see_a_share_of_the_events_and_can_tell_which():
    inside, outside = sample(400), sample(400, 400)
    scorer = Ensemble(Counted(), n=4, subsample=0.5).fit(inside, outside, seed=1)
    (tasks,) = CALLS
    saw = np.concatenate([scorer.would_see(inside), scorer.would_see(outside)], axis=1)
    for member, task in enumerate(tasks):
        np.testing.assert_array_equal(task.weight > 0, saw[member])
        assert task.weight[task.y == 1].sum() == pytest.approx(task.weight[task.y == 0].sum())
    assert np.all(np.abs(saw.mean(axis=1) - 0.5) < 4 * 0.5 / np.sqrt(800))
    # members are independent, and copies of an event go together
    assert abs(np.mean(saw[0] & saw[1]) - 0.25) < 4 * 0.45 / np.sqrt(800)
    np.testing.assert_array_equal(scorer.would_see(inside[:9]), scorer.would_see(inside)[:, :9])


@pytest.mark.parametrize("subsample", [0, 1.5, -0.1])
def test_an_impossible_share_is_refused(subsample):
    with pytest.raises(BadValue, match="subsample: expected a number in"):
        Ensemble(Counted(), subsample=subsample)


def test_it_can_tell_before_the_training_what_members_are_shown():
    data = sample(400), sample(400, 400)
    ensemble = Ensemble(Counted(), n=4, subsample=0.5)
    scorer = ensemble.fit(*data, seed=Seed(1))
    for one in data:
        shown = ensemble.shows(one.event, seed=Seed(1))
        np.testing.assert_array_equal(shown, scorer.would_see(one))
    assert Ensemble(Counted(), n=2).shows(data[0].event, seed=Seed(1)).all()


def test_members_with_samples_of_their_own_see_all_of_them_and_only_them():
    """Given what they would have been shown, they are what they would have been."""
    data = sample(600), sample(600, 600)
    ensemble = Ensemble((TREES, replace(TREES, n_trees=3)), n=3, subsample=0.5)
    shown = [ensemble.shows(one.event, seed=Seed(1)) for one in data]
    own = [(data[0][shown[0][i]], data[1][shown[1][i]]) for i in range(3)]
    members = ensemble.fit_members(own, seed=Seed(1))
    there = ensemble.fit(*data, seed=Seed(1)).member_scores(data[0])
    np.testing.assert_array_equal([m.score(data[0]) for m in members], there)
    Ensemble(Counted(), n=3).fit_members(own, seed=Seed(1))
    (tasks,) = CALLS
    for task, pair in zip(tasks, own, strict=True):
        np.testing.assert_array_equal(task.event, np.concatenate([s.event for s in pair]))


def test_there_is_a_pair_with_the_same_features_for_each_member():
    ensemble, pair = Ensemble(Counted(), n=2), (sample(100), sample(100, 100))
    other = pair[1].select(["b", "a"])
    for wrong in ([pair], [pair, (pair[0], other)], []):
        with pytest.raises(BadLayout, match="two samples with the same features for each of 2"):
            ensemble.fit_members(wrong, seed=Seed(1))
