"""`anomalon data` and `anomalon info`: what they write, print and refuse."""

import json

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from anomalon.cli.data import data, info
from anomalon.core.errors import AnomalonError, BadLayout, BadNumbers, DataError, TooFewEvents
from anomalon.data import available, load
from anomalon.features import dijet


@pytest.fixture
def raw(tmp_path):
    """Nine dijets in the raw layout of the LHC Olympics; the last one has a single jet."""
    pytest.importorskip("fastjet")
    rng = np.random.default_rng(5)
    table = np.zeros((9, 700, 3))
    for j in range(2):
        part = slice(30 * j, 30 * (j + 1))
        table[:, part, 0] = 1 + rng.exponential(40, (9, 30))
        table[:, part, 1] = rng.normal(0, 0.1, (9, 30))
        table[:, part, 2] = 3 * j + rng.normal(0, 0.05, (9, 30))
    table[8, 30:] = 0
    path = tmp_path / "raw.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("df")
        group.attrs["pandas_type"] = np.bytes_("frame")
        group.attrs["nblocks"] = 1
        group["axis0"] = group["block0_items"] = np.arange(2101)
        group["axis1"] = np.arange(9)
        group["block0_values"] = np.column_stack([table.reshape(9, 2100), np.arange(9) % 2])
    return path


def run(command, *words):
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=True)


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
    monkeypatch.setattr("anomalon.cli.data._converted", None)  # would be a TypeError
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


@pytest.mark.slow
def test_convert_in_several_processes(raw, tmp_path):
    digests = set()
    for n in (1, 2):
        out = tmp_path / f"{n}.parquet"
        result = run(data, "convert", raw, out, "--stop", 8, "--size", 4, "--processes", n)
        assert result.exit_code == 0, result.output
        digests.add(load(out).digest())
    assert len(digests) == 1


def test_cores_is_the_former_name_of_processes(raw, tmp_path):
    out = tmp_path / "out.parquet"
    result = run(data, "convert", raw, out, "--stop", 2, "--cores", 1)
    assert result.exit_code == 0, result.output
    assert "--cores is now --processes" in result.stderr
    assert "--cores" not in run(data, "convert", "--help").output


def test_convert_with_other_features(raw, tmp_path):
    out = tmp_path / "out.parquet"
    options = ["--n-tau", 2, "--beta", 1, "--beta", 0.5, "--substructure", "taus", "--stop", 2]
    assert run(data, "convert", raw, out, *options).exit_code == 0
    taus = [f"tau{n}_J{j}{b}" for b in ("", "_b0.5") for n in (1, 2) for j in (1, 2)]
    assert load(out).names == ("mJ1", "dmJ", *taus, "dR", "dY")


def test_convert_raises_or_drops_and_counts(raw, tmp_path):
    out = tmp_path / "out.parquet"
    result = run(data, "convert", raw, out, "--processes", 1)
    assert isinstance(result.exception, TooFewEvents)
    assert list(tmp_path.iterdir()) == [raw]
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
