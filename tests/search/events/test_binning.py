import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalon.core.errors import BadValue
from anomalon.core.window import Window
from anomalon.search.events.binning import left_out, mass_edges


@given(st.integers(1, 20), st.integers(1, 20), st.floats(20, 300), st.floats(50, 900))
def test_edges_meet_the_signal_region(below, above, bin_width, width):
    low, high = 3000.0, 3000.0 + width
    window = Window(low, high, low - below * bin_width, high + above * bin_width)
    edges = mass_edges(window, (window.sideband_low, window.sideband_high), bin_width)
    assert (np.diff(edges) > 0).all()
    assert np.isclose(edges, low).any()
    assert np.isclose(edges, high).any()
    assert edges[0] == pytest.approx(window.sideband_low)
    assert edges[-1] == pytest.approx(window.sideband_high)


def test_no_room_for_a_bin():
    with pytest.raises(BadValue, match="no whole bin of 500 GeV"):
        mass_edges(Window(3000, 3600, 2400, 4200), (2700, 4200), 500)


def test_ends_that_are_no_whole_bin_are_told():
    mass = np.array([2010.0, 2149.0, 2150.0, 3000.0, 3950.0, 3990.0, 4000.0])
    edges = mass_edges(Window(2950, 3150, 2500, 3600), (2000, 4000), 100)
    assert (edges[0], edges[-1]) == (2050.0, 3950.0)
    said = left_out(mass, edges, (2000, 4000))
    assert "2000-2050 and 3950-4000 GeV" in said
    assert "leaves out 3 events" in said


def test_a_range_of_whole_bins_leaves_nothing_out():
    edges = mass_edges(Window(0.3, 0.4, 0.2, 0.5), (0.1, 0.7), 0.1)
    assert left_out([0.15, 0.65], edges, (0.1, 0.7)) == ""
