"""`anomalon reach`: files in, a run folder out, and nothing done twice."""

import csv
import json
import shutil

import numpy as np
import pytest

from anomalon import Sample
from anomalon.cli import main
from anomalon.data import write
from anomalon.report import read_run
from anomalon.search.events.injected_run import InjectedRun

CONFIG = """
name = "Toy"
seed = 3
[data]
path = "data.parquet"
mass = "mjj"
features = ["x"]
[[windows]]
low = 3200
high = 3800
sideband_low = 2600
sideband_high = 4400
[search]
score = "s"
efficiencies = [0.1]
decorrelate = false
[limits]
strengths = [10, 100, 400]
injections = 1
luminosity = 10
[[signals]]
name = "narrow"
path = "narrow.csv"
resonance = 3500
[[signals]]
name = "labelled"
path = "labelled.csv"
label = "truth"
resonance = 3450
"""
HEAD = "mjj,x,s"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reach")
    rng = np.random.default_rng(1)
    mass = 2000 * np.exp(rng.exponential(0.18, 12_000))
    x = rng.normal(size=(len(mass), 2))
    write(Sample(x, ("x", "s"), mass), folder / "data.parquet")
    m, x = rng.normal(3500, 80, 800), rng.normal(2, 1, (800, 2))
    columns = np.column_stack([m, x])
    np.savetxt(folder / "narrow.csv", columns, delimiter=",", header=HEAD, comments="")
    truth = (np.arange(800) % 4 > 0).astype(int)  # background at another mass
    columns = np.column_stack([np.where(truth, m, 2700.0), x, truth])
    np.savetxt(folder / "labelled.csv", columns, delimiter=",", header=f"{HEAD},truth", comments="")
    (folder / "toy.toml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def finished(folder):
    assert run(folder) == 0
    return folder / "run"


def run(folder, *options, out="run", config="toy.toml"):
    return main(["reach", str(folder / config), "--out", str(folder / out), "--processes", "1",
                 *options])  # fmt: skip


def test_a_run_folder_with_page_figures_and_tables(finished):
    page = (finished / "report.html").read_text("utf-8")
    assert "Limits on 2 of 2 signals" in page
    figures = {path.stem for path in (finished / "figures").glob("*.svg")}
    assert figures == {"limits", "gain", "efficiency-1", "efficiency-2"}
    (section,) = read_run(finished).sections
    result = section.result
    assert [s.name for s in result.signals] == ["narrow", "labelled"]
    assert result.signals[1].n_events == 600  # of 800, by their labels
    assert result.seed == 3
    rows = list(csv.DictReader((finished / "limits.csv").read_text().splitlines()))
    for row, one in zip(rows, result.signals, strict=True):
        assert float(row["observed_events"]) == pytest.approx(one.chosen.observed, rel=1e-5)
        assert float(row["expected_fb"]) == pytest.approx(one.chosen.median / 10, rel=1e-5)
    rows = list(csv.DictReader((finished / "efficiencies.csv").read_text().splitlines()))
    assert len(rows) == 2 * 2 * 3
    assert all(int(row["passed"].split(".")[0]) <= float(row["injected"]) for row in rows)
    hepdata = (finished / "hepdata" / "submission.yaml").read_text("utf-8")
    assert "Upper limits on the cross section" in hepdata


def test_the_page_can_be_made_again_and_the_run_repeated(finished, folder, monkeypatch):
    page = (finished / "report.html").read_bytes()
    (finished / "report.html").unlink()
    assert main(["report", str(finished)]) == 0
    assert (finished / "report.html").read_bytes() == page
    monkeypatch.setattr("anomalon.report.document.drawings_of", lambda *_: iter(()))
    assert run(folder, out="again", config="run/run.toml") == 0
    assert (folder / "again/result.json").read_bytes() == (finished / "result.json").read_bytes()


@pytest.mark.usefixtures("no_figures")
def test_another_level_does_no_work(finished, folder, monkeypatch, capsys):
    shutil.copytree(finished, folder / "level")

    def never(piece, shared):
        raise AssertionError("done again")

    before = read_run(finished).sections[0].result
    monkeypatch.setattr(InjectedRun, "__call__", never)
    assert run(folder, "--set", "limits.level=0.9", "--json", out="level") == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    numbers = {(n["name"], n["unit"]): n["value"] for n in result["numbers"] if "value" in n}
    assert numbers["confidence level", ""] == 0.9
    after = read_run(folder / "level").sections[0].result
    for old, new in zip(before.signals, after.signals, strict=True):
        assert new.chosen.observed < old.chosen.observed


@pytest.mark.usefixtures("no_figures")
def test_it_goes_on_from_where_it_was_interrupted(finished, folder, monkeypatch, capsys):
    shutil.copytree(finished, folder / "whole")
    real, done = InjectedRun.__call__, []

    def until_ctrl_c(piece, shared):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(piece.what)
        return real(piece, shared)

    with monkeypatch.context() as patched:
        patched.setattr(InjectedRun, "__call__", until_ctrl_c)
        assert run(folder, "--set", "limits.level=0.9", out="resumed") == 130
    assert done[0] == "narrow, 10 events, injection 1"
    assert run(folder, "--set", "limits.level=0.9", out="resumed") == 0
    assert "finished earlier" in capsys.readouterr().err
    assert run(folder, "--set", "limits.level=0.9", out="whole") == 0
    results = [(folder / name / "result.json").read_bytes() for name in ("whole", "resumed")]
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[limits]", "[limit]"), "limit: there is no such key; did you mean 'limits'?"),
        (("injections = 1", "injection = 1"), "limits.injection: there is no such key"),
        (("luminosity = 10", "luminosity = 0"), "limits.luminosity"),
        (("[10, 100, 400]", "[10, 400, 100]"), "limits.strengths: expected at least two numbers"),
        (("resonance = 3450\n", ""), "signals[1].resonance: expected a value, got none"),
        (('"narrow.csv"', '"wide.csv"'), "signals[0].path: there is no file"),
        (('name = "labelled"', 'name = "narrow"'), "signals: names"),
        (("resonance = 3500", "resonance = 5500"), "signal narrow: expected a mass in the signal"),
        (('label = "truth"', 'label = "x"'), "got e.g. 1.5"),
    ],
)
def test_what_is_wrong_is_said_by_name(folder, change, message, capsys):
    wrong = folder / "wrong.toml"
    wrong.write_text(CONFIG.replace(*change))
    status = run(folder, out="wrong", config="wrong.toml")
    said = capsys.readouterr()
    assert status in (1, 2)
    assert message in said.err
    assert not (folder / "wrong" / "result.json").exists()


def test_without_signals_it_is_a_search(folder, capsys):
    text = CONFIG[: CONFIG.index("[limits]")]
    (folder / "search.toml").write_text(text)
    assert run(folder, out="none", config="search.toml") == 2
    assert "Try `anomalon search" in capsys.readouterr().err
    assert main(["search", str(folder / "toy.toml"), "--out", str(folder / "no")]) == 2


@pytest.mark.usefixtures("no_figures")
def test_a_signal_that_is_not_excluded_is_status_1(folder, capsys):
    weak = ("--set", "limits.strengths=[1, 2]", "--set", "limits.poisson=false")
    assert run(folder, *weak, out="weak") == 1
    assert "is not excluded: inject more" in capsys.readouterr().out
    assert (folder / "weak" / "report.html").exists()
