"""Strata and their rates, menus, objects of both levels on particles made by hand, and weights."""

import math

import numpy as np
import pytest

from anomalon.core import Events, Particles
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.data.trigger import FEATURE_NAMES, HLT_NAMES, L1_NAMES, BiasedSample, Drawn
from anomalon.data.trigger.layout import at_level
from anomalon.simulate.coarse import CoarseDetector
from anomalon.simulate.fakes import FakeRates
from anomalon.simulate.hardware import Hardware
from anomalon.simulate.menus import Item, any_fires, items
from anomalon.simulate.pythia import CHARGED, ELECTRON, MUON, NEUTRAL_HADRON, PHOTON, Batch
from anomalon.simulate.strata import (
    FILLED_RATE,
    INELASTIC,
    PT_HAT_EDGES,
    RARE,
    hard_above,
    qcd_stratum,
    soft_stratum,
)
from anomalon.simulate.trigger import SEEDS, TriggerSelection
from anomalon.simulate.trigger_recipes import PROCESSES, SHARES, ZERO_BIAS_SHARES, trigger
from anomalon.simulate.two_levels import TwoLevels, level_of
from anomalon.simulate.windows import Windows

fastjet = pytest.importorskip("fastjet", reason="events are made with FastJet")


def strata(name="enhanced_bias"):
    return [recipe.stratum for recipe, _ in trigger(name).parts]


def test_rates_of_strata_sum_up_to_the_filled_crossings():
    assert sum(s.rate for s in strata()) == pytest.approx(FILLED_RATE, rel=1e-12)
    assert sum(SHARES.values()) == pytest.approx(1)
    assert sum(ZERO_BIAS_SHARES.values()) == pytest.approx(1)
    assert [s.rate for s in strata("zero_bias")] == [s.rate for s in strata()]
    assert len(set(PROCESSES.values())) == len(PROCESSES)
    assert max(PROCESSES.values()) < 64  # bits of an identity


def test_rare_strata_have_the_rate_of_their_cross_section():
    per_pb = FILLED_RATE * 60 / INELASTIC
    for stratum in strata():
        if stratum.cross_section * 60 / INELASTIC < 1e-3:
            assert stratum.rate == pytest.approx(per_pb * stratum.cross_section, rel=0.02)
    # 832 pb at 2.43e34 cm^-2 s^-1 are 20 Hz of top pairs
    assert per_pb * RARE["ttbar"] == pytest.approx(20.2, abs=0.1)


def test_crossings_are_of_their_hardest_collision():
    """Rates are those that counting gives, of crossings thrown collision by collision."""
    rng, n, mean = np.random.default_rng(1), 200_000, 60.0
    edges = np.array([20.0, 35.0, 60.0, 1000.0])
    above = hard_above(edges) / INELASTIC
    n_hard = rng.poisson(mean * above[0], n)
    # pt_hat of each collision from the inverse of the share above it
    u = rng.random(int(n_hard.sum())) * above[0]
    rank = np.searchsorted(-above, -u, side="right")  # 1: 20 to 35, 2: 35 to 60, 3: above
    hardest = np.zeros(n, int)
    np.maximum.at(hardest, np.repeat(np.arange(n), n_hard), rank)
    wanted = [soft_stratum("soft", mean)] + [
        qcd_stratum("hard", low, high, mean)
        for low, high in zip(edges, [*edges[1:-1], math.inf, None], strict=True)
        if high
    ]
    for k, stratum in enumerate(wanted[:3]):
        share = stratum.rate / FILLED_RATE
        assert (hardest == k).mean() == pytest.approx(share, abs=5 * math.sqrt(share / n) + 2e-4)


def test_the_cross_section_falls_between_its_edges():
    fine = hard_above(np.geomspace(20, 3000, 200))
    assert (np.diff(fine) < 0).all()
    assert hard_above(np.array([5.0]))[0] == fine[0]
    at = hard_above(np.array(PT_HAT_EDGES))
    assert at[0] / INELASTIC == pytest.approx(0.0092, abs=1e-4)  # 0.9 % of inelastic ones


def batch(pt_hat):
    n = len(pt_hat)
    columns = {name: np.ones(n) for name in ("px", "py", "pz", "energy")}
    particles = Particles(columns, np.arange(n + 1))
    ones = np.ones(n)
    return Batch(particles, ones, np.asarray(pt_hat, float), ones, particles, n)


def test_members_leave_out_what_is_of_another_stratum():
    rng = np.random.default_rng(3)
    soft = soft_stratum("soft", 60.0)
    kept = soft.members(batch([0.0, 5.0, 19.9, 20.1, 50.0]), rng)
    assert kept.pt_hat.tolist() == [0.0, 5.0, 19.9]
    assert kept.n_generated == len(kept) == 3
    low = qcd_stratum("low", 20.0, 35.0, 60.0)
    for pt_hat in (20.0, 25.0, 34.9):
        kept = low.members(batch(np.full(20_000, pt_hat)), rng)
        within = hard_above(np.array([pt_hat]))[0] - hard_above(np.array([35.0]))[0]
        chance = math.exp(-60 * within / INELASTIC)
        assert len(kept) / 20_000 == pytest.approx(chance, abs=0.02)
    assert (low.softer_than(batch([22.0, 30.0])) == [22.0, 30.0]).all()
    assert (soft.softer_than(batch([3.0])) == 20.0).all()


def events_of(names, **objects):
    """One event: kind = list of (pt, eta)."""
    found = np.zeros((1, 20, 3), np.float32)
    for kind, values in objects.items():
        first = names.index(kind if kind == "met" else f"{kind}1")
        for i, (pt, eta) in enumerate(values):
            found[0, first + i, :2] = pt, eta
    return Events(found, names, FEATURE_NAMES, found[:, :, 0] > 0)


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("all", True),
        ("a = jet > 99", True),
        ("a = jet > 100", False),
        ("a = 2 jet > 49", True),
        ("a = 3 jet > 10", False),
        ("a = ht > 149", True),
        ("a = ht > 150", False),
        ("a = tau > 10", False),
        ("a = met > 20", True),
    ],
)
def test_items_ask_for_objects(text, fires):
    event = events_of(L1_NAMES, jet=[(100, 0.5), (50, -2), (80, 3.5)], met=[(30, 0)])
    if "3 jet" in text or "2 jet" in text:
        event = events_of(L1_NAMES, jet=[(100, 0.5), (50, -2)])
    assert Item.of(text).fires(event).tolist() == [fires]


def test_items_are_texts_with_prescales():
    assert Item.of("4J20 = 4 jet > 20.5 / 50") == Item("4J20", "jet", 20.5, 4, 50.0)
    assert Item.of("random / 10") == Item("random", "", 0.0, 1, 10.0)
    assert Item.of("J = jet > .5 / 2.") == Item("J", "jet", 0.5, 1, 2.0)
    for bad in ("J20 = jets > 20", "J20 = jet > 20 / x", "", 3, "a b", "J = jet > 1.2.3", "r / ."):
        with pytest.raises(BadValue, match="items such as"):
            Item.of(bad)
    with pytest.raises(BadValue, match="prescale of 1 or more"):
        Item.of("J20 = jet > 20 / 0.5")
    with pytest.raises(BadValue, match="several of J20"):
        items(["J20 = jet > 20", "J20 = jet > 21"])
    event = events_of(L1_NAMES, jet=[(100, 0.5)])
    assert any_fires(items(["a = jet > 50", "b = jet > 200"]), event).tolist() == [True]
    assert any_fires(items(["a = jet > 50 / 2"]), event).tolist() == [False]
    assert items(SEEDS)


def seen(*events):
    """Events of particles (kind, pt, eta, phi)."""
    rows = np.array([particle for event in events for particle in event], dtype=float)
    kind, pt, eta, phi = rows.T
    columns = {
        "kind": kind.astype(np.int8),
        "px": pt * np.cos(phi),
        "py": pt * np.sin(phi),
        "pz": pt * np.sinh(eta),
        "energy": pt * np.cosh(eta),
    }
    return Particles(columns, np.cumsum([0, *(len(event) for event in events)]))


EXACT = CoarseDetector(
    em_stochastic=0, em_constant=0, hadron_stochastic=0, hadron_constant=0, muon_resolution=0,
    muon_efficiency=1,
)  # fmt: skip


def coarse(*events):
    return EXACT.measure(seen(*events), np.random.default_rng(1))


def test_first_level_objects_are_windows_of_towers():
    photon, hadron = (PHOTON, 40.0, 0.55, 1.0), (CHARGED, 100.0, -1.25, -2.0)
    tables = Windows().objects(coarse([photon, hadron, (MUON, 30.0, 0.1, 3.0)]))
    ((_, pt, eta, phi),) = tables["electron"]
    assert (pt, eta, phi) == pytest.approx((40.0, 0.55, 1.0), rel=0.005, abs=0.06)
    jets = tables["jet"][np.argsort(-tables["jet"][:, 1])]
    assert jets[:, 1] == pytest.approx([100.0, 40.0], rel=0.06)  # a tower has one eta
    assert jets[0, 2:] == pytest.approx([-1.25, -2.0], abs=0.11)
    ((_, met, eta, phi),) = tables["met"]
    x = -40 * np.cos(1.0) - 100 * np.cos(2.0)
    y = -40 * np.sin(1.0) + 100 * np.sin(2.0)
    assert met == pytest.approx(math.hypot(x, y), rel=0.1)
    assert phi == pytest.approx(math.atan2(y, x), abs=0.2)  # towers of 0.2
    assert eta == 0


def test_a_window_may_lie_over_the_seam_of_phi():
    tables = Windows().objects(coarse([(PHOTON, 40.0, 0.5, 3.1), (PHOTON, 20.0, 0.5, -3.1)]))
    assert tables["jet"][:, 1] == pytest.approx([60.0], rel=0.06)


def test_electrons_are_isolated_and_have_nothing_behind():
    alone = (PHOTON, 40.0, 0.55, 1.0)
    around, behind = (PHOTON, 15.0, 0.75, 1.2), (NEUTRAL_HADRON, 40.0, 0.55, 1.0)
    tables = Windows().objects(coarse([alone], [alone, around], [alone, behind]))
    assert tables["electron"][:, 0].tolist() == [0]


def test_a_ring_of_pile_up_is_subtracted_and_makes_no_met():
    ring = [
        (NEUTRAL_HADRON, 1.0, e, p)
        for e in np.arange(-4.85, 4.9, 0.1)
        for p in -np.pi + (np.arange(64) + 0.5) * 2 * np.pi / 64
    ]
    tables = Windows().objects(coarse([*ring, (CHARGED, 80.0, 0.55, 1.0)]))
    assert tables["jet"][:, 1] == pytest.approx([80.0], rel=0.06)
    assert tables["met"][0, 1] == pytest.approx(80.0, rel=0.06)


def test_hardware_has_steps_and_a_largest_number():
    table = np.array([[0, 30.7, 0.05, 3.14], [1, 5000.0, -2.0, -3.1]])
    for kind, most in (("electron", 255.5), ("muon", 255.5), ("jet", 1023.5), ("met", 2047.5)):
        found = Hardware().rounded(table, kind)
        assert found[:, 1].tolist() == [30.5, most]
        assert np.abs(found[:, 3]).max() <= np.pi
    with pytest.raises(BadValue, match="pt_step"):
        Hardware(pt_step=0)


def hlt(*events):
    detector = TwoLevels(noise_pt=0)
    particles = seen(*events)
    levels = {"level": np.zeros(len(particles.px), np.int8)}
    particles = Particles(dict(particles.columns) | levels, particles.offsets)
    assert detector.noise_pt == 0
    none = TriggerSelection().hlt
    none = type(none)(fakes=FakeRates(electron=0, photon=0))
    slots = none.objects(level_of(particles, first=False), np.arange(len(particles)))
    return Events(slots.astype(np.float32), HLT_NAMES, FEATURE_NAMES, slots[:, :, 0] > 0)


def test_high_level_objects():
    found = hlt(
        [
            (ELECTRON, 40.0, 1.0, 2.0),
            (MUON, 30.0, 0.5, 1.0),
            (PHOTON, 25.0, -0.5, -1.0),
            (CHARGED, 60.0, -2.0, 3.0),
            (CHARGED, 5.0, 0.2, -2.0),
        ]
    )
    for kind, wanted in (
        ("electron", (40, 1, 2)),
        ("muon", (30, 0.5, 1)),
        ("photon", (25, -0.5, -1)),
        ("jet", (60, -2, 3)),
    ):
        part = found.of_kind(kind)
        np.testing.assert_allclose(part.objects[0][part.mask[0]], [wanted], rtol=1e-5)
    x = sum(pt * np.cos(phi) for pt, phi in ((40, 2), (30, 1), (25, -1), (60, 3), (5, -2)))
    assert found.objects[0, 0, 0] * np.cos(found.objects[0, 0, 2]) == pytest.approx(-x, rel=1e-4)


def test_a_forward_jet_of_pile_up_and_soft_neutrals_are_no_met():
    found = hlt([(CHARGED, 50.0, 0.0, 0.0), (NEUTRAL_HADRON, 25.0, 3.5, 1.0), (PHOTON, 3.0, 1, 2)])
    assert found.objects[0, 0, 0] == pytest.approx(50.0, rel=1e-5)


def test_natural_fakes_are_as_rare_as_asked_and_rarer_at_high_pt():
    n = 200_000
    rates = FakeRates(electron=0.01, photon=0.02)
    for pt, eta, share in ((20.1, 0.0, 1.0), (200.0, 0.0, 0.1), (19.0, 0.0, 0.0), (50.0, 2.6, 0.0)):
        jets = np.stack([np.arange(n), np.full(n, pt), np.full(n, eta), np.zeros(n)], axis=-1)
        electrons, photons, rest = rates.made(jets, np.arange(n), eta_max=2.5)
        assert len(electrons) / n == pytest.approx(0.01 * share, abs=1e-3)
        assert len(photons) / n == pytest.approx(0.02 * share, abs=1.5e-3)
        assert len(electrons) + len(photons) + len(rest) == n
        assert (electrons[:, 1] >= 0.7 * pt).all()


def test_tracks_of_pile_up_are_removed_where_there_is_a_tracker():
    particles = seen([(CHARGED, 20.0, 0.0, 0.0), (CHARGED, 20.0, 1.0, 1.0), (CHARGED, 20.0, 3, 2)])
    added = {"pileup": np.array([0, 1, 1], np.int8)}
    particles = Particles(dict(particles.columns) | added, particles.offsets)
    detector = TwoLevels()
    both = detector.measure(particles, np.random.default_rng(5))
    assert level_of(both, first=False).n_particles.tolist() == [2]
    towers = level_of(both, first=True)
    assert int((towers.column("kind") == PHOTON).sum()) == 3
    assert int((towers.column("kind") == NEUTRAL_HADRON).sum()) == 3


def test_the_first_level_may_be_measured_alone():
    particles = seen([(CHARGED, 120.0, 0.0, 0.0), (MUON, 30.0, 1.0, 1.0)], [(PHOTON, 40.0, 0, 2)])
    alone = TwoLevels(l1_only=True).measure(particles, np.random.default_rng(5))
    assert level_of(alone, first=False).n_particles.tolist() == [0, 0]
    found = TriggerSelection().events(alone)
    assert not at_level(found, "hlt").mask.any()
    assert not found.column("passes_hlt").any()
    assert found.column("passes_l1").tolist() == [True, True]
    assert at_level(found, "l1").of_kind("muon").mask.sum(axis=1).tolist() == [1, 0]


def test_enhanced_bias_takes_what_its_seeds_take_and_zero_bias_all():
    every = {recipe.selection.seeds for recipe, _ in trigger("zero_bias").parts}
    assert every == {None}
    taken = trigger("enhanced_bias").parts[0][0]
    assert taken.selection.seeds == SEEDS
    assert taken.splits == trigger("zero_bias").parts[0][0].splits != trigger("jz3").splits
    mine = trigger("enhanced_bias", selection=TriggerSelection(seeds=("random / 7",)))
    assert mine.parts[0][0].selection.seeds == ("random / 7",)


def test_shares_of_strata_are_relative_to_those_that_are_not_named():
    usual = {recipe.name: share for recipe, share in trigger("enhanced_bias").parts}
    assert usual == SHARES
    more = trigger("enhanced_bias", shares={"eb_jz2_low": 2 * SHARES["eb_jz2_low"]})
    found = {recipe.name: share for recipe, share in more.parts}
    total = 1 + SHARES["eb_jz2_low"]
    assert sum(found.values()) == pytest.approx(1)
    assert found["eb_jz2_low"] == pytest.approx(2 * SHARES["eb_jz2_low"] / total)
    assert found["eb_w"] == pytest.approx(SHARES["eb_w"] / total)
    with pytest.raises(BadValue, match="eb_jz2_low"):
        trigger("enhanced_bias", shares={"jz2_low": 0.1})
    with pytest.raises(BadValue, match=r"shares\.eb_w"):
        trigger("zero_bias", shares={"eb_w": 0})
    with pytest.raises(BadValue, match="hahm"):
        trigger("hahm", shares={"eb_w": 0.5})


def test_enhanced_bias_is_unbiased():
    """A toy of known rates: sums of weights give them, within their errors, item by item."""
    rng = np.random.default_rng(7)
    fires = {"random": 1.0, "A": 0.05, "B": 0.004}
    prescales = {"random": 50.0, "A": 5.0, "B": 1.0}
    strata = [Drawn("soft", 1, 3e7, 40_000, 0), Drawn("hard", 2, 1e5, 5_000, 0)]
    more, pulls = {"soft": 1.0, "hard": 10.0}, []
    for _ in range(60):
        parts, truth = [], {"A": 0.0, "B": 0.0}
        for s in strata:
            n = int(s.n_generated)
            fired = {k: rng.random(n) < min(1, p * more[s.name]) for k, p in fires.items()}
            left = np.prod([np.where(fired[k], 1 - 1 / prescales[k], 1) for k in fires], axis=0)
            kept = rng.random(n) < 1 - left
            columns = {f"fired_{k}": v[kept] for k, v in fired.items()}
            columns["process"] = np.full(int(kept.sum()), s.process)
            empty = np.zeros((int(kept.sum()), 0, 0), np.float32)
            parts.append(Events(empty, (), (), columns=columns))
            for k in truth:
                truth[k] += s.rate * fired[k].mean()
        events = Events.concatenate(parts)
        sample = BiasedSample(tuple(strata), prescales)
        w = sample.weights(events)
        for k, rate in truth.items():
            passed = w[events.column(f"fired_{k}")]
            spread = math.sqrt(float(np.sum(passed**2)))
            pulls.append((passed.sum() - rate) / spread)
        total = sample.closure(events, w)
        pulls += [c.pull for c in total]
    pulls = np.array(pulls)
    assert abs(pulls.mean()) < 4 / math.sqrt(len(pulls))
    assert np.abs(pulls).max() < 5
    # the pulls of strata use the variance of the draw itself, those of items a larger one
    assert 0.3 < pulls.std() < 1.15


def test_closure_fails_for_a_stratum_without_events():
    sample = BiasedSample((Drawn("soft", 1, 3e7, 1e4, 300), Drawn("hard", 2, 1e5, 5e3, 0)), {})
    process = np.ones(300, int)
    events = Events(np.zeros((300, 0, 0), np.float32), (), (), columns={"process": process})
    with pytest.raises(TooFewEvents, match=r"stratum hard of 1e\+05 Hz has 0 events"):
        sample.closure(events)
    rare = BiasedSample((Drawn("soft", 1, 3e7, 1e6, 300),), {})
    with pytest.raises(TooFewEvents, match="lower the prescales"):
        rare.closure(events)


def test_the_selection_draws_by_its_seeds():
    selection = TriggerSelection(seeds=("random / 4", "J50 = jet > 50"))
    soft, hard = [(CHARGED, 20.0, 0.5, 1.0)], [(CHARGED, 90.0, 0.5, 1.0)]
    particles = TwoLevels().measure(seen(*[soft] * 800, *[hard] * 50), np.random.default_rng(1))
    kept = selection.events(particles, first=1000)
    fired = kept.column("fired_J50")
    assert fired.sum() == 50
    assert (~fired).sum() == pytest.approx(200, abs=5 * math.sqrt(150))
    assert set(kept.weight[~fired]) == {4.0}
    assert set(kept.weight[fired]) == {1.0}
    everything = TriggerSelection().events(particles, first=1000)
    assert len(everything) == 850
    assert (everything.weight == 1).all()
    assert at_level(kept, "l1").object_names == L1_NAMES


def test_events_do_not_depend_on_which_others_are_kept():
    """The high level is reconstructed for what the seeds take alone."""
    rng = np.random.default_rng(11)
    events = [
        [(CHARGED, rng.uniform(5, 90), rng.uniform(-2, 2), rng.uniform(-3, 3)) for _ in range(4)]
        for _ in range(300)
    ]
    particles = TwoLevels().measure(seen(*events), np.random.default_rng(1))
    every = TriggerSelection().events(particles, first=500)
    some = TriggerSelection(seeds=("random / 3",)).events(particles, first=500)
    assert 60 < len(some) < 140
    same = every[np.searchsorted(every.column("event"), some.column("event"))]
    np.testing.assert_array_equal(same.objects, some.objects)
    for name in ("event", "passes_l1", "passes_hlt", "lumi"):
        np.testing.assert_array_equal(same.column(name), some.column(name))
    none = TriggerSelection(seeds=("J900 = jet > 900",)).events(particles, first=500)
    assert len(none) == 0
    assert none.column("passes_hlt").dtype == bool


def test_pile_up_is_no_missing_momentum_of_the_first_level():
    """Towers of 60 collisions, some GeV each and uneven, beside a jet: MET is that of the jet."""
    rng = np.random.default_rng(2)
    eta, phi = np.meshgrid(np.arange(-4.85, 4.9, 0.1), np.arange(-np.pi, np.pi, 0.0983))
    ring = [
        (NEUTRAL_HADRON, pt, e, p)
        for pt, e, p in zip(rng.exponential(1.0, eta.size), eta.ravel(), phi.ravel(), strict=True)
    ]
    particles = coarse([*ring], [*ring, (CHARGED, 120.0, 0.55, 1.0)])
    pile_up, jet = Windows().objects(particles)["met"][:, 1]
    assert pile_up < 40
    assert jet == pytest.approx(120, abs=30)
    assert Windows(tower_pt=1.0).objects(particles)["met"][0, 1] > pile_up


def test_settings_out_of_range_are_refused():
    with pytest.raises(BadValue, match="items such as"):
        TriggerSelection(seeds=("what?",))
    with pytest.raises(BadValue, match="process"):
        trigger("zprime")
    with pytest.raises(BadValue, match="at least one item"):
        TriggerSelection(seeds=())
    with pytest.raises(BadValue, match=r"l1_menu: P: .* never fire"):
        TriggerSelection(l1_menu=("P = photon > 5",))
    with pytest.raises(BadValue, match=r"hlt_menu: T: .* never fire"):
        TriggerSelection(hlt_menu=("T = tau > 5",))
    with pytest.raises(BadValue, match=r"seeds: expected none for jz5"):
        trigger("jz5", selection=TriggerSelection(seeds=("random / 30",)))
    with pytest.raises(BadValue, match=r"detector\.l1\.muon_efficiency"):
        CoarseDetector(muon_efficiency=1.5)
