"""Densities, cross sections, shares: made events as the caller says, or refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalon.core.errors import BadNumbers, BadValue
from anomalon.data import SpectrumChoices, read_spectrum

N = np.array([400.0, 250.0, 160.0, 90.0, 7.0])
EDGES = np.array([1000.0, 1100.0, 1200.0, 1300.0, 1500.0, 2000.0])
WIDTHS = np.diff(EDGES)


@pytest.fixture
def read(tmp_path):
    """A table of values, read; `edges` are those of the bins."""

    def call(options=None, edges=EDGES, names=("low", "high"), **columns):
        path = tmp_path / "s.csv"
        rows = [",".join(f'"{name}"' for name in (*names, *columns))]
        for i in range(len(edges) - 1):
            cells = [edges[i], edges[i + 1], *(column[i] for column in columns.values())]
            rows.append(",".join(str(cell) for cell in cells))
        path.write_text("\n".join(rows), encoding="utf-8")
        return read_spectrum(path, SpectrumChoices(**(options or {})))

    return call


PER_WIDTH = {"per_width": True}


@pytest.mark.parametrize(
    ("name", "per"),
    [("Events / GeV", 1), ("Events / 20 GeV", 20), ("Entries / 0.1 TeV", 100), ("dN/dm", 1),
     ("dN/dm [1/TeV]", 1000), ("count / bin width", 1)],
)  # fmt: skip
def test_densities_become_events_only_if_told(read, name, per):
    columns = {name: N / WIDTHS * per, "error": np.sqrt(N) / WIDTHS * per}
    with pytest.raises(BadValue, match=r"by its header divided by .* \(--per-width\)"):
        read(**columns)
    found = read(PER_WIDTH, **columns)
    assert found.counts.tolist() == N.tolist()
    assert found.variances is None
    assert "times the widths of the bins" in found.roles[0]
    as_they_are = read({"per_width": False}, **columns)
    assert as_they_are.counts == pytest.approx(columns[name])


def test_bins_as_wide_as_the_header_says_hold_events(read):
    edges = EDGES[:4]
    found = read(edges=edges, **{"Events / 100 GeV": N.astype(int)})
    assert found.counts.tolist() == N[:3].tolist()
    assert "(bins are 100 GeV wide)" in found.roles[0]
    with pytest.raises(BadValue, match="divided by the widths"):
        read(edges=edges, **{"Events / 50 GeV": N})
    with pytest.raises(BadValue, match="divided by the widths"):
        read(**{"Events / 100 GeV": N})
    assert read(**{"Events / bin": N}).counts.tolist() == N.tolist()


def test_without_a_unit_a_density_is_per_unit_of_the_masses(read):
    in_tev = {"edges": EDGES / 1000, "names": ("low [TeV]", "high [TeV]")}
    for name, values in (("dN/dm", N / WIDTHS * 1000), ("dN/dm [1/GeV]", N / WIDTHS)):
        assert read(PER_WIDTH, **in_tev, **{name: values}).counts.tolist() == N.tolist()


@pytest.mark.parametrize("name", ["value", "count", "y", "Data"])
@pytest.mark.parametrize("weight", [1.0, 0.3])
@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_errors_give_away_a_division(read, name, weight, scale):
    widths = WIDTHS * scale
    names = ("low", "high") if scale == 1 else ("low [TeV]", "high [TeV]")
    values, errors = N * weight / widths, np.sqrt(N) * weight / widths
    columns = {name: values, "error": errors}
    with pytest.raises(BadValue, match="by its errors divided"):
        read(edges=EDGES * scale, names=names, **columns)
    found = read(PER_WIDTH, edges=EDGES * scale, names=names, **columns)
    assert found.counts == pytest.approx(N * weight)
    variances = N if found.variances is None else found.variances
    assert variances == pytest.approx(N * weight**2)


def test_per_width_is_refused_where_events_are_counted(read):
    for columns in ({"count": N, "error": np.sqrt(N)}, {"Events / bin": N}, {"count": N}):
        with pytest.raises(BadValue, match=r"counts events in each, .* say\. Leave it out"):
            read(PER_WIDTH, **columns)
        second = read({**PER_WIDTH, "forgiving": True}, **columns)
        assert second.counts.tolist() == N.tolist()
        assert "not divided by widths" in second.roles[0]


@pytest.mark.parametrize(("unit", "fb"), [("fb", 1), ("pb", 1e3), ("nb", 1e6), ("ab", 1e-3)])
def test_cross_sections_times_luminosity(read, unit, fb):
    columns = {f"sigma [{unit}]": N / 139 / fb, "stat": np.sqrt(N) / 139 / fb}
    with pytest.raises(BadValue, match=r"a cross section\. .* \(--luminosity 139\)"):
        read(**columns)
    found = read({"luminosity": 139}, **columns)
    assert found.counts.tolist() == N.tolist()
    assert found.variances is None
    assert f"in {unit}, times 139 fb^-1" in found.roles[0]


def test_differential_cross_sections_need_both(read):
    columns = {"dsigma/dm [pb/GeV]": N / WIDTHS / 139e3}
    for options in ({}, {"luminosity": 139}):
        with pytest.raises(BadValue, match=r"\(--per-width\), .* \(--luminosity\) as well"):
            read(options, **columns)
    with pytest.raises(BadValue, match="--luminosity 139"):
        read(PER_WIDTH, **columns)
    assert read({"luminosity": 139, **PER_WIDTH}, **columns).counts.tolist() == N.tolist()


def test_luminosity_without_a_cross_section(read):
    found = read({"luminosity": 139}, count=N)
    assert found.counts.tolist() == N.tolist()
    assert "no cross section to multiply" in found.roles[0]
    with pytest.raises(BadValue, match="expected the unit of the cross section"):
        read({"luminosity": 139}, xsec=N)
    with pytest.raises(BadValue, match="above 0, got -1"):
        read({"luminosity": -1}, count=N)


@pytest.mark.parametrize(
    "name", ["efficiency", "acceptance", "ratio", "Data/MC", "p-value", "pull", "a.u.",
             "Normalised events", "Observed limit", "significance", "fraction of events",
             "1/N dN/dm", "cumulative events"]
)  # fmt: skip
def test_what_is_no_number_of_events_is_refused(read, name):
    for told in ({}, {"column": name}):
        with pytest.raises(BadNumbers, match="which by its name is"):
            read(told, **{name: [0.8, 0.5, 0.3, 0.2, 0.1]})
    assert read(count=N, **{name: [0.8, 0.5, 0.3, 0.2, 0.1]}).counts.tolist() == N.tolist()


def test_shares_and_normalised_histograms_are_refused_by_value(read):
    with pytest.raises(BadNumbers, match=r"all in \[0, 1\]"):
        read(value=[0.8, 0.5, 0.3, 0.2, 0.1], error=[0.1] * 5)
    for values in (N / N.sum(), N / N.sum() / WIDTHS):
        with pytest.raises(BadNumbers, match="sum or integral is one"):
            read(count=values, error=values / 3)
    assert read(value=[0, 1, 0, 0, 1]).counts.tolist() == [0, 1, 0, 0, 1]
    few = read(count=[0.2, 0.1, 0.04, 0.02, 0.01], variance=[0.02, 0.01, 0.004, 0.002, 0.001])
    assert few.counts.sum() == pytest.approx(0.37)  # weighted events may be few


@given(
    st.lists(st.integers(0, 10**7), min_size=2, max_size=12).filter(any),
    st.sampled_from([1.0, 20.0, 100.0]),
    st.data(),
)
def test_any_density_comes_back_as_counts(tmp_path_factory, counts, per, data):
    widths = data.draw(st.lists(st.integers(1, 500), min_size=len(counts), max_size=len(counts)))
    edges = 1000 + np.concatenate([[0], np.cumsum(widths)])
    if len(set(widths)) == 1 and widths[0] == per:
        return
    path = tmp_path_factory.mktemp("density") / "s.csv"
    rows = [
        f"{edges[i]},{edges[i + 1]},{n / w * per!r}"
        for i, (n, w) in enumerate(zip(counts, widths, strict=True))
    ]
    path.write_text("\n".join([f"low,high,Events / {per:g} GeV", *rows]), encoding="utf-8")
    assert read_spectrum(path, SpectrumChoices(per_width=True)).counts.tolist() == counts
