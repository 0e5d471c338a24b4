"""Compiled passes over objects, beside the same in NumPy."""

import numpy as np
import pytest

from anomalon.core import Events
from anomalon.core.kinematics import delta_phi
from anomalon.features.event_summary import EventSummary
from anomalon.features.inputs import Layout
from anomalon.features.objects import Objects
from anomalon.learn import threads

NAMES = ("jet1", "met", "jet2", "electron1", "jet3", "electron2")
FEATURES = ("eta", "pt", "phi")


def random_events(n=400, dtype=np.float32, seed=0, seen=3):
    """Objects in no order, with many ties."""
    rng = np.random.default_rng(seed)
    objects = rng.integers(-seen, seen + 1, size=(n, len(NAMES), 3)).astype(dtype)
    objects[:, :, 1] = np.abs(objects[:, :, 1]) * 20
    return Events(objects, NAMES, FEATURES, mask=rng.random((n, len(NAMES))) < 0.6)


def arranged(layout, events):
    """`Layout.arranged` by sorting with all keys at once."""
    x = np.zeros((len(events), len(layout.kinds), len(layout.features)))
    mask = np.zeros(x.shape[:2], bool)
    columns = [events.feature_names.index(name) for name in layout.features]
    first = layout.features.index("pt")
    others = [j for j in range(len(columns)) if j != first]
    for kind in dict.fromkeys(layout.kinds):
        here = [i for i, k in enumerate(events.object_kinds) if k == kind]
        slots = layout.slots(kind)[: len(here)]
        there = events.mask[:, here]
        objects = events.objects[:, here][:, :, columns].astype(np.float64)
        keys = [objects[:, :, j] for j in reversed(others)]
        order = np.lexsort((*keys, -objects[:, :, first], ~there), axis=1)[:, : len(slots)]
        x[:, slots] = np.take_along_axis(objects, order[:, :, None], axis=1)
        mask[:, slots] = np.take_along_axis(there, order, axis=1)
    return np.where(mask[:, :, None], x, 0.0), mask


def standardised(inputs, layout, x, mask, mean, std):
    """`Objects.standardised` for all events at once."""
    z = x.astype(np.float64)
    eta, pt, phi = (layout.features.index(name) for name in FEATURES)
    if inputs.pt == "log":
        z[:, :, pt] = np.log1p(z[:, :, pt])
    zero = np.zeros((len(x), 1))
    if inputs.phi == "relative":
        visible = np.array([kind != "met" for kind in layout.kinds])
        leads = np.where(mask, np.where(visible, 1e6, 0.0) + x[:, :, pt], -1.0)
        zero = np.take_along_axis(x[:, :, phi], leads.argmax(axis=1)[:, None], axis=1)
    z[:, :, phi] = delta_phi(z[:, :, phi], zero)
    assert eta != pt
    z = np.clip((z - mean) / std, -1e4, 1e4)
    return np.where(mask[:, :, None], z, 0.0).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kinds", [None, ("jet",) * 2 + ("met",) + ("electron",) * 4])
def test_objects_are_arranged_as_numpy_sorts_them(dtype, kinds):
    events = random_events(dtype=dtype)
    layout = Layout.of(events) if kinds is None else Layout(kinds, ("phi", "pt", "eta"))
    x, mask = layout.arranged(events)
    expected = arranged(layout, events)
    np.testing.assert_array_equal(x, expected[0])
    np.testing.assert_array_equal(mask, expected[1])


@pytest.mark.parametrize("pt", ["log", "linear"])
@pytest.mark.parametrize("phi", ["relative", "plain"])
def test_objects_are_standardised_as_numpy_does(pt, phi):
    events = random_events()
    fitted = Objects(pt, phi).fit(events)
    x, mask = arranged(fitted.layout, events)
    expected = standardised(fitted.inputs, fitted.layout, x, mask, fitted.mean, fitted.std)
    np.testing.assert_allclose(fitted(events).x, expected, rtol=1e-6, atol=1e-7)
    for kind in ("met", "jet", "electron"):
        slots = list(fitted.layout.slots(kind))
        z = fitted(events).x[:, slots][mask[:, slots]][:, fitted.names.index("pt")]
        assert z.mean() == pytest.approx(0, abs=1e-5)
        assert z.std() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("inputs", [Objects(), EventSummary()])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_an_event_is_encoded_the_same_in_any_piece_by_any_threads(inputs, n_threads, monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: n_threads)
    events = random_events(20_000)
    fitted = inputs.fit(events[:500])
    whole = fitted(events)
    for size in (1, 7):
        pieces = [fitted(events[i : i + size]).x for i in range(0, 70, size)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole.x[:70])
    np.testing.assert_array_equal(fitted(events[16_000:]).x, whole.x[16_000:])


def test_what_is_measured_does_not_depend_on_pieces():
    events = random_events(1000, seed=1)
    whole = Objects().fit(events)
    pieces = Objects().fit([events[:1], events[1:700], events[700:]])
    np.testing.assert_array_equal(whole.mean, pieces.mean)
    np.testing.assert_array_equal(whole.std, pieces.std)
