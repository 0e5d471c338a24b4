"""Histograms in text, Parquet and ROOT, and tables of events filled into bins."""

import hist
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

from anomalon.core.errors import (
    BadLayout,
    BadNumbers,
    BadValue,
    ColumnMissing,
    DataError,
)
from anomalon.data import SpectrumChoices, read_spectrum

EDGES = np.array([1000.0, 1100.0, 1250.0, 1500.0])
COUNTS = np.array([30.0, 12.0, 0.0])
ROWS = "1000,1100,30\n1100,1250,12\n1250,1500,0\n"


def text(tmp_path, content, name="spectrum.csv"):
    path = tmp_path / name
    path.write_text(content)
    return path


@pytest.mark.parametrize(
    "header",
    [
        "low,high,count",
        "lo,hi,data",
        "m_lo_GeV,m_hi_GeV,observed",
        "bin_low,bin_high,n",
        "lower edge [GeV],upper edge [GeV],number of events",
        "xmin,xmax,anything",
        '"$m_{jj}$ [GeV] LOW","$m_{jj}$ [GeV] HIGH","Events / bin"',
    ],
)
def test_column_names_are_recognised(tmp_path, header):
    if header.startswith("xmin"):
        header = "x_min,x_max,anything"
    read = read_spectrum(text(tmp_path, f"{header}\n{ROWS}"))
    assert read.counts.tolist() == COUNTS.tolist()
    assert read.edges.tolist() == EDGES.tolist()
    assert read.variances is None


def test_a_hepdata_export(tmp_path):
    """Comment lines, the centre beside the edges, asymmetric errors, and a second table."""
    content = (
        "#: name: Table 2\n#: data_file: figure_5.yaml\n\n"
        '"M [GeV]","M [GeV] LOW","M [GeV] HIGH","Events","stat +","stat -"\n'
        "1050,1000,1100,30,5.5,-5.5\n1175,1100,1250,12,4.5,-3.4\n1375,1250,1500,0,1.8,0\n\n"
        '"M [GeV]","M [GeV] LOW","M [GeV] HIGH","Fit"\n1050,1000,1100,31.2\n'
    )
    read = read_spectrum(text(tmp_path, content))
    assert read.counts.tolist() == COUNTS.tolist()
    assert read.edges.tolist() == EDGES.tolist()
    assert read.variances is None


def test_other_columns_and_separators(tmp_path):
    content = "# a comment\nlow;high;count;fit;label\n1100;1250;12;11.5;b\n1000;1100;30;31;a\n"
    path = text(tmp_path, content)
    read = read_spectrum(path)  # sorted by mass
    assert read.counts.tolist() == [30.0, 12.0]
    with pytest.raises(BadNumbers, match=r"`fit` with e\.g\. 11\.5 and no errors"):
        read_spectrum(path, SpectrumChoices(column="fit"))
    for options in ({"errors": "none"}, {"exact": True}):
        assert read_spectrum(path, SpectrumChoices(column="fit", **options)).counts.tolist() == [
            31.0,
            11.5,
        ]
    with pytest.raises(ColumnMissing, match="did you mean 'fit'"):
        read_spectrum(path, SpectrumChoices(column="fits"))


def test_comments_do_not_end_a_table(tmp_path):
    content = "# one\n\nlow,high,count\n1000,1100,30\n# the tail\n1100,1250,12\n1250,1500,0\n"
    assert read_spectrum(text(tmp_path, content)).counts.tolist() == COUNTS.tolist()
    with pytest.raises(BadLayout, match="got 2 in line 8: '1500,2000'"):
        read_spectrum(text(tmp_path, content + "1500,2000\n"))


def test_variances_and_errors(tmp_path):
    rows = "1000,1100,30,9\n1100,1250,12,4\n"
    read = read_spectrum(text(tmp_path, "low,high,count,variance\n" + rows))
    assert read.variances.tolist() == [9.0, 4.0]
    read = read_spectrum(text(tmp_path, "low,high,count,error\n" + rows))
    assert read.variances.tolist() == [81.0, 16.0]
    plain = read_spectrum(text(tmp_path, "low,high,count,variance\n1000,1100,30,30\n"))
    assert plain.variances is None
    with pytest.raises(BadNumbers, match="variance above zero"):
        read_spectrum(text(tmp_path, "low,high,count,variance\n1000,1100,30,0\n"))


@pytest.mark.parametrize(
    ("content", "error", "match"),
    [
        ("", DataError, "empty file"),
        ("# only this\n", BadLayout, "column names"),
        ("low,high,count\n", BadLayout, "one line of numbers"),
        (
            "low,high,count\n1,2,3\n2,3\n",
            BadLayout,
            "3 fields .* got 2 in line 3: '2,3'",
        ),
        ("low,high,count\n1,2,3\n2,3,x\n", BadNumbers, "'count': .* 1 of 2 rows"),
        ("low,high,count\n1,2,nan\n", BadNumbers, "'count': .* 1 of 1 rows"),
        ("mass,count\n1050,30\n", BadLayout, "low edges"),
        ("low,low_high,count\n1,2,3\n", BadLayout, "high edges"),
        ("low,count\n1000,30\n", BadLayout, "high edges"),
        (
            "low,high,data,observed\n1000,1100,30,31\n",
            BadLayout,
            r"Choose one with `column` \(--column\)",
        ),
        ("low,high,count\n1000,1100,30\n1200,1300,5\n", BadLayout, "1000-1100 GeV followed by 12"),
        ("low,high,count\n1100,1000,30\n", BadLayout, "bins that join"),
        ("low,high,count\n1000,1100,\n", BadNumbers, "'count'"),
        ("low,high,count\n1000,1100,-3\n", BadNumbers, "negative"),
        ("low,high,count,count\n1000,1100,3,3\n", BadLayout, "columns: expected every name once"),
    ],
)
def test_errors_say_what_is_missing(tmp_path, content, error, match):
    with pytest.raises(error, match=match):
        read_spectrum(text(tmp_path, content))


def test_parquet(tmp_path):
    path = tmp_path / "spectrum.dat"
    columns = {"low": EDGES[:-1], "high": EDGES[1:], "counts": COUNTS, "sumw2": COUNTS / 2}
    pq.write_table(pa.table(columns), path)
    read = read_spectrum(path)
    assert read.counts.tolist() == COUNTS.tolist()
    assert read.variances.tolist() == [15.0, 6.0, 0.0]
    assert read_spectrum(path, SpectrumChoices(column="counts")).variances.tolist() == [
        15.0,
        6.0,
        0.0,
    ]
    assert read_spectrum(path, SpectrumChoices(errors="none")).variances is None
    with pytest.raises(BadValue, match="`column`"):
        read_spectrum(path, SpectrumChoices(histogram="h"))


def test_root(tmp_path):
    path = tmp_path / "spectrum.root"
    with uproot.recreate(path) as file:
        file["folder/mjj"] = (COUNTS, EDGES)
    read = read_spectrum(path)
    assert read.counts.tolist() == COUNTS.tolist()
    assert read.edges.tolist() == EDGES.tolist()
    assert read.variances is None
    with uproot.update(path) as file:
        weighted = uproot.writing.identify.to_TH1x(
            "w", "", np.array([0, *COUNTS, 0]), 3, 1.0, 1.0, 1.0, 1.0,
            np.array([0, *COUNTS / 2, 0]),
            uproot.writing.identify.to_TAxis("x", "", 3, 1000.0, 1500.0, fXbins=EDGES),
        )  # fmt: skip
        file["w"] = weighted
    with pytest.raises(BadValue, match=r"several histograms: \['folder/mjj', 'w'\]"):
        read_spectrum(path)
    assert read_spectrum(path, SpectrumChoices(histogram="w")).variances.tolist() == [
        15.0,
        6.0,
        0.0,
    ]
    assert read_spectrum(path, SpectrumChoices(column="folder/mjj")).variances is None
    with pytest.raises(ColumnMissing, match="folder/mjj"):
        read_spectrum(path, SpectrumChoices(histogram="folder/mj"))


def test_a_root_histogram_of_categories_is_no_spectrum(tmp_path):
    cutflow = hist.Hist(hist.axis.StrCategory(["all", "trigger"]))
    cutflow.fill(["all", "all", "trigger"])
    with uproot.recreate(tmp_path / "cutflow.root") as file:
        file["cutflow"] = cutflow
    with pytest.raises(BadLayout, match=r"'cutflow' with the labels \['all', 'trigger'\]"):
        read_spectrum(tmp_path / "cutflow.root")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".root"])
def test_tables_of_events_are_filled(tmp_path, suffix):
    mass = np.array([999.0, 1000.0, 1099.9, 1100.0, 1499.0, 1500.0])
    weight = np.array([1.0, 0.5, 0.5, 2.0, 1.0, 7.0])
    path = tmp_path / f"events{suffix}"
    if suffix == ".csv":
        rows = [f"{m!r},{w!r}" for m, w in zip(mass.tolist(), weight.tolist(), strict=True)]
        path.write_text("\n".join(["mjj,w", *rows]))
    elif suffix == ".parquet":
        pq.write_table(pa.table({"mjj": mass, "w": weight}), path)
    else:
        with uproot.recreate(path) as file:
            file.mktree("events", {"mjj": np.float64, "w": np.float64})
            file["events"].extend({"mjj": mass, "w": weight})
    read = read_spectrum(path, mass="mjj", edges=EDGES)
    assert read.counts.tolist() == [2.0, 1.0, 1.0]
    assert read.variances is None
    read = read_spectrum(path, mass="mjj", edges=EDGES, weight="w")
    assert read.counts.tolist() == [1.0, 2.0, 1.0]
    assert read.variances.tolist() == [0.5, 4.0, 1.0]
    with pytest.raises(ColumnMissing, match="did you mean 'mjj'"):
        read_spectrum(path, mass="mj", edges=EDGES)
    with pytest.raises(BadValue, match="`edges` should increase"):
        read_spectrum(path, mass="mjj", edges=[2.0, 1.0])
    with pytest.raises(BadValue, match="give both"):
        read_spectrum(path, mass="mjj")


def test_other_files_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_spectrum(tmp_path / "nowhere.csv")
    with uproot.recreate(tmp_path / "tree.root") as file:
        file.mktree("events", {"mjj": np.float64})
        file["events"].extend({"mjj": np.ones(3)})
    with pytest.raises(BadLayout, match=r"filled into bins first, in Python: .*read_spectrum"):
        read_spectrum(tmp_path / "tree.root")


def test_published_spectra(real):
    atlas = read_spectrum(real("spectra/atlas_dijet_139ifb.csv"))
    assert (len(atlas.counts), atlas.edges[0], atlas.edges[-1]) == (91, 1100, 8208)
    assert atlas.roles[0] == "counts from `observed`"
    assert "`atlas_fit_err` (errors of `atlas_fit`)" in atlas.roles[-1]
    path = real("spectra/cms_dijet_137ifb.csv")
    cms = read_spectrum(path)
    assert cms.roles[0] == "counts from `observed`"
    assert cms.variances is None
    assert "`err_down` (errors of `dsigma_dm_pb_per_TeV`)" in cms.roles[-1]
    options = {"column": "dsigma_dm_pb_per_TeV", "per_width": True, "luminosity": 137}
    section = read_spectrum(path, SpectrumChoices(**options))
    assert section.counts == pytest.approx(cms.counts, rel=0.01)
    assert section.variances is None or section.variances == pytest.approx(cms.counts, rel=0.1)
