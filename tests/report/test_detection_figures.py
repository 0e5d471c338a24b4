import numpy as np
import pytest
from toy_objects import found_detection

from anomalon.report.drawing import drawings_of
from anomalon.report.style import LIGHT, SERIES


@pytest.fixture(scope="module")
def found():
    return found_detection()


@pytest.fixture(scope="module")
def drawn(found):
    return {drawing.name: drawing for drawing in drawings_of(found)}


def test_all_figures_are_there(found, drawn):
    events = [f"event-{i + 1}" for i in range(len(found.events))]
    assert list(drawn) == ["auc", "roc-1", "roc-2", "scores", "correlations", "planes", *events]


def test_every_figure_has_a_place_on_the_page(found, drawn):
    def figures(parts):
        for part in parts:
            yield from part.figures
            yield from figures(part.parts)

    assert {d.kind for d in drawn.values()} <= set(figures(found.summary().parts))


def test_roc_curves_are_those_of_the_result(found, drawn):
    axes = drawn["roc-1"].figure.axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    line = lines["autoencoder feed forward 3"]
    np.testing.assert_array_equal(line.get_ydata(), found.detectors[0].signals[0].roc.median)
    assert line.get_color() == SERIES[0]
    assert sum(one.get_linestyle() == ":" for one in axes.lines) == 1
    grey = {str(one._dash_pattern) for one in axes.lines if one.get_color() == LIGHT["muted"]}
    assert len(grey) == 2  # two baselines that can be told apart


def test_the_table_of_colours_has_the_numbers(found, drawn):
    texts = [text.get_text() for text in drawn["auc"].figure.axes[0].texts]
    expected = [
        f"{np.median(values):.2f}"
        for d in found.detectors
        for values in (*(s.auc for s in d.signals), d.mean_auc)
    ]
    assert texts == expected


def test_without_truth_there_is_no_roc():
    names = [d.name for d in drawings_of(found_detection(truth=False))]
    assert "auc" not in names
    assert not any(name.startswith("roc") for name in names)
