"""`describe` says what `load` would do, without raising for what it would raise."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

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


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".root"])
def test_a_spectrum_is_not_taken_for_events(tmp_path, suffix):
    path = tmp_path / f"s{suffix}"
    edges, counts = np.array([1000.0, 1100.0, 1250.0]), np.array([30.0, 12.0])
    if suffix == ".csv":
        path.write_text("# a comment\nm_lo_GeV,m_hi_GeV,observed\n1000,1100,30\n1100,1250,12\n")
    elif suffix == ".parquet":
        pq.write_table(pa.table({"low": edges[:-1], "high": edges[1:], "count": counts}), path)
    else:
        with uproot.recreate(path) as file:
            file["mjj"] = (counts, edges)
    found = describe(path)
    assert (found.gives, found.n_events, found.problems) == ("a spectrum", 2, ())
    assert "2 bins, 1000-1250 GeV, with 42 events; `anomalon bump`" in found.layout
    json.dumps(found.to_dict())


def test_events_beside_a_histogram_are_events(tmp_path):
    with uproot.recreate(tmp_path / "t.root") as file:
        file["mjj"] = (np.array([3.0]), np.array([0.0, 1.0]))
        file.mktree("events", {"mjj": np.float64})
        file["events"].extend({"mjj": np.ones(3)})
    assert (describe(tmp_path / "t.root").gives, describe(tmp_path / "t.root").n_events) == (
        "Events",
        3,
    )


def test_several_histograms_are_named(tmp_path):
    with uproot.recreate(tmp_path / "h.root") as file:
        for name in ("a", "b"):
            file[name] = (np.array([3.0]), np.array([0.0, 1.0]))
    with pytest.raises(DataError, match=r"TH1D.*Histograms are for `anomalon bump`"):
        describe(tmp_path / "h.root")


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


def test_what_was_read_of_a_spectrum_is_said(tmp_path):
    path = tmp_path / "s.csv"
    path.write_bytes("# für alle\nlow [TeV],high [TeV],n\n1,1.1,30\n1.1,1.2,12\n".encode("latin-1"))
    found = describe(path)
    assert found.gives == "a spectrum"
    assert found.roles[0] == "counts from `n`"
    assert "1000-1200 GeV" in found.layout
    json.dumps(found.to_dict())


def test_bins_that_are_no_spectrum_are_events_with_a_reason(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("low,high,Events / GeV\n1000,1100,3.5\n1100,1200,1.5\n")
    found = describe(path)
    assert (found.gives, found.n_events, found.problems) == ("Events", 2, ())
    assert "--per-width" in found.no_spectrum
    path.write_text("pt_min,pt_max,eta\n3,5,1\n4,5,2\n")  # events with two momenta
    assert describe(path).no_spectrum == ""


def test_bins_that_load_cannot_read_either_are_refused_as_bins(tmp_path):
    path = tmp_path / "s.csv"
    path.write_bytes("# für alle\nlow,high,eff\n1,2,0.3\n2,3,0.1\n".encode("latin-1"))
    with pytest.raises(DataError, match="by its name is an efficiency"):
        describe(path)
