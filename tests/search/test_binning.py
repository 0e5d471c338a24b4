import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalon.core.errors import BadValue
from anomalon.core.window import Window
from anomalon.search.binning import mass_edges


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
