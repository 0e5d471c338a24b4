"""SALAD against a toy whose ratio of densities is known."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ks_2samp, norm

from anomalon import Sample
from anomalon.background import BackgroundTask, Salad
from anomalon.background.salad import _balanced
from anomalon.core.errors import BadNumbers, BadValue, TooFewEvents, TruthRequired
from anomalon.core.window import Window
from anomalon.learn import BoostedTrees, Network

WINDOW = Window(3000, 3600, 2400, 4200)
NETWORK = Network((32, 32), 0.0, 3e-3, 256, epochs=15, selection="best_loss", n_average=2)
QUICK = Salad(NETWORK, n_networks=2)
PAPER = replace(QUICK, quantiles=None)
LAZY = Salad(Network((4,), 0.0, 1e-6, 256, epochs=1, n_average=1), n_networks=1)


def events(seed, n, slope=0.0, power=6, drift=0.3):
    """A normal feature `a` whose mean is `slope` off per 600 GeV, beside one that follows it."""
    rng = np.random.default_rng(seed)
    mass = 2400 * (1 - rng.random(n)) ** (-1 / power)
    t = (mass - 3300) / 600
    a = rng.normal(drift * t + 0.3 + slope * t, 1)
    x = np.stack([a, 0.5 * a + rng.normal(size=n)], axis=1)
    return Sample(x, ("a", "b"), mass, event=seed * 1_000_000 + np.arange(n))


def simulation(seed, n, **shape):
    made = events(seed, n, **shape)
    return made.with_x(made.x - [0.3, 0.15])


def inside(sample):
    return sample[WINDOW.in_signal_region(sample.mass)]


DATA, SIMULATION = events(1, 20_000, slope=0.2), simulation(2, 20_000)


@pytest.fixture(scope="module")
def template():
    """Networks alone, as in the paper."""
    return PAPER.fit(DATA, WINDOW, simulation=SIMULATION, seed=1)


def test_weights_are_the_true_ratio_of_densities(template):
    sample = template.sample
    t = (sample.mass - 3300) / 600
    simulated, true = 0.3 * t, 0.5 * t + 0.3
    ratio = norm.pdf(sample.x[:, 0], true) / norm.pdf(sample.x[:, 0], simulated)
    weight = sample.weight / sample.weight.mean()
    assert np.corrcoef(weight, ratio)[0, 1] > 0.9
    assert np.average(sample.x[:, 0], weights=weight) == pytest.approx(
        inside(DATA).x[:, 0].mean(), abs=0.05
    )


def test_events_are_those_of_the_simulation(template):
    own = inside(SIMULATION)
    np.testing.assert_array_equal(template.sample.event, own.event)
    np.testing.assert_array_equal(template.sample.x, own.x)
    assert 100 < template.n_effective < len(own)


def test_the_spectrum_is_that_of_data_and_smooth():
    """Not that of the simulation, which falls faster; features are right."""
    falls = simulation(3, 60_000, power=9)
    template = QUICK.fit(DATA, WINDOW, simulation=falls, seed=1)
    mean = np.average(template.sample.mass, weights=template.sample.weight)
    truth = inside(DATA).mass
    assert abs(mean - truth.mean()) < 4 * truth.std() / np.sqrt(len(truth))
    assert abs(inside(falls).mass.mean() - truth.mean()) > 4 * truth.std() / np.sqrt(len(truth))


def test_where_simulation_is_right_weights_are_even():
    template = QUICK.fit(events(1, 20_000), WINDOW, simulation=events(2, 20_000), seed=1)
    assert template.n_effective > 0.97 * len(template.sample)
    assert closure(template) < 0.56


def closure(template):
    return float(re.search(r"ROC curve of (0\.\d+)", template.why)[1])


def test_a_closure_that_fails_is_told(template):
    """Networks that have not learned leave the data as they were."""
    assert closure(template) < 0.53
    lazy = replace(LAZY, quantiles=None)
    assert closure(lazy.fit(DATA, WINDOW, simulation=SIMULATION, seed=1)) > 0.56


def test_quantiles_know_each_feature_without_a_network():
    """Simulation on another scale altogether; the networks have not learned a thing."""
    wrong = SIMULATION.with_x(np.exp(SIMULATION.x))
    template = LAZY.fit(DATA, WINDOW, simulation=wrong, seed=1)
    truth = inside(events(7, 60_000, slope=0.2))
    for made, true in zip(template.sample.x.T, truth.x.T, strict=True):
        assert ks_2samp(made, true).statistic < 0.05
    assert template.n_effective > 0.9 * len(template.sample)


def test_quantiles_leave_correlations_to_the_networks():
    def correlation(sample):
        return np.cov(sample.x.T, aweights=sample.weight)[0, 1]

    x = SIMULATION.x.copy()
    x[:, 1] -= 0.5 * x[:, 0]  # independent of the other
    wrong = SIMULATION.with_x(x)
    true = correlation(inside(events(7, 60_000, slope=0.2)))
    learned = correlation(QUICK.fit(DATA, WINDOW, simulation=wrong, seed=1).sample)
    assert correlation(LAZY.fit(DATA, WINDOW, simulation=wrong, seed=1).sample) < 0.5 * true
    assert learned == pytest.approx(true, rel=0.15)


def test_features_that_are_flat_already_stay_so():
    task = BackgroundTask(DATA, WINDOW, SIMULATION, flat=True)
    (template,) = LAZY.fit_many([task])
    np.testing.assert_allclose(template.sample.x.mean(axis=0), 0, atol=0.06)
    np.testing.assert_allclose(template.sample.x.std(axis=0), 1, atol=0.05)


def test_ratios_are_bounded():
    bounded = replace(PAPER, n_networks=1, largest=1.1)
    template = bounded.fit(DATA, WINDOW, simulation=SIMULATION, seed=1)
    n = int(re.search(r"(\d+) ratios were set to 1.1", template.why)[1])
    weight = template.sample.weight / template.sample.weight.max()
    assert (weight > 0.75).sum() >= n > 1000


def test_no_network_can_learn_the_spectrum():
    """Data and simulation weigh the same in each bin of the mass, and either side half."""
    data, other = (
        s[~WINDOW.in_signal_region(s.mass)] for s in (DATA, simulation(3, 60_000, power=9))
    )
    weights = _balanced(data, other, WINDOW)
    for w, sample in zip(weights, (data, other), strict=True):
        assert w[sample.mass < WINDOW.low].sum() == pytest.approx(1)
        assert w[sample.mass >= WINDOW.high].sum() == pytest.approx(1)
    means = [np.average(s.mass, weights=w) for w, s in zip(weights, (data, other), strict=True)]
    assert means[0] == pytest.approx(means[1], rel=0.01)
    assert abs(data.mass.mean() - other.mass.mean()) > 0.03 * means[0]


@pytest.mark.parametrize("method", [QUICK, PAPER])
@pytest.mark.parametrize("weight", [0, 1e-6])
def test_weights_of_the_simulation_are_honoured(method, weight):
    """Twice the events, half of which weigh next to nothing."""
    junk = SIMULATION.with_x(SIMULATION.x + 5).with_weight(np.full(len(SIMULATION), weight))
    both = Sample.concatenate([SIMULATION, junk])
    sample = method.fit(DATA, WINDOW, simulation=both, seed=1).sample
    mean = np.average(sample.x[:, 0], weights=sample.weight)
    true = 0.3 + 0.5 * np.average((sample.mass - 3300) / 600, weights=sample.weight)
    assert mean == pytest.approx(true, abs=0.06)


def test_large_weights_of_the_simulation_are_honoured():
    """Weights that undo how the events were drawn, between 0.3 and 20."""
    drawn = SIMULATION.with_x(SIMULATION.x + np.array([0.5, 0.0]))
    weight = norm.pdf(drawn.x[:, 0], 0, 1) / norm.pdf(drawn.x[:, 0], 0.5, 1)
    sample = QUICK.fit(DATA, WINDOW, simulation=drawn.with_weight(weight), seed=1).sample
    mean = np.average(sample.x[:, 0], weights=sample.weight)
    assert mean == pytest.approx(0.25, abs=0.08)


@pytest.mark.parametrize(
    "column", [np.ones, lambda n: np.arange(n) % 5, lambda n: np.arange(n) % 2 == 0]
)
def test_constants_integers_and_booleans(column):
    def widened(sample):
        more = column(len(sample)).astype(float)[:, None]
        return sample.with_x(np.concatenate([sample.x, more], axis=1), (*sample.names, "c"))

    template = QUICK.fit(widened(DATA), WINDOW, simulation=widened(SIMULATION), seed=1)
    assert np.isin(template.sample.x[:, 2], column(10).astype(float)).all()
    assert closure(template) < 0.54


def test_what_is_missing_is_said():
    with pytest.raises(TruthRequired, match="salad: needs `simulation`"):
        QUICK.fit(DATA, WINDOW)
    low = SIMULATION.between(0, 3500)
    with pytest.raises(TooFewEvents, match="simulation with a weight above the signal region"):
        QUICK.fit(DATA, WINDOW, simulation=low)
    with pytest.raises(TooFewEvents, match="no events with a weight in the signal region"):
        QUICK.fit(DATA, WINDOW, simulation=SIMULATION.between(0, 2900))
    side = DATA.mass >= 3600
    with pytest.raises(TooFewEvents, match="data with a weight above"):
        QUICK.fit(DATA.with_weight(~side), WINDOW, simulation=SIMULATION)
    with pytest.raises(BadNumbers, match="salad: weight of"):
        QUICK.fit(DATA, WINDOW, simulation=SIMULATION.with_weight(np.full(20_000, -1.0)))
    with pytest.raises(BadValue, match="interpolates"):
        Salad(BoostedTrees())


def with_tag(sample, share, seed):
    tag = np.random.default_rng(seed).random(len(sample)) < share
    return sample.with_x(np.column_stack([sample.x, tag]), (*sample.names, "tag"))


@pytest.mark.parametrize("share", [0.01, 0.3])
def test_a_tag_that_data_do_not_have_weighs_nothing(share):
    template = QUICK.fit(with_tag(DATA, 0, 1), WINDOW, simulation=with_tag(SIMULATION, share, 2))
    assert template.n_effective > 0.9 * len(template.sample)
    assert (template.sample.x[:, 2] == 0).all()


@pytest.mark.parametrize("method", [QUICK, PAPER])
def test_a_tag_that_only_data_have_is_refused(method):
    with pytest.raises(BadNumbers, match="salad: tag is 0 in all simulated events"):
        method.fit(with_tag(DATA, 0.2, 1), WINDOW, simulation=with_tag(SIMULATION, 0, 2))


def weighed(weight, shift=0.0):
    return SIMULATION.with_x(SIMULATION.x + np.array([shift, 0.0])).with_weight(weight)


def test_weights_of_the_mass_alone_change_nothing():
    """Generated in slices, say: weights over five decades, and quantiles are at given mass."""
    plain = LAZY.fit(DATA, WINDOW, simulation=SIMULATION, seed=1).sample
    falling = LAZY.fit(DATA, WINDOW, simulation=weighed(SIMULATION.mass**-8.0), seed=1).sample
    assert ks_2samp(plain.x[:, 0], falling.x[:, 0]).statistic < 0.01


@pytest.mark.parametrize("width", [1.0, 2.0])
def test_weights_that_say_nothing_leave_few_events_and_no_error(width):
    weight = np.exp(width * np.random.default_rng(1).normal(size=len(SIMULATION)))
    sample = LAZY.fit(DATA, WINDOW, simulation=weighed(weight), seed=1).sample
    mean = np.average(sample.x[:, 0])
    assert mean == pytest.approx(0.25, abs=0.15)


def test_weights_that_undo_a_shift_give_the_truth():
    shifted = SIMULATION.x[:, 0] + 1.0
    t = (SIMULATION.mass - 3300) / 600
    weight = norm.pdf(shifted, 0.3 * t) / norm.pdf(shifted, 0.3 * t + 1.0)
    sample = QUICK.fit(DATA, WINDOW, simulation=weighed(weight, 1.0), seed=1).sample
    mean = np.average(sample.x[:, 0], weights=sample.weight)
    assert mean == pytest.approx(0.25, abs=0.12)  # worth 1100 events: 0.03 in data and simulation


def test_too_few_simulated_events_are_told():
    with pytest.raises(TooFewEvents, match=r"quantiles of the simulation .*`quantiles = false`"):
        QUICK.fit(DATA, WINDOW, simulation=SIMULATION[:500])
