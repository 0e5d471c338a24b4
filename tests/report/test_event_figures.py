"""Drawings of a file of events: what is drawn is what is in it."""

from dataclasses import dataclass

import numpy as np
import pytest

from anomalon.core.event_file import Distribution, EventFile
from anomalon.core.sample import Sample
from anomalon.report.event_figures import event_drawings

RNG = np.random.default_rng(3)


@dataclass(frozen=True)
class Written:
    file: EventFile


def file_of(n_features=3, *, mass=True, label=None):
    x = RNG.normal(size=(200, n_features))
    names = ("mJ1", *(f"f{i}" for i in range(1, n_features)))
    masses = 2500 + RNG.exponential(500, 200) if mass else None
    return EventFile.of(Sample(x, names, masses, label=label), "s.parquet", 10)


def drawn(file):
    return {drawing.name: drawing for drawing in event_drawings(Written(file))}


def test_the_spectrum_has_every_event_and_the_truth_among_them():
    label = (np.arange(200) % 4 == 0).astype(np.int8)
    file = file_of(label=label)
    (axes,) = drawn(file)["spectrum"].figure.axes
    heights = [patch.get_data().values for patch in axes.patches]
    assert [values.sum() for values in heights] == [200, 200, 50]
    assert axes.get_ylabel() == "events / 100\u202fGeV"
    assert "from 2 50" in drawn(file)["spectrum"].alt.replace("\u202f", " ")


@pytest.mark.parametrize(("n", "shown"), [(1, 1), (5, 5), (30, 24)])
def test_every_feature_has_a_panel_or_is_said_to_have_none(n, shown):
    drawings = drawn(file_of(n, mass=False))
    assert list(drawings) == ["columns"]
    panels = [axes for axes in drawings["columns"].figure.axes if axes.get_visible()]
    assert len(panels) == shown
    assert panels[0].get_xlabel() == "mJ1 [GeV]"
    assert ("6 more columns" in drawings["columns"].caption) == (n == 30)


@pytest.mark.parametrize("values", [[3.0], [0.0, 0.0], [-1.0, 1e-12], [2500.0, 13000.0], [0, 1e9]])
def test_bins_are_round_and_hold_everything(values):
    found = Distribution.of("x", "", np.array(values), None)
    assert found.counts.sum() == len(values)
    assert found.edges[0] <= min(values)
    assert found.edges[-1] >= max(values)
    assert 1 <= len(found.counts) <= 52
    width = np.diff(found.edges)[0]
    assert f"{width:.6e}"[0] in "125"
    assert (found.lowest, found.highest) == (min(values), max(values))
