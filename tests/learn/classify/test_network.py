"""`Network`: its settings, its standardisation and which epochs it keeps."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from anomalon.core import Sample, Seed
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.learn import Network
from anomalon.learn.classify.base import task_of
from anomalon.learn.classify.split import share
from anomalon.learn.engine import Standardisation

SMALL = Network(hidden=(8,), epochs=5, n_average=1, batch_size=64)


def sample(n, shift, first=0):
    x = np.random.default_rng(first).normal(size=(n, 2)) + shift
    return Sample(x=x, names=("a", "b"), mass=np.full(n, 1.0), event=first + np.arange(n))


def test_a_constant_feature_does_no_harm():
    inside, outside = (
        s.with_x(s.x * [1, 0] + [0, 5]) for s in (sample(300, 1), sample(300, 0, 1000))
    )
    assert np.isfinite(SMALL.fit(inside, outside, seed=0).score(inside)).all()


def test_last_keeps_the_mean_of_the_last_epochs():
    data = sample(300, 1), sample(300, 0, 1000)
    singles = [replace(SMALL, epochs=n).fit(*data, seed=0).score(data[0]) for n in (3, 4, 5)]
    mean = replace(SMALL, n_average=3).fit(*data, seed=0).score(data[0])
    np.testing.assert_allclose(mean, np.mean(singles, axis=0), rtol=1e-12)
    assert np.abs(singles[0] - singles[2]).max() > 1e-3


def test_best_loss_keeps_the_best_epochs():
    data = sample(300, 1), sample(300, 0, 1000)
    # Far too large steps: the loss is best early, then the training diverges and is stopped.
    wild = replace(SMALL, learning_rate=0.3, epochs=30, selection="best_loss", patience=4)
    task = task_of(*data, Seed(0))
    train, check = wild._split(task)
    scale = Standardisation.of(task.x[train], task.weight[train])
    merit = wild._merit(task, check, scale)
    [scorer] = wild._fit_many([task], ("a", "b"))
    kept = merit(jax.tree.map(lambda leaf: leaf[0], scorer.layers))
    last = replace(wild, n_average=30, patience=0)._fit_many([task], ("a", "b"))[0]
    all_merits = [merit(jax.tree.map(lambda leaf, i=i: leaf[i], last.layers)) for i in range(30)]
    assert all_merits == sorted(all_merits, reverse=True)
    assert all_merits[-1] < kept <= all_merits[0]


def test_validation_goes_along_events():
    inside, outside = sample(300, 1), sample(300, 0, 1000)
    task = task_of(Sample.concatenate([inside, inside]), outside, Seed(0))
    train, check = replace(SMALL, selection="argos")._split(task)
    assert not set(task.event[train]) & set(task.event[check])
    assert len(train) + len(check) == 900
    assert (
        share(task.event, 0.2, Seed(0).child("validation")) == np.isin(np.arange(900), check)
    ).all()
    train, check = SMALL._split(task)
    assert len(train) == 900
    assert len(check) == 0


def test_a_validation_without_one_class_is_refused():
    few = replace(SMALL, selection="argos", validation=0.01)
    with pytest.raises(TooFewEvents, match="validation"):
        few.fit(sample(20, 1), sample(20, 0, 1000), seed=0)


@pytest.mark.parametrize(
    "setting",
    [
        {"hidden": (64, 0)},
        {"dropout": 1.0},
        {"learning_rate": 0.0},
        {"batch_size": 0},
        {"epochs": 0},
        {"selection": "first"},
        {"n_average": 0},
        {"patience": -1},
        {"validation": 1.0},
    ],
)
def test_settings_are_checked(setting):
    with pytest.raises(BadValue, match=next(iter(setting))):
        Network(**setting)


def test_lists_from_toml_are_accepted():
    assert Network(hidden=[32, 32]) == Network(hidden=(32, 32))
