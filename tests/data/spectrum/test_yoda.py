"""Histograms of YODA, in the three versions of its text."""

import pytest

from anomalon.core.errors import BadLayout, BadValue, ColumnMissing
from anomalon.data import SpectrumChoices, describe, read_spectrum

SECOND = """BEGIN YODA_HISTO1D_V2 /CMS_2020/d01
Path: /CMS_2020/d01
{notes}Title:
Type: Histo1D
---
# Mean: 1.094986e+03
# Area: 7.000000e+02
# ID\t ID\t sumw\t sumw2\t sumwx\t sumwx2\t numEntries
Total   \tTotal   \t7.05e+02\t1.41e+03\t7.7e+05\t8.4e+08\t7.05e+02
Underflow\tUnderflow\t5.0e+00\t1.0e+01\t1.0e+00\t1.0e+00\t5.0e+00
Overflow\tOverflow\t0.0e+00\t0.0e+00\t0.0e+00\t0.0e+00\t0.0e+00
# xlow\t xhigh\t sumw\t sumw2\t sumwx\t sumwx2\t numEntries
1.000000e+03\t1.100000e+03\t4.0e+02\t8.0e+02\t4.2e+05\t4.4e+08\t4.0e+02
1.100000e+03\t1.300000e+03\t3.0e+02\t6.0e+02\t3.5e+05\t4.0e+08\t3.0e+02
END YODA_HISTO1D_V2

"""
THIRD = """BEGIN YODA_HISTO1D_V3 /CMS_2020/d01
Path: /CMS_2020/d01
{notes}Title:
Type: Histo1D
---
# Mean: 1.094986e+03
# Integral: 7.000000e+02
Edges(A1): [1.000000e+03, 1.100000e+03, 1.300000e+03]
# sumW       \t sumW2       \t sumW(A1)    \t sumW2(A1)   \t numEntries
5.0e+00\t1.0e+01\t1.0\t1.0\t5
4.0e+02\t8.0e+02\t4.2e+05\t4.4e+08\t400
3.0e+02\t6.0e+02\t3.5e+05\t4.0e+08\t300
0.0e+00\t0.0e+00\t0.0\t0.0\t0
END YODA_HISTO1D_V3

"""
FIRST = SECOND.replace("_V2", "").replace("---\n", "")
VERSIONS = {"1": FIRST, "2": SECOND, "3": THIRD}


@pytest.fixture
def read(tmp_path):
    def call(text, notes="", **options):
        path = tmp_path / "rivet.yoda"
        path.write_text(text.replace("{notes}", notes), encoding="utf-8")
        return read_spectrum(path, SpectrumChoices(**options))

    return call


@pytest.mark.parametrize("version", VERSIONS)
def test_sums_of_weights(read, version):
    found = read(VERSIONS[version])
    assert found.counts.tolist() == [400, 300]
    assert found.edges.tolist() == [1000, 1100, 1300]
    assert found.variances.tolist() == [800, 600]
    plain = read(VERSIONS[version].replace("8.0e+02", "4.0e+02").replace("6.0e+02", "3.0e+02"))
    assert plain.variances is None
    told = read(VERSIONS[version], errors="none")
    assert told.variances is None


@pytest.mark.parametrize("version", VERSIONS)
def test_labels_say_units_and_what_is_drawn(read, version):
    text = VERSIONS[version]
    assert read(text, "XLabel: $m_{jj}$ [MeV]\n").edges.tolist() == [1.0, 1.1, 1.3]
    assert read(text, "YLabel: Events / GeV\n").counts.tolist() == [400, 300]  # not divided
    with pytest.raises(BadValue, match="a cross section"):
        read(text, "YLabel: $d\\sigma/dm$ [fb/GeV]\n")
    assert read(text, "YLabel: $d\\sigma/dm$ [fb/GeV]\n", luminosity=2).counts.tolist() == [
        800,
        600,
    ]
    scaled = read(text, "ScaledBy: 1.5e-03\n")
    assert scaled.roles[-1] == "scaled by 1.5e-03 (ScaledBy), so counts are in its unit"


@pytest.mark.parametrize("version", VERSIONS)
def test_sums_of_weights_are_never_divided_by_widths(read, version):
    text = VERSIONS[version]
    for notes in ("", "YLabel: Events / GeV\n"):  # what YODA draws, not what it keeps
        with pytest.raises(BadValue, match=r"per_width .* the sum of weights in each bin.*Leave"):
            read(text, notes, per_width=True)
    second = read(text, per_width=True, forgiving=True)
    assert second.counts.tolist() == [400, 300]
    assert second.roles[0] == "counts from `/CMS_2020/d01`, which are not divided by widths"
    assert read(text, per_width=False).counts.tolist() == [400, 300]


def test_weights_that_look_like_a_division_by_widths_are_weights(read):
    """Events that weigh one over the width, 100 GeV: in any other format that has to be said."""
    sums = [
        (1000 + 100 * i, 1100 + 100 * i, n / 100, n / 1e4) for i, n in enumerate(range(90, 40, -10))
    ]
    rows = "\n".join("\t".join(f"{x:.6e}" for x in (*row, 0.0, 0.0, 1.0)) for row in sums)
    first, last = FIRST.index("1.000000e+03"), FIRST.index("\nEND")
    found = read(FIRST[:first] + rows + FIRST[last:], "ScaledBy: 0.01\n")
    assert found.counts.tolist() == [0.9, 0.8, 0.7, 0.6, 0.5]
    assert found.variances == pytest.approx([0.009, 0.008, 0.007, 0.006, 0.005])


@pytest.mark.parametrize("sign", ["=", ": ", " = "])
def test_annotations_of_the_first_version(read, sign):
    units = read(FIRST, f"XLabel{sign}$m_{{jj}}$ [TeV]\nYLabel{sign}$d\\sigma/dm$ [pb/TeV]\n",
                 luminosity=2)  # fmt: skip
    assert units.edges.tolist() == [1e6, 1.1e6, 1.3e6]
    assert units.counts.tolist() == [8e5, 6e5]
    assert read(FIRST, f"ScaledBy{sign}2\n").roles[-1].startswith("scaled by 2 ")


def test_one_of_several(read):
    text = SECOND + THIRD.replace("/d01", "/d02").replace("4.0e+02", "5.0e+02")
    for name in ("/CMS_2020/d02", "CMS_2020/d02"):
        assert read(text, histogram=name).counts.tolist() == [500, 300]
    assert read(text, column="/CMS_2020/d01").counts.tolist() == [400, 300]
    with pytest.raises(BadValue, match=r"several histograms: .*'/CMS_2020/d02'.*--histogram"):
        read(text)
    with pytest.raises(ColumnMissing, match="did you mean '/CMS_2020/d01'"):
        read(text, histogram="CMS_2020/d1")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_cut_or_broken_is_refused(read, version):
    text = VERSIONS[version]
    with pytest.raises(BadLayout, match="Is the file complete"):
        read(text[: text.index("END ")])
    with pytest.raises(BadLayout, match=r"expected numbers, got '.*4\.0e\+x2"):
        read(text.replace("4.0e+02\t8.0e+02", "4.0e+x2\t8.0e+02"))
    lines = [line for line in text.splitlines() if not line.startswith(("3.0e+02", "1.1000"))]
    if version == "3":
        with pytest.raises(BadLayout, match="Is the file complete"):
            read("\n".join(lines))


def test_other_objects_are_named(read):
    for kind in ("SCATTER2D", "ESTIMATE1D", "PROFILE1D", "HISTO2D"):
        with pytest.raises(BadLayout, match=rf"got \['YODA_{kind}'\]"):
            read(THIRD.replace("HISTO1D", kind))
    with pytest.raises(BadLayout, match="without masked bins"):
        read(THIRD.replace("# sumW ", "MaskedBins(A1): [1]\n# sumW "))
    with pytest.raises(BadValue, match="this one is YODA"):
        read(THIRD, table=1)
    with pytest.raises(BadValue, match="YODA knows its own"):
        read(THIRD, errors="sumw2")


def test_it_is_described(tmp_path):
    path = tmp_path / "one.yoda"
    path.write_text(SECOND.replace("{notes}", ""))
    assert "a spectrum of 2 bins, 1000-1300 GeV" in describe(path).layout
    path.write_text((SECOND + THIRD.replace("/d01", "/d02")).replace("{notes}", ""))
    with pytest.raises(BadValue, match="several histograms"):
        describe(path)
