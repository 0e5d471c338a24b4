"""Objects and summaries of events: scales of what is there, and quantities with known values."""

import numpy as np
import pytest
from toy_events import FEATURES, NAMES, toy_background

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadValue
from anomalon.features.event_summary import EventSummary, summarised
from anomalon.features.inputs import Inputs, Layout
from anomalon.features.objects import Objects


def one(*objects, names=NAMES):
    """One event of (slot, pt, eta, phi)."""
    x, mask = np.zeros((1, len(names), 3)), np.zeros((1, len(names)), bool)
    for name, *numbers in objects:
        x[0, names.index(name)], mask[0, names.index(name)] = numbers, True
    return Events(x, names, FEATURES, mask)


def test_the_leading_objects_of_a_kind_come_first_whatever_their_slot():
    events = one(("jet1", 5, 0, 0), ("jet3", 50, 1, 1), ("muon2", 7, 0, 2))
    x, mask = Layout.of(events).arranged(events)
    names = Layout.of(events).names
    assert names == NAMES
    assert x[0, names.index("jet1"), 0] == 50
    assert x[0, names.index("jet2"), 0] == 5
    assert x[0, names.index("muon1"), 0] == 7
    assert mask[0].sum() == 3
    assert (x[~mask] == 0).all()


def test_of_more_objects_than_slots_the_leading_are_taken():
    few = Layout(("jet", "jet"), FEATURES)
    x, mask = few.arranged(one(("jet1", 5, 0, 0), ("jet2", 9, 0, 0), ("jet4", 7, 0, 0)))
    assert x[0, :, 0].tolist() == [9, 7]
    assert mask.all()


def test_interleaved_slots_are_put_together():
    names = ("jet1", "muon1", "jet2")
    layout = Layout.of(one(names=names))
    assert layout.kinds == ("jet", "jet", "muon")
    assert layout.names == ("jet1", "jet2", "muon")


@pytest.mark.parametrize("inputs", [Objects(), Objects("linear", "plain"), EventSummary()])
def test_what_is_there_has_mean_zero_and_width_one(inputs):
    events = toy_background(4000, weights=True)
    seen = inputs.fit(events)(events)
    weight = events.weight
    if seen.mask is None:
        mean = np.average(seen.x, axis=0, weights=weight)
        std = np.sqrt(np.average((seen.x - mean) ** 2, axis=0, weights=weight))
    else:
        jets = [i for i, name in enumerate(NAMES) if name.startswith("jet")]
        there = seen.mask[:, jets]
        x, w = seen.x[:, jets, :2][there], np.broadcast_to(weight[:, None], there.shape)[there]
        mean = np.average(x, axis=0, weights=w)
        std = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=w))
    # angles are around zero by symmetry; azimuths have a unit of their own
    assert np.allclose(mean, 0, atol=1e-4 if seen.mask is None else 0.05)
    assert np.allclose(std, 1, atol=1e-3 if seen.mask is None else 0.05)


def test_the_scale_does_not_know_how_full_events_are():
    """Twice as many empty slots: the same numbers. A scale that counts zeros moves."""
    events = toy_background(2000)
    wide = Events(
        np.concatenate([events.objects, np.zeros((2000, 6, 3), np.float32)], axis=1),
        (*NAMES, *(f"jet{i}" for i in range(5, 11))),
        FEATURES,
        np.concatenate([events.mask, np.zeros((2000, 6), bool)], axis=1),
    )
    narrow, padded = Objects().fit(events), Objects().fit(wide)
    assert np.allclose(narrow.mean, padded.mean[: len(NAMES)], atol=1e-12)
    assert np.array_equal(narrow(events).x, padded(events).x[:, : len(NAMES)])


def test_azimuths_count_from_the_leading_visible_object():
    events = one(("met", 500, 0, 0.5), ("jet1", 40, 0, 1.0), ("muon1", 60, 0, -3.0))
    inputs = Objects("linear").fit(toy_background(500))
    x, mask = inputs.layout.arranged(events)
    plain = np.zeros(x.shape[1:]), np.ones(x.shape[1:])
    z = inputs.inputs.standardised(x, mask, inputs.layout, *plain)
    names = inputs.layout.names
    assert z[0, names.index("muon1"), 2] == 0
    assert z[0, names.index("jet1"), 2] == pytest.approx(4.0 - 2 * np.pi)
    assert z[0, names.index("met"), 2] == pytest.approx(3.5 - 2 * np.pi)


def test_an_event_of_missing_momentum_alone_is_an_event():
    seen = Objects().fit(toy_background(500))(one(("met", 20, 0, 1.0)))
    assert np.isfinite(seen.x).all()
    assert seen.mask.sum() == 1


def test_a_constant_feature_is_zero_and_stays_finite():
    events = toy_background(300)
    inputs = Objects().fit(events)
    assert (inputs(events).x[:, 0, 1] == 0).all()  # the missing momentum has no eta


def test_quantities_have_the_values_of_textbooks():
    """Z -> mu mu at rest: mass 91.2 GeV, back to back; W -> e nu: the Jacobian edge."""
    z = one(("muon1", 45.6, 0.0, 0.0), ("muon2", 45.6, 0.0, np.pi))
    got = {name: float(values[0]) for name, values in summarised(z).items()}
    assert np.expm1(got["m_leptonlepton"]) == pytest.approx(91.2)
    assert got["dr_leptonlepton"] == pytest.approx(np.pi)
    assert got["n_muon"] == 2
    assert got["sphericity"] == pytest.approx(0, abs=1e-12)
    assert np.expm1(got["ht"]) == 0
    w = one(("electron1", 40.0, 0.0, 1.0), ("met", 40.0, 0.0, 1.0 - np.pi))
    got = {name: float(values[0]) for name, values in summarised(w).items()}
    assert np.expm1(got["mt_lepton_met"]) == pytest.approx(80.0)
    assert got["dphi_lepton_met"] == pytest.approx(np.pi)
    assert np.expm1(got["st"]) == pytest.approx(80.0)
    assert got["multiplicity"] == 1
    assert got["m_leptonlepton"] == 0
    star = one(("jet1", 30, 0, 0), ("jet2", 30, 0, np.pi / 2), ("jet3", 30, 0, np.pi),
               ("jet4", 30, 0, -np.pi / 2))  # fmt: skip
    assert float(summarised(star)["sphericity"][0]) == pytest.approx(1)
    assert np.expm1(float(summarised(star)["ht"][0])) == pytest.approx(120)


def test_masses_come_from_the_feature_if_there_is_one():
    events = Events(np.array([[[3.0, 0.0, 0.0, 4.0]]]), ("jet1",), ("pt", "eta", "phi", "mass"))
    assert np.expm1(summarised(events)["mass"][0]) == pytest.approx(4.0)


def test_names_of_a_summary_are_those_of_the_layout():
    names = EventSummary().fit(toy_background(100)).names
    assert "n_electron" in names
    assert "pt_jet3" in names
    assert "pt_jet4" not in names
    some = EventSummary(only=("met", "ht")).fit(toy_background(100))
    assert some.names == ("met", "ht")
    with pytest.raises(BadValue, match="did you mean"):
        EventSummary(only=("n_electrons",)).fit(toy_background(100))


@pytest.mark.parametrize("inputs", [cls() for cls in Inputs.registry.values()])
def test_other_kinds_and_missing_features_are_refused(inputs):
    fitted = inputs.fit(toy_background(100))
    with pytest.raises(BadLayout, match="photon"):
        fitted(Events(np.ones((2, 1, 3)), ("photon1",), FEATURES))
    with pytest.raises(BadLayout, match="phi"):
        fitted(Events(np.ones((2, 1, 2)), ("jet1",), ("pt", "eta")))
    # slots of another kind that nothing is in are no objects
    empty = Events(np.zeros((2, 1, 3)), ("photon1",), FEATURES, np.zeros((2, 1), bool))
    assert len(fitted(empty)) == 2
