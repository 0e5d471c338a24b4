import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalon import Sample
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.window import Window, sliding_windows


@given(st.floats(0, 10000))
def test_regions_do_not_overlap(mass):
    w = Window(3000, 3600, 2400, 4200)
    m = np.array([mass])
    parts = [w.in_signal_region(m), w.in_low_sideband(m), w.in_high_sideband(m)]
    assert sum(int(p[0]) for p in parts) == int(2400 <= mass < 4200)


@pytest.mark.parametrize(
    "edges", [(3600, 3000, 2400, 4200), (3000, 3600, 3100, 4200), (3000, 3600, 2400, 3500)]
)
def test_side_bands_must_be_outside(edges):
    with pytest.raises(BadValue, match="sideband_low < low < high < sideband_high"):
        Window(*edges)


def test_atlas_layout():
    windows = sliding_windows(2300, 6800)
    assert (windows[0].low, windows[0].high) == (2900, 3500)
    assert all(b.low - a.low == 300 for a, b in itertools.pairwise(windows))
    assert windows[-1].sideband_high == 6800


def test_no_room():
    with pytest.raises(BadValue, match="spans 1800 GeV"):
        sliding_windows(2000, 3000)
    with pytest.raises(BadValue, match="step"):
        sliding_windows(2000, 6000, step=0)


def test_outside_the_data():
    data = Sample(np.ones((3, 1)), ("a",), [2500.0, 3100.0, 3700.0])
    Window(3000, 3600, 2400, 4200).check_inside(data)
    with pytest.raises(TooFewEvents, match="lower side band; memory has masses from 2500 to 3700"):
        Window(3600, 4200, 3200, 4800).check_inside(data)


@pytest.mark.parametrize(
    ("mass", "said"),
    [
        ([2.5, 6.39], "masses from 2.5 to 6.39 GeV, which may be TeV: .*`scale = 1000`"),
        ([2500.0, 2600.0], "masses from 2500 to 2600 GeV\\. Move"),
        ([0.1, 0.2], "masses from 0.1 to 0.2 GeV\\. Move"),
    ],
)
def test_says_what_masses_there_are_and_when_they_may_be_tev(mass, said):
    data = Sample(np.zeros((len(mass), 1)), ("a",), np.array(mass))
    with pytest.raises(TooFewEvents, match=said):
        Window(3000, 3600, 2400, 4200).check_inside(data)
