import tomllib

import click
import pytest

from anomalon.cli import main
from anomalon.cli.main import COMMANDS
from anomalon.cli.settings import overridden
from anomalon.core.config import read_toml
from anomalon.core.errors import BadValue, ConfigError
from anomalon.report import write_run
from anomalon.run.settings import dumps
from anomalon.search.events.demo import DemoJob
from anomalon.search.events.injection_job import InjectionLimitJob
from anomalon.search.events.job import SearchJob
from anomalon.search.histogram.bump import BumpJob
from anomalon.search.histogram.limit import LimitJob


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("a.b=3", 3),
        ("a.b=0.1", 0.1),
        ("a.b=true", True),
        ("a.b=[1, 2]", [1, 2]),
        ('a.b="3"', "3"),
        ("a.b=free text", "free text"),
        ("a.b = x=y ", "x=y"),
        ("a.b=", ""),
    ],
)
def test_values_are_read_as_toml_or_taken_as_text(setting, value):
    assert overridden({"a": {"c": 1}}, [setting]) == {"a": {"c": 1, "b": value}}


def test_the_table_given_is_left_alone():
    table = {"a": {"b": 1}}
    overridden(table, ["a.b=2"])
    assert table == {"a": {"b": 1}}


@pytest.mark.parametrize("setting", ["a", "=3", " = 3"])
def test_a_setting_without_key_or_value_is_refused(setting):
    with pytest.raises(click.BadParameter, match="KEY=VALUE"):
        overridden({}, [setting])


def test_a_key_through_a_value_is_refused():
    with pytest.raises(BadValue, match=r"--set seed\.x: 'seed' is no table but 1"):
        overridden({"seed": 1}, ["seed.x=2"])


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("= 3")
    with pytest.raises(ConfigError, match=r"a\.toml: expected a TOML file"):
        read_toml(path)
    with pytest.raises(ConfigError, match=r"b\.toml: cannot be read"):
        read_toml(tmp_path / "b.toml")


def test_a_job_written_in_full_is_the_same_job(tmp_path):
    (tmp_path / "data.csv").write_text("mjj,mJ1\n")
    table = {
        "name": "Dijets",
        "seed": 3,
        "data": {"path": "data.csv", "mass": "mjj", "features": ["mJ1"]},
        "windows": {"start": 2400, "stop": 5700},
        "search": {
            "features": [["mJ1"]],
            "efficiencies": [0.1],
            "decorrelate": False,
            "classifier": ["boosted_trees", {"kind": "network", "epochs": 3}],
        },
        "injection": {"n_signal": 5},
    }
    job = SearchJob.of(table, folder=tmp_path)
    folder = tmp_path / "runs" / "a"
    folder.mkdir(parents=True)
    written = tomllib.loads(dumps(job.table(folder)))
    again = SearchJob.of(written, folder=folder)
    assert again.search == job.search
    assert (again.seed, again.injection) == (job.seed, job.injection)
    assert again.data.options == job.data.options
    assert (folder / written["data"]["path"]).resolve() == (tmp_path / "data.csv").resolve()


KINDS = [job.kind for job in (SearchJob, InjectionLimitJob, DemoJob, BumpJob, LimitJob)]


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize(("kind", "other"), [(a, b) for a in KINDS for b in KINDS if a != b])
def test_the_run_of_another_job_is_refused_by_its_name(
    kind, other, make_scan, tmp_path, monkeypatch, capsys
):
    assert kind in COMMANDS
    monkeypatch.chdir(tmp_path)
    write_run(make_scan(centres=(3000.0,)), tmp_path / "first", kind=other, settings={"seed": 3})
    for copy in ("first/run.toml", "mine.toml"):  # it says so wherever it is
        (tmp_path / copy).write_bytes((tmp_path / "first/run.toml").read_bytes())
        assert main([kind, copy, "--out", "second"]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err == (
            f"BadValue: {copy}: expected settings of `anomalon {kind}`, got those of a {other} "
            f"run, as the first line of the file says. `anomalon {other} {copy}` repeats it.\n"
        )
    assert not (tmp_path / "second").exists()


WRITTEN = {
    "search": "[windows]\nstart = 2400\nstop = 5700\n[search]\n",
    "bump": 'file = "s.csv"\ntoys = 10\n',
    "simulate dijet": 'process = "qcd"\n',
    "data convert": 'raw = "events.h5"\n',
}


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        (a, b)
        for a in (*WRITTEN, "limit", "demo")
        for b in WRITTEN
        if a != b and {a, b} != {"bump", "limit"}  # both have a file
    ],
)
def test_settings_of_another_command_are_known_by_their_keys(kind, other, tmp_path, capsys):
    (tmp_path / "mine.toml").write_text(WRITTEN[other])
    assert main([*kind.split(), str(tmp_path / "mine.toml")]) == 2
    said = capsys.readouterr().err
    assert f"mine.toml: expected settings of `anomalon {kind}`, got `" in said
    assert f"Try `anomalon {other} " in said
