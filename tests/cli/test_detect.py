import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from forty_mhz_events import forty_mhz_events

from anomalon.cli import main
from anomalon.cli.detect import _lines
from anomalon.data.forty_mhz import write_forty_mhz
from anomalon.detection.batches import numbered
from anomalon.detection.scoring import score_file

TOML = """
background = "sm.h5"
trainings = 1
most_anomalous = 2
[signals]
a = "a.h5"
[[detectors]]
kind = "baseline"
quantity = "st"
name = "sum"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("detect")
    for name, seed, n in (("sm", 1, 900), ("a", 2, 200)):
        events = forty_mhz_events(n, seed, label=False, columns=False)
        write_forty_mhz(events, folder / f"{name}.h5")
    (folder / "c.toml").write_text(TOML)
    return folder


@pytest.fixture(scope="module")
def run(folder):
    words = ("--out", str(folder / "run"), "--processes", "1")
    assert main(["detect", str(folder / "c.toml"), *words]) == 0
    return folder / "run"


def test_a_run_leaves_scores_models_and_a_page(run):
    table = pq.read_table(run / "scores.parquet")
    assert table.schema.names[:4] == ["file", "event", "weight", "sum-1"]
    assert (run / "models" / "sum-1.npz").exists()
    tree = json.loads((run / "result.json").read_text("utf-8"))
    assert tree["kind"] == "detect"
    assert "models/sum-1.npz" in tree["exports"]
    assert "scores" not in tree["sections"][0]["result"]


def test_the_page_is_made_again_from_the_run_folder_alone(run, tmp_path):
    import shutil

    alone = tmp_path / "alone"
    shutil.copytree(run, alone, ignore=shutil.ignore_patterns("store", "*.parquet", "models"))
    page = (alone / "report.html").read_text("utf-8")
    assert page.count("Display of event") == 2
    (alone / "report.html").unlink()
    assert main(["report", str(alone)]) == 0
    assert (alone / "report.html").read_text("utf-8") == page


@pytest.mark.usefixtures("no_figures")
def test_the_name_of_the_command_may_be_said(folder, run, tmp_path, capsys):
    words = ("--out", str(tmp_path / "again"), "--processes", "1", "--json")
    assert main(["detect", "run", str(run / "run.toml"), *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["results"][0]["kind"] == "anomaly detection"
    first, again = (pq.read_table(d / "scores.parquet") for d in (run, tmp_path / "again"))
    assert first.equals(again)


def test_an_audit_says_whether_there_are_leaks(folder, tmp_path, capsys):
    words = ("--audit", "--out", str(tmp_path / "audit"), "--processes", "1")
    assert main(["detect", str(folder / "c.toml"), *words]) == 0
    assert "No leak found" in capsys.readouterr().out


def test_a_saved_detector_scores_a_file(folder, run, tmp_path, capsys):
    out = tmp_path / "s.parquet"
    model, file = run / "models" / "sum-1.npz", folder / "a.h5"
    assert main(["detect", "score", str(model), str(file), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "200 events scored" in said
    assert said.count("    row ") == 5
    rows = pq.read_table(out)
    table = pq.read_table(run / "scores.parquet")
    of_a = np.array(table["file"].to_pylist()) == "a"
    np.testing.assert_array_equal(rows["score"].to_numpy(), table["sum-1"].to_numpy()[of_a])
    assert main(["detect", "score", str(model), str(file), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_events"] == 200


def test_a_file_is_read_as_it_is_told(folder, run, tmp_path, capsys):
    model, file = run / "models" / "sum-1.npz", folder / "a.h5"
    words = ["detect", "score", str(model), str(file), "--out", str(tmp_path / "s.parquet")]
    assert main([*words, "--set", "tree=Events"]) == 2
    assert "`tree` is for ROOT files" in capsys.readouterr().err
    assert main([*words, "--set", "branch=Events"]) == 2
    assert "branch" in capsys.readouterr().err


def test_kinds_that_a_file_has_no_slots_for_are_named(run, tmp_path, monkeypatch):
    events = forty_mhz_events(50, 3, label=False, columns=False)
    jets = events.of_kind("jet")
    monkeypatch.setattr("anomalon.detection.scoring.FileBatches", lambda *_: (numbered(jets, 0),))
    write_forty_mhz(events, tmp_path / "e.h5")
    model = run / "models" / "sum-1.npz"
    found = score_file(model, tmp_path / "e.h5", tmp_path / "s.parquet")
    assert found.lacks == ("met", "electron", "muon")
    lines = "\n".join(_lines(found, tmp_path / "s.parquet", None))
    assert "no slots for met, electron, muon" in lines


def test_help_shows_both_ways(capsys):
    assert main(["detect", "--help"]) == 0
    said = capsys.readouterr().out
    assert "anomalon detect [OPTIONS] CONFIG" in said
    assert "anomalon detect audit|score" in said
    assert "--audit" in said
    assert main(["detect"]) == 2
