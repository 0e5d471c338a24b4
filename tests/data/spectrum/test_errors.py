"""Errors of counts: used if it is known whose they are, asked for if not."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from anomalon.core.errors import BadLayout, BadNumbers, ColumnMissing
from anomalon.data import SpectrumChoices, read_spectrum
from anomalon.data.spectrum.consistency import are_of_a_count

N = [400, 250, 160, 90]
EDGES = [1000, 1100, 1200, 1300, 1500]
SQRT = [f"{n**0.5:.2f}" for n in N]


@pytest.fixture
def read(tmp_path):
    """A table with these columns beside low and high, read."""

    def call(options=None, **columns):
        path = tmp_path / "s.csv"
        rows = [",".join(["low", "high", *(f'"{name}"' for name in columns)])]
        for i, (low, high) in enumerate(pairwise(EDGES)):
            rows.append(",".join(map(str, [low, high, *(cells[i] for cells in columns.values())])))
        path.write_text("\n".join(rows), encoding="utf-8")
        return read_spectrum(path, SpectrumChoices(**(options or {})))

    return call


def squares(*errors):
    return pytest.approx([e**2 for e in errors])


@pytest.mark.parametrize("told", [{}, {"column": "count"}])
@pytest.mark.parametrize(
    "name",
    [
        *("error", "err", "sigma", "uncertainty", "count_error", "counts_err", "error_count"),
        *("dcount", "dN", "dn", "dy", "yerr", "stat +-", "stat +/-", "stat", "σ", "unc.", "±"),
        *("Δcount", "Error on count", "countErr", "sd", "ey", "e_count", "std. dev.", "+/-"),
    ],
)
def test_errors_by_any_name(read, name, told):
    found = read(told, **{"count": N, name: [90, 70, 50, 30]})
    assert found.variances == squares(90, 70, 50, 30)
    assert f"errors from `{name}`" in found.roles


@pytest.mark.parametrize("name", ["variance", "var", "sumw2", "w2", "error²", "sigma^2", "sum w^2"])
def test_variances_by_any_name(read, name):
    assert read(count=N, **{name: [900, 700, 500, 300]}).variances.tolist() == [900, 700, 500, 300]
    assert read(count=N, **{name: N}).variances is None


@pytest.mark.parametrize("name", ["stat [%]", "error (%)", "rel. error [%]", "stat in percent"])
def test_percent(read, name):
    assert read(count=N, **{name: [20] * 4}).variances == squares(80, 50, 32, 18)
    assert read(count=N, **{name: [f"{100 / n**0.5:.1f}" for n in N]}).variances is None


def test_percent_in_the_cells_and_shares(read):
    assert read(count=N, stat=["20%"] * 4).variances == squares(80, 50, 32, 18)
    assert read(count=N, **{"rel. error": [0.2] * 4}).variances == squares(80, 50, 32, 18)
    found = read(count=N, **{"rel. error": [f"{100 / n**0.5:.2f}" for n in N]})
    assert found.variances is None
    assert "in percent, for then" in found.roles[1]
    with pytest.raises(BadNumbers, match="may be shares or percent"):
        read(count=N, **{"rel. error": [2] * 4})


def test_per_mille_and_ratios(read):
    assert read(count=N, **{"stat [‰]": [200] * 4}).variances == squares(80, 50, 32, 18)
    assert read(count=N, **{"dN/N": [0.2] * 4}).variances == squares(80, 50, 32, 18)


def test_errors_of_something_else_are_left_out(read):
    for name in ("eff_err", "xerr", "theory_err"):
        assert read(count=N, **{name: [0.2] * 4}).variances is None
    for name in ("n_sigma", "pull [sigma]", "(Data-Fit)/sigma"):
        assert read(count=N, **{name: [1, -2, 0.5, 3]}).variances is None


def test_two_sides(read):
    found = read(count=N, **{"stat +": [30] * 4, "stat -": [-10] * 4})
    assert found.variances == pytest.approx([500] * 4)  # (30^2 + 10^2) / 2
    assert found.roles[1] == "errors from `stat +/-`"
    assert read(count=N, errminus=SQRT, errplus=SQRT).variances is None
    assert read(count=N, errplus=[30] * 4).variances == squares(30, 30, 30, 30)


def test_systematic_errors_are_added_and_said(read):
    columns = {"count": N, "stat": SQRT, "sys,lumi +": [10] * 4, "sys,lumi -": [-10] * 4}
    found = read(**columns)
    assert found.variances == pytest.approx([n + 100 for n in N])
    assert found.roles[1].startswith(
        "errors from `stat` (those of plain events) and `sys,lumi +/-`, added in quadrature"
    )
    assert "--errors" in found.roles[1]
    assert read({"errors": "stat"}, **columns).variances is None
    assert read({"errors": "sys,lumi +/-"}, **columns).variances == pytest.approx(
        [n + 100 for n in N]
    )
    alone = read(count=N, sys=[10] * 4)
    assert alone.variances == pytest.approx([n + 100 for n in N])
    named = read(count=N, stat=[30] * 4, **{"JES +": [40] * 4, "JES -": [-40] * 4})
    assert named.variances == squares(50, 50, 50, 50)


def test_systematic_errors_alone_do_not_make_weighted_events_known(read):
    columns = {"count": [n + 0.5 for n in N], "sys": [10] * 4}
    with pytest.raises(BadNumbers, match="statistical errors beside `sys`"):
        read(**columns)
    assert read({"errors": "sys"}, **columns).variances == squares(10, 10, 10, 10)


def test_totals_and_parts(read):
    columns = {"count": N, "stat": [30] * 4, "sys": [40] * 4, "total error": [50] * 4}
    found = read(**columns)
    assert found.variances == squares(50, 50, 50, 50)
    assert "`total error` (the total of all)" in found.roles[1]
    columns["error"] = columns.pop("total error")
    assert read(**columns).variances == squares(50, 50, 50, 50)
    both = {"errors": ["stat", "sys"]}
    assert read(both, **columns).variances == squares(50, 50, 50, 50)


def test_the_same_twice_and_contradictions(read):
    variance = [4 * n for n in N]
    found = read(count=N, variance=variance, error=[f"{2 * n**0.5:.3f}" for n in N])
    assert found.variances.tolist() == variance
    with pytest.raises(BadLayout, match="`variance`, `error`, which differ"):
        read(count=N, variance=variance, error=[1, 2, 3, 4])
    told = read({"errors": "error"}, count=N, variance=variance, error=[1, 2, 3, 4])
    assert told.variances == squares(1, 2, 3, 4)


BACKGROUND = [401.2, 249.5, 161.0, 90.1]


def test_whose_errors_are_in_doubt_is_asked(read):
    columns = {"Data": N, "Background": BACKGROUND, "Uncertainty": [60, 40, 25, 14]}
    with pytest.raises(BadLayout, match=r"--errors 'Uncertainty'\); if not, --errors none"):
        read(**columns)
    assert read({"errors": "none"}, **columns).variances is None
    assert read({"errors": "Uncertainty"}, **columns).variances == squares(60, 40, 25, 14)
    with pytest.raises(ColumnMissing, match="did you mean 'Uncertainty'"):
        read({"errors": "uncertainity"}, **columns)
    with pytest.raises(ColumnMissing, match="not known as a column of errors"):
        read({"errors": "Background"}, **columns)


def test_names_say_whose_errors_they_are(read):
    for name in ("Background_error", "err Background", "Background uncertainty", "dBackground"):
        assert read(Data=N, Background=BACKGROUND, **{name: [60] * 4}).variances is None
    for name in ("Data error", "data_err", "obs. uncertainty"):
        found = read(Data=N, Background=BACKGROUND, **{name: [60] * 4})
        assert found.variances == squares(60, 60, 60, 60)
    assert read(count=N, fit=BACKGROUND, theory_err=[5] * 4).variances is None
    assert read(count=N, xerr=[50] * 4).variances is None
    years = {"Data 2016": N, "Data 2016 err": [3] * 4, "Data 2017": N, "Data 2017 err": [7] * 4}
    assert read({"column": "Data 2017"}, **years).variances == squares(7, 7, 7, 7)


def test_numbers_say_whose_errors_they_are(read):
    far = [2 * n for n in N]
    found = read(Data=N, Background=far, Uncertainty=SQRT)
    assert found.variances is None
    assert "errors from `Uncertainty`: those of plain events" in found.roles
    other = [f"{n**0.5:.2f}" for n in far]
    assert (
        "`Uncertainty` (errors of `Background`)"
        in read(Data=N, Background=far, Uncertainty=other).roles[-1]
    )
    scaled = {"count": N, "pb per TeV": [n / 1370 for n in N], "err": [n**0.5 / 1370 for n in N]}
    assert "`err` (errors of `pb per TeV`)" in read(**scaled).roles[-1]


def test_errors_without_a_name_go_like_the_counts(tmp_path):
    counts = [400, 250, 160, 90, 50, 20]
    for weight in (1, 20):
        rows = "\n".join(
            f"{1000 + 100 * i},{1100 + 100 * i},{n},{(n * weight) ** 0.5:.3f}"
            for i, n in enumerate(counts)
        )
        path = tmp_path / "s.csv"
        path.write_text(f"low,high,count,spread\n{rows}", encoding="utf-8")
        found = read_spectrum(path)
        expected = None if weight == 1 else pytest.approx([20 * n for n in counts], rel=1e-4)
        assert found.variances == expected
        assert "`spread` taken for errors: its squares go like the counts" in found.roles


def test_missing_errors(read):
    assert read(count=[400, 0, 160, 0], error=[30, "-", 20, ""]).variances == squares(30, 0, 20, 0)
    with pytest.raises(BadNumbers, match="errors `error`: expected finite numbers"):
        read(count=N, error=[30, "-", 20, 10])
    with pytest.raises(BadNumbers, match="variances `variance`: expected no negative"):
        read(count=N, variance=[30, -1, 20, 10])
    with pytest.raises(BadNumbers, match="bin 2 of `count` has 250 events with an error of 0"):
        read(count=N, error=[30, 0, 20, 10])


def test_weighted_events_without_errors_are_not_known(read):
    weighted = [n + 0.5 for n in N]
    with pytest.raises(BadNumbers, match=r"e\.g\. 400\.5 and no errors: .*--errors none"):
        read(count=weighted)
    assert read({"errors": "none"}, count=weighted).variances is None
    assert read({"exact": True}, count=weighted).variances is None
    with pytest.raises(BadNumbers, match="neither its name nor its errors tell"):
        read(value=weighted, error=[60] * 4)
    assert read({"column": "value"}, value=weighted, error=[60] * 4).variances == squares(*[60] * 4)


def garwood(n):
    """Errors of the central interval of a count, from chi-squared quantiles."""
    alpha = 0.158655
    low = np.where(n > 0, chi2.ppf(alpha, 2 * np.maximum(n, 1e-9)) / 2, 0)
    return n - low, chi2.ppf(1 - alpha, 2 * n + 2) / 2 - n


@given(st.lists(st.integers(0, 10**6), min_size=1), st.integers(1, 4), st.booleans())
def test_errors_of_plain_events_are_known(counts, digits, asymmetric):
    n = np.array(counts, dtype=float)
    down, up = garwood(n) if asymmetric else (np.sqrt(n), np.sqrt(n))
    step = np.full(len(n), 10.0**-digits)
    down, up = np.round(down, digits), np.round(up, digits)
    assert are_of_a_count(n, down, up, step, step) == bool(np.any(n > 0))


@given(
    st.lists(st.integers(4, 10**6), min_size=3),
    st.floats(0.05, 20).filter(lambda w: abs(w - 1) > 0.1),
)
def test_errors_of_weighted_events_are_others(counts, weight):
    n = np.array(counts, dtype=float) * weight
    errors, exact = np.sqrt(counts) * weight, np.zeros(len(n))
    few = n < 50  # where Poisson's intervals are wide, other weights may look like them
    if not few.all():
        assert not are_of_a_count(n, errors, errors, exact, exact)
