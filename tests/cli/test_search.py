"""The command on a small toy: what it writes, says and returns."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv
from pyarrow import parquet as pq

from anomalon import load
from anomalon.cli import main
from anomalon.learn import BoostedTrees, save_scorer
from anomalon.search import Search

CONFIG = """
name = "Toy"
seed = 3
[data]
path = "toy.csv"
mass = "m"
features = ["x"]
[[windows]]
low = 3000
high = 3400
sideband_low = 2400
sideband_high = 4000
[search]
features = [["x"]]
n_members = 2
n_folds = 2
efficiencies = [0.1]
classifier = { kind = "boosted_trees", n_trees = 5 }
[search.fit]
shape = "exponential"
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A falling spectrum with one feature that knows nothing."""
    folder = tmp_path_factory.mktemp("toy")
    rng = np.random.default_rng(1)
    m = 2200 + rng.exponential(700, 12_000)
    x = rng.normal(size=len(m))
    np.savetxt(folder / "toy.csv", np.c_[m, x], "%.6g", ",", header="m,x", comments="")
    (folder / "toy.toml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def finished(toy):
    """A finished run, made once."""
    out = toy / "run"
    return main(["search", str(toy / "toy.toml"), "--out", str(out), "--processes", "1"]), out


@pytest.fixture
def copied(finished, tmp_path):
    """That run in a folder of one's own."""
    return shutil.copytree(finished[1], tmp_path / "copied")


def test_writes_a_run_folder(finished):
    status, out = finished
    assert status == 0
    assert {p.name for p in out.iterdir()} == {
        "run.toml", "result.json", "report.html", "figures", "environment.json",
        "references.bib", "store",
    }  # fmt: skip


@pytest.mark.usefixtures("no_figures")
def test_stdout_is_the_result_and_stderr_the_progress(copied, toy, capsys):
    out = copied
    arguments = ["search", str(toy / "toy.toml"), "--out", str(out), "--processes", "1", "--json"]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    tree = json.loads(captured.out)
    assert tree["report"] == str(out / "report.html")
    assert numbers(tree)["trials"] == 2
    assert "1 finished earlier" in captured.err


def numbers(tree):
    """The numbers of the one result that `--json` prints, by name."""
    (result,) = tree["results"]
    return {row["name"]: row["value"] for row in result["numbers"]}


@pytest.mark.usefixtures("no_figures")
def test_exits_with_1_if_a_check_of_the_best_trial_failed(finished, toy, monkeypatch, capsys):
    real = Search.run

    def poor(self, *args, **options):
        scan = real(self, *args, **options)

        def spoilt(cut):
            return replace(cut, fit=replace(cut.fit, deviance=1e6, p_value=0.0))

        windows = tuple(replace(w, cuts=tuple(spoilt(cut) for cut in w.cuts)) for w in scan.windows)
        return replace(scan, windows=windows)

    monkeypatch.setattr("anomalon.search.Search.run", poor)
    _, out = finished
    arguments = ["search", str(toy / "toy.toml"), "--processes", "1"]
    assert main([*arguments, "--out", str(out.with_name("poor"))]) == 1
    said = capsys.readouterr().out
    assert "Its checks failed: background fit" in said
    assert "check failed: 3000-3400 GeV" in said


@pytest.mark.usefixtures("no_figures")
def test_goes_on_from_what_is_stored_with_the_same_bytes(finished, toy, tmp_path):
    _, out = finished
    fresh = tmp_path / "fresh"
    assert main(["search", str(out / "run.toml"), "--out", str(fresh), "--processes", "1"]) == 0
    assert (fresh / "store").exists()
    before = json.loads((out / "result.json").read_text("utf-8"))
    after = json.loads((fresh / "result.json").read_text("utf-8"))
    for tree in (before, after):  # the two runs name the same file from different places
        for section in tree["sections"]:
            section["result"]["data"].pop("source")
    assert before == after


@pytest.mark.usefixtures("no_figures")
def test_pseudo_experiments_give_the_global_p_value(copied, toy, capsys):
    out = copied
    arguments = ["search", str(toy / "toy.toml"), "--out", str(out), "--processes", "1", "--json"]
    assert main([*arguments, "--toys", "3"]) == 0
    captured = capsys.readouterr()
    assert numbers(json.loads(captured.out))["pseudo-experiments"] == 3
    assert "1 finished earlier" in captured.err
    assert "n_toys = 3" in (out / "run.toml").read_text("utf-8")


def test_an_interruption_says_how_to_go_on(toy, monkeypatch, capsys, tmp_path):
    def interrupted(self, *args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("anomalon.search.Search.run", interrupted)
    out = tmp_path / "run"
    assert main(["search", str(toy / "toy.toml"), "--out", str(out)]) == 130
    assert "kept" not in capsys.readouterr().err  # for there is nothing
    (out / "store").mkdir(parents=True)
    assert main(["search", str(toy / "toy.toml"), "--out", str(out)]) == 130
    assert f"kept in {out}; run the same command again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "status", "message"),
    [
        ("search.nonsense=3", 2, "UnknownKey: search.nonsense"),
        ("search.n_folds=1", 2, "BadValue: search"),
        ("data.path=nowhere.csv", 1, "DataError: data.path"),
        ("data.mass=y", 1, "ColumnMissing"),
        ("nonsense", 2, "KEY=VALUE"),
    ],
)
def test_bad_input_is_one_clear_message(toy, capsys, tmp_path, setting, status, message):
    out = tmp_path / "run"
    arguments = ["search", str(toy / "toy.toml"), "--out", str(out), "--set", setting]
    assert main(arguments) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert not out.exists()


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Tables with a signal, a score that knows it and columns that may be cut on."""
    folder = tmp_path_factory.mktemp("scored")
    rng = np.random.default_rng(1)
    m = np.concatenate([2200 + rng.exponential(700, 12_000), rng.normal(3200, 40, 120)])
    score = np.concatenate([rng.normal(size=12_000), rng.normal(3, 0.5, 120)])
    columns = {
        "m": m, "x": rng.normal(size=len(m)), "my score": score, "loss": -score,
        "n_tags": rng.integers(0, 3, len(m)), "is_good": score > 2,
    }  # fmt: skip
    table = pa.table(columns)
    pq.write_table(table, folder / "toy.parquet")
    csv.write_csv(table.drop(["is_good"]), folder / "toy.csv")
    np.savetxt(folder / "hole.csv", np.c_[m, m], "%.6g", ",", header="m,x", comments="")
    text = (folder / "hole.csv").read_text().splitlines()
    text[7] = text[7].split(",")[0] + ",nan"
    (folder / "hole.csv").write_text("\n".join(text) + "\n")
    (folder / "toy.toml").write_text(CONFIG)
    return folder


def own(folder, out, *arguments):
    return main(
        ["search", str(folder / "toy.toml"), "--out", str(out), "--processes", "1", *arguments]
    )


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize("file", ["toy.csv", "toy.parquet"])
def test_a_column_of_the_file_takes_the_place_of_the_classifier(scored, tmp_path, capsys, file):
    out = tmp_path / "run"
    arguments = ["--set", f"data.path={file}", "--score", "-loss", "--cut", "'my score' > 2"]
    assert own(scored, out, *arguments, "--cut", "n_tags == 2 and loss < 0") == 0
    said = capsys.readouterr()
    assert "score, in the place of a classifier: -loss, flattened in mass" in said.out
    assert "own cut: 'my score' > 2" in said.out
    assert "features `x`, `my score`, `n_tags`, `loss`" in said.err
    result = json.loads((out / "result.json").read_text("utf-8"))["sections"][0]["result"]
    assert [w["by"] for w in result["windows"]] == ["score", "cut", "cut"]
    assert result["windows"][0]["cuts"][1]["z_local"] > 3
    assert result["windows"][1]["cuts"][1]["z_local"] > 6
    assert len(result["ledger"]) == 4
    assert "LightGBM" not in (out / "references.bib").read_text("utf-8")
    settings = (out / "run.toml").read_text("utf-8")
    assert 'score = "-loss"' in settings
    again = tmp_path / "again"
    assert main(["search", str(out / "run.toml"), "--out", str(again), "--processes", "1"]) == 0
    repeated = json.loads((again / "result.json").read_text("utf-8"))["sections"][0]["result"]
    assert repeated["ledger"] == result["ledger"]


@pytest.mark.usefixtures("no_figures")
def test_a_column_of_yes_and_no_and_one_with_a_blank_in_its_name(scored, tmp_path, capsys):
    data = ["--set", "data.path=toy.parquet", "--json"]
    assert own(scored, tmp_path / "flag", *data, "--score", "is_good") == 0
    assert own(scored, tmp_path / "blank", *data, "--score", "my score") == 0
    first, second = capsys.readouterr().out.splitlines()
    rows = json.loads(first)["results"][0]["numbers"]
    assert [row["text"] for row in rows if row["name"].startswith("score")] == [
        "is_good, flattened in mass"
    ]
    assert json.loads(second)["results"][0]["status"] == "excess"


@pytest.mark.usefixtures("no_figures")
def test_a_saved_scorer_is_named_in_the_settings(scored, tmp_path, capsys):
    sample = load(scored / "toy.csv", mass="m", features=["x", "loss"])
    low = sample[sample.column("loss") < -2]
    scorer = BoostedTrees(n_trees=3, n_leaves=4).fit(low, sample[:3000], seed=1)
    save_scorer(scorer, scored / "trees.npz")
    text = CONFIG.replace('features = [["x"]]', 'score = { file = "trees.npz" }')
    (scored / "saved.toml").write_text(text)
    out = tmp_path / "run"
    assert main(["search", str(scored / "saved.toml"), "--out", str(out), "--processes", "1"]) == 0
    assert "trees.npz, flattened in mass" in capsys.readouterr().out
    assert "trees.npz" in (out / "run.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--score", "los"], 1, "'los'; did you mean 'loss'"),
        (["--score", "loss +"], 2, "at character 7"),
        (["--cut", "loss"], 2, "expected a condition"),
        (["--cut", "los < 3"], 1, "did you mean 'loss'"),
        (["--cut", "loss < 3 and"], 2, "at character"),
        (["--score", "x", "--set", "data.path=hole.csv"], 1, "in 1 of 12120 rows (first: 6)"),
    ],
)
def test_a_score_that_is_none_is_one_clear_message(
    scored, tmp_path, capsys, arguments, status, message
):
    out = tmp_path / "run"
    assert own(scored, out, *arguments) == status
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert not out.exists()


def test_report_makes_the_page_again(finished, capsys):
    _, out = finished
    before = (out / "report.html").read_bytes()
    (out / "report.html").unlink()
    assert main(["report", str(out)]) == 0
    assert capsys.readouterr().out == f"{out / 'report.html'}\n"
    assert (out / "report.html").read_bytes() == before


def test_report_of_nothing_is_explained(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 1
    assert "no result.json" in capsys.readouterr().err
