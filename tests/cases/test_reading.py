"""Files that once gave a wrong answer: what a column, a bin and a unit mean.

Each asks for the right value with the commands of a user. Values come from the counts behind the
files: the same events as plain counts, or sums of Poisson probabilities.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import poisson

from anomalon.cli.main import main
from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.data import SpectrumChoices, read_spectrum
from anomalon.search import About, HuntSettings, SmoothBackground, hunt_bump
from anomalon.stats.numerics.pvalues import z_from_p

SPECTRA = Path(__file__).parent / "spectra"


@pytest.fixture
def run(tmp_path, no_figures):
    """A command on one of the files: its result."""

    def call(command, name, *options):
        arguments = [command, str(SPECTRA / name), *options, "--closure", "0"]
        if "--background" in options:
            arguments = arguments[:-2]
        toys = ["--toys", "10"] if command == "bump" else []
        assert main([*arguments, *toys, "--out", str(tmp_path / "run")]) == 0
        (section,) = json.loads((tmp_path / "run" / "result.json").read_text("utf-8"))["sections"]
        return section["result"]

    return call


def bump(run, name, *options):
    return run("bump", name, "--shape", "exponential", *options)


@pytest.mark.parametrize(
    ("name", "options"), [("w_var.csv", ("--column", "count")), ("w_cerr.csv", ())]
)
def test_errors_of_weighted_events_are_used(run, name, options):
    """15 events of weight 20 over 172/20."""
    found = bump(run, name, *options)["window"]
    assert (found["low"], found["high"], found["n"]) == (2300, 2400, 300)
    p = poisson.sf(14, found["expected"] / 20)
    assert found["z_local"] == pytest.approx(float(z_from_p(p)), abs=1e-6)
    assert found["z_local"] == pytest.approx(1.88, abs=0.01)


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("err_sq", lambda v, n: v),
        ("sum_of_weights_squared", lambda v, n: v),
        ("sqrt(sumw2)", lambda v, n: v**0.5),
        ("err_in_per_cent", lambda v, n: 100 * v**0.5 / np.maximum(n, 1)),
        ("error (68% CL)", lambda v, n: v**0.5),
    ],
)
def test_errors_of_weighted_events_are_used_under_any_name(run, tmp_path, name, of):
    """The same 15 events of weight 20."""
    table = np.genfromtxt(SPECTRA / "w_var.csv", delimiter=",", names=True)
    errors = of(table["variance"], table["count"])
    rows = zip(table["low"], table["high"], table["count"], errors, strict=True)
    path = tmp_path / "named.csv"
    lines = [",".join(f"{cell:.10g}" for cell in row) for row in rows]
    path.write_text("\n".join([f"low,high,count,{name}", *lines]), "utf-8")
    assert bump(run, path)["window"]["z_local"] == pytest.approx(1.88, abs=0.01)


def test_the_uncertainty_of_a_background_is_not_that_of_the_data(run, capsys):
    command = ["bump", str(SPECTRA / "obs_bkg.csv"), "--background", "Background"]
    assert main(command) == 1
    said = capsys.readouterr().err
    assert "`Uncertainty`, which may be the errors of `Data` or `Background`" in said
    assert "--errors none" in said
    found = run("bump", "obs_bkg.csv", "--background", "Background", "--errors", "none")["window"]
    assert (found["n"], found["expected"]) == (721, 598.72)
    assert found["z_local"] == pytest.approx(float(z_from_p(poisson.sf(720, 598.72))), abs=1e-6)
    assert found["z_local"] == pytest.approx(4.83, abs=0.005)


def test_errors_in_percent_are_those_of_plain_events(run):
    assert (
        bump(run, "pct.csv")["window"]["z_local"] == bump(run, "pct_plain.csv")["window"]["z_local"]
    )
    assert bump(run, "pct.csv")["window"]["z_local"] == pytest.approx(2.17, abs=0.005)


def test_events_per_gev_are_multiplied_by_widths_when_that_is_said(run, capsys):
    assert main(["bump", str(SPECTRA / "flat_pergev.csv")]) == 2
    assert "`Events / GeV`, which is by its header divided" in capsys.readouterr().err
    found = bump(run, "flat_pergev.csv", "--per-width")["window"]
    assert found["z_local"] == bump(run, "flat_counts.csv")["window"]["z_local"]
    assert found["z_local"] == pytest.approx(3.82, abs=0.005)


def test_contents_divided_by_widths_are_found_by_their_errors(run, capsys):
    path = SPECTRA / "varwidth.root"
    assert main(["bump", str(path), "--histogram", "varwidth"]) == 2
    assert "by its errors divided by the widths" in capsys.readouterr().err
    found = bump(run, "varwidth.root", "--histogram", "varwidth", "--per-width")["window"]
    whole = bump(run, "varwidth.root", "--histogram", "var")["window"]
    assert found["z_local"] == pytest.approx(whole["z_local"], abs=1e-9)
    assert found["z_local"] == pytest.approx(1.58, abs=0.005)
    one, other = (
        read_spectrum(path, SpectrumChoices(histogram="varwidth", per_width=True)),
        read_spectrum(path, SpectrumChoices(histogram="var")),
    )
    assert np.array_equal(one.counts, other.counts)
    assert one.variances is None
    assert other.variances is None


@pytest.mark.parametrize(
    ("histogram", "error", "match"),
    [
        ("scaled_nosumw2", BadNumbers, r"e\.g\. 442\.6 and no errors"),
        ("negative", BadNumbers, "no negative numbers"),
        ("nan", BadNumbers, "finite numbers"),
        ("zeroerr", BadNumbers, "bin 4 of `zeroerr` has 2096 events with an error of 0"),
    ],
)
def test_histograms_that_cannot_be_right(histogram, error, match):
    with pytest.raises(error, match=match):
        read_spectrum(SPECTRA / "varwidth.root", SpectrumChoices(histogram=histogram))


def test_masses_in_tev_are_tev(run):
    read = read_spectrum(SPECTRA / "tev.csv")
    assert read.edges[:4].tolist() == [1000, 1100, 1200, 1300]
    assert "masses in TeV (as `m_jj LOW [TeV]` says), converted to GeV" in read.roles[2]
    found = run("limit", "tev.csv", "--shape", "dijet", "--choice", "test")
    assert 1000 < min(found["masses"]) < 1100
    assert 2700 < max(found["masses"]) < 3000


@pytest.mark.parametrize("name", ["semi_comma.csv", "space.txt", "xlow.csv", "latin1.csv"])
def test_dialects_are_read(name):
    read = read_spectrum(SPECTRA / name)
    assert (
        read.counts.tolist()
        == [4000, 2500, 1600, 1000, 640, 400, 250, 160, 100, 64][: len(read.counts)]
    )
    assert len(read.counts) > 6
    assert read.edges.tolist() == (1000 + 100 * np.arange(len(read.edges))).tolist()
    assert read.variances is None


def test_an_efficiency_is_refused():
    with pytest.raises(BadNumbers, match="`efficiency`, which by its name is an efficiency"):
        read_spectrum(SPECTRA / "eff.csv")


def test_what_was_read_is_said_and_kept(run, capsys):
    found = bump(run, "w_var.csv")
    roles = [
        "counts from `count`",
        "errors from `variance`",
        "masses in GeV (no unit is given), from `low` and `high`",
    ]
    assert found["roles"] == roles
    assert capsys.readouterr().err.startswith(f"read w_var.csv: {'; '.join(roles)}\n")


def test_what_was_read_goes_with_the_spectrum_in_python():
    table = read_spectrum(SPECTRA / "w_var.csv")
    smooth = SmoothBackground("exponential", 2, 2)
    assert hunt_bump(table, smooth, HuntSettings(n_toys=10, n_closure=0)).roles == table.roles
    told = hunt_bump(
        table, smooth, HuntSettings(n_toys=10, n_closure=0), about=About(roles=("mine",))
    )
    assert told.roles == ("mine",)


def test_the_error_of_a_wrong_option_says_which(capsys):
    with pytest.raises(BadLayout, match=r"--errors 'Uncertainty'"):
        read_spectrum(SPECTRA / "obs_bkg.csv")
    with pytest.raises(BadValue, match="expected eV, keV, MeV, GeV, TeV, got 'fm'"):
        read_spectrum(SPECTRA / "w_var.csv", SpectrumChoices(unit="fm"))
