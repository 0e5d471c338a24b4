"""CURTAINs with the loss of the first paper, against a toy whose density at given mass is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest, norm

from anomalon import Sample
from anomalon.background import BackgroundTask, Curtains
from anomalon.core import Seed
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.window import Window
from anomalon.learn.density import DensityTask, SplineFlow
from anomalon.learn.density.flow_for_flow import FlowForFlow, MoveTask

WINDOW = Window(3000, 3600, 2400, 4200)
# of the density only the scaling of features matters
FLOW = SplineFlow(n_layers=1, width=4, epochs=1, batch_size=4096, n_average=1)
TOP = FlowForFlow(
    loss="transport", n_layers=1, width=16, epochs=4, batch_size=128, learning_rate=5e-3
)


def events(seed, n=8_000):
    """Means move with the mass, against each other, by 1 unit per TeV."""
    rng = np.random.default_rng(seed)
    mass = 2400 * (1 - rng.random(n)) ** (-1 / 6)
    z = rng.normal(size=(n, 2))
    z[:, 1] = 0.6 * z[:, 0] + 0.8 * z[:, 1]
    x = z + np.outer((mass - 3300) / 1000, [1.0, -1.0])
    return Sample(x, ("a", "b"), mass, event=seed * 1_000_000 + np.arange(n))


def latent(sample):
    """Normal and independent, if the events follow the truth at their mass."""
    x = sample.x - np.outer((sample.mass - 3300) / 1000, [1.0, -1.0])
    return x[:, 0], (x[:, 1] - 0.6 * x[:, 0]) / 0.8


DATA = events(1)


def test_events_follow_the_true_density_at_their_new_mass():
    sample = Curtains(FLOW, TOP).fit(DATA, WINDOW, seed=1).sample
    assert WINDOW.in_signal_region(sample.mass).all()
    one, other = latent(sample)
    rng, p = np.random.default_rng(0), sample.weight / sample.weight.sum()
    for z in (one, other):
        assert kstest(rng.choice(z, 3000, p=p), norm.cdf).statistic < 0.08
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1
    # events that stay where they are would not: either side is off by its own distance
    sides = DATA[WINDOW.in_sidebands(DATA.mass)]
    stayed = sides.with_mass(sample.mass)
    low = sides.mass < WINDOW.low
    assert abs(latent(stayed[low])[0].mean()) > 0.3
    assert abs(latent(sample[low])[0].mean()) < 0.12


def test_blind_to_the_signal_region():
    hasty = Curtains(FLOW, replace(TOP, epochs=1))
    few = DATA[:4000]
    x = few.x.copy()
    x[WINDOW.in_signal_region(few.mass)] += 5
    tasks = [BackgroundTask(data, WINDOW, None, Seed(1)) for data in (few, few.with_x(x))]
    there = hasty.fit_many(tasks)
    assert there[0].sample.digest() == there[1].sample.digest()


def test_says_what_it_needs():
    with pytest.raises(BadValue, match=r"flow_for_flow\.loss: expected one of likelihood"):
        FlowForFlow(loss="transporter")
    x, given = DATA.x[:500].astype(np.float64), np.log(DATA.mass[:500, None])
    task = DensityTask(x, given, np.ones(500), np.arange(500), Seed(1))
    (density,) = FLOW.fit_many([task])
    with pytest.raises(BadLayout, match=r"`there` of shape \(event, choice, feature\), got none"):
        TOP.fit_many([MoveTask(task, given, density)])
