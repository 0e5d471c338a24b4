import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalon.core.errors import BadLayout, BadValue
from anomalon.stats.scans.windows import Windows


def test_number_of_windows_of_pybumphunter():
    assert len(Windows.of(80)) == 2420
    assert len(Windows.of(80, range(2, 21))) == 1330
    assert len(Windows.of(80, range(2, 7))) == 385
    assert len(Windows.of(60, range(2, 7))) == 285


@given(st.integers(1, 25), st.sampled_from([1, 2, 3, "half", "full"]))
def test_windows_are_inside_and_ordered(n_bins, step):
    windows = Windows.of(n_bins, step=step)
    first, last = windows.first, windows.last
    assert len(windows) == len(first) == len(last)
    assert first.min() >= 0
    assert last.max() <= n_bins
    pairs = [(b - a, a) for a, b in zip(first, last, strict=True)]
    assert pairs == sorted(set(pairs))


def test_refuses_what_is_not_a_window():
    for widths in ([0], [1.5], [True]):
        with pytest.raises(BadValue, match="widths"):
            Windows.of(10, widths)
    with pytest.raises(BadValue, match='"half" and "full"'):
        Windows.of(10, step="third")
    with pytest.raises(BadLayout, match="10 bins"):
        Windows.of(10, [11])
