"""`anomalon simulate`."""

import json
import shutil
import tomllib

import click
import numpy as np
import pytest

import anomalon.simulate.order as ordering
from anomalon.cli import main
from anomalon.cli.simulate import dijet
from anomalon.core.errors import BadValue
from anomalon.data import load
from anomalon.report import read_run
from anomalon.run.settings import encode
from anomalon.simulate import DijetSimulation, w_prime
from anomalon.simulate.generate import generate
from anomalon.simulate.recipe import TALK_POINTS

SIGNAL = ("--process", "wprime", "--masses", "3500,500,100")
SMALL = ("--events", 20, "--no-mpi", "--processes", 1, "--set", "chunk_size=40")


def run(*words):
    return main(["simulate", "dijet", *(str(word) for word in words)])


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """The folder of a run of the command, made once."""
    folder = tmp_path_factory.mktemp("once")
    assert run(*SIGNAL, *SMALL, "--seed", 4, "--out", folder / "s.parquet") == 0
    return folder


@pytest.fixture
def made(once, tmp_path):
    """That run in a folder of one's own."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "s.parquet"


def test_the_file_is_that_of_python(made, tmp_path):
    other = tmp_path / "p.parquet"
    generate(w_prime(3500.0, 500.0, 100.0, mpi=False), 20, other, seed=4, chunk_size=40)
    assert made.read_bytes() == other.read_bytes()


@pytest.mark.usefixtures("no_figures")
def test_one_line_for_people_and_the_facts_for_programs(tmp_path, capsys):
    out = tmp_path / "s.parquet"
    assert run(*SIGNAL, *SMALL, "--out", out) == 0
    said = capsys.readouterr()
    assert said.out.count("\n") == 1
    assert said.out.startswith("s.parquet: 20 events of wprime_3500_500_100, acceptance 0.")
    assert "wprime_3500_500_100: 20/20 events" in said.err
    assert run(*SIGNAL, *SMALL, "--out", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["out"] == str(out)
    assert told["n_events"] == len(load(out)) == 20
    assert told["recipe"] == "wprime_3500_500_100"
    assert told["generator"].startswith("Pythia 8.3")
    assert told["report"] == f"{out}.run/report.html"
    numbers = {row["name"]: row for row in told["results"][0]["numbers"]}
    assert numbers["acceptance"]["value"] == told["acceptance"]
    assert numbers["luminosity"]["value"] == told["luminosity_fb"]
    assert numbers["cross section"]["unit"] == "pb"
    assert 0 < numbers["cross section"]["uncertainty"] < 0.5 * numbers["cross section"]["value"]
    relative = [n["uncertainty"] / n["value"] for n in numbers.values() if n.get("uncertainty")]
    assert relative[2] == pytest.approx(np.hypot(relative[0], relative[1])), "luminosity"


def test_the_run_folder_says_what_is_in_the_file(made):
    folder = made.with_name("s.parquet.run")
    (section,) = read_run(folder).sections
    result, events = section.result, load(made)
    (process,) = result.processes
    assert (result.asked, process.n_written, result.file.n_events) == (20, 20, 20)
    assert result.file.digest == events.digest()
    assert result.file.size == made.stat().st_size
    assert result.file.n_signal == process.n_written == 20
    assert result.file.mass.mean == pytest.approx(events.mass.mean())
    counts = np.histogram(events.mass, result.file.mass.edges)[0]
    np.testing.assert_array_equal(result.file.mass.counts, counts)
    page = (folder / "report.html").read_text("utf-8")
    assert page.count("<svg") == 2
    assert "Simulation of wprime_3500_500_100" in page
    assert "Bierlich" in (folder / "references.bib").read_text("utf-8")
    assert not (folder / "store").exists(), "what is in the file is kept nowhere else"


@pytest.mark.usefixtures("no_figures")
def test_run_toml_repeats_the_run_to_the_byte(made, tmp_path, monkeypatch):
    before = made.read_bytes()
    result = (tmp_path / "s.parquet.run" / "result.json").read_bytes()
    made.unlink()
    monkeypatch.chdir(tmp_path / "s.parquet.run")
    assert run("run.toml", "--processes", 1) == 0
    assert made.read_bytes() == before
    assert (tmp_path / "s.parquet.run" / "result.json").read_bytes() == result


@pytest.mark.usefixtures("no_figures")
def test_toml_has_more_than_the_options_and_options_win(tmp_path, capsys):
    config = tmp_path / "mine.toml"
    config.write_text(
        'point = "a0_3000_300_150"\nout = "a.parquet"\nevents = 30\nmpi = false\nchunk_size = 40\n'
        "[detector]\ntrack_efficiency = 0.5\n[labels]\ntitle = 'Mine'\n"
    )
    assert run(config, "--events", 10, "--mjj-min", 2600, "--processes", 1) == 0
    assert "10 events of a0_3000_300_150, acc" in capsys.readouterr().out
    out = tmp_path / "a.parquet"
    assert len(load(out)) == 10, "beside the TOML file"
    assert load(out).mass.min() > 2600
    resolved = tomllib.loads((tmp_path / "a.parquet.run" / "run.toml").read_text("utf-8"))
    assert resolved["process"] == "a0"
    assert resolved["masses"] == [3000.0, 300.0, 150.0]
    assert resolved["detector"]["track_efficiency"] == 0.5
    assert resolved["selection"]["mjj_min"] == 2600.0
    assert "<title>Mine" in (tmp_path / "a.parquet.run" / "report.html").read_text("utf-8")


@pytest.mark.usefixtures("no_figures")
def test_goes_on_where_it_was_interrupted(made, tmp_path, monkeypatch, capsys):
    whole, real, indices = made.read_bytes(), ordering.make_chunk, []
    made.unlink()

    def until_ctrl_c(recipe, seed, index, n):
        if index == 1 and indices.count(1) == 0:
            indices.append(1)
            raise KeyboardInterrupt
        indices.append(index)
        return real(recipe, seed, index, n)

    monkeypatch.setattr(ordering, "make_chunk", until_ctrl_c)
    arguments = (*SIGNAL, *SMALL, "--seed", 4, "--out", made)
    assert run(*arguments) == 130
    assert f"kept in {made}.run; run the same command again" in capsys.readouterr().err
    assert not made.exists()
    assert run(*arguments) == 0
    assert indices.count(0) == 1
    assert made.read_bytes() == whole


@pytest.mark.usefixtures("no_figures")
def test_chunks_that_are_kept_say_nothing_of_the_time_left(tmp_path, monkeypatch, capsys):
    real, stop = ordering.make_chunk, [3]

    def until_ctrl_c(recipe, seed, index, n):
        if index in stop:
            stop.clear()
            raise KeyboardInterrupt
        return real(recipe, seed, index, n)

    monkeypatch.setattr(ordering, "make_chunk", until_ctrl_c)
    arguments = (*SIGNAL, *SMALL, "--set", "chunk_size=10", "--out", tmp_path / "s.parquet")
    assert run(*arguments) == 130
    capsys.readouterr()
    assert run(*arguments) == 0
    kept = capsys.readouterr().err.splitlines()[:3]
    assert all(line.endswith("events, estimating the time left") for line in kept), kept


def test_the_run_toml_of_another_command_is_refused(tmp_path, capsys):
    config = tmp_path / "run.toml"
    config.write_text("# `anomalon data convert run.toml` repeats this run.\nout = 'x.parquet'\n")
    assert run(config) == 2
    said = capsys.readouterr().err
    assert "expected settings of `anomalon simulate dijet`, got those of a data convert run" in said


@pytest.mark.usefixtures("no_figures")
def test_repeating_prints_paths_without_detours(made, capsys):
    capsys.readouterr()
    assert run(f"{made}.run/run.toml", "--processes", 1) == 0
    assert capsys.readouterr().out.endswith(f"; report {made}.run/report.html\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('procss = "qcd"', "procss: there is no such key; did you mean 'process'?"),
        ('process = "qdc"', "process: expected one of qcd, wprime, a0, got 'qdc'; did you mean"),
        ("process = 3", "process: expected one of qcd, wprime, a0, got 3."),
        (
            'process = "qcd"\nvariation = "dta"',
            "variation: unknown name 'dta'; did you mean 'data'",
        ),
        ("events = 3", "process: expected qcd, wprime, a0, or a `point` instead; got none."),
    ],
)
def test_mistakes_in_a_toml_file_are_named(tmp_path, capsys, text, said):
    config = tmp_path / "c.toml"
    config.write_text(f'{text}\nout = "x.parquet"\n')
    assert run(config) == 2
    assert said in capsys.readouterr().err


def test_what_is_missing_is_said_in_words_that_can_be_typed(tmp_path, capsys):
    assert run("--process", "qcd") == 2
    assert (
        "Missing option '--out': where to write the events, as --out F" in capsys.readouterr().err
    )
    config = tmp_path / "c.toml"
    config.write_text('process = "qcd"\n')
    assert run(config) == 2
    assert f'or a line out = "FILE.parquet" in {config}.' in capsys.readouterr().err


def test_a_name_of_another_format_is_refused(tmp_path, capsys):
    assert run("--process", "qcd", "--out", tmp_path / "x.csv") == 2
    assert "expected a name that ends in .parquet, for what is written is Parquet; got x.csv" in (
        capsys.readouterr().err
    )
    with pytest.raises(BadValue, match=r"ends in \.parquet"):
        generate(w_prime(3500.0, 500.0, 100.0), 20, tmp_path / "x.h5")
    assert not any(tmp_path.iterdir())


def test_lists_the_named_points(capsys):
    assert run("--list-points") == 0
    assert capsys.readouterr().out.split() == list(TALK_POINTS)
    assert run("--list-points", "--json") == 0
    assert json.loads(capsys.readouterr().out)["a0_3000_300_150"] == {
        "process": "a0",
        "masses": [3000.0, 300.0, 150.0],
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--process", "qcd"), "Missing option '--out'"),
        (("--out", "x.parquet"), "process: expected qcd, wprime, a0, or a `point` instead"),
        (("--process", "qcd", "--masses", "1,2,3", "--out", "x.parquet"), "qcd has no resonance"),
        (("--process", "wprime", "--masses", "1,2", "--out", "x.parquet"), "masses: "),
        (("--process", "wprime", "--masses", "1,2,b", "--out", "x.parquet"), "three numbers"),
        (("--process", "wprime", "--out", "x.parquet"), "expected three in GeV"),
        (("--process", "qcd", "--point", "a", "--out", "x.parquet"), "give neither"),
        (("--point", "a0_3000_300_15", "--out", "x.parquet"), "did you mean"),
        (("--process", "wprime", "--masses", "3500,1000,100", "--out", "x.parquet"), "daughter"),
        (("--process", "qcd", "--set", "detector.eta=3", "--out", "x.parquet"), "detector.eta: "),
    ],
)
def test_what_cannot_be_simulated_is_said_at_once(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(*words) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_refused_first(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(ordering, "make_chunk", None)  # would be a TypeError
    (tmp_path / "file").write_text("")
    out = tmp_path / "s.parquet"
    assert run(*SIGNAL, "--out", tmp_path / "file" / "x.parquet") == 1
    assert "x.parquet: cannot be written" in capsys.readouterr().err
    assert run(*SIGNAL, "--out", out, "--run-folder", tmp_path / "file") in (1, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_defaults_of_the_command_line_are_those_of_the_settings(tmp_path):
    settings = encode(DijetSimulation(process="qcd", out=tmp_path / "s.parquet"))
    settings |= {"mjj_min": settings["selection"]["mjj_min"]}
    parsed = dijet.make_context("dijet", []).params
    typed = {name for name, value in parsed.items() if value not in (None, ()) and name in settings}
    assert typed == {"events", "seed", "compact", "variation", "mjj_min", "mpi"}
    assert {name: parsed[name] for name in typed} == {name: settings[name] for name in typed}
    assert all(isinstance(p, click.Option) or p.name == "config" for p in dijet.params)
