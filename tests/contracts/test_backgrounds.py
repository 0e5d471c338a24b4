"""What every background estimator promises. A new one costs one line in ESTIMATORS."""

import numpy as np
import pytest

from anomalon import Sample
from anomalon.background import ESTIMATORS
from anomalon.core.errors import BadLayout, TooFewEvents, TruthRequired
from anomalon.core.window import Window

WINDOW = Window(3000, 3600, 2400, 4200)


def background(seed, n=20_000):
    rng = np.random.default_rng(seed)
    mass = 2400 * (1 - rng.random(n)) ** (-1 / 6)
    return Sample(rng.normal(size=(n, 2)), ("a", "b"), mass, event=seed * 1_000_000 + np.arange(n))


DATA, SIMULATION = background(1), background(2)


@pytest.fixture(params=sorted(ESTIMATORS))
def method(request):
    return ESTIMATORS[request.param]()


def test_stands_for_background(method):
    template = method.fit(DATA, WINDOW, simulation=SIMULATION, seed=1)
    truth = DATA.between(3000, 3600)
    w = template.sample.weight
    for j in range(2):
        mean = np.average(template.sample.x[:, j], weights=w)
        error = np.sqrt(1 / len(truth) + np.sum(w**2) / np.sum(w) ** 2)
        assert abs(mean - truth.x[:, j].mean()) < 4 * error


def test_repeatable_and_blind_to_labels(method):
    rng = np.random.default_rng(3)
    labelled = Sample(
        DATA.x, DATA.names, DATA.mass, label=rng.integers(0, 2, len(DATA)), event=DATA.event
    )
    a = method.fit(DATA, WINDOW, simulation=SIMULATION, seed=1)
    b = method.fit(labelled, WINDOW, simulation=SIMULATION, seed=1)
    assert a.sample.digest() == b.sample.digest()
    assert b.sample.label is None


def test_never_uses_an_event_of_the_signal_region_twice(method):
    template = method.fit(DATA, WINDOW, simulation=SIMULATION, seed=1)
    signal_region = DATA.between(3000, 3600)
    assert not np.isin(template.sample.event, signal_region.event).any()


def test_blind_to_the_signal_region_of_the_data(method):
    inside = WINDOW.in_signal_region(DATA.mass)
    x = DATA.x.copy()
    x[inside] += 5
    a = method.fit(DATA, WINDOW, simulation=SIMULATION, seed=1)
    b = method.fit(DATA.with_x(x), WINDOW, simulation=SIMULATION, seed=1)
    assert a.sample.digest() == b.sample.digest()


def test_refuses_a_window_outside_the_data(method):
    with pytest.raises(TooFewEvents, match="no events in the"):
        method.fit(DATA, Window(300, 360, 240, 420), simulation=SIMULATION)


def test_refuses_other_features(method):
    with pytest.raises(BadLayout, match="features"):
        method.fit(DATA, WINDOW, simulation=SIMULATION.select(["b", "a"]))


def test_repr_rebuilds(method):
    assert (
        eval(repr(method), dict(vars(__import__("anomalon.background", fromlist=["x"])))) == method
    )


def test_cwola_weighs_both_sides_the_same():
    sample = ESTIMATORS["cwola"]().fit(DATA, WINDOW).sample
    low = sample.weight[sample.mass < 3000].sum()
    assert low == pytest.approx(sample.weight[sample.mass >= 3600].sum())


def test_ideal_says_what_it_needs():
    with pytest.raises(TruthRequired, match="simulation"):
        ESTIMATORS["ideal"]().fit(DATA, WINDOW)
    with pytest.raises(TooFewEvents, match="signal region 3000-3600"):
        ESTIMATORS["ideal"]().fit(DATA, WINDOW, simulation=SIMULATION.between(0, 2500))
