"""Feature sets of a search by their names."""

import os
from pathlib import Path

import numpy as np
import pytest

from anomalon import Sample
from anomalon.core.errors import ColumnMissing, UnknownKey
from anomalon.core.window import Window
from anomalon.data import write
from anomalon.data.columns import DIJET_FEATURES
from anomalon.features import FEATURE_SETS
from anomalon.search import Search
from anomalon.search.events.job import SearchJob

WINDOW = Window(3300, 3700, 2900, 4100)
TABLE = {"low": 3300, "high": 3700, "sideband_low": 2900, "sideband_high": 4100}


def job(path, sets, **data):
    table = {"data": {"path": str(path), **data}, "windows": [TABLE]}
    return SearchJob.of({**table, "search": {"features": sets}})


def test_names_and_lists_stand_side_by_side():
    search = Search((WINDOW,), ("baseline", ("mJ1",), "ext3"))
    assert search.features == (FEATURE_SETS["baseline"], ("mJ1",), FEATURE_SETS["ext3"])
    assert search == Search((WINDOW,), (FEATURE_SETS["baseline"], ("mJ1",), FEATURE_SETS["ext3"]))
    with pytest.raises(UnknownKey, match=r"features\[1\].*did you mean 'ext1'.*list of lists"):
        Search((WINDOW,), ("baseline", "extt1"))


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(1)
    names = (*FEATURE_SETS["ext1"], "mine")
    sample = Sample(rng.random((50, len(names))), names, rng.uniform(2900, 4100, 50))
    path = tmp_path / "events.parquet"
    write(sample, path)
    return path


def test_toml_knows_the_names(table):
    read = job(table, ["ext1", ["mJ1", "mine"]])
    assert read.search.features == (FEATURE_SETS["ext1"], ("mJ1", "mine"))
    assert SearchJob.of(read.table(table.parent), folder=table.parent) == read


def test_columns_of_a_set_need_not_be_listed(table):
    data, _ = job(table, ["ext1"], mass="mjj", features=["mine"]).load()
    assert set(data.names) == {"mine", *FEATURE_SETS["ext1"]}


def test_missing_features_say_how_to_make_them(table):
    search = job(table, ["ext2"])
    with pytest.raises(ColumnMissing, match=r"no feature 'tau1_J1'.*convert .*--feature-set ext2"):
        search.search.run(search.load()[0])


def test_particles_become_what_is_needed():
    folder = os.environ.get("ANOMALON_DATA")
    if not folder:
        pytest.skip("ANOMALON_DATA is not set: no real data to read")
    path = Path(folder) / "lhco" / "events_anomalydetection_tiny.h5"
    data, _ = job(path, ["ext1"]).load()
    assert data.names[:8] == DIJET_FEATURES
    assert len(data.names) == 8 + 4
    assert set(FEATURE_SETS["ext1"]) <= set(data.names)
