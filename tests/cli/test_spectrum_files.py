"""What `anomalon bump` and `limit` read: options, roles, references, standard input and pipes."""

import io
import json
import os
import threading
import tomllib
from itertools import pairwise

import numpy as np
import pytest
import uproot

from anomalon.cli.main import main

EDGES = np.linspace(1000.0, 3000.0, 21)
COUNTS = np.round(4000 * np.exp(-np.arange(20) / 4)).astype(int)
FAST = ("--shape", "exponential", "--closure", "0")
FEW = ("--resolution", 0.05, "--masses", 1500, 2000)  # of the masses of a limit


def table(header="low,high,count", columns=None, edges=EDGES):
    columns = [COUNTS] if columns is None else columns
    rows = [
        ",".join(map(str, [low, high, *(column[i] for column in columns)]))
        for i, (low, high) in enumerate(pairwise(edges))
    ]
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def write(tmp_path):
    def call(name, *arguments, **options):
        path = tmp_path / name
        path.write_text(table(*arguments, **options), encoding="utf-8")
        return path

    return call


pytestmark = pytest.mark.usefixtures("no_figures")


def run(*arguments):
    few = ("--toys", 10) if arguments[0] == "bump" else FEW
    return main([str(a) for a in (*arguments, *few)])


def result(folder):
    (section,) = json.loads((folder / "result.json").read_text("utf-8"))["sections"]
    return section["result"]


@pytest.mark.parametrize("command", ["bump", "limit"])
def test_roles_are_said_first_and_stand_on_the_page(write, tmp_path, command, capsys):
    path = write("s.csv", "low [TeV],high [TeV],count,fit", [COUNTS, COUNTS + 0.5], EDGES / 1000)
    assert run(command, path, *FAST, "--out", tmp_path / "run") == 0
    roles = (
        "counts from `count`",
        "no errors: plain events",
        "masses in TeV (as `low [TeV]` says), converted to GeV, from `low [TeV]` and `high [TeV]`",
        "left out: `fit`",
    )
    assert capsys.readouterr().err.splitlines()[0] == f"read s.csv: {'; '.join(roles)}"
    assert tuple(result(tmp_path / "run")["roles"]) == roles
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    part = page[page.index("what was read") :]
    part = part[: part.index("</table>")]
    assert all(role in part for role in roles)
    assert main(["report", str(tmp_path / "run")]) == 0
    assert part in (tmp_path / "run" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("command", ["bump", "limit"])
def test_options_reach_the_file_and_its_toml(write, tmp_path, command):
    header = "low,high,dsigma/dm [pb/GeV],stat,sys"
    width = 0.1  # in TeV
    values = COUNTS / (width * 1000) / 2000
    columns = [values, np.sqrt(COUNTS) / (width * 1000) / 2000, values * 0.1]
    path = write("s.csv", header, columns, EDGES / 1000)
    options = ("--unit", "TeV", "--per-width", "--luminosity", 2, "--errors", "stat")
    options += ("--table", 1, "--column", "dsigma/dm [pb/GeV]")
    assert run(command, path, *FAST, *options, "--out", tmp_path / "run") == 0
    found = result(tmp_path / "run")
    assert found["fit"]["counts"] == pytest.approx(COUNTS.tolist())
    assert found["fit"]["edges"] == EDGES.tolist()
    toml = tomllib.loads((tmp_path / "run" / "run.toml").read_text("utf-8"))
    given = {"errors": ["stat"], "per_width": True, "unit": "TeV", "table": "1", "luminosity": 2.0}
    assert {key: toml[key] for key in given} == given
    assert main([command, str(tmp_path / "run" / "run.toml"), "--out", str(tmp_path / "b")]) == 0
    one, two = (tmp_path / name / "result.json" for name in ("run", "b"))
    assert one.read_bytes() == two.read_bytes()


def test_errors_in_toml_may_be_one_name(write, tmp_path):
    header = "low,high,Data,Background,Uncertainty"
    write("s.csv", header, [COUNTS, COUNTS + 0.5, COUNTS * 0.3])
    for errors, variance in (("none", False), ("Uncertainty", True)):
        config = tmp_path / "mine.toml"
        config.write_text(f'file = "s.csv"\nerrors = "{errors}"\ntoys = 10\nclosure = 0\n')
        assert main(["bump", str(config), "--out", str(tmp_path / errors)]) == 0
        roles = result(tmp_path / errors)["roles"]
        assert ("errors from `Uncertainty`" in roles) == variance


def test_several_errors_are_added(write, tmp_path):
    path = write("s.csv", "low,high,n,err a,err b", [COUNTS, COUNTS * 0.3, COUNTS * 0.4])
    options = ("--errors", "err a", "--errors", "err b", "--out", tmp_path / "run")
    assert run("bump", path, *FAST, *options) == 0
    assert result(tmp_path / "run")["roles"][1].startswith("errors from `err a`, `err b`, added in")


def test_background_in_the_same_file_is_read_alike(write, tmp_path, capsys):
    width = np.diff(EDGES)
    columns = [COUNTS / width, (COUNTS + 0.5) / width, COUNTS / width]
    path = write("s.csv", "low,high,Events / GeV,Background / GeV,Background error", columns)
    options = ("--background", "Background / GeV", "--per-width", "--out", tmp_path / "run")
    assert run("bump", path, *options) == 0
    fit = result(tmp_path / "run")["fit"]
    assert fit["counts"] == pytest.approx(COUNTS.tolist())
    assert fit["expected"] == pytest.approx((COUNTS + 0.5).tolist())
    said = capsys.readouterr().err.splitlines()
    assert said[1].startswith("read s.csv, the background: expected events from `Background / GeV`")
    assert "`Background error` (errors: the numbers are exact)" in said[1]
    assert result(tmp_path / "run")["roles"][-1].startswith("background: expected events from")
    capsys.readouterr()
    assert run("bump", path, "--background", "Background / GeV") == 2
    assert "--per-width" in capsys.readouterr().err


def test_a_reference_takes_the_options_that_fit_it(write, tmp_path, capsys):
    width = np.diff(EDGES)
    data = write("d.csv", "low,high,Events / GeV", [COUNTS / width])
    counts = write("r.csv", "low,high,count", [COUNTS * 3])
    density = write("q.csv", "low,high,MC / GeV,error", [COUNTS * 3 / width, COUNTS / width])
    for reference, errors in ((counts, False), (density, True)):
        options = ("--reference", reference, "--tau", 3, "--per-width", "--out", tmp_path / "run")
        assert run("bump", data, *options) == 0
        found = result(tmp_path / "run")
        assert found["fit"]["counts"] == pytest.approx(COUNTS.tolist())
        assert found["fit"]["expected"] == pytest.approx(COUNTS.tolist())
        said = [role for role in found["roles"] if role.startswith(f"reference {reference.name}: ")]
        assert any("errors from `error`" in role for role in said) == errors
    assert "which are not divided by widths" in capsys.readouterr().err


def test_errors_of_a_reference_have_their_own_option(write, tmp_path, capsys):
    data = write("d.csv")
    columns = [COUNTS + 0.5, COUNTS * 1.0, COUNTS * 0.3]
    reference = write("r.csv", "low,high,MC,signal,Uncertainty", columns)
    options = ("--reference", reference, "--reference-column", "MC", "--tau", 1)
    options += ("--out", tmp_path / "run")
    assert run("bump", data, *options) == 1
    assert "(--reference-errors 'Uncertainty')" in capsys.readouterr().err
    assert run("bump", data, *options, "--reference-errors", "Uncertainty") == 0
    assert "errors from `Uncertainty`" in result(tmp_path / "run")["roles"][-3]
    assert run("bump", data, "--reference-errors", "x") == 2
    assert "there is none" in capsys.readouterr().err


def same_again(command, folder, tmp_path):
    """Whether run.toml repeats the run."""
    assert main([command, str(folder / "run.toml"), "--out", str(tmp_path / "again")]) == 0
    first, again = (path / "result.json" for path in (folder, tmp_path / "again"))
    return first.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("command", ["bump", "limit"])
def test_standard_input_is_kept_in_the_run_folder(tmp_path, command, monkeypatch, capsys):
    content = table().encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    folder = tmp_path / "run"
    assert run(command, "-", *FAST, "--out", folder) == 0
    assert capsys.readouterr().err.startswith("read input.csv: counts from `count`")
    assert (folder / "input.csv").read_bytes() == content
    assert 'file = "input.csv"' in (folder / "run.toml").read_text("utf-8")
    assert same_again(command, folder, tmp_path)


def fifo(tmp_path, name, content):
    """A pipe that somebody writes to."""
    path = tmp_path / name
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=(content,), daemon=True).start()
    return path


def test_pipes_are_read_once_and_kept(tmp_path):
    background = table("low,high,count,bkg", [COUNTS, COUNTS + 0.5]).encode()
    folder = tmp_path / "run"
    pipe = fifo(tmp_path, "data", background)
    assert run("bump", pipe, "--background", "bkg", "--out", folder) == 0
    assert same_again("bump", folder, tmp_path)
    pipes = fifo(tmp_path, "one", table().encode()), fifo(tmp_path, "two", background)
    options = ("--reference", pipes[1], "--reference-column", "count", "--out", tmp_path / "both")
    assert run("bump", pipes[0], *options) == 0
    assert {"input.csv", "reference.csv"} <= {p.name for p in (tmp_path / "both").iterdir()}
    assert same_again("bump", tmp_path / "both", tmp_path)


def test_binary_files_come_through_pipes_too(tmp_path):
    with uproot.recreate(tmp_path / "h.root") as file:
        file["h"] = (COUNTS.astype(float), EDGES)
    pipe = fifo(tmp_path, "pipe", (tmp_path / "h.root").read_bytes())
    assert run("bump", pipe, *FAST, "--out", tmp_path / "run") == 0
    assert (tmp_path / "run" / "input.root").exists()
    assert same_again("bump", tmp_path / "run", tmp_path)


def test_nothing_is_left_of_a_pipe_that_cannot_be_read(tmp_path, capsys):
    assert run("bump", fifo(tmp_path, "eff", table("low,high,eff").encode()), "--out",
               tmp_path / "run") == 1  # fmt: skip
    assert "by its name is an efficiency" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_shell_pipes(tmp_path, monkeypatch, capsys):
    """A real pipe as standard input, which cannot be read twice."""
    there, ours = os.pipe()
    with os.fdopen(ours, "w") as file:
        file.write(table())
    with os.fdopen(there) as pipe:
        monkeypatch.setattr("sys.stdin", pipe)
        assert run("bump", "-", *FAST, "--out", tmp_path / "run", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["folder"] == str(tmp_path / "run")
    assert result(tmp_path / "run")["roles"][0] == "counts from `count`"
    assert (tmp_path / "run" / "input.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--unit", "fm"), "expected eV, keV, MeV, GeV, TeV, got 'fm'"),
        (("--luminosity", "0"), "above 0, got 0"),
        (("--per-width",), "its whole numbers say. Leave it out"),
        (("--errors", "err"), "no column of errors 'err'; there is none at all"),
        (("--table", "7"), "no table '7' among 1"),
    ],
)
@pytest.mark.parametrize("command", ["bump", "limit"])
def test_options_that_do_not_fit_are_refused(write, tmp_path, command, arguments, message, capsys):
    assert run(command, write("s.csv"), *arguments, "--out", tmp_path / "run") in (1, 2)
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1200, 2800, "16 of 20 bins, from 1200 to 2800 GeV"),
        (1200.0001, 2800, "16 of 20 bins, from 1200 to 2800 GeV"),
        (1250, 2800, "15 of 20 bins, from 1300 to 2800 GeV; it cuts through a bin, left out"),
        (1250, 2750, "14 of 20 bins, from 1300 to 2700 GeV; it cuts through two bins, left out"),
        (0, 9000, "20 of 20 bins, from 1000 to 3000 GeV"),
    ],
)  # fmt: skip
def test_bins_that_a_range_leaves_out_are_said(write, tmp_path, capsys, low, high, said):
    path = write("s.csv")
    folder = tmp_path / "run"
    assert run("bump", path, *FAST, "--range", low, high, "--out", folder) == 0
    role = f"--range {low:g} {high:g}: {said}"
    assert role in capsys.readouterr().err.splitlines()[0]
    assert result(folder)["roles"][-1] == role
