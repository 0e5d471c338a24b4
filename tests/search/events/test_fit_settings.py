"""Settings of the fit: what is refused, in words that name the key, and the energy of the beams."""

from dataclasses import replace

import numpy as np
import pytest
from toy_search import background, search

from anomalon import Sample
from anomalon.core.errors import BadValue, UnknownKey
from anomalon.core.window import Window
from anomalon.search import FitSettings
from anomalon.search.events.binning import mass_edges
from anomalon.search.events.job import SearchJob
from anomalon.search.events.measure import measure
from anomalon.search.events.selection import Selection
from anomalon.stats import SHAPES


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"shape": "dijt"}, UnknownKey, r"search\.fit\.shape: .*'dijt'.*did you mean 'dijet'"),
        ({"n_min": 0}, BadValue, r"search\.fit\.n_min: expected .* of at least 1, got 0"),
        ({"n_min": 4, "n_max": 2}, BadValue, r"n_min <= n_max.*got 4 and 2"),
        ({"n_max": 9}, BadValue, r"n_max <= 5, the most that dijet has, got 1 and 9"),
        ({"shape": "ua2", "n_max": 5}, BadValue, r"n_max <= 4, the most that ua2 has"),
        ({"alpha": 0.0}, BadValue, r"search\.fit\.alpha: .*\(0, 1\), got 0\.0"),
        ({"alpha": 1.0}, BadValue, r"search\.fit\.alpha"),
        ({"bin_width": 0}, BadValue, r"search\.fit\.bin_width: .*above 0, got 0"),
        ({"bin_width": -1.0}, BadValue, r"search\.fit\.bin_width"),
        ({"bin_width": np.nan}, BadValue, r"search\.fit\.bin_width"),
        ({"sqrt_s": np.inf}, BadValue, r"search\.fit\.sqrt_s"),
        ({"choice": "envelope"}, UnknownKey, r"search\.fit\.choice: .*'envelope'.*profile"),
        ({"test": "chi2"}, UnknownKey, r"search\.fit\.test: .*'chi2'.*likelihood_ratio"),
        ({"alternatives": ("ua3",)}, UnknownKey, r"search\.fit\.alternatives\[0\]: .*'ua3'.*ua2"),
        ({"range": (6000, 3000)}, BadValue, r"search\.fit\.range: .*low < high, got 6000"),
        ({"range": (2000, np.nan)}, BadValue, r"search\.fit\.range"),
        ({"range": (2000, 14_000)}, BadValue, r"sqrt\(s\) = 13000.*`search\.fit\.sqrt_s`"),
    ],
)
def test_a_value_outside_what_is_allowed_is_refused_at_once(changes, error, message):
    with pytest.raises(error, match=message):
        FitSettings(**changes)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_defaults_are_within_what_each_family_has(shape):
    family = FitSettings(shape=shape, range=(2000, 6000)).family
    assert family.kind == shape
    assert getattr(family, "sqrt_s", 13_000.0) == 13_000.0


@pytest.mark.parametrize("shape", ["dijet", "diphoton", "ua2"])
def test_only_the_share_of_the_beam_energy_counts(shape):
    """Twice the masses at twice sqrt(s) are the same spectrum in x = m/sqrt(s)."""
    events, found = background(), []
    for factor in (1, 2):
        window = Window(3000 * factor, 3600 * factor, 2400 * factor, 4200 * factor)
        settings = FitSettings(
            shape,
            range=(2400 * factor, 5000 * factor),
            bin_width=100 * factor,
            sqrt_s=8000 * factor,
        )
        scaled = Sample(events.x, events.names, events.mass * factor)
        all_of_it = Selection(1.0, np.ones((1, len(events))))
        edges = mass_edges(window, settings.range, settings.bin_width)
        found.append(measure(scaled, window, all_of_it, edges, settings))
    one, two = found
    assert one.ok
    assert two.z_local == pytest.approx(one.z_local, abs=1e-6)
    assert two.expected == pytest.approx(one.expected, rel=1e-9)


def test_masses_above_the_beam_energy_are_refused_before_any_work():
    heavy = background()
    heavy = replace(heavy, mass=heavy.mass * 5)
    big = search(windows=(Window(15_000, 18_000, 12_000, 21_000),), fit=FitSettings(bin_width=500))
    with pytest.raises(BadValue, match=r"below sqrt\(s\) = 13000.*Set `sqrt_s`.*search\.fit"):
        big.run(heavy, seed=1)


def test_the_beam_energy_comes_from_the_configuration(tmp_path):
    path = tmp_path / "events.csv"
    path.touch()
    table = {
        "data": {"path": str(path)},
        "windows": {"start": 2400, "stop": 4800},
        "search": {"features": [["a"]], "fit": {"shape": "diphoton", "sqrt_s": 13600}},
    }
    assert SearchJob.of(table).search.fit.family.sqrt_s == 13_600
    table["search"]["fit"]["n_max"] = 9
    with pytest.raises(BadValue, match=r"search\.fit\.n_max"):
        SearchJob.of(table)
    del table["search"]["fit"]["n_max"]
    table["injection"] = {"n_signal": -1}
    with pytest.raises(BadValue, match=r"injection\.n_signal: expected .* of at least 0, got -1"):
        SearchJob.of(table)


def test_families_that_are_profiled_come_once_with_all_their_orders():
    smooth = FitSettings(n_min=3, n_max=5, alternatives=("ua2", "dijet")).smooth
    assert [(f.kind, f.n) for f in smooth.functions] == [
        ("dijet", 3), ("dijet", 4), ("dijet", 5), ("ua2", 3), ("ua2", 4),
    ]  # fmt: skip


def test_choice_and_test_come_from_toml(tmp_path):
    path = tmp_path / "events.csv"
    path.touch()
    fit = {"choice": "test", "test": "likelihood_ratio", "alternatives": []}
    table = {
        "data": {"path": str(path)},
        "windows": {"start": 2400, "stop": 4800},
        "search": {"features": [["a"]], "fit": fit},
    }
    fit = SearchJob.of(table).search.fit
    assert (fit.choice, fit.test, fit.alternatives) == ("test", "likelihood_ratio", ())
