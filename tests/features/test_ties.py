"""Features whose values repeat: after the decorrelation they know nothing of the mass."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import kstest, spearmanr

from anomalon import Sample
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.features.ties import Ranks
from anomalon.learn import BoostedTrees
from anomalon.search import Window
from anomalon.stats import evaluate

N = 60_000


def masses(rng, n=N):
    m = 2600 + rng.exponential(600, 2 * n)
    return m[m < 6500][:n]


FEATURES = {
    "poisson(1)": lambda rng, t: rng.poisson(1, len(t)),
    "poisson(5)": lambda rng, t: rng.poisson(5, len(t)),
    "poisson(50)": lambda rng, t: rng.poisson(50, len(t)),
    "boolean": lambda rng, t: rng.random(len(t)) < 0.3,
    "charge": lambda rng, t: rng.choice([-1, 1], len(t)),
    "three values": lambda rng, t: rng.choice([-2.5, 0.1, 7e15], len(t)),
    "rounded": lambda rng, t: np.round(rng.normal(size=len(t)), 1),
    "finely rounded": lambda rng, t: np.round(rng.normal(size=len(t)), 2),
    "one atom": lambda rng, t: np.where(rng.random(len(t)) < 0.2, 0, rng.random(len(t))),
    "missing": lambda rng, t: np.where(rng.random(len(t)) < 0.3, -999, rng.normal(size=len(t))),
    "huge integers": lambda rng, t: 2.0**60 + 4096 * rng.poisson(3, len(t)),
}
DRIFTING = {
    "tag": lambda rng, t: rng.random(len(t)) < expit(-2 + 3 * t),
    "multiplicity": lambda rng, t: rng.poisson(5 * np.exp(t)),
    "atom and continuum": lambda rng, t: np.where(
        rng.random(len(t)) < expit(-1 - 2 * t), 0, np.abs(rng.normal(2 * t, 1))
    ),
    "rounded": lambda rng, t: np.round(rng.normal(2 * t, 1), 1),
}


def sample(make, seed, n=N):
    rng = np.random.default_rng(seed)
    m = masses(rng, n)
    x = make(rng, np.log(m / 3500)).astype(np.float64)
    return Sample(x[:, None], ("x",), m, event=10**9 * seed + np.arange(len(m)))


@pytest.fixture(scope="module")
def flat():
    """Of each feature the scores of events that the map was not fitted on."""
    made = {}
    for name, make in [*FEATURES.items(), *((f"{k}, drifting", v) for k, v in DRIFTING.items())]:
        train, test = sample(make, seed=1), sample(make, seed=2)
        made[name] = ConditionalQuantiles().fit(train)(test)
    return made


@pytest.mark.parametrize("name", [*FEATURES, *(f"{k}, drifting" for k in DRIFTING)])
def test_normal_and_independent_of_the_mass(flat, name):
    z, m = flat[name].x[:, 0], flat[name].mass
    inside = np.abs(z) < 3.05  # the tails are cut off
    assert np.mean(inside) > 0.995
    for low, high in [(2600, 2900), (2900, 3300), (3300, 3700), (3700, 4100), (4100, 6500)]:
        here = (m >= low) & (m < high)
        # 1 % of the map is its own statistical error, from as many events as are tested
        assert kstest(z[here], "norm").statistic < 0.01 + 2.2 / np.sqrt(here.sum()), (low, high)
    for power in (1, 2):
        assert abs(spearmanr(z**power, m).statistic) < 6 / np.sqrt(len(z)), power


@pytest.mark.parametrize("name", ["poisson(5)", "boolean", "three values", "rounded", "one atom"])
def test_a_classifier_gains_nothing(flat, name):
    window = Window(3300, 3700, 2900, 4100)
    train, test = flat[name][: N // 2], flat[name][N // 2 :]

    def regions(events):
        return (
            events[window.in_signal_region(events.mass)],
            events[window.in_sidebands(events.mass)],
        )

    scorer = BoostedTrees(random_thresholds=False).fit(*regions(train), seed=1)
    inside, beside = (scorer.score(events) for events in regions(test))
    auc = evaluate(beside, inside).auc
    assert abs(auc.value - 0.5) < 3 * auc.uncertainty


def test_a_place_among_equals_belongs_to_the_event_and_the_feature():
    events = sample(FEATURES["poisson(5)"], seed=1, n=5000)
    flatten = ConditionalQuantiles().fit(events)
    order = np.random.default_rng(0).permutation(len(events))
    z = flatten(events).x
    np.testing.assert_array_equal(flatten(events[order]).x, z[order])
    np.testing.assert_array_equal(flatten(events[:7]).x, z[:7])
    shuffled = ConditionalQuantiles().fit(events[order])
    np.testing.assert_allclose(shuffled(events).x, z, atol=1e-9)
    twice = events.with_x(np.repeat(events.x, 2, axis=1), ("x", "y"))
    both = ConditionalQuantiles().fit(twice)(twice).x
    np.testing.assert_array_equal(both[:, 0], z[:, 0])
    assert np.mean(both[:, 0] == both[:, 1]) < 0.1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_values_stay_in_order_and_can_be_read_back(dtype):
    events = sample(FEATURES["poisson(5)"], seed=3)
    events = events.with_x(events.x.astype(dtype))
    z = ConditionalQuantiles().fit(events)(events).x[:, 0]
    here = np.abs(events.mass - 3500) < 30
    low, high = (
        np.array([pick(z[here & (events.x[:, 0] == k)]) for k in range(1, 9)])
        for pick in (np.min, np.max)
    )
    assert (high[:-1] <= low[1:] + 0.01).all()


def test_values_that_the_fit_did_not_see_lie_between_their_neighbours():
    events = sample(FEATURES["boolean"], seed=1)
    flatten = ConditionalQuantiles().fit(events)
    new = Sample([[-3.0], [0.5], [8.0]], ("x",), np.full(3, 3500.0))
    low, middle, high = flatten(new).x[:, 0]
    assert low == pytest.approx(-3.1)
    assert middle == pytest.approx(0.524, abs=0.05)  # Phi^-1(0.7)
    assert high == pytest.approx(3.1)


def test_a_constant_stays_one():
    events = sample(lambda rng, t: np.full(len(t), 4.2), seed=1, n=5000)
    assert np.ptp(ConditionalQuantiles().fit(events)(events).x) == 0


def test_continuous_features_do_not_notice_others():
    rng = np.random.default_rng(5)
    m = masses(rng, 10_000)
    x = rng.normal(size=(len(m), 2)).astype(np.float32)
    # what happens by chance in single precision is no tie
    x[:12, 0] = x[12:24, 0]
    events = Sample(x, ("a", "b"), m)
    more = events.with_x(np.c_[x[:, 0], rng.poisson(5, len(m)), x[:, 1]], ("a", "n", "b"))
    alone = ConditionalQuantiles().fit(events)(events).x
    beside = ConditionalQuantiles().fit(more)(more).x
    np.testing.assert_array_equal(beside[:, [0, 2]], alone)


def test_which_values_count_as_shared():
    x = np.r_[np.zeros(12), np.ones(9), np.linspace(2, 3, 979)]
    assert Ranks.of(x).shared.tolist() == [True] + [False] * 980
    many = np.r_[x, np.linspace(4, 5, 99_000)]
    assert not Ranks.of(many).shared.any()
    assert Ranks.of(np.tile([0.0, 1.0], 500)).shared.all()


def test_ranks_are_uniform_whatever_the_values():
    rng = np.random.default_rng(0)
    x, u = rng.poisson(2, 20_000).astype(float), rng.random(20_000)
    r = Ranks.of(x)(x, u)
    assert kstest(r, "uniform").pvalue > 0.01
    assert (np.diff(r[np.lexsort((u, x))]) >= 0).all()
