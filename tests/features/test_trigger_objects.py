"""The preparation of a trigger beside the same in NumPy, and what each step must do."""

import pickle
import tomllib
from dataclasses import dataclass, replace

import numpy as np
import pytest
from toy_events import FEATURES, toy_background

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadValue, UnknownKey
from anomalon.core.kinds import KINDS
from anomalon.features.inputs import Inputs, Layout
from anomalon.features.objects import PHI_SCALE, Objects
from anomalon.features.per_kind import PerKind
from anomalon.features.trigger_objects import Divisors, Overlap, Steps, TriggerObjects
from anomalon.features.trigger_steps import (
    Divided,
    Floor,
    Missing,
    OverlapRemoved,
    PtOfEvent,
    Rotated,
    Saturated,
)
from anomalon.learn import threads
from anomalon.run.settings import decode, dumps, encode

KINDS_OF_SLOTS = ("jet",) * 5 + ("electron",) * 2 + ("muon",) * 2 + ("photon",) * 2 + ("met",)
NAMES = tuple(f"{kind}{i}" for i, kind in enumerate(KINDS_OF_SLOTS))
EVERYTHING = TriggerObjects(
    met_repair=0.001,
    saturated="drop",
    saturation=PerKind(jet=200.0, met=300.0, others=100.0),
    floor=PerKind(jet=50.0, photon=20.0),
    overlap=(
        Overlap("electron", "jet", 0.8),
        Overlap("jet", "muon", 0.8),
        Overlap("jet", "jet", 1.0),
        Overlap("photon", "photon", 2.0),
    ),
    pt="per_event",
    total=100.0,
)
CHAINS = {
    "default": TriggerObjects(),
    "nothing": TriggerObjects((), phi="none", divide=Divisors(PerKind(1), PerKind(1), PerKind(1))),
    "everything": EVERYTHING,
    "global, clipped": replace(EVERYTHING, saturated="clip", pt="global"),
    "no rotation": replace(EVERYTHING, phi="none", overlap=EVERYTHING.overlap[2:]),
    "of integers": TriggerObjects(
        divide=Divisors(PerKind(128, met=64), PerKind(32), PerKind(32)),
        step=Steps(PerKind(0.1), PerKind(1 / 40), PerKind(2 * np.pi / 128)),
        powers_of_two=True,
    ),
}


def hard_events(n=3000, seed=0):
    """Values at limits, ties, neighbours across π, and slots that stand for nothing."""
    rng = np.random.default_rng(seed)
    x = np.zeros((n, len(NAMES), 3))
    x[:, :, 0] = rng.choice([5.0, 20, 19.5, 50, 49.75, 100, 99, 200, 300, 1e4], x.shape[:2])
    x[:, :, 0] += rng.choice([0.0, 1.0, 2.5], x.shape[:2])
    x[:, :, 1] = rng.choice([-1.5, -0.25, 0.0, 0.5, 2.0], x.shape[:2])
    x[:, :, 2] = rng.choice([-3.14, -2.5, 0.0, 0.3, 3.0, 3.14], x.shape[:2])
    x[:, -1, 1] = 0.0
    nothing = rng.random(x.shape[:2]) < 0.2
    x[nothing] = np.array([[0.0, 0, 0], [-999.0] * 3, [-1.0, 0, 0]])[
        rng.integers(0, 3, nothing.sum())
    ]
    x[:, :, 1][rng.random(x.shape[:2]) < 0.05] = -999.0
    mask = rng.random(x.shape[:2]) < 0.7
    return Events(x.astype(np.float32), NAMES, FEATURES, mask, object_kinds=KINDS_OF_SLOTS)


def wrapped(angle):
    return (angle + np.pi) % (2 * np.pi) - np.pi


@dataclass
class Reference:
    """The chain in NumPy, all events at a time, by its settings."""

    inputs: TriggerObjects
    kinds: tuple[str, ...]

    def of(self, name, otherwise):
        given = getattr(self.inputs, name)
        numbers = [getattr(given, kind) for kind in self.kinds]
        others = otherwise if given.others is None else given.others
        return np.array([others if one is None else one for one in numbers])

    def __call__(self, x, there):
        s, x, there = self.inputs, x.copy(), there.copy()
        pt, eta, phi = (x[:, :, j] for j in range(3))
        is_met = np.array([kind == "met" for kind in self.kinds])
        if s.missing or s.met_repair:
            gone = there & (np.isnan(pt) | (pt < 0) | np.isin(pt, s.missing))
            there &= ~gone
            pt[~there], eta[~there], phi[~there] = 0, 0, 0
            for angle in (eta, phi):
                angle[np.isnan(angle) | np.isin(angle, s.missing)] = 0
            if s.met_repair:
                new = is_met & ~there
                pt[new] = s.met_repair
                there |= new
        if s.saturated != "keep":
            limit = self.of("saturation", np.inf)
            full = pt >= limit
            if s.saturated == "drop":
                there &= ~full
            else:
                pt[:] = np.minimum(pt, limit)
        floor = self.of("floor", 0.0)
        there &= (pt >= floor) | (floor == 0)
        for rule in s.overlap:
            self.separate(rule, eta, phi, there)
        if s.phi == "leading":
            visible = there & ~is_met
            who = np.where(visible.any(axis=1)[:, None], visible, there)
            first = np.argmax(np.where(who, pt, -np.inf), axis=1)
            phi[:] = wrapped(phi - np.take_along_axis(phi, first[:, None], axis=1))
        if s.pt == "per_event":
            total = np.sum(pt * there, axis=1, keepdims=True)
            pt[:] = np.divide(pt * s.total, total, out=np.zeros_like(pt), where=total > 0)
        else:
            pt /= self.scale("pt")
        eta /= self.scale("eta")
        phi /= self.scale("phi")
        return np.where(there[:, :, None], x, 0), there

    def scale(self, name):
        numbers = []
        for kind in self.kinds:
            two = [getattr(table, name) for table in (self.inputs.divide, self.inputs.step)]
            numbers.append(
                np.prod([t.others if getattr(t, kind) is None else getattr(t, kind) for t in two])
            )
        return np.array(numbers)

    def separate(self, rule, eta, phi, there):
        keep = [i for i, kind in enumerate(self.kinds) if kind == rule.keep]
        drop = [i for i, kind in enumerate(self.kinds) if kind == rule.drop]
        for i in keep:
            near = np.hypot(eta[:, drop] - eta[:, [i]], wrapped(phi[:, drop] - phi[:, [i]]))
            hit = (near < rule.delta_r) & there[:, [i]]
            if rule.keep == rule.drop:
                hit &= np.array(drop) > i
            there[:, drop] &= ~hit


@pytest.mark.parametrize("inputs", CHAINS.values(), ids=CHAINS)
def test_it_is_what_numpy_makes_of_arranged_events(inputs):
    events = hard_events()
    fitted = inputs.fit(events[:100])
    x, there = fitted.layout.arranged(events)
    expected, filled = Reference(inputs, fitted.layout.kinds)(x, there)
    got = fitted(events)
    assert np.array_equal(got.mask, filled)
    np.testing.assert_allclose(got.x, expected, rtol=1e-6, atol=1e-6)
    assert (got.x[~got.mask] == 0).all()
    assert got.x.dtype == np.float32
    assert 0.05 < got.mask.mean() < 0.95
    again = fitted._encode(x, there)
    assert np.array_equal(again.x, got.x)
    assert np.array_equal(again.mask, got.mask)


@pytest.mark.parametrize("inputs", CHAINS.values(), ids=CHAINS)
def test_neither_pieces_nor_threads_nor_the_type_of_numbers_matter(inputs, monkeypatch):
    events = hard_events(5000)
    fitted = inputs.fit(events[:100])
    whole = fitted(events)
    parts = [fitted(events[i : i + 77]) for i in range(0, len(events), 77)]
    assert np.array_equal(np.concatenate([part.x for part in parts]), whole.x)
    monkeypatch.setattr(threads, "cores", lambda: 1)
    assert np.array_equal(fitted(events).x, whole.x)
    double = replace(events, objects=events.objects.astype(np.float64))
    assert np.array_equal(fitted(double).x, whole.x)
    assert fitted(events[:0]).x.shape == (0, len(NAMES), 3)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted))(events).x, whole.x)


def one(*objects):
    """One event of (slot, pt, eta, phi)."""
    x, mask = np.zeros((1, len(NAMES), 3)), np.zeros((1, len(NAMES)), bool)
    for name, *numbers in objects:
        x[0, NAMES.index(name)], mask[0, NAMES.index(name)] = numbers, True
    return Events(x, NAMES, FEATURES, mask, object_kinds=KINDS_OF_SLOTS)


def prepared(inputs, *objects):
    """The filled slots of one event: {name: (pt, eta, phi)}."""
    plain = replace(inputs, divide=Divisors(PerKind(1), PerKind(1), PerKind(1)))
    seen = plain.fit(hard_events(50))(one(*objects))
    return {
        NAMES[i]: tuple(seen.x[0, i].astype(float).round(6)) for i in np.flatnonzero(seen.mask[0])
    }


OFF = TriggerObjects(phi="none")


def test_of_two_jets_that_overlap_the_leading_one_stays_whatever_their_order_in_the_file():
    """The peer (GELATO) drops the leading one, against its own description."""
    rule = replace(OFF, overlap=(Overlap("jet", "jet", 0.4),))
    near = (("jet0", 60, 0.1, 3.1), ("jet1", 90, 0.0, -3.1), ("jet2", 30, 0.0, 1.0))
    for order in (near, near[::-1]):
        slots = [(f"jet{i}", *numbers) for i, (_, *numbers) in enumerate(order)]
        assert prepared(rule, *slots) == {"jet0": (90, 0, -3.1), "jet2": (30, 0, 1)}
    # what is dropped drops nothing: the middle one goes, and the last is far from the first
    chain = (("jet0", 90, 0.0, 0.0), ("jet1", 60, 0.3, 0.0), ("jet2", 30, 0.6, 0.0))
    assert set(prepared(rule, *chain)) == {"jet0", "jet2"}


def test_between_kinds_the_first_of_the_rule_stays_however_soft_it_is():
    rule = replace(OFF, overlap=(Overlap("electron", "jet", 0.2), Overlap("jet", "muon", 0.4)))
    event = (("electron5", 20, 1.0, 0.0), ("jet0", 90, 1.1, 0.0), ("muon7", 10, 1.3, 0.0))
    # the jet is gone before it could drop the muon
    assert set(prepared(rule, *event)) == {"electron5", "muon7"}
    swapped = replace(rule, overlap=rule.overlap[::-1])
    assert set(prepared(swapped, *event)) == {"electron5"}
    edge = (("electron5", 20, 1.0, 0.0), ("jet0", 90, 1.25, 0.0))
    assert set(prepared(replace(OFF, overlap=(Overlap("electron", "jet", 0.25),)), *edge)) == {
        "electron5", "jet0",
    }  # fmt: skip


def test_floors_and_saturation_are_at_their_limits():
    floor = replace(OFF, floor=PerKind(jet=50))
    assert set(prepared(floor, ("jet0", 50, 0, 0), ("jet1", 49.99, 0, 0), ("muon7", 3, 0, 0))) == {
        "jet0", "muon7",
    }  # fmt: skip
    cms = PerKind(met=2047.5, electron=255.5, muon=255.5, jet=1023.5)
    full = (("jet0", 1023.5, 0, 0), ("electron5", 255.25, 0, 0), ("met11", 4000, 0, 1))
    dropped = prepared(replace(OFF, saturated="drop", saturation=cms), *full)
    assert dropped == {"electron5": (255.25, 0, 0)}
    clipped = prepared(replace(OFF, saturated="clip", saturation=cms), *full)
    assert clipped["met11"] == (2047.5, 0, 1)
    assert prepared(replace(OFF, saturation=cms), *full)["met11"] == (4000, 0, 1)


def test_missing_values_are_empty_slots_and_missing_momentum_is_repaired():
    empty = (("jet0", -999, -999, -999), ("jet1", 0, 1, 1), ("jet2", -3, 0, 0))
    assert prepared(OFF, *empty) == {}
    assert set(prepared(replace(OFF, missing=()), *empty)) == {"jet0", "jet1", "jet2"}
    assert prepared(OFF, ("met11", 30, -999, 1)) == {"met11": (30, 0, 1)}
    repaired = replace(OFF, met_repair=0.001)
    for nothing in ((), (("met11", 0, 0, 0),), (("met11", -999, -999, -999),)):
        assert prepared(repaired, *nothing) == {"met11": (0.001, 0, 0)}
    assert prepared(repaired, ("met11", 30, 0, 1)) == {"met11": (30, 0, 1)}


def test_the_sum_of_an_event_becomes_a_number_whatever_its_energy():
    events = hard_events()
    for total in (1.0, 10.0, 100.0):
        seen = TriggerObjects(pt="per_event", total=total).fit(events[:50])(events)
        some = seen.mask.any(axis=1)
        np.testing.assert_allclose(seen.x[:, :, 0].sum(axis=1)[some], total, rtol=1e-5)
    louder = replace(events, objects=events.objects * np.float32([2, 1, 1]))
    free = TriggerObjects((), pt="per_event")
    np.testing.assert_allclose(free.fit(events)(louder).x, free.fit(events)(events).x, rtol=1e-5)


def test_a_common_turn_changes_nothing_if_azimuths_count_from_the_leading_object():
    events = toy_background(500)
    turned = events.objects.astype(np.float64)
    turned[:, :, 2] = np.where(events.mask, wrapped(turned[:, :, 2] + 2), 0)
    other = replace(events, objects=turned)
    for phi, same in (("leading", True), ("none", False)):
        fitted = TriggerObjects(phi=phi).fit(events)
        away = np.abs(fitted(other).x - fitted(events).x)[:, :, 2] * 2  # radians
        assert (np.minimum(away, 2 * np.pi - away).max() < 1e-5) == same


def test_the_steps_say_what_is_done_as_plain_numbers():
    layout = Layout.of(hard_events(5))
    steps = EVERYTHING.steps(layout)
    assert [type(step) for step in steps] == [
        Missing, Saturated, Floor, *[OverlapRemoved] * 4, Rotated, PtOfEvent, Divided,
    ]  # fmt: skip
    assert steps[0] == Missing((0.0, -999.0), (0.0,) * 11 + (0.001,))
    assert steps[1].limit == (200.0,) * 5 + (100.0,) * 6 + (300.0,)
    assert steps[3] == OverlapRemoved((5, 7), (0, 5), 0.8)
    assert steps[5] == OverlapRemoved((0, 5), (0, 5), 1.0)
    assert steps[-1].by[0] == (1.0, 2.0, 2.0)  # the sum of the event divides pT
    assert [type(step) for step in CHAINS["nothing"].steps(layout)] == [Divided]
    assert {type(n) for step in steps for n in vars(step).values()} <= {tuple, str, float}
    integers = CHAINS["of integers"].steps(layout)[-1]
    assert integers.number[-1] == (64.0, 32.0, 32.0)
    assert integers.step[0] == (0.1, 1 / 40, 2 * np.pi / 128)
    np.testing.assert_allclose(integers.by, np.multiply(integers.number, integers.step))
    # a rule of kinds that a layout does not have is no step
    assert [type(s) for s in EVERYTHING.steps(Layout(("jet", "met"), FEATURES))].count(
        OverlapRemoved
    ) == 1


def test_divisors_are_powers_of_two_or_refused():
    assert TriggerObjects(powers_of_two=True).powers_of_two
    for divide in (Divisors(PerKind(100)), Divisors(phi=PerKind(2, muon=3))):
        with pytest.raises(BadValue, match=r"expected a power of two.*got (100|3)\."):
            TriggerObjects(divide=divide, powers_of_two=True)
    half = Divisors(PerKind(0.5), PerKind(2**-20), PerKind(2.0**30))
    assert TriggerObjects(divide=half, powers_of_two=True).divide == half
    with pytest.raises(BadValue, match="per_event"):
        TriggerObjects(pt="per_event", powers_of_two=True)


def test_settings_have_a_natural_table():
    table = tomllib.loads("""
        missing = [0.0, -999.0]
        met_repair = 0.001
        floor = { jet = 50.0, others = 30.0, met = 0.0 }
        overlap = [{ keep = "electron", drop = "jet", delta_r = 0.2 }]
        pt = "per_event"
        total = 100.0
        divide = { eta = { others = 4.0 } }
    """)
    inputs = decode(TriggerObjects, table)
    assert inputs.floor.of("muon") == 30
    assert inputs.floor.of("met") == 0
    assert inputs.divide == Divisors(eta=PerKind(4.0))
    again = tomllib.loads(dumps({k: v for k, v in encode(inputs).items() if k != "kind"}))
    assert decode(TriggerObjects, again) == inputs
    assert hash(inputs) == hash(decode(TriggerObjects, again))
    with pytest.raises(UnknownKey, match="jet"):
        decode(TriggerObjects, {"floor": {"jets": 50.0}})
    assert tuple(sorted(vars(PerKind()))) == tuple(sorted((*KINDS, "others")))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"floor": PerKind(jet=-1)}, "floor.jet: expected a finite number of at least 0"),
        ({"floor": 50.0}, "floor: expected a PerKind"),
        ({"saturation": PerKind(0.0)}, "saturation.others"),
        ({"saturated": "drop"}, "saturation: expected a pT in GeV for some kind"),
        ({"saturated": "warn"}, "saturated: expected one of keep, clip, drop"),
        ({"met_repair": -1.0}, "met_repair"),
        ({"missing": "0"}, "missing: expected a list"),
        ({"missing": (float("nan"),)}, "missing"),
        ({"overlap": ("jet",)}, "overlap: expected a Overlap"),
        ({"total": 0.0}, "total"),
        ({"powers_of_two": 1}, "powers_of_two: expected true or false"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, said):
    with pytest.raises(BadValue, match=said):
        TriggerObjects(**wrong)


def test_other_settings_that_make_no_sense_are_refused():
    with pytest.raises(BadValue, match="keep"):
        Overlap("met", "jet", 0.4)  # it has no direction in eta
    with pytest.raises(BadValue, match="delta_r"):
        Overlap("jet", "jet", 0.0)
    with pytest.raises(BadValue, match=r"divide.pt.others"):
        Divisors(PerKind(0.0))
    with pytest.raises(BadValue, match="jet: expected a finite number"):
        PerKind(jet=True)
    with pytest.raises(BadValue, match=r"divide.pt: expected a number for the kind met"):
        TriggerObjects(divide=Divisors(PerKind(jet=1.0))).fit(toy_background(50))
    flat = Events(np.ones((20, 2, 1)), ("jet1", "jet2"), ("pt",))
    with pytest.raises(BadLayout, match="eta and phi"):
        EVERYTHING.fit(flat)
    assert TriggerObjects().fit(flat)(flat).x.shape == (20, 2, 1)
    with pytest.raises(BadLayout, match="have a pt"):
        TriggerObjects().fit(Events(np.ones((20, 2, 1)), ("jet1", "jet2"), ("eta",)))


def test_huge_numbers_stay_finite():
    events = toy_background(50)
    objects = events.objects.astype(np.float64)
    objects[events.mask] *= 1e300
    for inputs in (TriggerObjects(phi="none"), EVERYTHING):
        assert np.isfinite(inputs.fit(events)(replace(events, objects=objects)).x).all()


def test_scales_say_how_numbers_were_made():
    events = toy_background(300)
    got = TriggerObjects().fit(events).scale
    assert (got.unit == [64, 2, 2]).all()
    assert (got.zero == 0).all()
    assert np.isnan(EVERYTHING.fit(events).scale.unit[:, 0]).all()
    measured = Objects().fit(events)
    assert measured.scale.unit is measured.std
    assert (measured.scale.unit[:, 2] == PHI_SCALE).all()
    for inputs in Inputs.registry.values():
        fitted = inputs().fit(events) if inputs.form == "objects" else None
        assert fitted is None or fitted.scale is not None
