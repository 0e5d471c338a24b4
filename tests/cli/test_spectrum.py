"""`anomalon bump` and `anomalon limit`, as a user types them."""

import json

import numpy as np
import pytest

from anomalon.cli.main import main
from anomalon.stats import Exponential

EDGES = np.linspace(1000.0, 5000.0, 41)
COUNTS = np.random.default_rng(1).poisson(Exponential(2).integrate([5.0, -1.2], EDGES))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "mjj.csv"
    rows = [f"{a},{b},{n},{n + 0.5}" for a, b, n in zip(EDGES, EDGES[1:], COUNTS, strict=False)]
    path.write_text("\n".join(["low,high,count,fit", *rows]), encoding="utf-8")
    return path


def run(*arguments):
    return main([str(a) for a in arguments])


def test_bump(table, tmp_path, capsys):
    options = ("--shape", "exponential", "--toys", 100, "--out", tmp_path / "run")
    assert run("bump", table, *options) == 0
    said = capsys.readouterr().out
    assert "global p-value" in said
    assert (tmp_path / "run" / "report.html").exists()
    assert run("bump", table, *options, "--json") == 0
    tree = json.loads(capsys.readouterr().out)
    assert tree["summary"]["kind"] == "bump hunt"
    assert run("report", tmp_path / "run") == 0


def test_other_backgrounds(table, tmp_path, capsys):
    out = ("--toys", 100, "--out", tmp_path / "run", "--json")
    assert run("bump", table, "--background", "fit", *out) == 0
    assert "given as exact" in json.loads(capsys.readouterr().out)["summary"]["how"]
    assert run("bump", table, "--reference", table, "--tau", 1, *out) == 0
    assert "finite size" in json.loads(capsys.readouterr().out)["summary"]["how"]


def test_limit(table, tmp_path, capsys):
    arguments = ("--shape", "exponential", "--range", 1200, 4000, "--out", tmp_path / "run")
    assert run("limit", table, *arguments) == 0
    assert "excluded at 95% confidence level" in capsys.readouterr().out
    result = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    edges = result["result"]["fit"]["edges"]
    assert (edges[0], edges[-1]) == (1200, 4000)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--background", "fit", "--reference", "x.csv"), 2, "not both"),
        (("--tau", "2"), 2, "there is none"),
        (("--shape", "dijt"), 2, "did you mean 'dijet'"),
        (("--parameters", "4", "2"), 2, "expected MIN <= MAX"),
        (("--range", "1", "2"), 1, "no bin lies between 1 and 2 GeV"),
        (("--histogram", "mass"), 2, "for ROOT files"),
    ],
)
def test_what_is_wrong_is_said(table, arguments, status, message, capsys):
    assert run("bump", table, *arguments) == status
    assert message in capsys.readouterr().err
