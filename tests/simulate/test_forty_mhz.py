"""What an object is, on particles made by hand; a fake in place of a jet; the Level-1 flag."""

import numpy as np
import pytest

from anomalon.core import Events, Particles
from anomalon.core.errors import BadValue
from anomalon.data.forty_mhz import FEATURE_NAMES, OBJECT_NAMES
from anomalon.simulate.fakes import Fakes
from anomalon.simulate.forty_mhz import FortyMhzSelection, Level1
from anomalon.simulate.pythia import CHARGED, ELECTRON, MUON, NEUTRAL_HADRON, PHOTON

pytest.importorskip("fastjet", reason="events are made with FastJet: install anomalon[simulate]")

SELECTION = FortyMhzSelection()


def seen(*events):
    """Events of measured particles (kind, pt, eta, phi)."""
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


def filled(events, row, kind):
    """The (pt, eta, phi) of the filled slots of a kind."""
    part = events.of_kind(kind)
    return part.objects[row][part.mask[row]]


TRIGGER = (MUON, 30.0, 0.5, 1.0)


def test_objects_are_in_their_slots_by_falling_pt():
    (events) = SELECTION.events(
        seen(
            [
                (ELECTRON, 5.0, -1.0, -2.0),
                (ELECTRON, 40.0, 1.0, 2.0),
                TRIGGER,
                (CHARGED, 20.0, 2.0, -1.0),
                (CHARGED, 60.0, -2.0, 3.0),
            ]
        ),
        first=17,
    )
    assert (events.object_names, events.feature_names) == (OBJECT_NAMES, FEATURE_NAMES)
    assert events.column("event").tolist() == [17]
    np.testing.assert_allclose(filled(events, 0, "electron"), [[40, 1, 2], [5, -1, -2]], rtol=1e-6)
    np.testing.assert_allclose(filled(events, 0, "muon"), [[30, 0.5, 1]], rtol=1e-6)
    np.testing.assert_allclose(filled(events, 0, "jet"), [[60, -2, 3], [20, 2, -1]], rtol=1e-6)
    assert (events.objects[~events.mask] == 0).all()


def test_met_is_minus_the_sum_of_everything():
    particles = seen([TRIGGER, (PHOTON, 1.0, 4.5, -1.0), (CHARGED, 50.0, 0.0, 2.5)])
    ((pt, eta, phi),) = filled(SELECTION.events(particles), 0, "met")
    assert pt * np.cos(phi) == pytest.approx(-particles.px.sum(), rel=1e-5)
    assert pt * np.sin(phi) == pytest.approx(-particles.py.sum(), rel=1e-5)
    assert eta == 0


@pytest.mark.parametrize(
    ("particle", "kind", "is_one"),
    [
        ((ELECTRON, 3.1, 2.9, 0.0), "electron", True),
        ((ELECTRON, 2.9, 2.9, 0.0), "electron", False),
        ((ELECTRON, 9.0, 3.1, 0.0), "electron", False),
        ((MUON, 3.1, -2.0, 0.0), "muon", True),
        ((MUON, 9.0, -2.2, 0.0), "muon", False),
        ((CHARGED, 15.1, 3.9, 0.0), "jet", True),
        ((CHARGED, 14.9, 3.9, 0.0), "jet", False),
        ((CHARGED, 30.0, 4.1, 0.0), "jet", False),
    ],
)
def test_thresholds(particle, kind, is_one):
    other = (ELECTRON, 30.0, 0.0, 3.0) if kind == "muon" else (MUON, 30.0, 0.0, 3.0)
    assert len(filled(SELECTION.events(seen([other, particle])), 0, kind)) == is_one


def test_the_leading_lepton_decides():
    events = SELECTION.events(
        seen(
            [(ELECTRON, 22.9, 0.0, 0.0)],
            [(ELECTRON, 23.1, 0.0, 0.0)],
            [(MUON, 22.0, 0.0, 0.0), (ELECTRON, 22.0, 0.0, 2.0)],
            [(CHARGED, 200.0, 0.0, 0.0)],
            [(MUON, 23.1, 0.0, 0.0)],
        )
    )
    assert events.column("event").tolist() == [1, 4]


@pytest.mark.parametrize(("around", "isolated"), [(13.4, True), (13.6, False)])
def test_isolation_is_relative_and_in_a_cone(around, isolated):
    near = (PHOTON, around, 0.5, 1.0 + 0.29)
    far = (PHOTON, 50.0, 0.5, 1.0 + 0.31)
    assert len(SELECTION.events(seen([TRIGGER, near]))) == isolated
    assert len(SELECTION.events(seen([TRIGGER, near, far]))) == isolated


def test_an_isolated_lepton_is_no_jet_and_another_is():
    alone, in_a_jet = [(ELECTRON, 50.0, 0.0, 0.0)], [(ELECTRON, 50.0, 0.0, 0.0)]
    in_a_jet.append((CHARGED, 40.0, 0.1, 0.1))
    events = SELECTION.events(seen([TRIGGER, *alone], [TRIGGER, *in_a_jet]))
    assert [len(filled(events, i, "electron")) for i in (0, 1)] == [1, 0]
    assert len(filled(events, 0, "jet")) == 0
    assert filled(events, 1, "jet")[0, 0] == pytest.approx(90.0, rel=0.01)


def grid(pt, spacing=0.25):
    """Soft particles everywhere, as pile-up leaves them."""
    eta = np.arange(-4.4, 4.5, spacing)
    phi = np.arange(-np.pi + 0.1, np.pi, 2 * np.pi / 24)
    return [(NEUTRAL_HADRON, pt, e, p) for e in eta for p in phi]


def test_a_uniform_background_is_subtracted():
    soft = grid(0.4)
    events = SELECTION.events(seen([TRIGGER, (CHARGED, 50.0, -1.0, -1.0), *soft]))
    (jet,) = filled(events, 0, "jet")
    assert jet[0] == pytest.approx(50.0, abs=1.5)  # what was added to it is 3 GeV
    assert len(filled(events, 0, "muon")) == 1
    # A muon of 4 GeV has 1.8 GeV around it, more than isolation allows, but that is the density.
    events = SELECTION.events(seen([(ELECTRON, 30.0, 1.0, 2.0), (MUON, 4.0, -0.5, -2.0), *soft]))
    assert len(filled(events, 0, "muon")) == 1


def one(**pt):
    """An event with one object of each of these kinds."""
    objects = np.zeros((1, len(OBJECT_NAMES), 3), dtype=np.float32)
    for kind, value in pt.items():
        objects[0, OBJECT_NAMES.index(kind if kind == "met" else f"{kind}1"), 0] = value
    return Events(objects, OBJECT_NAMES, FEATURE_NAMES, objects[:, :, 0] > 0)


@pytest.mark.parametrize("kind", ["electron", "muon", "met", "jet"])
def test_level1_is_any_threshold(kind):
    least = getattr(Level1(), kind)
    assert Level1().passes(one(**{kind: least + 1})).tolist() == [True]
    assert Level1().passes(one(**{kind: least - 1})).tolist() == [False]


def test_level1_adds_central_jets_above_30_gev():
    objects = np.zeros((3, len(OBJECT_NAMES), 3), dtype=np.float32)
    first = OBJECT_NAMES.index("jet1")
    objects[0, first : first + 4, 0] = 100.0  # 400 GeV
    objects[1, first : first + 4, :2] = 100.0, 3.0  # forward
    objects[2, first : first + 10, 0] = 29.0  # soft
    events = Events(objects, OBJECT_NAMES, FEATURE_NAMES, objects[:, :, 0] > 0)
    assert Level1(jet=np.inf).passes(events).tolist() == [True, False, False]


def two_jets(n):
    jets = [(CHARGED, 60.0, 1.0, 0.5), (CHARGED, 50.0, -1.0, -2.5)]
    return seen(*[jets] * n)


def test_a_fake_takes_the_place_of_a_jet():
    events = FortyMhzSelection(fakes=Fakes(keep=2)).events(two_jets(400))
    assert len(events) == 400  # two jets that fit: kept in any case
    electrons, jets = events.of_kind("electron"), events.of_kind("jet")
    assert (electrons.mask.sum(axis=1) == 1).all()
    assert (jets.mask.sum(axis=1) == 1).all()
    was_first = electrons.feature("eta")[:, 0] > 0
    assert was_first.mean() == pytest.approx(0.5, abs=5 * np.sqrt(0.25 / 400))
    share = electrons.feature("pt")[:, 0] / np.where(was_first, 60.0, 50.0)
    assert share.min() > 0.7
    assert share.max() < 1.0
    assert share.mean() == pytest.approx(0.85, abs=5 * 0.3 / np.sqrt(12 * 400))


def test_an_event_counts_as_its_jets_that_fit():
    one_jet = seen(*[[(CHARGED, 60.0, 1.0, 0.5)]] * 900)
    kept = len(FortyMhzSelection(fakes=Fakes(keep=3)).events(one_jet)) / 900
    assert kept == pytest.approx(1 / 3, abs=5 * np.sqrt(2 / 9 / 900))
    assert len(FortyMhzSelection(fakes=Fakes()).events(seen([(CHARGED, 20.0, 1.0, 0.5)]))) == 0
    assert Fakes(rate=1e-4, keep=2).enhancement == pytest.approx(5000)


def test_numbers_out_of_range_are_refused():
    with pytest.raises(BadValue, match=r"selection\.isolation"):
        FortyMhzSelection(isolation=0.0)
    with pytest.raises(BadValue, match=r"fakes\.rate"):
        Fakes(rate=2.0)
