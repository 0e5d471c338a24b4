"""What every background estimator promises. A new one costs one line in ESTIMATORS.

Toys that are trained, latent, a score by themselves, or share a model show that the promises can be
kept, and hold the tests themselves to account.
"""

from dataclasses import fields, is_dataclass, replace
from functools import cache

import numpy as np
import pytest
from quick_flows import FLOW
from toy_backgrounds import TOYS, OneLine
from two_samples import same_p_value

from anomalon import Sample
from anomalon.background import (
    ESTIMATORS,
    BackgroundTask,
    Cathode,
    Curtains,
    Cwola,
    LaCathode,
    Ranode,
    Salad,
    Sigma,
)
from anomalon.core import Seed
from anomalon.core.errors import BadLayout, TooFewEvents, TruthRequired
from anomalon.core.window import Window
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import Network
from anomalon.learn.density import ResidualFlow, SplineFlow

WINDOW = Window(3000, 3600, 2400, 4200)
_FLOW = replace(FLOW, epochs=8, n_average=3)
_LATENT = LaCathode(_FLOW)
QUICK = {
    "cathode": Cathode(_FLOW),
    "lacathode": _LATENT,
    "ranode": Ranode(_LATENT, ResidualFlow(replace(_FLOW, epochs=3), 0.2)),
    "curtains": Curtains(_FLOW),
    "sigma": Sigma(_FLOW),
    "salad": Salad(Network((32, 32), 0.0, epochs=20, selection="best_loss"), n_networks=2),
}
METHODS = {kind: QUICK.get(kind) or cls() for kind, cls in (ESTIMATORS | TOYS).items()}
METHODS["lacathode of side bands"] = replace(_LATENT, reference="sidebands")
_HASTY = replace(_FLOW, epochs=1)
HASTY = METHODS | {
    "cathode": Cathode(_HASTY),
    "lacathode": LaCathode(_HASTY),
    "lacathode of side bands": LaCathode(_HASTY, reference="sidebands"),
    "ranode": Ranode(LaCathode(_HASTY), ResidualFlow(_HASTY, 0.2)),
    "curtains": Curtains(_HASTY),
    "sigma": Sigma(_HASTY),
    # one step, whatever the number of events: one program
    "salad": Salad(
        Network((32, 32), 0.0, batch_size=16384, epochs=1, selection="best_loss"), n_networks=2
    ),
}


def background(seed, n=20_000, drift=0.0):
    """A falling spectrum; the means of both features move by `drift` widths in 600 GeV."""
    rng = np.random.default_rng(seed)
    mass = 2400 * (1 - rng.random(n)) ** (-1 / 6)
    x = rng.normal(size=(n, 2))
    x[:, 1] = 0.6 * x[:, 0] + 0.8 * x[:, 1]
    x += drift * np.outer((mass - 3300) / 600, [1.0, -1.0])
    return Sample(x, ("a", "b"), mass, event=seed * 1_000_000 + np.arange(n))


DATA, SIMULATION = background(1, 12_000), background(2, 12_000)


@pytest.fixture(params=sorted(METHODS))
def method(request):
    return METHODS[request.param]


@pytest.fixture(params=sorted(HASTY))
def hasty(request):
    """Trained for an epoch: for what has to hold whatever was learned."""
    return HASTY[request.param]


@cache
def fitted(hasty):
    """To all data: what several laws start from."""
    return hasty.fit(DATA, WINDOW, simulation=SIMULATION, seed=1)


def signal_region(sample, window=WINDOW):
    return sample[window.in_signal_region(sample.mass)]


def test_stands_for_background(method):
    template = method.fit(DATA, WINDOW, simulation=SIMULATION, seed=1)
    truth = template.view(signal_region(DATA))
    w = template.sample.weight
    assert template.n_effective == pytest.approx(w.sum() ** 2 / (w**2).sum())
    for j in range(2):
        mean = np.average(template.sample.x[:, j], weights=w)
        error = np.sqrt(1 / len(truth) + 1 / template.n_effective)
        assert abs(mean - truth.x[:, j].mean()) < 4 * error


def closure(method, drift, seed=3, flatten=False):
    """p-value of the template being true background, of which there is another sample."""
    data, simulation, truth = (background(seed + k, 30_000, drift) for k in range(3))
    if flatten:
        flat = ConditionalQuantiles().fit(data)
        data, simulation, truth = flat(data), flat(simulation), flat(truth)
    template = method.fit(data, WINDOW, simulation=simulation, seed=seed)
    return same_p_value(template.sample, template.view(signal_region(truth)), seed)


def test_is_like_true_background_where_features_do_not_depend_on_the_mass(method):
    assert closure(method, drift=0) > 1e-3


def test_is_like_true_background_where_they_do_if_it_says_so(method):
    """A method that needs flat features gets them; without, it is told apart at once."""
    if method.needs_flat_features:
        assert closure(method, drift=0.5, flatten=True) > 1e-3
        assert closure(method, drift=0.5) < 1e-6
    else:
        assert closure(method, drift=0.5) > 1e-3


def test_the_two_sample_test_is_calibrated_and_sees_a_quarter_of_a_width():
    p = []
    for seed in range(30):
        one, other = (signal_region(background(100 + 2 * seed + k)) for k in range(2))
        p.append(same_p_value(one, other, seed))
        assert same_p_value(one, other.with_x(other.x + 0.25), seed) < 1e-3
    assert 0.25 < np.mean(p) < 0.75
    assert min(p) > 1e-3


def same_template(a, b):
    """All that a search can see of two templates."""
    assert a.sample.digest() == b.sample.digest()
    same(a.transform, b.transform)
    same(a.scorer, b.scorer)


def same(x, y):
    """Of one type, with the same arrays all the way down."""
    assert type(x) is type(y)
    if is_dataclass(x):
        for f in fields(x):
            same(getattr(x, f.name), getattr(y, f.name))
    elif isinstance(x, tuple):
        for one, other in zip(x, y, strict=True):
            same(one, other)
    elif isinstance(x, np.ndarray | str | float | int):
        np.testing.assert_array_equal(x, y)


def many_tasks():
    """Windows, folds and members."""
    windows = (WINDOW, Window(3300, 3900, 2700, 4500))
    few = DATA[:9000]
    folds = [few[few.event % 3 != k] for k in range(2)]
    shown = [np.random.default_rng(k).random(9000) < 0.5 for k in range(2)]
    return [
        BackgroundTask(
            folds[k], window, SIMULATION, Seed(1).child(fold=k, member=m), shown[m][: len(folds[k])]
        )
        for window in windows
        for k, m in ((0, 0), (0, 1), (1, 0))
    ]


def test_the_order_of_tasks_does_not_matter(hasty):
    tasks = many_tasks()
    there, back = hasty.fit_many(tasks), hasty.fit_many(tasks[::-1])
    for a, b in zip(there, back[::-1], strict=True):
        same_template(a, b)


def test_what_was_fitted_together_does_not_matter(hasty):
    """Not at all; or only tasks with the same data do, if what these share says so."""
    tasks = many_tasks()
    together = hasty.fit_many(tasks)
    half = len(tasks) // 2  # the second window
    for i, task in enumerate(tasks[:half]):
        # the toy leaves out all windows of the call
        kept = [task, tasks[i + half]] if isinstance(hasty, OneLine) else [task]
        same_template(together[i], hasty.fit_many(kept)[0])
    if isinstance(hasty, OneLine):
        alone = hasty.fit_many(tasks[:1])[0]
        assert alone.sample.digest() != together[0].sample.digest()


def test_a_task_shows_what_may_be_seen(hasty):
    """As if the other events did not exist."""
    shown = np.random.default_rng(5).random(len(DATA)) < 0.5
    part = BackgroundTask(DATA, WINDOW, SIMULATION, Seed(1), shown)
    same_template(
        hasty.fit_many([part])[0],
        hasty.fit(DATA[shown], WINDOW, simulation=SIMULATION, seed=1),
    )


def test_repeatable_and_blind_to_labels(hasty):
    rng = np.random.default_rng(3)
    labelled = Sample(
        DATA.x, DATA.names, DATA.mass, label=rng.integers(0, 2, len(DATA)), event=DATA.event
    )
    a = fitted(hasty)
    b = hasty.fit(labelled, WINDOW, simulation=SIMULATION, seed=1)
    same_template(a, b)
    assert b.sample.label is None


def test_never_uses_an_event_of_the_signal_region_twice(hasty):
    template = fitted(hasty)
    assert not np.isin(template.sample.event, signal_region(DATA).event).any()


def learned_outside(method):
    """A density for a latent space may learn from the signal region, too, and does by default."""
    if isinstance(method, Ranode):
        return replace(method, background=learned_outside(method.background))
    return replace(method, learned_from="outside") if isinstance(method, LaCathode) else method


def test_blind_to_the_signal_region_of_the_data(hasty):
    """But for its masses; a score by itself has to look, its template must not."""
    if isinstance(hasty, Sigma):
        assert hasty.learns_inside
        pytest.skip("learns there for other windows; tests/background/test_sigma.py: how little")
    inside, method = WINDOW.in_signal_region(DATA.mass), learned_outside(hasty)
    assert method == hasty or hasty.learns_inside
    x = DATA.x.copy()
    x[inside] += 5
    a = fitted(method)
    b = method.fit(DATA.with_x(x), WINDOW, simulation=SIMULATION, seed=1)
    assert a.sample.digest() == b.sample.digest()
    assert a.view(DATA).digest() == b.view(DATA).digest()


def test_refuses_a_window_outside_the_data(hasty):
    with pytest.raises(TooFewEvents, match="no events in the"):
        hasty.fit(DATA, Window(300, 360, 240, 420), simulation=SIMULATION)


def test_refuses_other_features(hasty):
    with pytest.raises(BadLayout, match="features"):
        hasty.fit(DATA, WINDOW, simulation=SIMULATION.select(["b", "a"]))


def test_repr_rebuilds(method):
    known = (SplineFlow, Network, ResidualFlow, ConditionalQuantiles, LaCathode, type(method))
    assert eval(repr(method), {one.__name__: one for one in known}) == method


def test_cwola_weighs_both_sides_the_same():
    sample = Cwola().fit(DATA, WINDOW).sample
    low = sample.weight[sample.mass < 3000].sum()
    assert low == pytest.approx(sample.weight[sample.mass >= 3600].sum())


def test_ideal_says_what_it_needs():
    with pytest.raises(TruthRequired, match="simulation"):
        ESTIMATORS["ideal"]().fit(DATA, WINDOW)
    with pytest.raises(TooFewEvents, match="signal region 3000-3600"):
        ESTIMATORS["ideal"]().fit(DATA, WINDOW, simulation=SIMULATION.between(0, 2500))
