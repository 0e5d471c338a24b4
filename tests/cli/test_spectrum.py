"""`anomalon bump` and `anomalon limit`, as a user types them."""

import json

import numpy as np
import pytest
import uproot
from parcels import Parcels

from anomalon.cli.main import main
from anomalon.run import Dask
from anomalon.stats import Exponential

EDGES = np.linspace(1000.0, 5000.0, 41)
FEW = ("--resolution", 0.05, "--masses", 2000, 2500)
COUNTS = np.random.default_rng(1).poisson(Exponential(2).integrate([5.0, -1.2], EDGES))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "mjj.csv"
    rows = [f"{a},{b},{n},{n + 0.5}" for a, b, n in zip(EDGES, EDGES[1:], COUNTS, strict=False)]
    path.write_text("\n".join(["low,high,count,fit", *rows]), encoding="utf-8")
    return path


def run(*arguments):
    return main([str(a) for a in arguments])


def said(capsys):
    """The one result that `--json` prints."""
    (found,) = json.loads(capsys.readouterr().out)["results"]
    return found


def written(folder):
    """The one result of a run folder."""
    (section,) = json.loads((folder / "result.json").read_text("utf-8"))["sections"]
    return section["result"]


def test_bump(table, tmp_path, capsys):
    options = ("--shape", "exponential", "--toys", 100, "--closure", 10, "--out", tmp_path / "run")
    assert run("bump", table, *options) == 0
    assert "global p-value" in capsys.readouterr().out
    assert (tmp_path / "run" / "report.html").exists()
    (tmp_path / "run" / "report.html").unlink()
    assert run("report", tmp_path / "run") == 0
    assert (tmp_path / "run" / "report.html").exists()


@pytest.mark.usefixtures("no_figures")
def test_whoever_does_the_work_the_result_is_the_same(table, tmp_path, monkeypatch, capsys):
    asked, results = [], set()

    def hand_over(self, *work, **options):
        asked.append(self)
        return Parcels().map_unordered(*work, **options)

    monkeypatch.setattr(Dask, "map_unordered", hand_over)  # that it starts workers: test_work.py
    for options in ((), ("--dask", "local", "--processes", 2)):
        job = ("--shape", "exponential", "--toys", 100, "--closure", 10, *options)
        assert run("bump", table, *job, "--out", tmp_path / "run") == 0
        results.add((tmp_path / "run" / "result.json").read_bytes())
        assert "dask" not in (tmp_path / "run" / "run.toml").read_text("utf-8")
    assert len(results) == 1
    assert set(asked) == {Dask("local", 2)}
    assert run("bump", table, "--dask", "tcp://127.0.0.1:1", "--processes", 2) == 2
    assert "has its own" in capsys.readouterr().err


@pytest.mark.usefixtures("no_figures")
def test_other_backgrounds(table, tmp_path, capsys):
    out = ("--toys", 100, "--out", tmp_path / "run", "--json")
    assert run("bump", table, "--background", "fit", *out) == 0
    assert "given as exact" in said(capsys)["how"]
    assert run("bump", table, "--reference", table, "--tau", 1, *out) == 0
    assert "finite size" in said(capsys)["how"]
    assert run("bump", table, "--reference", table, "--reference-column", "fit", *out) == 1
    assert "--reference-errors none" in capsys.readouterr().err  # weighted, or not?
    plain = ("--reference-column", "fit", "--reference-errors", "none")
    assert run("bump", table, "--reference", table, *plain, *out) == 0
    result = written(tmp_path / "run")
    assert result["fit"]["counts"] == COUNTS.tolist()
    tau = (COUNTS + 0.5).sum() / COUNTS.sum()
    assert result["fit"]["expected"] == pytest.approx(((COUNTS + 0.5) / tau).tolist())


@pytest.mark.usefixtures("no_figures")
def test_limit(table, tmp_path, capsys):
    arguments = ("--shape", "exponential", "--range", 1200, 4000, "--closure", 10)
    arguments += ("--out", tmp_path / "run")
    assert run("limit", table, *arguments) == 0
    captured = capsys.readouterr()
    assert "events at 95\u202f% confidence level" in captured.out
    read, *progress = captured.err.splitlines()
    assert read.startswith("read mjj.csv: counts from `count`; no errors: plain events; masses in")
    assert progress[0].startswith("Upper limits from mjj.csv: 0/")
    assert " left\n" in captured.err
    assert " left\n" not in captured.out
    edges = written(tmp_path / "run")["fit"]["edges"]
    assert (edges[0], edges[-1]) == (1200, 4000)


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("bump", ("--shape", "exponential", "--parameters", 2, 3, "--seed", 5, "--closure", 10)),
        ("bump", ("--resolution", 0.05, "--keep-order", "--deficit", "--closure", 0)),
        ("bump", ("--background", "fit", "--column", "count")),
        ("bump", ("--reference", "mjj.csv", "--tau", 1)),
        ("limit", ("--shape", "exponential", "--level", 0.9, "--closure", 10, *FEW)),
    ],
)
@pytest.mark.usefixtures("no_figures")
def test_the_toml_of_a_run_repeats_it_from_anywhere(
    table, tmp_path, monkeypatch, command, options, capsys
):
    monkeypatch.chdir(tmp_path)
    toys = ("--toys", 30) if command == "bump" else ()
    assert run(command, table.name, *options, *toys, "--out", "first") == 0
    elsewhere = tmp_path / "some" / "where"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    assert run(command, tmp_path / "first" / "run.toml", "--out", "again") == 0, capsys.readouterr()
    first, again = (p / "result.json" for p in (tmp_path / "first", elsewhere / "again"))
    assert first.read_bytes() == again.read_bytes()
    assert run(command, "again/run.toml", "--out", "third") == 0
    assert first.read_bytes() == (elsewhere / "third" / "result.json").read_bytes()


@pytest.mark.usefixtures("no_figures")
def test_options_win_over_the_toml(table, tmp_path, capsys):
    config = tmp_path / "mine.toml"
    config.write_text('file = "mjj.csv"\ntoys = 40\nshape = "exponential"\n', encoding="utf-8")
    out = ("--out", tmp_path / "run", "--json")
    assert run("bump", config, "--toys", 30, "--closure", 0, *out) == 0
    told = said(capsys)
    assert {row["name"]: row["value"] for row in told["numbers"] if "value" in row}[
        "pseudo-experiments"
    ] == 30
    assert told["kind"] == "bump hunt"
    settings = json.loads((tmp_path / "run" / "result.json").read_text("utf-8"))["settings"]
    assert (settings["shape"], settings["toys"]) == ("exponential", 30)


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ('file = "mjj.csv"\ntoyz = 3', 2, "unknown key 'toyz'; did you mean 'toys'?"),
        ('file = "mjj.csv"\nout = "x"', 2, "unknown key 'out'"),
        ("toys = 3", 2, "expected a key `file`"),
        ("file = 3", 2, "file: expected a path, got 3"),
        ("file = ", 2, "expected a TOML file"),
        ('file = "nothing.csv"', 1, "nothing.csv"),
        ('file = "mjj.csv"\ntoys = "many"', 2, "toys: expected a number, got 'many'"),
        ('file = "mjj.csv"\nbackground = "fit"\nresolution = 0.1', 2, "--resolution: only for"),
    ],
)
def test_what_is_wrong_in_a_toml_is_said(table, tmp_path, text, status, message, capsys):
    config = tmp_path / "mine.toml"
    config.write_text(text, encoding="utf-8")
    assert run("bump", config, "--out", tmp_path / "run") == status
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("no_figures")
def test_a_histogram_that_is_not_there(tmp_path, capsys):
    with uproot.recreate(tmp_path / "h.root") as file:
        file["mjj"], file["pt"] = (COUNTS, EDGES), (COUNTS, EDGES)
    out = ("--out", tmp_path / "run", "--toys", 20, "--closure", 0)
    assert run("bump", tmp_path / "h.root", "--histogram", "mj", *out) == 1
    assert "no histogram 'mj'; did you mean 'mjj'?" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    assert run("bump", tmp_path / "h.root", "--histogram", "mjj", *out) == 0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "at least one line of numbers"),
        ("1,2,3\n2,3", "got 2 in line 3"),
        ("1,2,3\n2,3,nan", "finite numbers"),
        ("1,2,3\n2,3,-1", "no negative numbers"),
        ("1,2,3\n4,5,1", "bins that join"),
        ("1,2,0\n2,3,0\n3,4,0", "filled bins"),
    ],
)
@pytest.mark.parametrize("command", ["bump", "limit"])
def test_a_bad_spectrum_is_one_clear_error(tmp_path, rows, message, command, capsys):
    (tmp_path / "bad.csv").write_text(f"low,high,count\n{rows}", encoding="utf-8")
    assert run(command, tmp_path / "bad.csv", "--out", tmp_path / "run") == 1
    lines = capsys.readouterr().err.splitlines()
    assert message in lines[-1]
    assert [line for line in lines if not line.startswith("read ")] == [lines[-1]]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--background", "fit", "--reference", "x.csv"), 2, "not both"),
        (("--tau", "2"), 2, "there is none"),
        (("--tau", "0"), 2, "there is none"),
        (("--reference-column", "fit"), 2, "--reference-column is the counts of a --reference"),
        (("--reference", "TABLE", "--tau", "0"), 2, "above 0, got 0"),
        (("--background", "fit", "--resolution", "0.03"), 2, "--resolution: only for a background"),
        (("--reference", "TABLE", "--shape", "ua2"), 2, "--shape: only for a background that is"),
        (("--background", "fitt"), 1, "did you mean 'fit'"),
        (("--widths", "5", "2"), 2, "expected 1 <= MIN <= MAX bins, got 5 and 2"),
        (("--widths", "0", "2"), 2, "expected a whole number of at least 1, got 0"),
        (("--resolution", "2"), 2, "in (0, 1), got 2"),
        (("--shape", "dijt"), 2, "did you mean 'dijet'"),
        (("--parameters", "4", "2"), 2, "expected MIN <= MAX"),
        (("--range", "1", "2"), 1, "no bin lies between 1 and 2 GeV"),
        (("--histogram", "mass"), 2, "for ROOT and YODA files"),
    ],
)
def test_what_is_wrong_is_said(table, tmp_path, arguments, status, message, capsys):
    arguments = [table if a == "TABLE" else a for a in arguments]
    out = tmp_path / "run"
    assert run("bump", table, *arguments, "--out", out) == status
    assert message in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.usefixtures("no_figures")
def test_failed_checks_are_said_and_leave_a_result(tmp_path, capsys):
    path = tmp_path / "steps.csv"
    counts = np.where(np.arange(40) % 20 < 10, 900, 300)
    rows = [f"{a},{b},{n}" for a, b, n in zip(EDGES, EDGES[1:], counts, strict=False)]
    path.write_text("\n".join(["low,high,count", *rows]), encoding="utf-8")
    for command, more in (("bump", ("--toys", 20)), ("limit", ())):
        options = ("--shape", "exponential", "--closure", 0, "--out", tmp_path / command, *more)
        assert run(command, path, *options) == 0
        assert "check failed: background fit: exponential" in capsys.readouterr().out
        page = (tmp_path / command / "report.html").read_text(encoding="utf-8")
        box = page[page.index('class="problems bad"') :]
        assert "background fit: exponential" in box[: box.index("</div>")]
