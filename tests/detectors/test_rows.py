"""Weights as detectors learn from them: of mean one, whatever their unit."""

from dataclasses import replace

import numpy as np
import pytest
from toy_events import toy_background, toy_signal

from anomalon.core import Seed
from anomalon.detectors import IsolationForest
from anomalon.detectors.rows import prepared
from anomalon.features.objects import Objects

UNITS = [2.0**-1000, 1e-60, 1e-40, 1e40, 1e200, 2.0**1000]


def learned(events, n_pieces):
    """Weights that a fit sees, of both its parts."""
    inputs = Objects().fit(events)
    size = -(-len(events) // n_pieces)
    pieces = [events[i : i + size] for i in range(0, len(events), size)]
    with prepared(inputs, pieces, 0.2, 150, Seed(1)) as (rows, held):
        return rows.weight.copy(), held.weight.copy()


@pytest.mark.parametrize("n_pieces", [1, 3])
@pytest.mark.parametrize("unit", UNITS)
def test_the_unit_of_weights_does_not_matter(unit, n_pieces):
    """Weights in pb may be smaller, and those in events larger, than all that float32 holds."""
    events = toy_background(300, weights=True)
    wanted = learned(events, n_pieces)
    got = learned(replace(events, weight=events.weight * unit), n_pieces)
    for one, other in zip(wanted, got, strict=True):
        assert one.dtype == other.dtype == np.float32
        np.testing.assert_allclose(other, one, rtol=1e-6)
    assert wanted[0].mean(dtype=np.float64) == pytest.approx(1, rel=1e-6)


def test_a_detector_scores_the_same_whatever_the_unit_of_weights():
    events, other = toy_background(300, weights=True), toy_signal(50)
    detector = IsolationForest(n_trees=5)
    wanted = detector.fit(events, seed=1).score(other)
    for unit in (2.0**-200, 2.0**600):  # powers of two round nothing
        scaled = replace(events, weight=events.weight * unit)
        assert np.array_equal(detector.fit(scaled, seed=1).score(other), wanted)
