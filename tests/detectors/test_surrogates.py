"""Changed background events: what is changed, and what is not."""

from dataclasses import replace

import numpy as np
import pytest
from toy_events import toy_background, toy_signal

from anomalon.core import Events, Seed
from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.detectors import SURROGATES, OutlierExposure, surrogates
from anomalon.features.event_summary import summarised
from anomalon.features.inputs import Layout

EVENTS = toy_background(3000, 7)


def changed(name):
    return surrogates(EVENTS, seed=3, names=[name])[name]


def summary(events):
    return summarised(events)


@pytest.mark.parametrize("name", SURROGATES)
def test_a_surrogate_is_an_event_of_the_same_layout_without_truth(name):
    there = changed(name)
    assert len(there) == len(EVENTS)
    assert there.label is None
    x, mask = Layout.of(EVENTS).arranged(there)
    assert np.isfinite(x).all()
    assert mask.any(axis=1).all()
    again = changed(name)
    assert np.array_equal(again.objects, there.objects)
    other = surrogates(EVENTS, seed=4, names=[name])[name]
    assert not np.array_equal(other.objects, there.objects)


def test_the_objects_of_two_events_are_in_one():
    was, now = summary(EVENTS), summary(changed("overlaid"))
    assert now["multiplicity"].mean() == pytest.approx(2 * was["multiplicity"].mean(), rel=0.03)
    st = np.expm1(was["st"]) - np.expm1(was["met"])
    both = np.expm1(now["st"]) - np.expm1(now["met"])
    assert both.mean() == pytest.approx(2 * st.mean(), rel=0.05)
    # vectors of random directions add in quadrature
    met, sum_ = np.expm1(was["met"]), np.expm1(now["met"])
    assert (sum_**2).mean() == pytest.approx(2 * (met**2).mean(), rel=0.1)


def test_one_object_is_added():
    n = changed("added").mask.sum(axis=1) - EVENTS.mask.sum(axis=1)
    assert set(np.unique(n)) <= {0, 1}
    assert n.mean() > 0.8  # nothing is taken from an event of missing momentum alone


def test_all_momenta_grow_together():
    ratio = changed("harder").feature("pt")[EVENTS.mask] / EVENTS.feature("pt")[EVENTS.mask]
    assert ratio.min() >= 1.2 - 1e-6
    assert ratio.max() <= 3 + 1e-6


def test_kinds_come_from_different_events_and_keep_their_distribution():
    was, now = summary(EVENTS), summary(changed("exchanged"))
    for name in ("met", "n_jet", "n_muon", "pt_jet1"):
        assert np.mean(now[name]) == pytest.approx(np.mean(was[name]), rel=0.05)
        if name != "met":  # the others come to it
            assert not np.array_equal(now[name], was[name])


def test_a_turned_event_differs_in_azimuths_alone():
    there = changed("turned")
    phi = EVENTS.feature_names.index("phi")
    assert np.array_equal(np.delete(there.objects, phi, 2), np.delete(EVENTS.objects, phi, 2))
    assert not np.array_equal(there.objects, EVENTS.objects)


def test_one_object_changes_its_kind():
    was, now = summary(EVENTS), summary(changed("mistaken"))
    assert np.array_equal(now["multiplicity"], was["multiplicity"])
    moved = sum(np.abs(now[f"n_{k}"] - was[f"n_{k}"]) for k in ("electron", "muon", "jet"))
    there = was["multiplicity"] > 0
    # of a kind whose slots are full the softest object is left out
    assert np.isin(moved[there], (1, 2)).all()
    assert (moved[there] == 2).mean() > 0.9


def test_needs_momenta_and_azimuths():
    with pytest.raises(BadLayout, match="phi"):
        surrogates(Events(np.ones((3, 1, 1)), ("jet",), ("pt",)))
    with pytest.raises(BadValue, match="overlaid"):
        OutlierExposure(changes=("overlayed",))
    assert surrogates(toy_signal(5), names=["harder"])["harder"].label is None


def rows_of(events, most, changes=("harder", "turned")):
    """Surrogates that a detector learns from, and their weights."""
    detector = OutlierExposure(changes=changes, most=most)
    inputs = detector.inputs.fit(events)
    return detector._changed([events], inputs, min(most, len(events)), Seed(1))


def test_changes_take_equal_parts_of_fewer_events_too():
    whole, _ = rows_of(EVENTS, 3000)
    first, _ = rows_of(EVENTS, 3000, ("harder",))
    few, _ = rows_of(EVENTS, 300)
    assert len(whole) == 3000
    assert len(few) == 300
    known = {row.tobytes() for row in first}
    share = np.mean([row.tobytes() in known for row in few])
    assert share == pytest.approx(0.5)


def test_an_event_of_weight_two_is_the_event_twice():
    heavy = EVENTS.mask.sum(axis=1) > np.median(EVENTS.mask.sum(axis=1))
    weighted = replace(EVENTS, weight=np.where(heavy, 8.0, 1.0))
    copied = Events.concatenate([EVENTS, *[EVENTS[heavy]] * 7])
    (one, weight), (other, _) = rows_of(weighted, 10**6), rows_of(copied, 10**6)
    assert weight.sum() == pytest.approx(weighted.weight.sum())
    np.testing.assert_allclose(one.mean(axis=0), other.mean(axis=0), atol=0.06)
    assert abs(one.mean(axis=0) - rows_of(EVENTS, 3000)[0].mean(axis=0)).max() > 0.12


def test_too_few_events_for_any_leaf_are_refused():
    with pytest.raises(TooFewEvents, match=r"background events and .* changed ones have one score"):
        OutlierExposure().fit(EVENTS[:40], seed=1)


def test_copies_of_one_event_among_changed_ones_are_told_apart():
    one = EVENTS[np.zeros(400, int)]
    detector = OutlierExposure().fit(one, seed=1)
    assert np.isfinite(detector.score(one)).all()


def test_events_that_are_all_told_apart_have_been_learned_from():
    """Each kind has one score then, and they are two."""
    one = EVENTS[np.zeros(400, int)]
    detector = OutlierExposure(changes=("harder",)).fit(one, seed=1)
    (harder,) = surrogates(one, seed=5, names=["harder"]).values()
    assert np.median(detector.score(harder)) > detector.score(one).max()
