"""Where a run goes: a folder of its own, never that of another job or of other inputs."""

import json
import tomllib

import numpy as np
import pytest

from anomalon.cli import main

pytestmark = pytest.mark.usefixtures("no_figures")

EDGES = np.linspace(1000.0, 3000.0, 21)
COUNTS = np.round(4000 * np.exp(-np.arange(20) / 4)).astype(int)
FAST = ("--shape", "exponential", "--closure", "0")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with two spectra of the same name, and one of another."""
    for i, name in enumerate(("a/s.csv", "b/s.csv", "t.csv")):
        rows = [
            f"{low},{high},{n + i}" for low, high, n in zip(EDGES, EDGES[1:], COUNTS, strict=False)
        ]
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(["low,high,count", *rows]) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bump(*arguments):
    return main(["bump", *arguments, "--toys", "10", *FAST])


def counts(folder):
    (section,) = json.loads((folder / "result.json").read_text("utf-8"))["sections"]
    return section["result"]["fit"]["counts"]


def test_other_inputs_get_another_folder_and_the_same_ones_the_same(here, capsys):
    assert bump("a/s.csv") == 0
    assert "holds a run" not in capsys.readouterr().err
    assert bump("b/s.csv") == 0
    assert "runs/bump-s holds a run of other inputs; this one goes to runs/bump-s-2" in (
        capsys.readouterr().err
    )
    assert counts(here / "runs/bump-s") == COUNTS.tolist()
    assert counts(here / "runs/bump-s-2") == (COUNTS + 1).tolist()
    assert bump("a/s.csv", "--deficit") == 0  # the same spectrum in another way
    assert bump("b/s.csv") == 0
    assert bump("t.csv") == 0
    assert {path.name for path in (here / "runs").iterdir()} == {"bump-s", "bump-s-2", "bump-t"}
    assert tomllib.loads((here / "runs/bump-s/run.toml").read_text("utf-8"))["deficit"] is True


def test_what_is_read_of_a_file_belongs_to_its_inputs(here):
    assert bump("a/s.csv") == 0
    assert bump("a/s.csv", "--reference", "t.csv") == 2  # a fit is given beside a reference
    assert main(["bump", "a/s.csv", "--reference", "t.csv", "--toys", "10"]) == 0
    assert {path.name for path in (here / "runs").iterdir()} == {"bump-s", "bump-s-2"}


def test_a_folder_of_another_command_is_refused_before_any_work(here, capsys, monkeypatch):
    assert bump("a/s.csv", "--out", "mine") == 0
    before = {path: path.stat().st_mtime_ns for path in (here / "mine").rglob("*")}
    capsys.readouterr()
    monkeypatch.setattr("anomalon.search.histogram.limit.scan_limits", None)
    assert main(["limit", "a/s.csv", *FAST, "--out", "mine"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "mine: expected a new folder or one of a limit run, got one that holds a bump run" in (
        said.err
    )
    assert {path: path.stat().st_mtime_ns for path in (here / "mine").rglob("*")} == before


def test_a_given_folder_takes_another_run_of_the_same_command(here):
    assert bump("a/s.csv", "--out", "mine") == 0
    assert bump("b/s.csv", "--out", "mine") == 0
    assert counts(here / "mine") == (COUNTS + 1).tolist()
    assert tomllib.loads((here / "mine/run.toml").read_text("utf-8"))["file"] == "../b/s.csv"
