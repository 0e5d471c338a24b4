"""Texts with several tables, as HEPData writes them."""

import pytest

from anomalon.core.errors import BadLayout, BadNumbers, BadValue, ColumnMissing
from anomalon.data import SpectrumChoices, read_spectrum

HEAD = """#: table_doi: 10.17182/hepdata.1.v1/t1
#: name: Table 1
#: data_file: table_1.yaml
#: RE,,,P P --> JET JET X
#: SQRT(S) [GeV],,,13000
"""
DATA = """"$M_{jj}$ [TeV]","$M_{jj}$ [TeV] LOW","$M_{jj}$ [TeV] HIGH","Data [Events]",stat +,stat -
1.05,1.0,1.1,400,20.0,-20.0
1.15,1.1,1.2,300,17.3,-17.3
"""
FIT = """"$M_{jj}$ [TeV]","$M_{jj}$ [TeV] LOW","$M_{jj}$ [TeV] HIGH","Background","sys +","sys -"
1.05,1.0,1.1,401.2,2.0,-2.0
1.15,1.1,1.2,299.7,1.5,-1.5
"""


@pytest.fixture
def read(tmp_path):
    def call(text, **options):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return read_spectrum(path, SpectrumChoices(**options))

    return call


def test_the_table_of_data_is_the_spectrum(read):
    found = read(f"{HEAD}{DATA}\n{FIT}")
    assert found.counts.tolist() == [400, 300]
    assert found.edges.tolist() == [1000, 1100, 1200]
    assert found.variances is None
    assert found.roles[-1] == "table 1 of 2, 'Table 1'"


def test_a_table_is_chosen_by_number_name_or_value(read):
    text = f"{HEAD}{DATA}\n{HEAD.replace('Table 1', 'Table 2')}{DATA.replace('400', '500')}"
    for table, first in ((1, 400), ("2", 500), ("Table 2", 500)):
        assert read(text, table=table).counts[0] == first
    with pytest.raises(BadValue, match=r"1: Table 1 \(`Data \[Events\]`\); 2: Table 2 .*--table"):
        read(text)
    with pytest.raises(ColumnMissing, match="no table 'Table 3' among 2; did you mean"):
        read(text, table="Table 3")
    with pytest.raises(ColumnMissing, match="no table '3' among 2"):
        read(text, table=3)
    exact = read(f"{HEAD}{DATA}\n{FIT}", table="Background", exact=True)
    assert exact.counts.tolist() == [401.2, 299.7]
    column = read(f"{HEAD}{DATA}\n{FIT}", column="Background", exact=True)
    assert column.counts.tolist() == [401.2, 299.7]


def test_tables_that_are_no_spectra_do_not_count(read):
    odd = FIT.replace("Background", "Efficiency").replace("401.2", "0.4").replace("299.7", "0.3")
    assert read(f"{HEAD}{odd}\n{DATA}").counts.tolist() == [400, 300]
    section = FIT.replace("Background", "D(SIG)/DM [FB/GEV]")
    assert read(f"{HEAD}{section}\n{DATA}").counts.tolist() == [400, 300]
    with pytest.raises(BadNumbers, match="an efficiency"):
        read(f"{HEAD}{odd}\n{DATA}", table=1)
    with pytest.raises(BadValue, match=r"divided by the widths"):  # what only has to be said
        read(f"{HEAD}{odd}\n{section}")


def test_a_damaged_table_is_not_passed_over(read):
    with pytest.raises(BadLayout, match="expected 6 fields"):
        read(f"{HEAD}{DATA}1.25,1.2\n\n{FIT}")


def test_errors_follow_their_values(read):
    text = HEAD + (
        "M LOW,M HIGH,Data,stat +,stat -,Background,stat +,stat -,Signal,sys +,sys -\n"
        "1000,1100,400,20,-20,401.2,10,-10,3.2,1,-1\n1100,1200,300,17.3,-17.3,299.7,9,-9,2.1,1,-1\n"
    )
    assert read(text).variances is None
    assert read(text, column="Background").variances == pytest.approx([100, 81])
    signal = read(text, column="Signal", errors="sys")
    assert signal.variances == pytest.approx([1, 1])
    with pytest.raises(BadNumbers, match="statistical errors beside"):
        read(text, column="Signal")


def test_single_quotes(read):
    text = "'M, LOW','M, HIGH','Data','sys,lumi +','sys,lumi -'\n1000,1100,400,10,-10\n"
    assert read(HEAD + text).variances == pytest.approx([500])


def test_text_before_a_table_is_none(read):
    text = "These are the counts, with 2 lines\nof words.\n\nlow,high,count\n1000,1100,400\n"
    assert read(text).counts.tolist() == [400]


def test_blank_lines_in_a_table_do_not_end_it(read):
    assert read("low,high,count\n\n1000,1100,400\n\n1100,1200,300\n").counts.tolist() == [400, 300]


def test_one_table_has_a_number_too(read):
    text = "low,high,count\n1000,1100,400\n"
    assert read(text, table=1).counts.tolist() == [400]
    with pytest.raises(ColumnMissing, match="no table 'x' among 1"):
        read(text, table="x")
    assert read(text, table="x", histogram="h", forgiving=True).counts.tolist() == [400]
