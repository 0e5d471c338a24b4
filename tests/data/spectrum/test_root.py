"""Histograms of ROOT: titles, squares of weights, and what is no histogram of events."""

import hist
import numpy as np
import pytest
import uproot

from anomalon.core.errors import BadLayout, BadNumbers, BadValue
from anomalon.data import SpectrumChoices, read_spectrum

EDGES = np.array([1000.0, 1100.0, 1250.0, 1500.0, 1900.0])
COUNTS = np.array([40.0, 30.0, 20.0, 10.0])
WIDTHS = np.diff(EDGES)


@pytest.fixture
def read(tmp_path):
    """A TH1D with these titles, read."""

    def call(counts=COUNTS, squares=None, x="", y="", edges=EDGES, name="h", **options):
        axes = [
            uproot.writing.identify.to_TAxis(
                "xaxis", x, 4, edges[0], edges[-1], fXbins=np.asarray(edges)
            ),
            uproot.writing.identify.to_TAxis("yaxis", y, 1, 0.0, 1.0),
        ]
        kept = np.array([]) if squares is None else np.array([0.0, *squares, 0.0])
        made = uproot.writing.identify.to_TH1x(
            name, "", np.array([0.0, *counts, 0.0]), 4, 1.0, 1.0, 1.0, 1.0, kept, *axes
        )
        with uproot.recreate(tmp_path / "h.root") as file:
            file[name] = made
        return read_spectrum(tmp_path / "h.root", SpectrumChoices(**options))

    return call


def test_titles_say_units(read):
    found = read(x="m_{jj} [TeV]", edges=EDGES / 1000)
    assert found.edges.tolist() == EDGES.tolist()
    assert found.roles == (
        "counts from `h` (TH1D)",
        "no errors: plain events",
        "masses in TeV (as `m_{jj} [TeV]` says), converted to GeV",
    )
    told = read(x="m_{jj} [GeV]", edges=EDGES / 1000, unit="TeV")
    assert told.edges.tolist() == EDGES.tolist()
    assert "(as told; the file says GeV)" in told.roles[-1]


@pytest.mark.parametrize(
    ("title", "per"), [("Events / GeV", 1), ("Events / 20 GeV", 20), ("dN/dm", 1), ("1/GeV", 1)]
)
def test_titles_say_densities(read, title, per):
    values, squares = COUNTS / WIDTHS * per, COUNTS / WIDTHS**2 * per**2
    with pytest.raises(BadValue, match="by its header divided by the widths"):
        read(values, squares, y=title)
    found = read(values, squares, y=title, per_width=True)
    assert found.counts.tolist() == COUNTS.tolist()
    assert found.variances is None


def test_titles_say_cross_sections_and_what_is_no_event(read):
    title = "#frac{d#sigma}{dm_{jj}} [pb/GeV]"
    values, squares = COUNTS / WIDTHS / 139e3, COUNTS / (WIDTHS * 139e3) ** 2
    found = read(values, squares, y=title, per_width=True, luminosity=139)
    assert found.counts.tolist() == COUNTS.tolist()
    for y in ("a.u.", "Efficiency", "Data / MC", "Arbitrary units"):
        with pytest.raises(BadNumbers, match="which by its name is"):
            read(y=y)
    with pytest.raises(BadNumbers, match="an efficiency"):
        read([0.4, 0.3, 0.2, 0.1], name="eff_mjj")
    with pytest.raises(BadNumbers, match=r"all in \[0, 1\]"):
        read([0.4, 0.3, 0.2, 0.15], name="h")


def test_a_title_of_the_width_of_the_bins_is_one_of_events(read):
    edges = np.linspace(1000.0, 1400.0, 5)
    assert read(y="Events / 100 GeV", edges=edges).counts.tolist() == COUNTS.tolist()
    with pytest.raises(BadValue, match="--no-per-width"):  # a title that is older than a rebinning
        read(y="Events / 50 GeV", edges=edges)
    kept = read(y="Events / 50 GeV", edges=edges, per_width=False)
    assert kept.counts.tolist() == COUNTS.tolist()


def test_weights(read):
    assert read(COUNTS / 4, COUNTS / 16).variances.tolist() == (COUNTS / 16).tolist()
    assert read(COUNTS, COUNTS).variances is None
    with pytest.raises(BadNumbers, match="no errors: the variances of weighted events"):
        read(COUNTS * 0.33)
    assert read(COUNTS * 0.33, errors="none").variances is None
    with pytest.raises(BadValue, match="knows its own"):
        read(COUNTS, COUNTS, errors="Sumw2")


def test_exact_numbers(read):
    found = read(COUNTS * 0.33, exact=True)
    assert found.counts == pytest.approx(COUNTS * 0.33)
    assert found.roles[0] == "expected events from `h` (TH1D)"


@pytest.mark.parametrize("name", ["h", "/h", "h;1"])
def test_names(read, name):
    assert read(histogram=name).counts.tolist() == COUNTS.tolist()


def test_other_objects_are_named(tmp_path):
    two = hist.Hist(hist.axis.Regular(2, 0, 1), hist.axis.Regular(2, 0, 1))
    profile = hist.Hist(hist.axis.Regular(2, 0, 1), storage=hist.storage.WeightedMean())
    profile.fill([0.1, 0.2], sample=[1, 2])
    with uproot.recreate(tmp_path / "other.root") as file:
        file["two"], file["profile"] = two, profile
    with pytest.raises(BadLayout, match=r"'two' \(TH2D\), a two-dimensional histogram: project"):
        read_spectrum(tmp_path / "other.root", SpectrumChoices(histogram="two"))
    with pytest.raises(BadLayout, match=r"'profile' \(TProfile\), a profile of means"):
        read_spectrum(tmp_path / "other.root", SpectrumChoices(histogram="profile"))
    with pytest.raises(BadLayout, match="There is a two-dimensional histogram"):
        read_spectrum(tmp_path / "other.root")
