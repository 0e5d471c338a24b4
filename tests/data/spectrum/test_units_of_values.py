"""Multiples, rates, events per luminosity: made events by arithmetic, or refused."""

import numpy as np
import pytest
import uproot
from uproot.writing.identify import to_TAxis, to_TH1x

from anomalon.core.errors import BadLayout, BadNumbers, BadValue, DataError
from anomalon.data import SpectrumChoices, read_spectrum

N = np.array([400, 250, 160, 90, 50])
EDGES = np.array([1000.0, 1100, 1200, 1300, 1400, 1500])


@pytest.fixture
def read(tmp_path):
    def call(name, values, errors=None, **options):
        columns = [EDGES[:-1], EDGES[1:], values, *([] if errors is None else [errors])]
        names = f'low,high,"{name}"' + ("" if errors is None else ",error")
        rows = [",".join(f"{c:.12g}" for c in row) for row in zip(*columns, strict=True)]
        return _read(tmp_path, "\n".join([names, *rows]), **options)

    return call


@pytest.fixture
def read_text(tmp_path):
    return lambda text, **options: _read(tmp_path, text, **options)


def _read(folder, text, **options):
    path = folder / "s.txt"
    path.write_text(text, encoding="utf-8")
    return read_spectrum(path, SpectrumChoices(**options))


@pytest.mark.parametrize(
    "name",
    ["Events [10^-3]", "Events [1e3]", "Events (1e-3)", "1000 events", "kEvents", "Events [k]",
     "Events x 1000", "10 x Events", "Events (in 1000)", "Events (scaled by 10)", "Events / 1e3",
     "Events [10⁻³]", "$10^{-3}$ Events", "hundreds of events", "sigma [10^-3 pb]",
     "sigma [1e-3 pb]", "Events / 2 bins"],
)  # fmt: skip
@pytest.mark.parametrize("with_errors", [False, True])
def test_multiples_of_events_are_refused(read, name, with_errors):
    errors = np.sqrt(N) * 1000 if with_errors else None
    for told in ({}, {"column": name}):
        with pytest.raises(BadNumbers, match="in multiples of events"):
            read(name, N * 1000, errors, luminosity=139, **told)


@pytest.mark.parametrize(
    ("name", "per_fb"),
    [("Events / fb^-1", 1), ("Events / fb-1", 1), ("events/ifb", 1), ("yield per fb^-1", 1),
     ("Events / fb$^{-1}$", 1), ("Events / pb^-1", 1000), ("events per inverse femtobarn", 1)],
)  # fmt: skip
def test_events_per_luminosity(read, name, per_fb):
    """n events in 139 fb^-1 are n / 139 per fb^-1, and n / 139000 per pb^-1."""
    values, errors = N / 139 / per_fb, np.sqrt(N) / 139 / per_fb
    with pytest.raises(BadValue, match="--luminosity"):
        read(name, values, errors)
    found = read(name, values, errors, luminosity=139)
    assert found.counts.tolist() == N.tolist()
    assert found.variances is None


@pytest.mark.parametrize(
    ("name", "what"),
    [("dN/dlnm", "logarithm"), ("dN / d ln m", "logarithm"), ("dN/dlog(m)", "logarithm"),
     ("m dN/dm", "by a mass"), ("m_jj * dN/dm_jj", "by a mass"), ("Events x GeV", "by a mass"),
     ("events per second", "a rate"), ("Events / day", "a rate")],
)  # fmt: skip
@pytest.mark.parametrize("told", [{}, {"per_width": True}])
def test_other_densities_and_rates_are_refused(read, name, what, told):
    with pytest.raises(BadNumbers, match=what):
        read(name, N * 10.5, **told)


def test_densities_without_a_unit_go_by_their_errors(read_text):
    text = "low [TeV],high [TeV],dN/dm,error\n"
    for per in (1.0, 1000.0):  # events per GeV, and per TeV
        rows = [f"{a / 1000},{(a + 100) / 1000},{n / 100 * per},{n**0.5 / 100 * per}"
                for a, n in zip(EDGES, N, strict=False)]  # fmt: skip
        found = read_text(text + "\n".join(rows), per_width=True)
        assert found.counts.tolist() == N.tolist()
        assert found.variances is None


def test_thousands_or_decimals_under_tev(read_text):
    rows = "\n".join(f'"{1 + i / 10:.3f}","{1.1 + i / 10:.3f}",{n}'.replace(".", ",")
                     for i, n in enumerate(N))  # fmt: skip
    with pytest.raises(BadLayout, match="'1,000' in `low \\[TeV\\]`, whose comma may be"):
        read_text(f"low [TeV],high [TeV],count\n{rows}")
    assert read_text(f"low,high,count\n{rows}").edges.tolist() == EDGES.tolist()


@pytest.mark.parametrize("unit", ["TeV^2", "GeV²", "PeV", "kGeV", "fm^-1", "GeV$^{2}$"])
def test_units_that_are_none_of_mass_are_refused(read_text, unit):
    rows = "\n".join(f"{a},{a + 100},{n}" for a, n in zip(EDGES, N, strict=False))
    text = f"low [{unit}],high [{unit}],count\n{rows}"
    with pytest.raises(BadLayout, match=r"expected masses in .* \(--unit\)"):
        read_text(text)
    assert read_text(text, unit="GeV").edges.tolist() == EDGES.tolist()
    mass = text.replace(f"[{unit}]", "[GeV/c$^2$]")
    assert read_text(mass).edges.tolist() == EDGES.tolist()


@pytest.mark.parametrize("above", [["SQRT(S) [GeV],,,13000,,"],
                                   ["Region,,,SR,,", "SQRT(S) [TeV],,,13,,"]])  # fmt: skip
@pytest.mark.parametrize("comment", ["", "#: name: Table 1\n#: keyword cmenergies: 13000\n"])
def test_lines_of_hepdata_above_the_names(read_text, above, comment):
    names = "M [GeV],M [GeV] LOW,M [GeV] HIGH,Events,stat +,stat -"
    rows = [f"{a + 50},{a},{a + 100},{n},{3 * n**0.5},{-3 * n**0.5}"
            for a, n in zip(EDGES, N, strict=False)]  # fmt: skip
    found = read_text(comment + "\n".join([*above, names, *rows]))
    assert found.counts.tolist() == N.tolist()
    assert found.variances == pytest.approx(9 * N)


@pytest.mark.parametrize(
    ("text", "what"),
    [("<!DOCTYPE html>\n<html>", "HTML"), ("<table><tr><td>1", "HTML"), ("---\n- h: 1", "YAML"),
     ("---\nindependent_variables:\n- header: {name: m}", "HEPData's YAML"), ("<html>", "HTML")],
)  # fmt: skip
def test_what_is_no_table_is_named(read_text, text, what):
    with pytest.raises(DataError, match=what):
        read_text(text)


def test_root_without_sumw2(tmp_path):
    path = tmp_path / "h.root"

    def read(values, entries, **options):
        contents = np.r_[3.0, values, 2.0]
        axes = (to_TAxis("xaxis", "m [GeV]", len(N), 1000, 1500, fXbins=EDGES),
                to_TAxis("yaxis", "", 1, 0, 1))  # fmt: skip
        sums = (values.sum(), values.sum(), 0.0, 0.0, np.array([]))
        with uproot.recreate(path) as file:
            file["h"] = to_TH1x("h", "", contents, entries, *sums, *axes)
        return read_spectrum(path, SpectrumChoices(**options))

    for entries in (N.sum(), N.sum() + 5, len(N), 0):  # filled, with flows, set by hand
        assert read(N.astype(float), float(entries)).counts.tolist() == N.tolist()
    with pytest.raises(BadNumbers, match=r"950 entries and contents of 19000: .*--errors none"):
        read(20.0 * N, float(N.sum()))
    assert read(20.0 * N, float(N.sum()), errors="none").variances is None
