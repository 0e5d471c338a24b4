"""A classifier or background method that does not do what it should is named, and ends nothing."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
import pytest
from toy_search import background, search, signal

from anomalon.background import BackgroundEstimator
from anomalon.core import Sample
from anomalon.core.errors import BrokenPromise
from anomalon.core.window import Window
from anomalon.learn import BoostedTrees, Classifier, Ensemble, KFold, Scorer

N = 100
REGION = background(N).select(("a",))


@dataclass(frozen=True, eq=False)
class Given(Scorer):
    names: tuple[str, ...]
    what: Any

    def _score(self, sample):
        return self.what(sample)


@dataclass(frozen=True)
class Custom(Classifier):
    """Scores by a function of the sample, trains by a function of tasks and names."""

    kind: ClassVar[str] = "custom"

    score: Any = lambda sample: sample.x[:, 0]
    train: Any = field(default=None)

    def _fit_many(self, tasks, names):
        if self.train is not None:
            return self.train(tasks, names)
        return [Given(names, self.score) for _ in tasks]


def scores(score, sample=REGION):
    return Custom(score).fit(REGION, REGION, seed=1).score(sample)


@pytest.mark.parametrize(
    "score",
    [
        lambda s: list(s.x[:, 0]),
        lambda s: s.x[:, 0].astype(object),
        lambda s: s.x[:, 0].astype(np.float32),
        lambda s: np.ma.array(s.x[:, 0], mask=False),
        lambda s: jnp.asarray(s.x[:, 0]),
        lambda s: s.x[:, 0] > 0,
        lambda s: (10 * s.x[:, 0]).astype(int),
    ],
    ids=["list", "object", "float32", "unmasked", "jax", "bool", "int"],
)
def test_numbers_of_any_kind_become_float64(score):
    found = scores(score)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, np.asarray(score(REGION), dtype=float))


def put_nan(sample):
    return np.where(np.arange(len(sample)) < 3, np.nan, 0.0)


def change_x(sample):
    sample.x[:] = 0
    return sample.x[:, 0]


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (lambda s: s.x, r"one number for each of 100 events, shape \(100,\), got shape \(100, 1\)"),
        (lambda s: s.x[:-1, 0], r"got shape \(99,\)"),
        (lambda s: 0.5, r"got shape \(\)"),
        (put_nan, "expected finite numbers, got NaN or infinity for 3 of 100 events"),
        (lambda s: None, "expected finite numbers|shape"),
        (lambda s: ["high"] * len(s), "expected numbers, got list"),
        (lambda s: s.x[:, 0] + 1j, "complex"),
        (lambda s: np.ma.array(s.x[:, 0], mask=s.x[:, 0] > 0), "masked array"),
        (lambda s: 1 / 0, r"scoring raised ZeroDivisionError: division by zero"),
        (change_x, "read-only"),
    ],
)
def test_wrong_scores_name_the_class(score, message):
    with pytest.raises(BrokenPromise, match=f"^Given: .*({message})"):
        scores(score)


def change_weight(tasks, names):
    tasks[0].weight[0] = 0
    return []


def value_error(tasks, names):
    raise ValueError("no direction")


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (lambda tasks, names: None, r"a scorer for each of \d+ tasks, got None"),
        (lambda tasks, names: [], r"a scorer for each of \d+ tasks, got 0"),
        (lambda tasks, names: [Given(names, None)] * 7, r"a scorer for each of \d+ tasks, got 7"),
        (lambda tasks, names: (Given(names, None) for _ in tasks), "got <generator"),
        (lambda tasks, names: [None for _ in tasks], r"Scorer whose `names` are .*got None"),
        (lambda tasks, names: [Given("z", None) for _ in tasks], r"Scorer whose `names` are"),
        (change_weight, "read-only"),
        (value_error, r"ValueError: no direction \(test_promises.py, line \d+\)"),
    ],
)
@pytest.mark.parametrize("made", [lambda c: c, Ensemble, lambda c: KFold(Ensemble(c, n=2), k=2)])
def test_wrong_trainings_name_the_class(train, message, made):
    with pytest.raises(BrokenPromise, match=f"^Custom: .*{message}"):
        made(Custom(train=train)).fit(REGION, REGION, seed=1)


def test_running_out_of_memory_names_whose_code_did_it(monkeypatch):
    def train(tasks, names):
        raise MemoryError("8 EiB")

    with pytest.raises(BrokenPromise, match="Custom: training raised MemoryError: 8 EiB"):
        Custom(train=train).fit(REGION, REGION, seed=1)

    def ours(self, tasks, names):
        raise MemoryError

    monkeypatch.setattr("anomalon.learn.BoostedTrees._fit_many", ours)
    with pytest.raises(MemoryError):
        BoostedTrees().fit(REGION, REGION, seed=1)


@dataclass(frozen=True)
class Failing(Classifier):
    """Cannot be trained in one window."""

    kind: ClassVar[str] = "failing"

    def _fit_many(self, tasks, names):
        if any(len(task.x) > 1500 for task in tasks):
            raise ValueError("too many for me")
        return [Given(names, first_feature) for _ in tasks]


def first_feature(sample):
    return sample.x[:, 0]


def test_in_a_search_it_is_the_result_of_that_window():
    windows = (Window(3000, 3600, 2400, 4200), Window(4200, 4500, 3900, 4800))
    b, s = background(6000), signal(50)
    scan = search(
        windows=windows, classifier=Failing(), n_members=2, n_folds=2, subsample=1.0, name="mine"
    ).run(Sample.concatenate([b, s]), seed=1)
    failed, good = scan.windows
    assert failed.cuts[0].ok
    assert "Failing: training raised ValueError: too many for me" in failed.cuts[1].why
    assert good.cuts[1].ok


def test_a_bug_of_ours_is_not_dressed_up(monkeypatch):
    def broken(self, tasks, names):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("anomalon.learn.BoostedTrees._fit_many", broken)
    with pytest.raises(ZeroDivisionError):
        search().run(background(3000), seed=1)


@dataclass(frozen=True)
class Nothing(BackgroundEstimator):
    kind: ClassVar[str] = "nothing"

    what: str = "none"

    def _fit(self, data, window, simulation, seed):
        if self.what == "error":
            raise KeyError("b")


@pytest.mark.parametrize(
    ("what", "message"),
    [("none", "expected a Template .*got None"), ("error", "the template raised KeyError: 'b'")],
)
def test_a_background_method_too(what, message):
    with pytest.raises(BrokenPromise, match=f"^Nothing: .*{message}"):
        Nothing(what).fit(background(), Window(3000, 3600, 2400, 4200))
