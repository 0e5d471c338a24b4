"""Figures of bump hunts and of limits: they show what the result says."""

from dataclasses import replace

import numpy as np
import pytest
from drawn import bar_heights

from anomalon.report import closure_figures
from anomalon.report.spectrum_figures import bump_drawings, limits, p_values
from anomalon.report.spectrum_panels import spectrum_panels
from anomalon.search.results.fitted import FittedPeak


def test_closure_figures_show_the_numbers(bump, limit):
    names = [d.kind for d in bump_drawings(bump)]
    assert names[-2:] == ["uniformity", "injection"]
    series = {"global": bump.closure, "local": bump.signal.test.uniformity}
    (axes,) = closure_figures.uniformity(series).axes
    drawn = {line.get_label(): line for line in axes.lines}
    for name, found in series.items():
        np.testing.assert_array_equal(drawn[name].get_xdata(), found.expected)
        np.testing.assert_allclose(drawn[name].get_ydata(), found.observed)
    upper, lower = closure_figures.injection(bump.signal.test).axes
    points = [c.lines[0].get_ydata() for c in upper.containers]
    np.testing.assert_array_equal(points[0], bump.signal.test.linearity.measured)
    width, mean = (c.lines[0].get_ydata() for c in lower.containers)
    np.testing.assert_array_equal(mean, bump.signal.test.pulls.mean)
    np.testing.assert_array_equal(width, bump.signal.test.pulls.width)
    (axes,) = closure_figures.coverage(limit.coverage).axes
    assert len(axes.containers) == 3
    np.testing.assert_array_equal(
        axes.containers[1].lines[0].get_ydata(), limit.coverage.coverage[1].share
    )


def test_pulls_are_standard_deviations_where_counts_are_small(bump):
    counts = np.zeros(40)
    counts[7] = 4.0
    fit = replace(bump.fit, counts=counts, variance=counts, expected=np.full(40, 0.586))
    (_, lower) = spectrum_panels(fit, None).axes
    heights = bar_heights(lower)
    assert heights[7] == pytest.approx(np.sqrt(2 * (4 * np.log(4 / 0.586) - 3.414)))
    assert heights[8] == pytest.approx(-np.sqrt(2 * 0.586))


def test_the_best_window_stands_among_the_p_values(bump):
    (axes,) = p_values(bump, bump.narrow).axes
    (bar,) = axes.collections
    window, p = bump.window, bump.significance.p
    np.testing.assert_allclose(bar.get_segments(), [[[window.low, p], [window.high, p]]])
    assert axes.get_ylim()[0] < p


def test_axes_and_legends_say_what_is_drawn(bump, limit):
    assert spectrum_panels(bump.fit, None).axes[0].get_ylabel() == "events / 100\u202fGeV"
    edges = np.geomspace(1000, 5000, 41)
    uneven = replace(bump.fit, edges=edges)
    assert spectrum_panels(uneven, None).axes[0].get_ylabel() == "events / bin"
    (legend,) = (axes.get_legend() for axes in limits(limit).axes)
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["observed", "expected", "expected ± 1σ", "expected ± 2σ"]


def test_a_peak_is_drawn_on_top_of_the_background(bump):
    expected = np.where(np.arange(40) == 12, 30.0, 0.0)
    peak = FittedPeak(2000.0, 60.0, 30.0, 8.0, expected, expected / 30)
    fitted = np.arange(40) != 12
    (upper, _) = spectrum_panels(replace(bump.fit, fitted=fitted, peak=peak), None).axes
    steps = {p.get_label(): p.get_data().values for p in upper.patches if hasattr(p, "get_data")}
    np.testing.assert_allclose(steps["with a peak"] - steps["fit"], expected, atol=1e-9)
    names = [text.get_text() for text in upper.get_legend().get_texts()]
    assert "signal region" in names
    assert "not fitted" not in names
