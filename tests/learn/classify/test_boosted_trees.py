"""`BoostedTrees`: what is ours around LightGBM."""

from dataclasses import replace

import numpy as np
import pytest

from anomalon.core import Sample, Seed
from anomalon.core.errors import BadValue
from anomalon.learn import BoostedTrees
from anomalon.learn.classify.base import task_of
from anomalon.learn.classify.split import share

SMALL = BoostedTrees(n_trees=60, min_leaf=20)


def sample(n, shift, first=0):
    x = np.random.default_rng(first).normal(size=(n, 2)) + shift
    return Sample(x=x, names=("a", "b"), mass=np.full(n, 1.0), event=first + np.arange(n))


DATA = sample(1000, 0.3), sample(1000, 0, 5000)


def test_it_learns_the_likelihood_ratio():
    # Two unit Gaussians a distance d apart: p = 1 / (1 + exp(-d x + d^2 / 2)) per axis.
    data = sample(30_000, 0.5), sample(30_000, 0, 50_000)
    test = sample(2000, 0.25, 900_000)
    p = BoostedTrees().fit(*data, seed=0).score(test)
    exact = 1 / (1 + np.exp(-0.5 * test.x.sum(axis=1) + 0.25))
    assert np.sqrt(np.mean((p - exact) ** 2)) < 0.03


def test_patience_stops_and_keeps_the_best():
    stopped = replace(SMALL, n_trees=500, patience=5).fit(*DATA, seed=0)
    assert 0 < stopped.booster.num_trees() < 100
    assert SMALL.fit(*DATA, seed=0).booster.num_trees() == 60


def test_copies_do_not_defeat_early_stopping():
    # Each event ten times. A validation split by rows would hold copies of the training events,
    # and its loss would fall for as long as the trees memorise.
    copied = [Sample.concatenate([s] * 10) for s in DATA]
    trees = replace(SMALL, n_trees=300, patience=5, min_leaf=5)
    assert trees.fit(*copied, seed=0).booster.num_trees() < 100
    as_strangers = [
        replace(s, event=first + np.arange(len(s)))
        for s, first in zip(copied, (0, 50_000), strict=True)
    ]
    assert trees.fit(*as_strangers, seed=0).booster.num_trees() > 200


def test_validation_weights_count():
    # With all the weight on validation events that say the opposite, no tree helps.
    task = task_of(*DATA, Seed(0))
    trees = replace(SMALL, patience=5, validation=0.5)
    held = share(task.event, 0.5, task.seed.child("validation"))
    wrong = held & ((task.x.sum(axis=1) > 0.3) == (task.y == 0))
    weight = np.where(wrong, 100, 1).astype(np.float32)
    assert trees._train(replace(task, weight=weight)).num_trees() == 1
    assert trees._train(task).num_trees() > 1


def test_without_randomness_seeds_agree():
    plain = replace(SMALL, random_thresholds=False)
    one, other = (plain.fit(*DATA, seed=s).score(DATA[0]) for s in (1, 2))
    assert (one == other).all()
    halves = replace(plain, subsample=0.5)
    one, other = (halves.fit(*DATA, seed=s).score(DATA[0]) for s in (1, 2))
    assert (one != other).any()


@pytest.mark.parametrize(
    "setting",
    [
        {"n_trees": 0},
        {"learning_rate": 0.0},
        {"n_leaves": 1},
        {"min_leaf": 0},
        {"l2": -1.0},
        {"subsample": 0.0},
        {"patience": -1},
        {"validation": 1.0},
    ],
)
def test_settings_are_checked(setting):
    with pytest.raises(BadValue, match=next(iter(setting))):
        BoostedTrees(**setting)
