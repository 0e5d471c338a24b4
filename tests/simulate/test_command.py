"""`anomalon simulate`."""

import json

import pytest
from click.testing import CliRunner

from anomalon.cli.simulate import simulate
from anomalon.core.errors import BadValue, UnknownKey
from anomalon.data import load
from anomalon.simulate.recipe import TALK_POINTS

SMALL = ("--events", 20, "--no-mpi", "--processes", 1)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr("anomalon.simulate.generate.CHUNK", 40)


def run(*words):
    return CliRunner().invoke(simulate, [str(word) for word in words])


def test_writes_a_file_that_loads(tmp_path):
    out = tmp_path / "s.parquet"
    done = run(
        "dijet", "--process", "wprime", "--masses", "3500,500,100", *SMALL, "--out", out, "--json"
    )
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["n_events"] == len(load(out)) == 20
    assert said["recipe"] == "wprime_3500_500_100"
    assert "20/20 events" in done.stderr


def test_a_named_point_is_its_masses(tmp_path):
    name = "a0_3000_300_150"
    done = run("dijet", "--point", name, *SMALL, "--out", tmp_path / "a.parquet")
    assert done.exit_code == 0, done.output
    assert f"20 events of {name} (data)" in done.stdout


def test_lists_the_named_points():
    assert run("dijet", "--list-points").stdout.split() == list(TALK_POINTS)
    assert json.loads(run("dijet", "--list-points", "--json").stdout)["a0_3000_300_150"] == {
        "process": "a0",
        "masses": [3000.0, 300.0, 150.0],
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--process", "qcd"), "--out"),
        (("--out", "x.parquet"), "Give --process"),
        (("--process", "qcd", "--masses", "1,2,3", "--out", "x.parquet"), "qcd has none"),
        (("--process", "wprime", "--masses", "1,2", "--out", "x.parquet"), "three numbers"),
        (("--process", "wprime", "--out", "x.parquet"), "three numbers"),
        (("--process", "qcd", "--point", "a", "--out", "x.parquet"), "give neither"),
    ],
)
def test_usage_errors(words, message):
    done = run("dijet", *words)
    assert done.exit_code == 2
    assert message in done.stderr


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--point", "a0_3000_300_15"), UnknownKey),
        (("--process", "wprime", "--masses", "3500,1000,100"), BadValue),
    ],
)
def test_errors_of_the_recipe(words, error, tmp_path):
    done = run("dijet", *words, "--out", tmp_path / "x.parquet")
    assert isinstance(done.exception, error)
