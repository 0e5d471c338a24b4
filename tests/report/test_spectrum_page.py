"""Pages of bump hunts and of limits: they say what the result says, and can be made again."""

import json
from dataclasses import replace

import numpy as np
import pytest

from anomalon.core.rounding import measured, plain, sigmas
from anomalon.report import closure_figures, read_run, write_run
from anomalon.report.run_folder import rewrite_report
from anomalon.report.spectrum_figures import bump_drawings, limits, p_values
from anomalon.report.spectrum_panels import spectrum_panels
from anomalon.search import SmoothBackground, hunt_bump, scan_limits
from anomalon.stats import Exponential, SignalNuisances, Spectrum

EDGES = np.linspace(1000.0, 5000.0, 41)
COUNTS = np.random.default_rng(1).poisson(Exponential(2).integrate([5.0, -1.2], EDGES))
SETTINGS = {"file": "spectrum.csv", "shape": "exponential"}


@pytest.fixture(scope="module")
def bump():
    smooth = SmoothBackground("exponential", 2, 3)
    return hunt_bump(Spectrum(COUNTS, EDGES), smooth, resolution=0.03, n_toys=100, n_closure=20)


@pytest.fixture(scope="module")
def limit():
    smooth = SmoothBackground("exponential", 2, 3)
    return scan_limits(Spectrum(COUNTS, EDGES), smooth, resolution=0.03, n_closure=20)


@pytest.mark.parametrize("which", ["bump", "limit"])
def test_a_run_folder_is_complete_and_the_page_can_be_made_again(which, request, tmp_path):
    result = request.getfixturevalue(which)
    page = write_run(result, tmp_path, settings=SETTINGS)
    names = {"run.toml", "result.json", "report.html", "environment.json", "references.bib"}
    assert names <= {p.name for p in tmp_path.iterdir()}
    tree = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert tree["kind"] == which
    text = page.read_text(encoding="utf-8")
    assert result.summary().headline.split(":")[0] in text
    assert "<script" not in text
    drawn = {path.stem for path in (tmp_path / "figures").iterdir()}
    assert text.count("<svg") == len(drawn) >= 6  # none is made and then left out of the page
    assert "http" not in text.replace("http://www.w3.org", "")
    page.unlink()
    assert rewrite_report(tmp_path).read_text(encoding="utf-8") == text
    (section,) = read_run(tmp_path).sections
    assert section.result.summary() == result.summary()  # through JSON and back


def test_what_is_doubtful_is_said(bump):
    poor = replace(bump, fit=replace(bump.fit, p_value=1e-5))
    assert any("does not describe" in text for text in poor.summary().warnings)
    assert poor.summary().checks[0].passed is False
    exact = replace(bump, background="exact")
    assert "not to be trusted" in exact.summary().warnings[0]
    # twenty pseudo-experiments say little of pulls
    none = replace(bump, p_global_is_bound=True, z_global=3.5, signal=None)
    assert none.summary().status == "excess"
    assert "at most" in none.summary().headline
    assert any("only a bound" in text for text in none.summary().warnings)


def test_masses_without_a_limit_are_named(limit):
    observed = limit.observed.copy()
    observed[3] = np.nan
    why = tuple("no fit" if i == 3 else "" for i in range(len(observed)))
    summary = replace(limit, observed=observed, why=why).summary()
    assert summary.warnings == ["No limit at some masses: no fit"]
    assert summary.numbers[0].text == f"{len(observed) - 1} of {len(observed)}"
    assert summary.table["rows"][3][4] is None


def test_failed_fits_are_warned_of_under_limits_too(limit):
    poor = replace(limit, fit=replace(limit.fit, p_value=1e-5))
    (warning,) = poor.summary().warnings
    assert "does not describe the spectrum" in warning


def check(result, words):
    (found,) = (c for c in result.summary().checks if words in c.what)
    return found


def test_every_closure_test_is_a_check(bump, limit):
    uniform = check(bump, "global p-values without signal")
    assert f"of {bump.closure.n} at or below 0.05" in uniform.found
    assert uniform.passed == bump.closure.ok
    local = bump.signal.test.uniformity
    assert check(bump, "local p-values without signal").passed == local.ok
    line = bump.signal.test.linearity
    slope = check(bump, "is the injected one")
    assert f"slope {measured(line.slope, line.slope_error)}" in slope.found
    shifted = replace(line, slope=1.5)
    test = replace(bump.signal.test, linearity=shifted)
    worse = replace(bump, signal=replace(bump.signal, test=test))
    assert check(worse, "is the injected one").passed is False
    assert "width" in check(bump, "pulls").found
    assert "of 20 limits" in check(limit, "cover a signal").found
    failed = replace(bump, signal=replace(bump.signal, test=None, why="no events"))
    assert check(failed, "signals injected at").found == "no events"
    assert check(failed, "signals injected at").passed is False
    without = replace(bump, closure=None, signal=None)
    assert not any("p-values without" in c.what for c in without.summary().checks)


def test_a_spurious_signal_is_judged_by_what_chance_makes(bump):
    size = len(bump.masses)
    large = replace(bump, mass_spurious=np.full(size, 0.9))
    for error, passed in ((0.5, True), (0.3, False)):
        one = check(replace(large, mass_spurious_error=np.full(size, error)), "spurious")
        assert one.passed is passed
        assert f"fluctuations make {error:.0%}" in one.found


def test_a_narrow_resonance_is_reported_beside_the_best_window(bump):
    numbers = {row.name: str(row) for row in bump.summary().numbers}
    best = bump.mass_z.argmax()
    assert numbers["its local significance"] == sigmas(bump.mass_z[best])
    assert numbers["best narrow resonance"].startswith(f"{bump.masses[best]:.0f}"[0])


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
    heights = [bar.get_height() for bars in lower.containers for bar in bars]
    assert heights[7] == pytest.approx(np.sqrt(2 * (4 * np.log(4 / 0.586) - 3.414)))
    assert heights[8] == pytest.approx(-np.sqrt(2 * 0.586))


def test_the_page_says_where_limits_are_exact(limit):
    size = len(limit.masses)
    some = replace(limit, method=("asymptotic",) * (size - 3) + ("exact",) * 3)
    assert f"at 3 of {size} masses between {limit.masses[-3]:.0f} and " in some.summary().how
    assert [row[10] for row in some.summary().table["rows"]] == list(some.method)
    alone = replace(limit, method=("asymptotic",) * size)
    assert "asymptotic formulae at all masses" in alone.summary().how


def test_the_page_names_the_functions_that_come_into_question(limit):
    how = limit.summary().how
    assert "nuisance parameter (without signal these come into question: " in how
    assert f"{limit.fit.tried[0]['shape']} with {limit.fit.tried[0]['n_parameters']}" in how
    assert "taken for known" in replace(limit, profiled=False).summary().how


def test_strengths_and_cross_sections_stand_beside_the_limits(limit):
    numbers = {row.name: str(row) for row in limit.summary().numbers}
    at = int(np.abs(limit.z).argmax())
    assert numbers["signal there"].startswith(
        measured(float(limit.strength[at]), float(limit.sigma_strength[at]))
    )
    assert "limit [fb]" not in limit.summary().table["columns"]
    some = replace(
        limit, luminosity=139.0, acceptance=0.5, nuisances=SignalNuisances(efficiency=0.1)
    )
    rows = [str(row) for row in some.summary().numbers if row.name == "observed limits"]
    assert rows[1].endswith("fb")
    table = some.summary().table
    assert table["columns"][-2] == "limit [fb]"
    assert table["rows"][5][-2] == pytest.approx(limit.observed[5] / 139 / 0.5)
    told = {row.name: str(row) for row in some.summary().numbers}
    assert told["uncertainty of the signal"] == "efficiency 10\u202f%"


def test_the_headline_is_what_was_expected_and_where_the_data_are_furthest_from_it(limit):
    z = np.zeros(len(limit.masses))
    z[4], z[7] = -2.5, 1.9
    summary = replace(limit, z=z).summary()
    assert f"by −2.50\u202fσ at {plain(limit.masses[4], 4)} GeV" in summary.headline
    low, high = limit.band[2].min(), limit.band[2].max()
    assert f"{plain(low)} to {plain(high)} events at 95\u202f%" in summary.headline
    over = np.sign(limit.z) == np.sign(limit.observed - limit.band[2])
    assert over[np.abs(limit.z) > 0.5].all()


def test_a_rough_global_p_value_is_a_warning_and_no_failure(bump):
    rough = replace(bump, p_global=0.03, p_global_is_bound=False)
    assert any("rough" in text for text in rough.summary().warnings)
    assert check(rough, "enough pseudo-experiments").passed is None


def test_the_best_window_stands_among_the_p_values(bump):
    (axes,) = p_values(bump).axes
    (bar,) = axes.collections
    np.testing.assert_allclose(
        bar.get_segments(), [[[bump.low, bump.p_global], [bump.high, bump.p_global]]]
    )
    assert axes.get_ylim()[0] < bump.p_global


def test_axes_and_legends_say_what_is_drawn(bump, limit):
    assert spectrum_panels(bump.fit, None).axes[0].get_ylabel() == "events / 100\u202fGeV"
    edges = np.geomspace(1000, 5000, 41)
    uneven = replace(bump.fit, edges=edges)
    assert spectrum_panels(uneven, None).axes[0].get_ylabel() == "events / bin"
    (legend,) = (axes.get_legend() for axes in limits(limit).axes)
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["observed", "expected", "expected ± 1σ", "expected ± 2σ"]
