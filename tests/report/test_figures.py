from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from drawn import bar_heights
from fake_scans import with_toys
from scipy.special import xlogy
from scipy.stats import norm

from anomalon.report import figures


def test_all_figures_of_a_scan_have_unique_names_and_words(scan):
    drawn = list(figures.drawings(scan))
    names = [d.name for d in drawn]
    assert len(names) == len(set(names))
    assert {d.kind for d in drawn} == {
        "local_significance", "p_values", "spectrum", "sculpting", "members", "roc",
        "distributions",
    }  # fmt: skip
    assert all(d.alt and d.caption for d in drawn)
    assert sum(d.kind == "spectrum" for d in drawn) == 9
    assert [d.part for d in drawn if d.kind == "roc"] == ["0", "1", "2"]


def test_each_feature_set_has_its_own_significances(make_scan):
    scan = make_scan(feature_sets=(("m1",), ("m1", "tau")), centres=(3000.0,))
    names = [d.name for d in figures.drawings(scan) if not d.part]
    assert names == ["significance", "p-values", "significance-2", "p-values-2"]


def test_spectrum_shows_counts_fit_and_region(scan):
    result = scan.windows[1]
    cut = result.cuts[1]
    upper, lower = figures.spectrum(result, cut).axes
    points = np.concatenate([c.lines[0].get_ydata() for c in upper.containers])
    assert sorted(points) == sorted(cut.fit.counts)
    step = next(p for p in upper.patches if hasattr(p, "get_data"))
    np.testing.assert_array_equal(step.get_data().values, cut.fit.expected)
    heights = bar_heights(lower)
    mu, n = cut.fit.expected, cut.fit.counts
    deviance = 2 * (xlogy(n, n / mu) - (n - mu)) * n.sum() / cut.fit.variance.sum()
    pulls = np.sign(n - mu) * np.sqrt(deviance)
    np.testing.assert_allclose(sorted(heights), sorted(pulls))


def test_spectrum_without_a_fit_says_so(scan):
    result = scan.windows[0]
    fit = result.cuts[0].fit
    unknown = np.full_like(fit.counts, np.nan)
    cut = replace(
        result.cuts[0], fit=replace(fit, ok=False, expected=unknown, sigma_expected=unknown)
    )
    upper, _ = figures.spectrum(result, cut).axes
    assert "no fit" in [text.get_text() for text in upper.texts]


def test_an_empty_spectrum_can_be_drawn(scan):
    result = scan.windows[0]
    nothing = np.zeros_like(result.cuts[0].fit.counts)
    fit = replace(result.cuts[0].fit, counts=nothing, variance=nothing)
    figures.spectrum(result, replace(result.cuts[0], fit=fit)).draw_without_rendering()


def test_significances_are_drawn_where_they_are(scan):
    (axes,) = figures.local_significance(scan.windows).axes
    drawn = {
        round(float(line.get_ydata()[0]), 9) for line in axes.lines if len(line.get_ydata()) == 1
    }
    expected = {round(c.z_local, 9) for w in scan.windows for c in w.cuts if c.ok}
    assert expected <= drawn
    # One cross for the one window without an answer.
    assert sum(line.get_marker() == "x" for line in axes.lines) == 1


def test_the_look_elsewhere_figure_counts_pseudo_experiments(scan):
    repeated = with_toys(scan, 50)
    assert [d.kind for d in figures.drawings(repeated)].count("global_p") == 1
    (axes,) = figures.global_p(repeated, repeated.toys).axes
    share, independent, *_ = axes.get_lines()
    z, p = share.get_data()
    best = norm.isf(repeated.toys.smallest)
    shown = np.isfinite(p)
    np.testing.assert_allclose(p[shown], [(best >= x).mean() for x in z[shown]])
    assert not any((best >= x).any() for x in z[~shown])
    z, p = independent.get_data()
    n = repeated.toys.p_local.shape[1] - 1  # one trial has no answer
    np.testing.assert_allclose(p, 1 - norm.cdf(z) ** n, rtol=1e-6)


def test_sculpting_is_scaled_to_the_bins_where_it_is_judged(scan):
    result = scan.windows[0]
    cut = result.cuts[1]
    mass = cut.pass_fraction.mass
    inside = (mass > 2800) & (mass < 2900)
    rows = replace(cut.pass_fraction, fraction=np.where(inside, 2.0, 0.1))
    (axes,) = figures.sculpting(replace(result, cuts=(replace(cut, pass_fraction=rows),))).axes
    top = axes.get_ylim()[1]
    assert top < 3
    (triangles,) = [
        line for line in axes.lines if line.get_marker() == "^" and len(line.get_xdata())
    ]
    assert len(triangles.get_xdata()) == 1
    assert triangles.get_ydata()[0] < top
    ((points, *_),) = axes.containers
    np.testing.assert_allclose(points.get_ydata(), 1.0)


def test_roc_shades_what_lies_below_the_floor(scan):
    upper, lower = figures.roc(scan.windows[0], scan.windows[0].roc).axes
    floor = scan.windows[0].roc.fpr_floor
    for axes in (upper, lower):
        (shade,) = axes.patches
        assert shade.get_x() + shade.get_width() == pytest.approx(floor)


def test_distributions_have_a_panel_for_score_and_each_feature(scan):
    figure = figures.distributions(scan.windows[0])
    shown = [axes.get_xlabel() for axes in figure.axes if axes.get_visible()]
    assert shown == ["score", "j1_mass [GeV]", "delta_mass [GeV]", "j1_tau21", "j2_tau21"]


def test_the_users_matplotlib_settings_stay(scan):
    before = dict(mpl.rcParams)
    figures.members(scan.windows[0])
    assert dict(mpl.rcParams) == before
