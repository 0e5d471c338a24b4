"""Derived axes: what names give, and that an event gets the same whichever way it comes."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from anomalon import Sample
from anomalon.core.errors import BadLayout, BadNumbers, BadValue, ColumnMissing
from anomalon.features.axes import AUTOMATIC, Axes, automatic, axes_among, checked_axes
from anomalon.features.decorrelate import ConditionalQuantiles

NAMES = ("mJ1", "dmJ", "tau21_J1")


def events(n=20_000, seed=0):
    """Masses of jets that grow with the mass of the pair, as they do."""
    rng = np.random.default_rng(seed)
    mass = rng.uniform(2500, 5000, n)
    x = [rng.gamma(3, mass / 60), rng.gamma(1.5, mass / 30), rng.beta(5, 3, n)]
    return Sample(np.stack(x, axis=1), NAMES, mass, event=np.arange(n))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (NAMES, ("mJ1 + dmJ", "mJ1 / max(mJ1 + dmJ, 1e-9)")),
        (("delta_m_j", "m_j1"), ("m_j1 + delta_m_j", "m_j1 / max(m_j1 + delta_m_j, 1e-9)")),
        (("dm(jj)", "m(jj) 1"), None),
        (("mJ1", "mJ2", "dmJ"), ()),  # both masses are there
        (("mJ1", "tau21_J1"), ()),
        (("dmJ",), ()),
        (("m",), ()),
        (("dR", "R1", "dY", "Y", "dpt", "pt_1"), ()),  # no masses
        (("is_tagged", "n_tracks", "met"), ()),
        ((), ()),
    ],
)
def test_what_names_give(names, expected):
    if expected is None:
        one, step = '"m(jj) 1"', '"dm(jj)"'
        expected = (f"{one} + {step}", f"{one} / max({one} + {step}, 1e-9)")
    assert automatic(names) == expected


def test_names_that_are_no_words_are_quoted_so_that_they_are_found():
    sample = Sample(np.array([[30.0, 50.0]]), ("m(jj) 1", "dm(jj)"), np.array([3000.0]))
    axes = Axes.fit(automatic(sample.names), sample)(sample)
    np.testing.assert_allclose(axes.x, [[30, 50, 80, 30 / 80]])


def test_axes_of_nothing_are_numbers():
    sample = Sample(np.zeros((3, 2)), ("mJ1", "dmJ"), np.full(3, 3000.0))
    axes = Axes.fit(automatic(sample.names), sample)(sample)
    assert axes.x.tolist() == np.zeros((3, 4)).tolist()


def test_columns_follow_their_formulas_if_nothing_is_flattened():
    sample = events()
    axes = Axes.fit(("mJ1 + dmJ", "log(mJ1)"), sample)
    wide = axes(sample)
    assert wide.names == (*NAMES, "mJ1 + dmJ", "log(mJ1)")
    np.testing.assert_allclose(wide.column("mJ1 + dmJ"), sample.x[:, 0] + sample.x[:, 1])
    np.testing.assert_allclose(wide.column("log(mJ1)"), np.log(sample.x[:, 0]))
    np.testing.assert_array_equal(wide.select(NAMES).x, sample.x)
    assert Axes.fit((), sample)(sample) is sample


def test_flattened_axes_know_no_mass_and_keep_their_order():
    settings, sample = ConditionalQuantiles(), events()
    flatten = settings.fit(sample)
    axes = Axes.fit(("mJ1 + dmJ",), flatten(sample), flatten, settings)
    other = events(seed=1)
    flat = axes(flatten(other)).column("mJ1 + dmJ")
    mass_2 = other.x[:, 0] + other.x[:, 1]
    assert spearmanr(mass_2, other.mass).statistic > 0.2
    assert abs(spearmanr(flat, other.mass).statistic) < 4 / np.sqrt(len(other))
    assert abs(flat.mean()) < 0.05
    assert abs(flat.std() - 1) < 0.05
    # at one mass the axis is that of the original features
    near = np.abs(other.mass - 3500) < 20
    assert spearmanr(mass_2[near], flat[near]).statistic > 0.995


def test_an_event_of_a_template_gets_what_an_event_of_data_gets():
    settings, sample = ConditionalQuantiles(), events()
    flatten = settings.fit(sample)
    axes = Axes.fit(automatic(NAMES), flatten(sample), flatten, settings)
    flat = flatten(events(seed=2))
    made = Sample(flat.x, flat.names, flat.mass, event=-1 - np.arange(len(flat)))
    np.testing.assert_array_equal(axes(made).x, axes(flat).x)
    np.testing.assert_array_equal(axes(flat[7:9]).x, axes(flat).x[7:9])
    # far beyond what was fitted it still is a number
    assert np.isfinite(axes(made.with_x(40 * made.x)).x).all()


def test_what_is_no_axis_is_refused():
    assert checked_axes(AUTOMATIC, "axes") == AUTOMATIC
    assert checked_axes(["mJ1  + dmJ"], "axes") == ("mJ1  + dmJ",)
    with pytest.raises(BadValue, match="automatic"):
        checked_axes("mJ1 + dmJ", "axes")
    with pytest.raises(BadValue, match="condition"):
        checked_axes(("mJ1 > 5",), "axes")
    with pytest.raises(BadValue, match="axes"):
        checked_axes(("mJ1 + dmJ", "mJ1 + dmJ"), "axes")
    sample = events(100)
    with pytest.raises(ColumnMissing, match="mJ2"):
        Axes.fit(("mJ2 / 2",), sample)(sample)
    with pytest.raises(BadNumbers, match="log"):
        Axes.fit(("log(mJ1 - 1e9)",), sample)(sample)
    with pytest.raises(BadLayout, match="settings"):
        Axes.fit((), sample, settings=ConditionalQuantiles())
    with pytest.raises(BadLayout, match="expected features"):
        Axes.fit(("mJ1 + dmJ",), sample)(sample.select(["dmJ", "mJ1"]))


def test_each_feature_set_gets_the_axes_that_it_has_the_features_for():
    formulas = ("mJ1 + dmJ", "tau21_J1 * 2")
    assert axes_among(formulas, ("mJ1", "dmJ")) == ("mJ1 + dmJ",)
    assert axes_among(formulas, ("dmJ", "tau21_J1")) == ("tau21_J1 * 2",)
    assert axes_among(AUTOMATIC, NAMES) == automatic(NAMES)
