"""`anomalon validate`, and the search that uses it: one file, two commands."""

import json
import tomllib

import numpy as np
import pytest
from toy_search import NAMES, background

from anomalon.cli import main

CONFIG = """
name = "Two commands"
seed = 4
[data]
path = "data.parquet"
mass = "m"
features = ["a", "b"]
[windows]
start = 2400
stop = 4500
[search]
score = "s"
efficiencies = [0.2]
[search.fit]
range = [2400, 5000]
choice = "test"
n_max = 2
[[samples]]
kind = "control"
cut = "abs(dY) > 1.2"
[[samples]]
kind = "simulation"
data = { path = "other.parquet" }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name, seed in (("data", 3), ("other", 4)):
        events, rng = background(6000, seed=seed), np.random.default_rng(seed)
        columns = dict(zip(NAMES, events.x.T, strict=True)) | {"m": events.mass}
        columns |= {"s": rng.normal(size=6000), "dY": rng.uniform(-2, 2, 6000)}
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    (tmp_path / "toy.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_search_uses_what_a_validation_has_found(folder, no_figures, capsys):
    options = ["--processes", "1", "--json"]
    assert main(["validate", "toy.toml", *options]) == 0
    run = folder / "runs" / "toy-validation"
    said = json.loads(capsys.readouterr().out)
    assert said["results"][0]["status"] == "done"
    result = json.loads((run / "result.json").read_text())["sections"][0]["result"]
    assert [s["name"] for s in result["samples"]] == ["abs(dY) > 1.2", "simulation"]
    assert len(result["places"]) == 4
    again = ["validate", str(run / "run.toml"), "--out", str(folder / "again"), *options]
    assert main(again) == 0
    repeated = json.loads((folder / "again" / "result.json").read_text())["sections"][0]["result"]
    assert repeated["places"] == result["places"]
    used = ["--set", f"search.validation={run}", "--out", "found", *options]
    assert main(["search", "toy.toml", *used]) == 0
    scan = json.loads((folder / "found" / "result.json").read_text())["sections"][0]["result"]
    assert any(note.startswith("Validated without signal on") for note in scan["notes"])
    settings = tomllib.loads((folder / "found" / "run.toml").read_text())
    assert settings["search"]["validation"] == "../runs/toy-validation"


def test_the_simulation_of_the_search_is_refused(folder, capsys):
    text = CONFIG + '[simulation]\npath = "other.parquet"\nmass = "m"\nfeatures = ["a", "b", "s"]\n'
    (folder / "toy.toml").write_text(text)
    assert main(["validate", "toy.toml", "--processes", "1"]) == 2
    assert "another simulation than that of the search" in capsys.readouterr().err


def test_the_run_folder_of_the_validation_is_not_written_over(folder, capsys):
    (folder / "run").mkdir()
    (folder / "run" / "result.json").write_text("{}")
    options = ["--set", "search.validation=run", "--out", "run", "--processes", "1"]
    assert main(["search", "toy.toml", *options]) != 0
    assert "run" in capsys.readouterr().err
