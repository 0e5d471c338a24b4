"""Widths of features in any units, and what is constant."""

import numpy as np
import pytest

from anomalon.core import Events
from anomalon.core.errors import BadRows
from anomalon.features.event_summary import EventSummary
from anomalon.features.objects import Objects

RNG = np.random.default_rng(3)
N = 1000
PT = RNG.exponential(30, (N, 2)) + 5


def with_feature(values, dtype=np.float64):
    """Two jets each, with their pT and one feature more."""
    return Events(
        np.stack([PT, values], axis=2).astype(dtype), ("jet1", "jet2"), ("pt", "x"),
        object_kinds=("jet", "jet"),
    )  # fmt: skip


DRAWN = RNG.normal(0, 1, (N, 2))


@pytest.mark.parametrize("unit", [1e-12, 1e-9, 1.0, 1e9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_units_do_not_matter(unit, dtype):
    events = with_feature(unit * DRAWN, dtype)
    seen = Objects().fit(events)(events).x
    expected = (DRAWN - DRAWN.mean()) / DRAWN.std()
    # jets are in order of falling pT
    order = np.argsort(-PT, axis=1)
    np.testing.assert_allclose(
        seen[:, :, 1], np.take_along_axis(expected, order, axis=1), atol=2e-3
    )


def test_what_is_narrow_beside_its_mean_is_seen():
    """A time in seconds since 1970: a difference of two large sums has no digits left."""
    events = with_feature(1.7e9 + 100 * DRAWN)
    fitted = Objects().fit(events)
    assert fitted.std[0, 1] == pytest.approx(100 * DRAWN.std(), rel=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-9, 1.7e9, -3.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_keeps_its_scale(value, dtype):
    fitted = Objects().fit(with_feature(np.full((N, 2), value), dtype))
    assert fitted.std[0, 1] == 1.0


def test_rounding_is_no_width():
    single = np.float32(0.1) * (1 + RNG.integers(-1, 2, (N, 2)) * np.finfo(np.float32).eps)
    assert Objects().fit(with_feature(single, np.float32)).std[0, 1] == 1.0


def test_weights_and_pieces_change_nothing_but_rounding():
    weight = RNG.uniform(0.1, 3, N)
    base = with_feature(1e-9 * DRAWN)
    events = Events(
        base.objects, base.object_names, base.feature_names, weight=weight,
        object_kinds=base.object_kinds,
    )  # fmt: skip
    fitted = Objects().fit(events)
    w = np.repeat(weight[:, None], 2, axis=1)
    mean = np.average(1e-9 * DRAWN, weights=w)
    assert fitted.mean[0, 1] == pytest.approx(mean, rel=1e-9)
    width = np.sqrt(np.average((1e-9 * DRAWN - mean) ** 2, weights=w))
    assert fitted.std[0, 1] == pytest.approx(width, rel=1e-9)
    pieces = Objects().fit([events[:300], events[300:]])
    np.testing.assert_allclose(pieces.std, fitted.std, rtol=1e-12)


def test_rows_of_features_too():
    events = with_feature(DRAWN)
    rows = EventSummary().fit(events)
    seen = rows(events).x
    varies = seen.std(axis=0) > 0
    assert varies.any()
    np.testing.assert_allclose(seen[:, varies].std(axis=0), 1, rtol=1e-3)


def test_negative_momenta_are_refused():
    objects = np.abs(RNG.normal(30, 5, (4, 2, 1)))
    objects[2, 1] = -1
    wrong = Events(objects, ("a", "b"), ("pt",))
    right = wrong[[0, 1, 3]]
    for inputs in (Objects(), EventSummary()):
        with pytest.raises(BadRows, match=r"pt: expected no negative.*\n?.*2"):
            inputs.fit(wrong)
        with pytest.raises(BadRows, match="pt: expected no negative"):
            inputs.fit(right)(wrong)
    # an empty slot may hold anything, and a table may have a column of this name
    Objects().fit(Events(objects, ("a", "b"), ("pt",), mask=objects[:, :, 0] > 0))
    Objects(pt="linear").fit(wrong)
