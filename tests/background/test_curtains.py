"""CURTAINs against a toy whose density at given mass is known."""

import re
from dataclasses import replace

import numpy as np
import pytest
from quick_flows import FLOW
from scipy.stats import kstest, norm

from anomalon import Sample
from anomalon.background import BackgroundTask, Curtains
from anomalon.background.closure import told_apart
from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, TooFewEvents
from anomalon.core.window import Window
from anomalon.learn.density import DensityTask
from anomalon.learn.density.flow_for_flow import FlowForFlow, MoveTask

WINDOW = Window(3000, 3600, 2400, 4200)
TOP = FlowForFlow(n_layers=1, width=16, n_knots=4, epochs=6, batch_size=512, learning_rate=1e-2)
# the loss of the first paper: of the density only the scaling of features matters
TRANSPORT = FlowForFlow(
    loss="transport", n_layers=1, width=16, epochs=4, batch_size=128, learning_rate=5e-3
)
HASTY = replace(FLOW, epochs=1)
QUICK = Curtains(FLOW, TOP)


def rho(t):
    return 0.5 + 0.3 * np.tanh(t)


def events(seed, n=15_000, rho=rho):
    """Means move with the mass, 0.1 units per 100 GeV, and so does the correlation."""
    rng = np.random.default_rng(seed)
    mass = 2400 * (1 - rng.random(n)) ** (-1 / 6)
    t = (mass - 3300) / 1000
    z = rng.normal(size=(n, 2))
    x = np.stack([z[:, 0] + t, rho(t) * z[:, 0] + np.sqrt(1 - rho(t) ** 2) * z[:, 1] - t], axis=1)
    return Sample(x, ("a", "b"), mass, event=seed * 1_000_000 + np.arange(n))


DATA = events(1)


@pytest.fixture(scope="module", params=["latent", "top"])
def template(request):
    return Curtains(FLOW, TOP if request.param == "top" else None).fit(DATA, WINDOW, seed=1)


def latent(sample, rho=rho):
    """Normal and independent, if the events follow the truth at their mass."""
    t = (sample.mass - 3300) / 1000
    z = sample.x[:, 0] - t
    return z, (sample.x[:, 1] + t - rho(t) * z) / np.sqrt(1 - rho(t) ** 2)


def test_events_follow_the_true_density_at_their_new_mass(template):
    sample = template.sample
    one, other = latent(sample)
    rng, p = np.random.default_rng(0), sample.weight / sample.weight.sum()
    for z in (one, other):
        # draws with replacement are events of equal weight
        assert kstest(rng.choice(z, 3000, p=p), norm.cdf).statistic < 0.08
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.08


def test_events_are_those_of_the_side_bands_each_moved_once(template):
    sample, sides = template.sample, DATA[WINDOW.in_sidebands(DATA.mass)]
    np.testing.assert_array_equal(sample.event, sides.event)
    assert WINDOW.in_signal_region(sample.mass).all()
    low = sides.mass < WINDOW.low
    assert sample.weight[low].sum() == pytest.approx(sample.weight[~low].sum())
    # neighbours stay neighbours: ranks are kept
    assert np.corrcoef(sample.x[low, 0], sides.x[low, 0])[0, 1] > 0.93


def closure(template):
    return float(re.search(r"ROC curve of (0\.\d+)", template.why)[1])


def test_closure_is_told():
    data = events(2, 40_000)
    assert closure(Curtains(FLOW, None, held_out=0.3).fit(data, WINDOW, seed=1)) < 0.55
    lazy = replace(FLOW, epochs=1, validation=0.99)  # a single step
    untrained = Curtains(lazy, None, held_out=0.3, quantiles=None)
    assert closure(untrained.fit(data, WINDOW, seed=1)) > 0.6
    few = told_apart(DATA[:100], DATA[:100], Seed(1))
    assert not few.known
    assert "too few for a test" in str(few)


def test_copies_keep_their_identity():
    twice = Curtains(FLOW, None, copies=2).fit(DATA, WINDOW, seed=1).sample
    n = len(twice) // 2
    np.testing.assert_array_equal(twice.event[:n], twice.event[n:])
    assert (twice.mass[:n] != twice.mass[n:]).mean() > 0.99


@pytest.mark.parametrize(
    ("period", "flat", "top"), [(5, False, None), (2, True, None), (2, True, TOP)]
)
def test_constants_integers_booleans_and_unequal_weights(period, flat, top):
    n = np.arange(len(DATA))
    first = np.full(len(n), 3.0) if flat else DATA.x[:, 0]
    data = DATA.with_x(np.stack([first, n % period], axis=1), ("a", "i"))
    data = data.with_weight(np.where(n % 3 == 0, 2.0, 0.5))
    moved = Curtains(FLOW, top).fit(data, WINDOW, seed=1).sample
    assert not flat or (moved.x[:, 0] == 3).all()
    assert np.isin(moved.x[:, 1], np.arange(period)).all()
    mean = np.average(moved.x[:, 1], weights=moved.weight)
    assert mean == pytest.approx((period - 1) / 2, abs=0.15)


def test_a_single_feature():
    moved = Curtains(FLOW, None).fit(DATA.select(["a"]), WINDOW, seed=1).sample
    z = moved.x[:, 0] - (moved.mass - 3300) / 1000
    p = moved.weight / moved.weight.sum()
    assert kstest(np.random.default_rng(0).choice(z, 3000, p=p), norm.cdf).statistic < 0.05


def test_what_is_missing_is_said():
    side = DATA.mass >= 3600
    with pytest.raises(TooFewEvents, match="no events in the upper side band"):
        QUICK.fit(DATA[~side], WINDOW)
    with pytest.raises(TooFewEvents, match="upper side band"):
        QUICK.fit(DATA.with_weight(~side), WINDOW)
    few = Sample.concatenate([DATA[~side], DATA[side][:15]])
    with pytest.raises(TooFewEvents, match="curtains: expected at least 20 events"):
        QUICK.fit(few, WINDOW)
    with pytest.raises(BadNumbers, match="curtains: weight of"):
        QUICK.fit(DATA.with_weight(np.where(DATA.event % 7 == 0, -1.0, 1.0)), WINDOW)
    with pytest.raises(BadValue, match=r"curtains\.density"):
        Curtains("spline_flow")
    with pytest.raises(BadValue, match=r"curtains\.top"):
        Curtains(top=True)


def test_transport_finds_the_true_density_too():
    """Where the correlation stays the same."""

    def constant(t):
        return np.full_like(t, 0.6)

    data = events(1, 8_000, constant)
    sample = Curtains(HASTY, TRANSPORT).fit(data, WINDOW, seed=1).sample
    assert WINDOW.in_signal_region(sample.mass).all()
    one, other = latent(sample, constant)
    rng, p = np.random.default_rng(0), sample.weight / sample.weight.sum()
    for z in (one, other):
        assert kstest(rng.choice(z, 3000, p=p), norm.cdf).statistic < 0.08
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1
    # events that stay where they are would not: either side is off by its own distance
    sides = data[WINDOW.in_sidebands(data.mass)]
    stayed, low = sides.with_mass(sample.mass), sides.mass < WINDOW.low
    assert abs(latent(stayed[low], constant)[0].mean()) > 0.3
    assert abs(latent(sample[low], constant)[0].mean()) < 0.12


def test_transport_is_blind_to_the_signal_region():
    hasty = Curtains(HASTY, replace(TRANSPORT, epochs=1))
    few = DATA[:4000]
    x = few.x.copy()
    x[WINDOW.in_signal_region(few.mass)] += 5
    tasks = [BackgroundTask(data, WINDOW, None, Seed(1)) for data in (few, few.with_x(x))]
    there = hasty.fit_many(tasks)
    assert there[0].sample.digest() == there[1].sample.digest()


def test_transport_says_what_it_needs():
    with pytest.raises(BadValue, match=r"flow_for_flow\.loss: expected one of likelihood"):
        FlowForFlow(loss="transporter")
    few = DATA[:500]
    given = np.log(few.mass[:, None])
    task = DensityTask(few.x.astype(np.float64), given, np.ones(500), few.event, Seed(1))
    (density,) = HASTY.fit_many([task])
    with pytest.raises(BadLayout, match=r"`there` of shape \(event, choice, feature\), got none"):
        TRANSPORT.fit_many([MoveTask(task, given, density)])
