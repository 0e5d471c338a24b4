import numpy as np
import pytest

from anomalon.core.errors import BadLayout, BadValue
from anomalon.trigger import overlaps, regions


def test_overlaps_counted_by_hand():
    a, b = np.array([1, 1, 0, 0, 1]), np.array([1, 0, 1, 0, 1])
    menu = overlaps({"a": a, "b": b}, [1.0, 2.0, 4.0, 8.0, 16.0])
    assert [rate.hz for rate in menu.total] == [19.0, 21.0]
    assert [rate.hz for rate in menu.unique] == [2.0, 4.0]
    assert menu.shared.tolist() == [[19.0, 17.0], [17.0, 21.0]]
    assert menu.overlap[0, 1] == pytest.approx(17 / 19)


def test_an_item_that_never_fires_overlaps_with_nothing_known():
    menu = overlaps({"a": [True, False], "b": [False, False]}, 1.0)
    assert np.isnan(menu.overlap[1, 0])
    assert menu.overlap[0, 1] == 0.0


def test_pure_and_overlap_make_the_total():
    rng = np.random.default_rng(2)
    decisions = {name: rng.random(5000) < 0.3 for name in "abc"}
    weights = rng.exponential(1.0, 5000)
    menu = overlaps(decisions, weights, incoming=4e7)
    others = decisions["b"] | decisions["c"]
    of_both = weights[decisions["a"] & others].sum() / weights.sum() * 4e7
    assert menu.unique[0].hz + of_both == pytest.approx(menu.total[0].hz)


def test_regions_are_disjoint_and_complete():
    rng = np.random.default_rng(3)
    l1_ad, l1, hlt_ad, hlt = rng.random((4, 4000)) < 0.4
    w = rng.exponential(1.0, 4000)
    found = regions(l1_ad, l1, hlt_ad, hlt, w)
    assert found.b.hz + found.c.hz == pytest.approx(w[l1_ad].sum())
    assert found.c.hz + found.d.hz == pytest.approx(w[l1].sum())
    assert found.e.hz + found.f.hz == pytest.approx(w[l1_ad & hlt_ad].sum())
    assert found.f.hz + found.g.hz == pytest.approx(w[l1 & hlt].sum())
    assert found.gain == pytest.approx(found.e.hz / w[l1 & hlt].sum())
    assert found.efficiency == pytest.approx(w[l1_ad & hlt_ad].sum() / w[l1_ad].sum())


def test_bad_decisions():
    with pytest.raises(BadValue, match="at least one item"):
        overlaps({}, 1.0)
    with pytest.raises(BadLayout, match="overlaps: b"):
        overlaps({"a": [True, False], "b": [True]}, 1.0)
    with pytest.raises(BadLayout, match="hlt_menu: expected decisions"):
        regions([True], [True], [True], [0.5], 1.0)
