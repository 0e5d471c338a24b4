"""Whatever is put into a setting, the answer is a setting or a message that names it.

A new dataclass of settings costs one line in `GOOD`.
"""

import copy
import datetime as dt
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

from anomalon.core.config import to_plain
from anomalon.core.errors import AnomalonError, BadValue, ConfigError
from anomalon.core.window import Window, sliding_windows
from anomalon.features.conversion import Conversion, DijetFeatures
from anomalon.features.decorrelate import ConditionalQuantiles
from anomalon.learn import BoostedTrees, Ensemble, KFold, Network
from anomalon.learn.engine import Adam, Checkpoint, Schedule
from anomalon.run import Processes
from anomalon.search import (
    Control,
    Resampled,
    SavedScorer,
    Search,
    Simulated,
    SmoothBackground,
    Validation,
)
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.job import DataSource, Injection, SearchJob
from anomalon.search.histogram.hunt import HuntSettings, hunt_bump
from anomalon.search.histogram.limit_scan import LimitSettings, scan_limits
from anomalon.simulate import DijetSimulation
from anomalon.simulate.detector import Detector
from anomalon.simulate.dijet import DijetSelection
from anomalon.simulate.recipe import SIGNALS
from anomalon.simulate.veto import PartonVeto
from anomalon.stats import Dijet, Polynomial, Reference, SignalNuisances
from anomalon.stats.scans.windows import Windows
from anomalon.stats.spectra.signals import DoubleSidedCrystalBall, Gaussian

WINDOW = Window(3300, 3700, 2900, 4100)
GOOD = [
    BoostedTrees(),
    Network(),
    Adam(),
    Schedule(),
    Checkpoint("a.npz"),
    Ensemble(),
    KFold(),
    ConditionalQuantiles(),
    FitSettings(range=(2000, 6000)),
    SmoothBackground(),
    Search(windows=(WINDOW,), features=(("a",),)),
    Control("a < 1"),
    Simulated(DataSource(Path("a.csv"))),
    Resampled(),
    Validation((Resampled(),)),
    Search(windows=(WINDOW,), score="-loss", cuts=("a < 0.4 and b > 50",)),
    SavedScorer("trees.npz"),
    WINDOW,
    Injection(3, 4),
    Processes(2),
    DijetSelection(),
    Detector(),
    PartonVeto(),
    DijetSimulation(process="wprime", masses=(3500, 500, 100), out="s.parquet"),
    Conversion(raw="raw.h5", out="s.parquet"),
    DijetFeatures(),
    Dijet(3),
    Polynomial(3, 1000.0, 2000.0),
    Gaussian(1000.0, 30.0),
    DoubleSidedCrystalBall(1000.0, 30.0),
    SignalNuisances(),
    Reference(np.ones(3), 2.0),
]
FIELDS = [
    pytest.param(good, field.name, id=f"{type(good).__name__}.{field.name}")
    for good in GOOD
    for field in fields(good)
    if not isinstance(good, Reference) or field.name == "tau"
]

NAN, INF = float("nan"), float("inf")
WRONG = [
    *(True, np.True_, "5", "no", "", b"5", None, 2.5, -1, 0, NAN, INF, -INF, 1e9, 10**30),
    *(-(10**30), 10**400, np.float32("nan"), np.int8(-1), 1j),
    *((), [], {}, [None], ["a", 3], [[]], [NAN], [-1]),
    *({"a": 1}, {1, 2}, object(), int, lambda: 3, np.ones(3), np.array(2), dt.date(2020, 1, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("good", "name"), FIELDS)
@pytest.mark.filterwarnings("error")
def test_a_wrong_value_is_refused_with_the_name_of_its_field(good, name):
    number = isinstance(getattr(good, name), int | float)
    flag = isinstance(getattr(good, name), bool)
    for value in WRONG:
        try:
            made = replace(good, **{name: value})
        except ConfigError as error:
            message = str(error)
            assert name in message or "n_min" in message or "alternatives" in message
            assert "\n" not in message
            assert len(message) < 500
        else:
            kept = getattr(made, name)
            if number and kept is not None:
                assert flag == isinstance(kept, bool)
                assert isinstance(kept, int | float)
                assert kept == kept, "NaN is no setting"
                assert flag or type(value) in (int, float, np.int8), value
            to_plain(made)
            hash(kept)


@pytest.mark.parametrize(("good", "name"), FIELDS)
def test_a_whole_number_may_be_written_as_a_float(good, name):
    value = getattr(good, name)
    if isinstance(value, int) and not isinstance(value, bool) and name != "seed":
        same = replace(good, **{name: float(value)})
        assert repr(same) == repr(good)
        assert repr(replace(good, **{name: np.int64(value)})) == repr(good)


SPECTRUM = (np.random.default_rng(1).poisson(1000 * np.exp(-np.arange(20) / 5)), np.arange(21) + 10)


def hunt(seed=0, **options):
    smooth = SmoothBackground("exponential")
    return hunt_bump(SPECTRUM, smooth, HuntSettings(**options), seed=seed)


def limits(**options):
    return scan_limits(
        SPECTRUM, SmoothBackground("exponential"), LimitSettings(**{"resolution": 0.03} | options)
    )


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda v: hunt(n_toys=v), "n_toys"),
        (lambda v: hunt(n_closure=v), "n_closure"),
        (lambda v: hunt(resolution=v), "resolution"),
        (lambda v: hunt(seed=v), "seed"),
        (lambda v: limits(level=v), "level"),
        (lambda v: limits(resolution=v), "resolution"),
        (lambda v: limits(luminosity=v), "luminosity"),
        (lambda v: limits(acceptance=v), "acceptance"),
        (lambda v: Windows.of(10, step=v), "step"),
        (lambda v: Windows.of(10, widths=[v]), "widths"),
        (lambda v: sliding_windows(2000, v), "stop"),
        (lambda v: sliding_windows(2000, 5000, step=v), "step"),
        (lambda v: sliding_windows(2000, 5000, width=v), "width"),
        (lambda v: SIGNALS["wprime"](v, 300, 300), "parent"),
        (lambda v: SIGNALS["a0"](3000, v, 300), "daughter"),
    ],
)
def test_a_wrong_argument_is_refused_before_any_work(function, name):
    for value in [
        "5",
        "",
        True,
        np.True_,
        NAN,
        -INF,
        INF,
        -(10**30),
        1j,
        [1],
        np.ones(3),
        object(),
    ]:
        with pytest.raises(BadValue, match=name):
            function(value)


# --- the same from TOML

TABLE = {
    "name": "Dijets",
    "seed": 1,
    "data": {"path": "data.parquet", "mass": "mjj", "features": ["a", "b"], "scale": 1000.0},
    "injection": {"n_signal": 3, "seed": 4},
    "windows": {"start": 2400, "stop": 5700, "width": 600.0},
    "search": {
        "features": [["a", "b"]],
        "efficiencies": [0.1, 0.02],
        "n_members": 4,
        "n_folds": 3,
        "n_toys": 2,
        "subsample": 0.5,
        "score": "-a + b",
        "cuts": ["a < 0.4"],
        "background": "cwola",
        "classifier": {"kind": "ensemble", "classifier": {"kind": "network", "hidden": [8]}},
        "decorrelate": {"kind": "conditional_quantiles", "n_slices": 12},
        "fit": {"shape": "dijet", "range": [2000, 6000], "relative": True, "bin_width": 100.0},
    },
}  # fmt: skip
IN_TOML = [
    *(True, False, 5, -1, 0, 2.5, 10**30, -(10**30), NAN, INF, -INF, 1e308, "", "x", "5", "cwola"),
    *([], {}, [[]], [3], ["a"], [["a"]], [[["a"]]], {"kind": "network"}, {"kind": 3}, {"x": {}}),
    *(dt.date(2020, 1, 1), dt.time(1, 2), [{"low": 1}], [NAN, NAN], {"": 1}),
]


def paths(tree, path=()):
    yield path
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from paths(value, (*path, key))
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield from paths(value, (*path, i))


def with_value(tree, path, value):
    if not path:
        return value
    tree = copy.copy(tree)
    tree[path[0]] = with_value(tree[path[0]], path[1:], value)
    return tree


@pytest.mark.parametrize("path", list(paths(TABLE)), ids=lambda p: ".".join(map(str, p)) or "all")
def test_any_value_anywhere_in_toml_is_taken_or_refused(tmp_path, path):
    (tmp_path / "data.parquet").touch()
    assert SearchJob.of(TABLE, folder=tmp_path).search.n_members == 4
    for value in IN_TOML:
        try:
            job = SearchJob.of(with_value(TABLE, path, value), folder=tmp_path)
        except AnomalonError as error:
            said = str(error)
        else:
            said = repr(to_plain(job))
        assert "\n" not in said


def test_all_settings_of_a_search_are_under_contract():
    """Whatever a field of `Search` may hold is in `GOOD`."""
    known = {type(good) for good in GOOD}
    for hint in get_type_hints(Search).values():
        for kind in (hint, *get_args(hint)):
            if isinstance(kind, type) and kind.__module__.startswith("anomalon"):
                assert (
                    kind in known or any(issubclass(k, kind) for k in known) or not fields_of(kind)
                )


def fields_of(kind):
    return getattr(kind, "__dataclass_fields__", {})
