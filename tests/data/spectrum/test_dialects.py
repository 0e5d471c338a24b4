"""One spectrum in many dialects of text comes back the same."""

import codecs
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalon.core.errors import AnomalonError, BadLayout, BadNumbers, DataError
from anomalon.data import SpectrumChoices, read_spectrum
from anomalon.data.spectrum.cells import decimal_mark, is_number

EDGES = [1000.0, 1100.0, 1250.0, 1500.0]
COUNTS = [30, 12, 0]


@pytest.fixture
def read(tmp_path):
    """A text, read as a spectrum."""

    def call(content, encoding="utf-8", **options):
        path = tmp_path / "spectrum.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_spectrum(path, SpectrumChoices(**options))

    return call


def spectrum(delimiter=",", header="low,high,count", end="\n"):
    rows = [header.replace(",", delimiter)]
    rows += [
        delimiter.join(f"{x:g}" for x in row) for row in zip(EDGES, EDGES[1:], COUNTS, strict=False)
    ]
    return end.join(rows) + end


NAMES = st.sampled_from(
    [
        ("low", "high", "count", "error"),
        ("xlow", "xhigh", "val", "yerr"),
        ("m_lo_GeV", "m_hi_GeV", "observed", "observed_err"),
        ("bin_left", "bin_right", "Data", "stat"),
        ("MassMin", "MassMax", "Entries", "entries_unc"),
    ]
)


@st.composite
def dialects(draw):
    """How a table is written: names, separators, marks, line ends, encoding."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "  ", "|", ", "]))
    comma = draw(st.booleans()) and delimiter.strip() != ","
    return {
        "names": draw(NAMES),
        "delimiter": delimiter,
        "comma": comma,
        "quote": draw(st.booleans()),
        "end": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])),
        "comment": draw(st.sampled_from(["", "# made by hand", "# µ", "% 3 columns", "# a, b; c"])),
        "trailing": draw(st.booleans()) and delimiter.strip() != "",
        "digits": draw(st.integers(1, 3)),
    }


def write(dialect, edges, counts, errors):
    mark = "," if dialect["comma"] else "."

    def number(value, digits):
        text = f"{value:.{digits}f}".replace(".", mark)
        return f'"{text}"' if dialect["quote"] else text

    join = dialect["delimiter"].join
    last = dialect["delimiter"].strip() if dialect["trailing"] else ""
    rows = [dialect["comment"]] if dialect["comment"] else []
    rows.append(join(dialect["names"]) + last)
    for low, high, n, error in zip(edges, edges[1:], counts, errors, strict=False):
        cells = [number(low, 1), number(high, 1), number(n, 1), number(error, dialect["digits"])]
        rows.append(join(cells) + last)
    return dialect["end"].join(rows)


@settings(deadline=None)
@given(
    dialects(),
    st.lists(st.integers(1, 10**6), min_size=2, max_size=8),
    st.sampled_from([1.0, 9.0]),
)
def test_every_dialect_says_the_same(tmp_path_factory, dialect, counts, weight):
    edges = 1000.5 + np.cumsum(np.arange(len(counts) + 1) * 10.0)
    errors = np.sqrt(np.array(counts) * weight)
    path = tmp_path_factory.mktemp("dialect") / "s.txt"
    path.write_bytes(write(dialect, edges, counts, errors).encode(dialect["encoding"]))
    found = read_spectrum(path)
    assert found.counts.tolist() == counts
    assert found.edges == pytest.approx(edges, abs=0.051)  # written with one decimal
    if weight == 1:
        assert found.variances is None
    else:
        assert np.sqrt(found.variances) == pytest.approx(errors, abs=0.051)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " ", "   ", "|", ", "])
def test_separators(read, delimiter):
    found = read(spectrum(delimiter))
    assert found.counts.tolist() == COUNTS
    assert found.edges.tolist() == EDGES


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252"])
def test_encodings(read, encoding):
    comment = "# für die µ-Masse\n" if encoding != "utf-32" else ""
    found = read(comment + spectrum(), encoding)
    assert found.counts.tolist() == COUNTS
    said = "the text is no UTF-8: read as Latin-1" in found.roles
    assert said == (encoding in ("latin-1", "cp1252"))


def test_broken_encodings_are_named(read):
    with pytest.raises(DataError, match="expected text in UTF-16"):
        read(codecs.BOM_UTF16_LE + b"l\x00o\x00w")
    with pytest.raises(DataError, match="expected HDF5, Parquet, ROOT or text"):
        read(spectrum(), "utf-16-le")


@pytest.mark.parametrize(
    "text",
    [
        "low,high,count,\n1000,1100,30,\n1100,1250,12,\n1250,1500,0,\n",  # empty last column
        "low,high,count\n1000,1100,30,\n1100,1250,12,\n1250,1500,0,\n",
        "low,high,count\n1000,1100,30\n,,\n1100,1250,12\n\n1250,1500,0\n,,,\n",  # empty lines
        ",low,high,count\n0,1000,1100,30\n1,1100,1250,12\n2,1250,1500,0\n",  # pandas
        '"low" "high" "count"\n"1" 1000 1100 30\n"2" 1100 1250 12\n"3" 1250 1500 0\n',  # R
        "# low high count\n1.0e3 1.1e3 3.0e1\n1.1e3 1.25e3 1.2e1\n1.25e3 1.5e3 0.0e0\n",  # savetxt
        "#low,high,count\n1000,1100,30\n1100,1250,12\n1250,1500,0\n",
        "sep=;\nlow;high;count\n1000;1100;30\n1100;1250;12\n1250;1500;0\n",  # Excel
        "|low|high|count|\n|---|:--|--:|\n|1000|1100|30|\n|1100|1250|12|\n|1250|1500|0|\n",
        "Table of counts\nlow,high,count\n1000,1100,30\n1100,1250,12\n1250,1500,0\n",
        "low,high,count\n[GeV],[GeV],\n1000,1100,30\n1100,1250,12\n1250,1500,0\n",
        "low,high,count\n1 000,1 100,30\n1 100,1 250,12\n1 250,1 500,0\n",
        'low,high,count\n"1,000","1,100",30\n"1,100","1,250",12\n"1,250","1,500",0\n',
        "low;high;count\n1.000,0;1.100,0;30\n1.100,0;1.250,0;12\n1.250,0;1.500,0;0\n",
        "low,high,count\n1.0D+03,1.1D+03,3e1\n1.1d3,1.25d3,1.2E+01\n1.25e3,1.5e3,0\n",
        "mass,count\n1000-1100,30\n1100-1250,12\n1250-1500,0\n",  # ranges
        'mjj,count\n"(1000, 1100]",30\n"(1100, 1250]",12\n"(1250, 1500]",0\n',
        "m [GeV],count\n1000 to 1100,30\n1100 to 1250,12\n1250 to 1500,0\n",
        "low,high,count\n1250,1500,0\n1000,1100,30\n1100,1250,12\n",  # in any order
        "region,low,high,count\nSR,1000,1100,30\nSR,1100,1250,12\nSR,1250,1500,0\n",
        "low,high,count\n1000,1100,30\n1100,1250,12\n1250,1500,0\n1500,inf,7\n",  # overflow
    ],
)
def test_habits(read, text):
    found = read(text)
    assert found.counts.tolist() == COUNTS
    assert found.edges.tolist() == EDGES
    assert found.variances is None


@pytest.mark.parametrize("mark", ["±", "+/-", "+-", r"\pm", "\u2009±\u2009"])
def test_errors_in_the_cell(read, mark):
    found = read(f"low,high,count\n1000,1100,30 {mark} 9\n1100,1250,$12 {mark} 4$\n")
    assert found.counts.tolist() == [30, 12]
    assert found.variances == pytest.approx([81, 16])


def test_errors_with_a_sign_or_with_words(read):
    found = read("low,high,count,stat\n1000,1100,30,± 9\n1100,1250,12,+/-4\n")
    assert found.variances == pytest.approx([81, 16])
    text = "low,high,count,stat\n1000,1100,30,9 (stat)\n1100,1250,12,4 (stat)\n"
    with pytest.raises(BadLayout, match=r"errors as numbers, got `stat` with e\.g\. '9 \(stat\)'"):
        read(text)
    assert read(text, errors="none").variances is None


def test_numbers_of_bins_are_no_counts(read):
    rows = "1,1000,1100,5\n2,1100,1200,4\n3,1200,1300,3\n"
    for name in ("bin", "bin number", "n", "#", "No.", "", "Unnamed: 0"):
        assert read(f"{name},low,high,SR1\n{rows}").counts.tolist() == [5, 4, 3]
    alone = read("low,high,n\n1000,1100,1\n1100,1200,2\n1200,1300,3\n")
    assert alone.counts.tolist() == [1, 2, 3]


def test_the_sign_for_minus_is_one(read):
    found = read("low,high,count,stat +,stat -\n1000,1100,30,9,−9\n1100,1250,12,4,−4\n")
    assert found.variances == pytest.approx([81, 16])


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("low;high;count\n1,000;1,100;4\n1,100;1,200;3\n", BadLayout, "'1,000', whose comma"),
        ("low,high,count\n1000,0,1100,0,4,0\n", BadLayout, "commas are decimal marks, nothing sep"),
        ("1000 1100 30\n1100 1250 12\n", BadLayout, "no line before them .* low,high,count,error"),
        ("# made on Monday by me\n1 2 3 4 5\n2 3 4 5 6\n", BadLayout, "no line before them"),
        ("mass,count\n1050,30\n", BadLayout, r"Centres \(`mass`\) do not say how wide"),
        ("low,count\n1000,30\n", BadLayout, "`low` alone does not say where the bins end"),
        ("low,high,count\n1000,1100,30(5)\n", BadLayout, r"`count` with e\.g\. '30\(5\)'"),
        ("low,high,count\n1000,1100,30\nTotal,,30\n", BadNumbers, "'low': .* got 'Total'"),
        ("low,high,count\n1000,1100,30\n1100,1250,-\n", BadNumbers, "'count': .* got '-' in 1"),
        ("low,high,count\n1000,1100,1e999\n", BadNumbers, "'count': expected finite"),
        ("m low,m high,q low,q high,count\n0,1,0,1,4\n1,2,1,2,3\n", BadLayout, "bins are in two"),
        ("low [TeV],high [GeV],count\n1,1100,3\n", BadLayout, r"TeV and GeV .* \(--unit\)"),
        ('{"low": [1]}', BadLayout, "got JSON"),
        ("independent_variables:\n- header: {name: M}\n", BadLayout, "YAML: download the table as"),
        ("dependent_variables:\n- header: {name: M}\n", BadLayout, "YAML: download the table as"),
        ("\\begin{tabular}{cc}\n1 & 2\n", BadLayout, "got LaTeX"),
        ("<?xml version='1.0'?>", BadLayout, "got XML"),
        (b"PK\x03\x04", DataError, "zip or .npz file .* arrays can be passed in Python"),
        (b"\x93NUMPY\x01", DataError, "a NumPy array without names"),
        (b"\x1f\x8b\x08", DataError, "a gzip file"),
        (bytes(range(256)), DataError, "begin none of them"),
    ],
)  # fmt: skip
def test_messages_say_what_is_missing(read, text, error, match):
    with pytest.raises(error, match=match):
        read(text)


def test_a_selection_in_another_variable_is_no_bin(read):
    text = "m low,m high,q low,q high,count\n0,1,0,5,4\n1,2,0,5,3\n"
    assert read(text).edges.tolist() == [0, 1, 2]


def test_rows_that_reach_to_infinity_are_left_out_and_said(read):
    text = "low,high,count,error\n-inf,1000,9,-\n1000,1100,30,9\n1100,1250,12,4\n1250,inf,1,1\n"
    found = read(text)
    assert found.counts.tolist() == [30, 12]
    assert found.variances == pytest.approx([81, 16])
    assert "left out: 2 rows that reach to infinity" in found.roles


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("1e3", ".", True), ("-5.5", ".", True), ("−5,5", ",", True), ("1.234,5", ",", True),
        ("1,234.5", ".", True), ("1'000", ".", True), ("5 %", ".", True), (".5", ".", True),
        ("5.", ".", True), ("nan", ".", True), ("", ".", False), ("-", ".", False),
        ("1,5", ".", False), ("1000.5,", ",", False), ("5,", ",", False),
        ("12x", ".", False), ("1 2", ".", False), ("0x10", ".", False),
    ],
)  # fmt: skip
def test_numbers(cell, decimal, number):
    assert is_number(cell, decimal) == number


def test_decimal_marks():
    assert decimal_mark(["1.5", "2"], ";", "f") == "."
    assert decimal_mark(["1,5", "2"], ";", "f") == ","
    assert decimal_mark(["1,000.5"], ";", "f") == "."
    assert decimal_mark(["1,000,000"], ";", "f") == "."
    assert decimal_mark(["1,000", "0.5"], ";", "f") == "."
    assert decimal_mark(["1,000"], ",", "f") == "."
    assert decimal_mark(["0,125", "1,000"], ";", "f") == ","
    with pytest.raises(BadLayout, match="one of thousands"):
        decimal_mark(["1,000"], ";", "f")


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="lowhighcountbkgerr123.,;:-+±%[]()\t\n #\"'|/", max_size=120))
def test_no_text_ends_in_anything_but_a_message(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "s.csv"
    path.write_text(text, encoding="utf-8")
    with suppress(AnomalonError):
        read_spectrum(path)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            ["low", "high", "count", "error", "var", "x", "Data", "fit", "eff", "stat +", "stat -",
             "sys", "Events / GeV", "sigma [pb]", "%", "", "err [%]", "bin", "y", "±", "low [TeV]"]
        ),
        min_size=1, max_size=6,
    ),
    st.lists(
        st.lists(
            st.sampled_from(["1", "2", "3", "4", "0", "-1", "1e3", "nan", "", "-", "x", "0.5",
                             "inf", "3 ± 2", "1-2", "1,5", "5%", "1e999", "1 000"]),
            min_size=6, max_size=6,
        ),
        max_size=5,
    ),
)  # fmt: skip
def test_no_table_ends_in_anything_but_a_message(tmp_path_factory, names, rows):
    path = tmp_path_factory.mktemp("table") / "s.csv"
    cells = [";".join(row[: len(names)]) for row in rows]
    path.write_text("\n".join([";".join(names), *cells]), encoding="utf-8")
    for options in ({}, {"per_width": True, "luminosity": 2.0, "errors": "none"}):
        with suppress(AnomalonError):
            found = read_spectrum(path, SpectrumChoices(**options))
            assert np.all(np.isfinite(found.counts))
            assert found.roles
