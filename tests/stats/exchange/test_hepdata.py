import numpy as np
import pytest
import yaml

from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.data import read_spectrum
from anomalon.stats import Dijet, Spectrum, fit_spectrum, garwood, upper_limits
from anomalon.stats.exchange import (
    HepDataColumn,
    HepDataTable,
    limit_table,
    spectrum_table,
    to_hepdata,
    write_hepdata,
)

EDGES = np.array([1000.0, 1100.0, 1250.0, 1500.0, 1800.0, 2200.0])
COUNTS = np.array([300.0, 182.0, 90.0, 20.0, 3.0])


def tables():
    fit = fit_spectrum((COUNTS, EDGES), Dijet(2))
    keywords = {"cmenergies": [13000.0], "observables": ["N"]}
    limits = upper_limits([5, 7], [4.0, 9.0], [1.0, 2.0])
    return [
        spectrum_table(Spectrum(COUNTS, EDGES), fit, keywords=keywords),
        limit_table([1200.0, 1700.0], limits.observed, limits.expected, name='Limits, "SR"'),
    ]


# the validator uses a deprecated part of jsonschema, and leaves files to the garbage collector
@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
def test_the_submission_is_valid_and_complete(tmp_path):
    from hepdata_validator.full_submission_validator import FullSubmissionValidator

    paths = write_hepdata(tmp_path / "hepdata", tables(), comment="A search: with a colon, µ.")
    assert [p.name for p in paths] == ["limits_sr.yaml", "mass_spectrum.yaml", "submission.yaml"]
    validator = FullSubmissionValidator()
    assert validator.validate(directory=str(tmp_path / "hepdata")), validator.get_messages()
    documents = list(yaml.safe_load_all(paths[-1].read_text(encoding="utf-8")))
    assert documents[0]["comment"] == "A search: with a colon, µ."
    assert documents[1]["keywords"][0] == {"name": "cmenergies", "values": [13000.0]}
    assert [d["data_file"] for d in documents[1:]] == ["mass_spectrum.yaml", "limits_sr.yaml"]
    assert documents[2]["name"] == 'Limits, "SR"'


def test_numbers_survive():
    files = to_hepdata(tables(), comment="c")
    plain = yaml.safe_load(files["mass_spectrum.yaml"])
    (mass,) = plain["independent_variables"]
    assert mass["header"] == {"name": "M", "units": "GeV"}
    assert mass["values"][1] == {"low": 1100.0, "high": 1250.0}
    observed, expected = plain["dependent_variables"]
    low, high = garwood(3.0)
    assert observed["values"][4]["value"] == 3.0
    assert observed["values"][4]["errors"] == [
        {"asymerror": {"minus": low - 3.0, "plus": high - 3.0}, "label": "stat"}
    ]
    fit = fit_spectrum((COUNTS, EDGES), Dijet(2))
    assert [v["value"] for v in expected["values"]] == fit.expected.tolist()
    assert expected["values"][0]["errors"][0]["symerror"] == fit.sigma_expected[0]
    limits = yaml.safe_load(files["limits_sr.yaml"])["dependent_variables"]
    assert [e["label"] for e in limits[1]["values"][0]["errors"]] == ["1 s.d.", "2 s.d."]


def test_small_and_large_numbers_stay_numbers():
    """1e-05 is a word in YAML 1.1."""
    values = [1e-5, 1.5e-300, 1e22, 0.0, -3.0]
    table = HepDataTable(
        "t", "d", [HepDataColumn("x", np.arange(5.0))], [HepDataColumn("y", values)]
    )
    read = yaml.safe_load(to_hepdata([table], comment="c")["t.yaml"])
    assert [v["value"] for v in read["dependent_variables"][0]["values"]] == values


def test_weighted_spectra_have_symmetric_errors_and_columns_qualifiers():
    table = spectrum_table(Spectrum(COUNTS, EDGES, COUNTS / 4))
    values = table.to_dict()["dependent_variables"][0]["values"]
    assert values[0]["errors"] == [{"symerror": np.sqrt(75.0), "label": "stat"}]
    column = HepDataColumn("y", [1.0], "pb", qualifiers={"SQRT(S)": "13000 GeV"})
    plain = HepDataTable("t", "d", [HepDataColumn("x", [1.0])], [column]).to_dict()
    assert plain["dependent_variables"][0]["qualifiers"] == [
        {"name": "SQRT(S)", "value": "13000 GeV"}
    ]


def test_an_export_in_csv_comes_back(tmp_path):
    """What HEPData makes of the table, as its CSV, is read by `read_spectrum`."""
    plain = spectrum_table(Spectrum(COUNTS, EDGES)).to_dict()
    rows = ['"M [GeV]","M [GeV] LOW","M [GeV] HIGH","Observed events","stat +","stat -"']
    for m, n in zip(
        plain["independent_variables"][0]["values"],
        plain["dependent_variables"][0]["values"],
        strict=True,
    ):
        error = n["errors"][0]["asymerror"]
        middle = (m["low"] + m["high"]) / 2
        row = (middle, m["low"], m["high"], n["value"], error["plus"], error["minus"])
        rows.append(",".join(map(str, row)))
    path = tmp_path / "table.csv"
    path.write_text("#: table_doi: 10.17182/hepdata\n" + "\n".join(rows))
    read = read_spectrum(path)
    assert read.counts.tolist() == COUNTS.tolist()
    assert read.edges.tolist() == EDGES.tolist()


def test_what_does_not_fit_is_refused():
    column = HepDataColumn("x", [1.0, 2.0])
    with pytest.raises(BadLayout, match="same number of rows"):
        HepDataTable("t", "d", [column], [HepDataColumn("y", [1.0])])
    with pytest.raises(BadLayout, match="uncertainties 'stat'"):
        HepDataColumn("y", [1.0, 2.0], errors={"stat": [1.0]})
    with pytest.raises(BadNumbers, match="finite"):
        HepDataColumn("y", [np.inf])
    with pytest.raises(BadLayout, match="different names"):
        to_hepdata([HepDataTable("t", "d", [column], [column])] * 2, comment="c")
    with pytest.raises(BadLayout, match=r"\(5, 2\)"):
        limit_table([1.0, 2.0], [1.0, 2.0], np.ones((3, 2)))
    fit = fit_spectrum((COUNTS[:4], EDGES[:5]), Dijet(2))
    with pytest.raises(BadLayout, match="same bins"):
        spectrum_table((COUNTS, EDGES), fit)
    with pytest.raises(BadLayout, match="one spectrum"):
        spectrum_table((np.stack([COUNTS, COUNTS]), EDGES))
