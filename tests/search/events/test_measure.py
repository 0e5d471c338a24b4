"""Counts, fits and significances on selections whose truth is known."""

import numpy as np
import pytest
from toy_search import background

from anomalon import Sample
from anomalon.core.window import Window
from anomalon.search.events.background_fits import fit_backgrounds
from anomalon.search.events.binning import mass_edges
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.measure import measure
from anomalon.search.events.sculpting import pass_fraction
from anomalon.search.events.selection import MemberScores, Selection, select
from anomalon.stats import Spectrum

WINDOW = Window(3000, 3600, 2400, 4200)
FIT = FitSettings(range=(2400, 5000), shape="exponential")
EDGES = mass_edges(WINDOW, (2400, 5000), 100)
UNCUT = 1.0


def null(seed, n=12_000):
    rng = np.random.default_rng(seed)
    mass = 2400 + rng.exponential(500, rng.poisson(n))
    mass = mass[mass < 5000]
    return Sample(rng.normal(size=(len(mass), 1)), ("a",), mass)


def random_selection(events, seed, share=0.02, members=5, overlap=0.5):
    """Members that agree on half of their events and draw the others alone."""
    rng = np.random.default_rng([seed, 1])
    common = rng.random(len(events)) < overlap * share
    alone = rng.random((members, len(events))) < (1 - overlap) * share
    return Selection(share, (common | alone).astype(float))


def results(n_toys, **changes):
    found = []
    for seed in range(n_toys):
        events = null(seed)
        outside = ~WINDOW.in_signal_region((EDGES[1:] + EDGES[:-1]) / 2)
        spectrum = Spectrum.from_masses(events.mass, EDGES)
        base = fit_backgrounds(spectrum, FIT, WINDOW, outside).envelope
        found.append(
            measure(events, WINDOW, random_selection(events, seed, **changes), EDGES, FIT, base)
        )
    return found


@pytest.fixture(scope="module")
def toys():
    return results(80)


def test_z_is_a_standard_normal_without_signal(toys):
    z = np.array([r.z_local for r in toys])
    assert abs(z.mean()) < 3 / np.sqrt(len(z))
    assert z.std() == pytest.approx(1, abs=3 / np.sqrt(2 * len(z)))


def test_p_is_uniform_without_signal(toys):
    p = np.array([r.p_local for r in toys])
    assert abs(np.mean(p < 0.05) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / len(p))
    assert abs(np.mean(p < 0.5) - 0.5) < 4 * np.sqrt(0.25 / len(p))


def test_counts_meet_the_expectation(toys):
    n, b = (np.array([getattr(r, k) for r in toys]) for k in ("n", "expected"))
    # members that differ fluctuate less together than Poisson says of their mean
    assert n.sum() / b.sum() == pytest.approx(1, abs=3 / np.sqrt(n.sum()))


def test_the_poisson_uncertainty_is_that_of_the_mean_of_members(toys):
    n = np.array([r.n for r in toys])
    claimed = np.median([r.sigma.poisson for r in toys])
    assert n.std() == pytest.approx(claimed, rel=0.2)
    # half of the events are common, so five members do not give five times the events
    assert claimed**2 < 0.7 * np.mean(n)


def test_members_that_differ_by_events_alone_have_no_training_scatter(toys):
    scatter = np.array([r.comparison.scatter for r in toys])
    # an estimate of zero, not cut off there
    assert abs(scatter.mean()) < 3 * scatter.std() / np.sqrt(len(scatter))
    assert 0.3 < np.mean(scatter < 0) < 0.8


def test_significances_are_as_wide_as_they_should_be(toys):
    z = np.array([r.z_local for r in toys])
    assert z.std() == pytest.approx(1, abs=3 / np.sqrt(2 * len(z)))


def test_members_that_cut_differently_have():
    events = null(1)
    rng = np.random.default_rng(0)
    shares = np.array([0.01, 0.03, 0.02, 0.05, 0.04])[:, None]
    inside = WINDOW.in_signal_region(events.mass)
    share = np.where(inside, shares, 0.03)
    selection = Selection(0.03, (rng.random((5, len(events))) < share).astype(float))
    result = measure(events, WINDOW, selection, EDGES, FIT)
    scatter = np.std(result.member_counts, ddof=1) / np.sqrt(5)
    assert 0.8 * scatter < result.sigma.ensemble < scatter


def test_one_member_has_none():
    events = null(2)
    result = measure(events, WINDOW, random_selection(events, 2, members=1), EDGES, FIT)
    assert result.sigma.ensemble == 0
    assert result.sigma.poisson == pytest.approx(np.sqrt(result.expected))


def test_a_cut_that_keeps_nothing_has_no_significance_but_a_reason():
    events = null(3)
    nothing = Selection(0.001, np.zeros((3, len(events))))
    result = measure(events, WINDOW, nothing, EDGES, FIT)
    assert not result.ok
    assert "filled bins" in result.why
    assert np.isnan(result.z_local)
    assert result.n == 0


def test_a_flat_share_is_flat_and_a_bump_is_not():
    flat, bump = [], []
    for seed in range(40):
        events = null(seed)
        rng = np.random.default_rng([seed, 2])
        chance = rng.random(len(events))
        share = 0.05 * (1 + 0.8 * np.exp(-0.5 * ((events.mass - 2700) / 100) ** 2))
        for kept, into in ((chance < 0.05, flat), (chance < share, bump)):
            passing = pass_fraction(events, WINDOW, kept.astype(float), EDGES)
            into.append(passing.chi2 / passing.ndf)
    assert np.mean(flat) == pytest.approx(1, abs=0.25)
    assert np.mean(bump) > 1.5


def test_thresholds_keep_the_share_in_every_fold():
    events = background(4000)
    rng = np.random.default_rng(5)
    score, fold = rng.random((2, 4000)), rng.integers(0, 5, 4000)
    saw = np.ones((5, 2, 4000), dtype=bool)
    (selection,) = select(MemberScores(score, fold, saw, 1.0), events, WINDOW, (0.013,))
    side = WINDOW.in_sidebands(events.mass)
    for member in range(2):
        for f in range(5):
            here = side & (fold == f)
            assert selection.members[member, here].sum() == pytest.approx(0.013 * here.sum())


def weighted(seed, slices):
    """Events whose weights depend on the mass, as simulation in slices has them: more in one."""
    rng = np.random.default_rng([seed, 7])
    parts = []
    for low, high, weight in slices:
        share = np.exp(-(low - 2400) / 500) - np.exp(-(high - 2400) / 500)
        u = rng.random(rng.poisson(2400 * share / weight))
        mass = 2400 - 500 * np.log(np.exp(-(low - 2400) / 500) - u * share)
        parts.append((mass, np.full(len(mass), weight)))
    mass, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Sample(rng.normal(size=(len(mass), 1)), ("a",), mass, weight=weight)


@pytest.mark.parametrize("weights", [(0.1, 1.0), (1.0, 0.05)])
def test_z_is_a_standard_normal_whatever_the_slices_weigh(weights):
    """The edge of the slices is inside the signal region."""
    slices = ((2400, 3300, weights[0]), (3300, 5000, weights[1]))
    every = np.ones((1, 1))
    z = []
    for seed in range(80):
        events = weighted(seed, slices)
        uncut = Selection(UNCUT, np.repeat(every, len(events), axis=1))
        z.append(measure(events, WINDOW, uncut, EDGES, FIT).z_local)
    assert abs(np.mean(z)) < 3 / np.sqrt(len(z))
    assert np.std(z) == pytest.approx(1, abs=3 / np.sqrt(2 * len(z)))


def test_two_events_of_a_large_weight_are_two_events():
    events = null(3)
    inside = WINDOW.in_signal_region(events.mass)
    heavy = np.flatnonzero(inside)[:2]
    weight = np.ones(len(events))
    weight[heavy] = 1e6
    uncut = Selection(UNCUT, np.ones((1, len(events))))
    found = measure(events.with_weight(weight), WINDOW, uncut, EDGES, FIT)
    assert found.n == pytest.approx(2e6 + inside.sum() - 2)
    assert found.n_effective < inside.sum() + 10
    assert found.z_local < 2
    plain = measure(events, WINDOW, uncut, EDGES, FIT)
    assert plain.n_effective == plain.n
    assert plain.expected_effective == plain.expected


def measured(events, share=UNCUT, seed=0):
    """The spectrum, or a random selection of it."""
    selection = Selection(UNCUT, np.ones((1, len(events))))
    if share < 1:
        selection = random_selection(events, seed, share)
    return measure(events, WINDOW, selection, EDGES, FIT)


def test_a_sum_of_weights_is_worth_no_more_events_than_its_squares_say():
    """Heavy tails: what the side bands say of weights is not true of the heaviest event."""
    z, shares = [], (1.0, 0.1)
    for seed in range(25):
        events = null(seed)
        weight = np.exp(2 * np.random.default_rng([seed, 3]).normal(size=len(events)))
        for share in shares:
            z.append(measured(events.with_weight(weight), share, seed).z_local)
    assert max(z) < 3
    events = null(3)
    rng = np.random.default_rng(7)
    weight = rng.lognormal(0, 0.5, len(events))
    weight[np.flatnonzero(WINDOW.in_signal_region(events.mass))[0]] = 1e4
    found = measured(events.with_weight(weight))
    assert found.n > 3 * found.expected
    assert found.n_effective < 2
    assert found.expected_effective / found.n_effective == pytest.approx(found.expected / found.n)
    assert found.z_local < 2
    assert found.carried.few


@pytest.mark.parametrize("heavy", [(2, 1e3), (20, 30.0)])
def test_heavy_events_beside_the_signal_region_do_not_shrink_errors(heavy):
    """A random cut of events that hardly matter: the errors are as without them."""
    ratio = []
    for seed in range(15):
        events = null(seed)
        rng = np.random.default_rng([seed, 5])
        weight = np.ones(len(events))
        side = np.flatnonzero(WINDOW.in_sidebands(events.mass))
        weight[rng.choice(side, heavy[0], replace=False)] = heavy[1]
        found = measured(events.with_weight(weight), 0.05, seed)
        plain = measured(events, 0.05, seed)
        ratio.append(found.n_effective / plain.n_effective)
        assert found.z_local > -5
    assert np.median(ratio) == pytest.approx(1, abs=0.1)
    assert max(ratio) < 1.5


def test_the_share_that_passes_is_that_of_each_bin_whatever_the_weights():
    """Heavy events of which another share passes are no sculpting of the mass."""
    events = null(2)
    rng = np.random.default_rng(2)
    weight = np.ones(len(events))
    heavy = rng.choice(np.flatnonzero(WINDOW.in_sidebands(events.mass)), 2, replace=False)
    weight[heavy] = 1e5
    selection = random_selection(events, 2, 0.2)
    selection.members[:, heavy] = 0.0
    passing = measure(events.with_weight(weight), WINDOW, selection, EDGES, FIT).pass_fraction
    assert passing.chi2 < 3 * passing.ndf
    light = [
        measure(events.with_weight(np.full(len(events), w)), WINDOW, selection, EDGES, FIT)
        for w in (1.0, 0.01)
    ]
    one, other = (cut.pass_fraction for cut in light)
    np.testing.assert_allclose(one.fraction, other.fraction)
    assert one.chi2 == pytest.approx(other.chi2)


def test_a_cut_on_a_feature_that_follows_the_weight_knows_what_it_selects():
    """Selected events that weigh ten times as much as the others: their number is what counts."""
    events = null(1)
    heavy = np.random.default_rng(1).random(len(events)) < 0.1
    selection = Selection(0.5, np.where(heavy, 1.0, 0.0)[None])
    events = events.with_weight(np.where(heavy, 10.0, 1.0))
    found = measure(events, WINDOW, selection, EDGES, FIT)
    n = (heavy & WINDOW.in_signal_region(events.mass)).sum()
    assert found.n_effective == pytest.approx(n, rel=0.15)


@pytest.mark.parametrize("weight", [1.0, 0.01, 30.0])
def test_events_of_one_weight_are_plain_events(weight):
    events = null(4)
    plain, found = (measured(events.with_weight(np.full(len(events), w)), 0.1) for w in (1, weight))
    assert found.z_local == pytest.approx(plain.z_local, rel=1e-9)
    assert found.n_effective == pytest.approx(plain.n_effective, rel=1e-9)
    assert found.carried is None


def test_what_is_not_known_of_the_function_is_stated():
    uncut = Selection(UNCUT, np.ones((1, len(null(3)))))
    known, profiled = (
        measure(null(3), WINDOW, uncut, EDGES, FitSettings(range=(2400, 5000), **changes))
        for changes in ({"choice": "test", "shape": "exponential"}, {})
    )
    assert known.sigma.function == 0
    assert profiled.sigma.function > 0
    assert abs(profiled.z_local) <= abs(known.z_local) + 0.5
    assert sum(row.chosen for row in profiled.fit.tried) == 1
    assert {row.shape for row in profiled.fit.tried} > {"dijet", "exponential"}
    assert {row.shape for row in known.fit.tried} == {"exponential"}
