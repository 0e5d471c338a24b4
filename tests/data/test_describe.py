"""`describe` says what `load` would do, without raising for what it would raise."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from anomalon.core.errors import DataError
from anomalon.data import describe


def test_sample(tmp_path):
    path = tmp_path / "t.parquet"
    columns = {"mjj": [1.0, 3.0], "mJ1": [2.0, 1.0], "label": [0, 1], "more": [1, 2]}
    pq.write_table(pa.table(columns), path)
    found = describe(path)
    assert (found.gives, found.n_events, found.n_signal, found.problems) == ("Sample", 2, 1, ())
    assert [(c.name, c.lowest, c.highest) for c in found.columns[:2]] == [
        ("mass", 1.0, 3.0),
        ("mJ1", 1.0, 2.0),
    ]
    assert found.unread == ("more",)
    json.dumps(found.to_dict())


def test_problem_is_told_and_shown(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"mjj": [1.0, 3.0], "mJ1": [np.nan, 1.0]}), path)
    found = describe(path)
    assert found.gives == "nothing"
    assert "feature 'mJ1': expected finite numbers" in found.problems[0]
    assert [c.n_not_finite for c in found.columns if c.name == "mJ1"] == [1]


def test_empty_table(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"mjj": pa.array([], pa.float64())}), path)
    assert "got none" in describe(path).problems[0]


def test_unknown_file(tmp_path):
    path = tmp_path / "t"
    path.write_bytes(b"\x00\x01")
    with pytest.raises(DataError):
        describe(path)


def test_real_raw_file(real):
    found = describe(real("lhco/events_anomalydetection_tiny.h5"))
    assert "LHC Olympics 2020 particles" in found.layout
    assert (found.gives, found.n_events, found.n_signal) == ("Events", 1000, 93)
    assert [c.name for c in found.columns] == ["pt", "eta", "phi", "event"]
