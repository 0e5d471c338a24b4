import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch

from anomalon.report.event_display import event_display

KINDS = ("met", "jet", "muon")
OBJECTS = np.array([[30.0, 0.0, -1.0], [60.0, 0.5, 2.0], [20.0, -2.9, -3.0]])


def test_each_object_is_where_it_is():
    figure = event_display(KINDS, ("pt", "eta", "phi"), OBJECTS, title="event 7")
    plane, across = figure.axes
    points = [line.get_xydata()[0].tolist() for line in plane.lines if line.get_marker() != "None"]
    assert points == [[0.5, 2.0], [-2.9, -3.0]]
    ends = [line.get_xydata()[-1] for line in across.lines if len(line.get_xydata()) == 2]
    for end, (pt, _, phi) in zip(ends, OBJECTS[1:], strict=True):
        assert np.hypot(*end) == pytest.approx(pt / 60)
        assert np.arctan2(end[1], end[0]) == pytest.approx(phi)


def test_missing_momentum_is_a_dashed_arrow_and_a_line():
    plane, across = event_display(KINDS, ("pt", "eta", "phi"), OBJECTS).axes
    (line,) = [line for line in plane.lines if line.get_marker() in ("None", "")]
    assert list(line.get_ydata()) == [-1.0, -1.0]
    (arrow,) = [text.arrow_patch for text in across.texts]
    assert isinstance(arrow, FancyArrowPatch)
    assert arrow.get_linestyle() != "-"


def test_any_layout_and_an_empty_event_are_drawn():
    assert event_display(("particle",), ("pt", "phi"), np.array([[3.0, 1.0]])).axes
    assert event_display((), ("pt", "eta", "phi"), np.zeros((0, 3))).axes
