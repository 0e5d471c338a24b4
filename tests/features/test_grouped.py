"""Features that go together with shared values of another: independent of the mass together."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import chi2, chi2_contingency, kstest

from anomalon import Sample
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.features.grouped import Grouped, Grouping, _cramer, most_associated
from anomalon.features.ties import Ranks

N = 60_000


def sample(make, seed, n=N):
    rng = np.random.default_rng(seed)
    m = 2600 + rng.exponential(600, 2 * n)
    m = m[m < 6500][:n]
    columns = make(rng, len(m), np.log(m / 3500))
    x = np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)
    return Sample(
        x, tuple(f"x{i}" for i in range(x.shape[1])), m, event=10**9 * seed + np.arange(len(m))
    )


def tags(rng, n, t):
    tag = rng.random(n) < expit(-1 + 2 * t)
    return tag, tag


def noisy_tags(rng, n, t):
    tag = rng.random(n) < expit(-1 + 2 * t)
    return tag, np.where(rng.random(n) < 0.1, ~tag, tag)


def missing(rng, n, t):
    gone = rng.random(n) < expit(-1 + 3 * t)
    return [np.where(gone, -999, value) for value in rng.normal(size=(3, n))]


def composition(rng, n, t):
    kind = rng.random(n) < expit(-1 + 2 * t)
    return kind, rng.normal(size=n) + 2 * kind


TOGETHER = {"tags": tags, "noisy tags": noisy_tags, "missing": missing, "composition": composition}


@pytest.mark.parametrize("name", TOGETHER)
def test_pairs_of_features_look_alike_at_every_mass(name):
    train, test = sample(TOGETHER[name], seed=1), sample(TOGETHER[name], seed=2)
    flat = ConditionalQuantiles().fit(train)(test)
    mass = np.digitize(flat.mass, [2900, 3300, 3700, 4100])
    place = [np.digitize(z, [-1.2, -0.6, -0.2, 0.2, 0.6, 1.2]) for z in flat.x[:, :2].T]
    cell = place[0] * 7 + place[1]
    table = np.zeros((mass.max() + 1, cell.max() + 1))
    np.add.at(table, (mass, cell), 1.0)
    table = table[:, table.sum(axis=0) > 100]
    found = chi2_contingency(table)
    # the maps have statistical errors themselves, from as many events as are tested
    assert found.statistic < 2 * chi2.isf(1e-3, found.dof)
    for j in range(flat.x.shape[1]):
        assert kstest(flat.x[:, j], "norm").statistic < 0.015


def test_only_features_that_go_together_are_grouped():
    def make(rng, n, t):
        tag, k = rng.random(n) < 0.3, rng.poisson(5, n)
        return (
            tag,
            k,
            k + rng.normal(size=n),
            rng.normal(size=n),
            np.round(rng.normal(size=n) + tag, 1),
        )

    maps = ConditionalQuantiles().fit(sample(make, seed=3)).maps
    assert [m.grouping.by if isinstance(m, Grouped) else None for m in maps] == [
        None, None, 1, None, 0,
    ]  # fmt: skip


def test_nothing_is_lost():
    """At fixed mass both features can be read from their scores."""
    train = sample(composition, seed=4)
    flatten = ConditionalQuantiles().fit(train)
    grid = np.linspace(-1, 3, 200)
    at = np.full(200, 3500.0)
    for kind in (0.0, 1.0):
        z = flatten(Sample(np.c_[np.full(200, kind), grid], train.names, at)).x
        assert (np.diff(z[:, 1]) >= 0).all()
        assert len(np.unique(z[:, 1])) > 150
        assert ((z[:, 0] > 0.5) == (kind == 1)).mean() > 0.8


def test_values_of_few_events_share_a_map():
    def make(rng, n, t):
        k = rng.poisson(2, n)
        return k, k + rng.normal(size=n)

    train = sample(make, seed=5, n=5000)
    one = ConditionalQuantiles().fit(train).maps[1]
    counts = np.bincount(train.x[:, 0].astype(int))
    assert one.grouping.values.tolist() == np.flatnonzero(counts >= 600).tolist()
    assert len(one.maps) == len(one.grouping.values) + 1
    new = Sample([[1.0, 1.0], [77.0, 70.0]], train.names, [3500.0, 3500.0])
    assert np.isfinite(ConditionalQuantiles().fit(train)(new).x).all()


def test_groups_are_those_of_equal_values():
    ranks = Ranks.of(np.repeat([1.0, 2.0, 5.0], [700, 3, 900]))
    grouping = Grouping.of(0, ranks, 600)
    assert grouping.values.tolist() == [1, 5]
    assert grouping.group(np.array([5.0, 2.0, 1.0, 9.0, -4.0])).tolist() == [1, 2, 0, 2, 2]
    assert Grouping(0, np.array([])).group(np.ones(3)).tolist() == [0, 0, 0]


def test_association_is_that_of_cramer():
    a = np.repeat([0, 1], 500)
    assert _cramer(a, a) == pytest.approx(1)
    rng = np.random.default_rng(0)
    independent = [_cramer(rng.integers(0, 5, 2000), rng.integers(0, 10, 2000)) for _ in range(50)]
    assert np.max(independent) < 0.1
    assert _cramer(a, np.zeros(1000, dtype=int)) == 0
    assert most_associated(rng.random(1000), [], np.zeros((1000, 1))) is None
