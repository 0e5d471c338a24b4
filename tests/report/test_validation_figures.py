"""The figures of a validation show what was found."""

import numpy as np
import pytest
from found_validation import WINDOWS, found_validation

from anomalon.report import validation_figures as figures
from anomalon.report import write_run


@pytest.fixture(scope="module")
def found():
    return found_validation(bad=(1, 0.1, 6.0), failed_fit=2)


def test_all_figures_have_unique_names_and_belong_to_a_part(found):
    drawn = list(figures.validation_drawings(found))
    assert [d.name for d in drawn] == ["pulls-1", "pulls-2", "pull-distribution", "non-closure"]
    named = {kind for part in found.summary().parts for kind in part.figures}
    assert {d.kind for d in drawn} == named
    assert all(d.alt and d.caption for d in drawn)


def test_the_heat_map_has_the_mean_pulls_and_crosses_where_something_is_left_out(found):
    axes, _ = figures.heat_map(found, "resampled").axes
    (mesh,) = axes.collections
    shown = np.ma.filled(mesh.get_array(), np.nan)
    pulls = [[p.pulls[1].mean for p in found.places if p.window == w] for w in WINDOWS]
    np.testing.assert_array_equal(shown, np.transpose(pulls))
    crosses = {tuple(line.get_xydata()[0]) for line in axes.lines}
    assert crosses == {(1, 1), (2, 2)}
    assert axes.get_yticklabels()[0].get_text() == "no cut"


def test_the_distribution_holds_every_pull(found):
    axes = figures.distribution(found).axes[0]
    steps = [patch.get_data() for patch in axes.patches]
    assert len(steps) == len(found.samples)
    for step in steps:
        assert np.sum(step.values * np.diff(step.edges)) == pytest.approx(1)


def test_the_non_closure_is_drawn_where_windows_pass(found):
    axes = figures.non_closure(found).axes[0]
    shown = [tuple(line.get_xydata()[0]) for line in axes.lines if len(line.get_xdata())]
    passed = [(p.window.centre, 100 * p.delta) for p in found.places if p.verdict == "passed"]
    assert sorted(shown) == sorted(passed)


def test_the_page_says_what_failed(found, tmp_path):
    page = write_run(found, tmp_path).read_text("utf-8")
    assert "Some windows fail" in page
    assert "too few events" in page
    assert f"{WINDOWS[1]} GeV (a, b)" in page
