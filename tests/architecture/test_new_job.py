"""A job of its own finds everything else ready: nothing but its own module knows of it."""

import importlib
import inspect
import json
import sys
import tomllib

import pytest

from anomalon.cli import main
from anomalon.report import drawing, read_run
from anomalon.run import Processes, Serial, job

CONFIG = "lifetime = 2.5\nseed = 3\n[clock]\nresolution = 0.2\n"


@pytest.fixture(autouse=True)
def decay_job(monkeypatch):
    """The job, known while a test runs."""
    # Without what other tests have registered under this name.
    others = ({k: v for k, v in known.items() if k != "lifetime"}
              for known in (job.JOBS, drawing.RESULTS))  # fmt: skip
    for room, name, known in zip((job, drawing), ("JOBS", "RESULTS"), others, strict=True):
        monkeypatch.setattr(room, name, known)
    module = importlib.import_module("decay_job")
    job.JOBS["lifetime"] = module.Lifetime
    drawing.RESULTS["lifetime"] = (module.LifetimeResult, module.drawings)
    return module


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(CONFIG)
    return path


def run(config, out, *options):
    return main(["lifetime", str(config), "--out", str(out), "--processes", "1", *options])


def test_it_takes_at_most_150_lines(decay_job):
    lines = inspect.getsource(decay_job).splitlines()
    assert len(lines) <= 150


def test_it_registers_itself(decay_job):
    source = inspect.getsource(decay_job)
    assert "\nregister(Lifetime)\n" in source
    assert "\nregister_result(LifetimeResult, drawings)\n" in source


def test_a_command_with_a_run_folder_and_a_page(config, tmp_path, capsys):
    out = tmp_path / "run"
    assert run(config, out) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Measured. The lifetime is ")
    assert said.out.endswith(f"report: {out / 'report.html'}\n")
    assert "lifetime: 4/4 piece" in said.err
    assert {path.name for path in out.iterdir()} == {
        "run.toml", "result.json", "report.html", "figures", "environment.json",
        "references.bib", "store",
    }  # fmt: skip
    figures = {path.name for path in (out / "figures").iterdir()}
    assert {"times.svg", "times.png", "times.pdf"} <= figures
    page = (out / "report.html").read_text("utf-8")
    assert page.count("<svg") == 1
    assert "Times of 4000 decays." in page
    assert "clock.resolution" in page
    (section,) = read_run(out).sections
    assert section.result.expected == 2.5
    assert section.result.counts.sum() > 3500
    (out / "report.html").unlink()
    assert main(["report", str(out)]) == 0
    assert (out / "report.html").read_text("utf-8") == page


@pytest.mark.usefixtures("no_figures")
def test_its_settings_are_toml_and_can_be_set(config, tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    assert run(config, first, "--set", "clock.resolution=0.3", "--set", "pieces=3") == 0
    resolved = {
        "lifetime": 2.5,
        "decays": 1000,
        "pieces": 3,
        "clock": {"resolution": 0.3},
        "seed": 3,
    }
    assert tomllib.loads((first / "run.toml").read_text("utf-8")) == resolved
    assert run(first / "run.toml", again) == 0
    assert (first / "result.json").read_bytes() == (again / "result.json").read_bytes()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("lifetim=3", "lifetim: there is no such key; did you mean 'lifetime'?"),
        ("clock.resolutio=3", "clock.resolutio: there is no such key"),
        ("decays=1", "decays"),
        ("decays=many", "decays: Expected `int`, got `str`"),
    ],
)
def test_wrong_settings_are_refused_by_name(config, tmp_path, capsys, setting, message):
    assert run(config, tmp_path / "run", "--set", setting) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("no_figures")
def test_programs_get_numbers(config, tmp_path, capsys, decay_job):
    assert run(config, tmp_path / "run", "--json") == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    expected = decay_job.Lifetime(2.5, clock=decay_job.Clock(0.2), seed=3).run()
    numbers = {row["name"]: row for row in result["numbers"]}
    assert numbers["lifetime"]["value"] == expected.lifetime
    assert numbers["lifetime"]["uncertainty"] == expected.error
    assert numbers["lifetime"]["unit"] == "ns"
    assert numbers["decays"]["value"] == 4000
    assert result["checks"][0]["passed"] is True


@pytest.mark.usefixtures("no_figures")
def test_a_failed_check_is_status_1(config, tmp_path, monkeypatch, decay_job, capsys):
    monkeypatch.setattr(decay_job.Piece, "__call__", lambda self, _: [9, 9.0, 10.0, [9] * 20])
    assert run(config, tmp_path / "run") == 1
    assert "check failed: closure: pull" in capsys.readouterr().out
    assert (tmp_path / "run" / "report.html").exists()


@pytest.mark.usefixtures("no_figures")
def test_it_goes_on_from_where_it_was_interrupted(config, tmp_path, monkeypatch, decay_job, capsys):
    whole, out, real, done = tmp_path / "whole", tmp_path / "run", decay_job.Piece.__call__, []

    def until_ctrl_c(piece, shared=None):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(piece.index)
        return real(piece, shared)

    assert run(config, whole) == 0
    with monkeypatch.context() as patched:
        patched.setattr(decay_job.Piece, "__call__", until_ctrl_c)
        assert run(config, out) == 130
        assert f"kept in {out}; run the same command again" in capsys.readouterr().err
        assert not (out / "result.json").exists()
        done[:] = [-1]  # one more is allowed: were the first two not kept, it would not be enough
        assert run(config, out) == 130
        done[:] = [-1]
        assert run(config, out) == 0
    assert "3 finished earlier" in capsys.readouterr().err
    assert (out / "result.json").read_bytes() == (whole / "result.json").read_bytes()


@pytest.mark.slow
def test_another_process_gives_the_same_numbers(decay_job):
    """It finds the module of the job. A worker of Dask unpacks the same parcels."""
    settings = decay_job.Lifetime(2.5, seed=3)
    here, there = (settings.run(job.Workplace(who)) for who in (Serial(), Processes(1)))
    assert (here.lifetime, here.error, here.n) == (there.lifetime, there.error, there.n)
    assert here.counts.tolist() == there.counts.tolist()


def test_a_folder_of_another_kind_is_refused_before_any_work(
    config, tmp_path, capsys, monkeypatch, decay_job
):
    out = tmp_path / "run"
    out.mkdir()
    (out / "result.json").write_text('{"format": "anomalon run 3", "kind": "search"}')
    monkeypatch.setattr(decay_job.Piece, "__call__", None)  # would be a TypeError
    assert run(config, out) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "got one that holds a search run. Choose another with --out." in said.err
    assert [path.name for path in out.iterdir()] == ["result.json"]


@pytest.mark.usefixtures("no_figures")
def test_an_entry_point_is_enough(config, tmp_path, monkeypatch, decay_job):
    class Point:
        def load(self):
            return decay_job.Lifetime

    def points(*, group, name):
        return [Point()] if (group, name) == ("anomalon.jobs", "lifetime") else []

    job.JOBS.clear()
    assert run(config, tmp_path / "run") == 2
    monkeypatch.setattr(sys.modules["anomalon.cli.main"], "entry_points", points)
    assert run(config, tmp_path / "run") == 0
