"""`anomalon data` and `anomalon info`: what they write, print and refuse."""

import json
import tomllib
from dataclasses import replace

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from forty_mhz_events import forty_mhz_events
from parcels import Parcels
from raw_events import write_raw
from small_zenodo import small_zenodo

from anomalon.cli import main
from anomalon.cli.data import data, info
from anomalon.core.errors import AnomalonError, BadLayout, BadNumbers, DataError, TooFewEvents
from anomalon.data import available, load, public, sample, write
from anomalon.data.forty_mhz import write_forty_mhz
from anomalon.features import conversion, dijet
from anomalon.report import read_run
from anomalon.run import Processes


@pytest.fixture
def raw(tmp_path):
    """Nine dijets in the raw layout of the LHC Olympics; the last one has a single jet."""
    pytest.importorskip("fastjet")
    return write_raw(tmp_path / "raw.h5")


def run(command, *words):
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=True)


@pytest.mark.usefixtures("no_figures")
def test_convert_is_dijet_of_load(raw, tmp_path):
    out = tmp_path / "out.parquet"
    result = run(data, "convert", raw, out, "--stop", 8, "--size", 3, "--processes", 1, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["n_events"] == 8
    assert "raw.h5 -> out.parquet: 8/8 events" in result.stderr
    converted, direct = load(out), dijet(load(raw, stop=8))
    assert converted.digest() == direct.digest()
    np.testing.assert_array_equal(converted.label, direct.label)


def test_convert_refuses_an_output_before_any_work(raw, tmp_path, monkeypatch):
    monkeypatch.setattr("anomalon.features.conversion.do", None)  # would be a TypeError
    result = run(data, "convert", raw, raw / "o.parquet")
    assert isinstance(result.exception, DataError)
    assert f"o.parquet: cannot be written ({raw} is a file)" in str(result.exception)


def test_convert_counts_bad_rows_over_the_whole_file(raw, tmp_path):
    with h5py.File(raw, "r+") as file:
        file["df/block0_values"][[3, 7], 1] = np.nan  # eta
    result = run(data, "convert", raw, tmp_path / "o.parquet", "--size", 2, "--processes", 1)
    assert isinstance(result.exception, BadNumbers)
    assert "'eta': expected finite numbers" in str(result.exception)
    assert "2 of 9 rows (first: 3, 7)" in str(result.exception)
    assert not (tmp_path / "o.parquet").exists()


def test_convert_leaves_a_run_folder_that_repeats_it(raw, tmp_path, monkeypatch, capsys):
    out, again = tmp_path / "out.parquet", tmp_path / "again.parquet"
    options = ["--on-missing", "drop", "--size", "4", "--processes", "1"]
    assert main(["data", "convert", str(raw), str(out), *options]) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert said.startswith("out.parquet: 8 events, 1 dropped, features mJ1, dmJ, ")
    folder = tmp_path / "out.parquet.run"
    (section,) = read_run(folder).sections
    result = section.result
    assert (result.n_read, result.n_dropped, result.file.n_events) == (9, 1, 8)
    assert result.file.n_signal == 4
    assert result.file.digest == result.made == load(out).digest()
    assert result.file.size == out.stat().st_size
    assert [row.name for row in result.file.features] == list(load(out).names)
    assert all(row.counts.sum() == 8 for row in result.file.columns)
    assert all(check.passed for check in result.summary().checks)
    assert (folder / "report.html").read_text("utf-8").count("<svg") == 2
    assert not (folder / "store").exists(), "what is in the file is kept nowhere else"
    toml = tomllib.loads((folder / "run.toml").read_text("utf-8"))
    assert (toml["raw"], toml["out"], toml["size"]) == ("../raw.h5", "../out.parquet", 4)
    monkeypatch.setattr("anomalon.report.document.drawings_of", lambda *_: iter(()))
    repeat = ["data", "convert", str(folder / "run.toml"), str(again), "--processes", "1"]
    assert main(repeat) == 0
    assert load(again).digest() == load(out).digest()
    bad = ["data", "convert", str(folder / "run.toml"), "--set", "n_ta=2"]
    assert main(bad) == 2
    assert "n_ta: there is no such key; did you mean 'n_tau'?" in capsys.readouterr().err


@pytest.mark.usefixtures("no_figures")
def test_convert_writes_the_same_bytes_however_the_path_is_spelled(raw, tmp_path, monkeypatch):
    out = tmp_path / "out.parquet"
    options = ["--on-missing", "drop", "--processes", "1"]
    assert main(["data", "convert", str(raw), str(out), *options]) == 0
    before = out.read_bytes()
    assert load(out).source == "raw.h5 (1 of 9 events with fewer than two jets dropped)"
    assert main(["data", "convert", f"{out}.run/run.toml", "--processes", "1"]) == 0
    assert out.read_bytes() == before
    monkeypatch.chdir(tmp_path)
    assert main(["data", "convert", "raw.h5", "other.parquet", *options]) == 0
    assert (tmp_path / "other.parquet").read_bytes() == before


def test_convert_says_what_is_missing_in_words_that_can_be_typed(raw, tmp_path, capsys):
    assert main(["data", "convert", str(raw)]) == 2
    typed = f"`anomalon data convert {raw} FILE.parquet`"
    assert f"Missing argument 'OUT': {typed}." in " ".join(capsys.readouterr().err.split())
    config = tmp_path / "c.toml"
    config.write_text('raw = "raw.h5"\n')
    assert main(["data", "convert", str(config)]) == 2
    assert f'or a line out = "FILE.parquet" in {config}.' in capsys.readouterr().err


@pytest.mark.parametrize("name", ["o.csv", "o.h5", "o.root", "o.parquet.gz"])
def test_convert_refuses_a_name_of_another_format(raw, tmp_path, capsys, name):
    assert main(["data", "convert", str(raw), str(tmp_path / name)]) == 2
    assert "out: expected a name that ends in .parquet" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["raw.h5"]


@pytest.mark.usefixtures("no_figures")
def test_convert_goes_on_where_it_was_interrupted(raw, tmp_path, monkeypatch, capsys):
    out, real, done = tmp_path / "out.parquet", conversion._Rows.__call__, []

    def until_ctrl_c(piece, shared):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(piece.start)
        return real(piece, shared)

    arguments = ["data", "convert", str(raw), str(out), "--stop", "8", "--processes", "1"]
    assert main([*arguments, "--size", "2"]) == 0
    whole = out.read_bytes()
    out.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(conversion._Rows, "__call__", until_ctrl_c)
        assert main([*arguments, "--size", "2"]) == 130
        assert f"kept in {out}.run; run the same command again" in capsys.readouterr().err
        assert not out.exists()
        done.clear()
        assert main([*arguments, "--size", "2"]) == 0
        assert done == [4, 6]
    assert out.read_bytes() == whole


def test_a_run_folder_of_another_kind_is_refused(raw, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "result.json").write_text('{"kind": "search"}')
    arguments = [str(raw), str(tmp_path / "o.parquet"), "--run-folder", str(tmp_path / "mine")]
    assert main(["data", "convert", *arguments]) == 2
    assert "Choose another with --run-folder." in capsys.readouterr().err
    assert not (tmp_path / "o.parquet").exists()


@pytest.mark.usefixtures("no_figures")
def test_convert_in_several_processes(raw, tmp_path, monkeypatch):
    asked, digests = [], set()

    def hand_over(self, *work, **options):
        asked.append(self)
        return Parcels().map_unordered(*work, **options)

    monkeypatch.setattr(Processes, "map_unordered", hand_over)
    for n in (1, 2):
        out = tmp_path / f"{n}.parquet"
        result = run(data, "convert", raw, out, "--stop", 8, "--size", 4, "--processes", n)
        assert result.exit_code == 0, result.output
        digests.add(load(out).digest())
    assert len(digests) == 1
    assert asked == [Processes(2)]


@pytest.mark.usefixtures("no_figures")
def test_cores_is_the_former_name_of_processes(raw, tmp_path):
    out = tmp_path / "out.parquet"
    result = run(data, "convert", raw, out, "--stop", 2, "--cores", 1)
    assert result.exit_code == 0, result.output
    assert "--cores is now --processes" in result.stderr
    assert "--cores" not in run(data, "convert", "--help").output


@pytest.mark.usefixtures("no_figures")
def test_convert_with_other_features(raw, tmp_path):
    out = tmp_path / "out.parquet"
    options = ["--n-tau", 2, "--beta", 1, "--beta", 0.5, "--substructure", "taus", "--stop", 2]
    options += ["--processes", 1]
    assert run(data, "convert", raw, out, *options).exit_code == 0
    taus = [f"tau{n}_J{j}{b}" for b in ("", "_b0.5") for n in (1, 2) for j in (1, 2)]
    assert load(out).names == ("mJ1", "dmJ", *taus, "dR", "dY")


@pytest.mark.usefixtures("no_figures")
def test_convert_raises_or_drops_and_counts(raw, tmp_path):
    out = tmp_path / "out.parquet"
    result = run(data, "convert", raw, out, "--processes", 1)
    assert isinstance(result.exception, TooFewEvents)
    assert list(tmp_path.iterdir()) == [raw], "no file, and no run folder either"
    result = run(data, "convert", raw, out, "--on-missing", "drop", "--size", 4, "--processes", 1)
    assert "8 events, 1 dropped" in result.stdout
    assert "(1 of 9 events with fewer than two jets dropped)" in load(out).source


def test_convert_refuses_features(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"mjj": [1.0], "mJ1": [2.0]}), path)
    result = run(data, "convert", path, tmp_path / "out.parquet")
    assert isinstance(result.exception, BadLayout)
    assert "needs no conversion" in str(result.exception)


def test_list_tells_what_is_available():
    rows = json.loads(run(data, "list", "--json").stdout)
    assert tuple(row["name"] for row in rows) == available()
    words = run(data, "list").stdout
    assert all(name in words for name in available())
    assert words


def test_list_shows_samples_of_both_kinds(tmp_path, monkeypatch):
    folder = tmp_path / "samples"
    write_forty_mhz(forty_mhz_events(50), folder / "forty_mhz" / "forty_mhz_lq.h5")
    write(sample("qcd_data")[:20], folder / "qcd.parquet")
    monkeypatch.setattr("anomalon.data.catalogue.files", lambda package: tmp_path)
    events, dijets = json.loads(run(data, "list", "--json").stdout)
    objects = {"met": 1, "electron": 4, "muon": 4, "jet": 10}
    assert events == {
        "name": "forty_mhz_lq",
        "n_events": 50,
        "objects": objects,
        "features": ["pt", "eta", "phi"],
    }
    assert dijets["mass_low"] > 2500
    lines = run(data, "list").stdout.splitlines()
    assert lines[0].startswith("forty_mhz_lq: 50 events, objects 1 met, 4 electron, 4 muon, 10 jet")
    assert lines[1].startswith("qcd: 20 events, mass ")


def test_info_of_a_raw_file(raw):
    found = json.loads(run(info, raw, "--json").stdout)
    assert (found["gives"], found["n_events"], found["n_signal"]) == ("Events", 9, 4)
    words = run(info, raw).stdout
    assert "LHC Olympics 2020 particles" in words
    assert "9 (4 signal among the first 9)" in words


def test_info_with_columns_and_a_problem(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("m,a,kind\n1.5,2,qcd\n-2.5,3,qcd\n")
    good = run(info, path, "--mass", "a", "--feature", "m")
    assert good.exit_code == 0
    assert "not used     1: kind (string)" in good.stdout
    bad = run(info, path, "--mass", "m", "--feature", "a", "--scale", 1000)
    assert bad.exit_code == 1
    assert "problem      " in bad.stdout
    assert "expected no negative numbers, got e.g. -2500" in bad.stdout


def test_info_of_no_file(tmp_path):
    assert isinstance(run(info, tmp_path / "none").exception, AnomalonError)


def test_public_data_sets_are_listed():
    result = run(data, "public")
    assert "adc2021_background: 13451915 events, Standard Model events" in result.stdout
    assert "in one of Zenodo 7152590, 7152599, 7152614, 7152617" in result.stdout
    rows = json.loads(run(data, "public", "--json").stdout)
    assert [row["n_events"] for row in rows][:2] == [13_451_915, 4_210_492]
    assert rows[0]["pages"] == ["https://zenodo.org/records/5046389"]
    assert rows[0]["licence"] is None


def test_a_public_data_set_is_fetched(tmp_path, monkeypatch):
    small = {"adc2021_a": replace(public.PUBLIC["adc2021_a"], n_events=50)}
    monkeypatch.setattr(public, "PUBLIC", small)
    made = write_forty_mhz(forty_mhz_events(50), tmp_path / "made.h5").read_bytes()
    with small_zenodo({7152617: {"Ato4l.h5": made}}) as host:
        monkeypatch.setenv("ANOMALON_ZENODO", host.address)
        result = run(data, "download", "adc2021_a", "--out", tmp_path / "new", "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["n_events"] == 50
        assert "download adc2021_a: 1/1 MB" in result.stderr
        result = run(data, "download", "adc2021_a", "--out", tmp_path / "new")
    assert result.stdout.startswith(
        f"{tmp_path / 'new' / 'Ato4l.h5'}: 50 events, {len(made)} bytes"
    )


def test_a_host_that_nobody_reaches_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ANOMALON_ZENODO", "http://127.0.0.1:9")  # discard: nobody listens
    assert main(["data", "download", "adc2021_lq", "--out", str(tmp_path)]) == 1
    assert "fetch the file by hand from one of https://zenodo.org" in capsys.readouterr().err


def test_info_on_events_at_40_mhz(tmp_path):
    path = write_forty_mhz(forty_mhz_events(50), tmp_path / "e.h5")
    found = json.loads(run(info, path, "--json").stdout)
    assert (found["gives"], found["n_events"], found["problems"]) == ("Events", 50, [])
    assert "40 MHz" in found["layout"]
    assert {"pt", "process", "passes_l1"} <= {column["name"] for column in found["columns"]}
