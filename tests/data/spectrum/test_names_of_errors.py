"""Errors under any name: used where name or numbers say what they are, asked about where not.

Truth is arithmetic: N events of weight w have the content N w and the variance N w^2.
"""

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from anomalon.core.errors import BadLayout, BadNumbers, BadValue, DataError
from anomalon.data import SpectrumChoices, read_spectrum

LOW = np.arange(1000.0, 2000.0, 100.0)
N = np.array([400, 250, 160, 90, 50, 30, 18, 9, 4, 2])
ROOT = np.sqrt(N)
W = 20.0
WEIGHTED, VARIANCE, ERROR = N * W, N * W**2, ROOT * W
MIXED_W = np.where(LOW < 1500, 5.0, 0.5)  # no name but the right one fits such numbers
MIXED, MIXED_VARIANCE = N * MIXED_W, N * MIXED_W**2
MIXED_ERROR = np.sqrt(MIXED_VARIANCE)


@pytest.fixture
def read(tmp_path):
    """A table with these columns beside low and high, read."""

    def call(columns, options=None, head=""):
        path = tmp_path / "s.csv"
        cells = [LOW, LOW + 100, *columns.values()]
        names = ",".join(f'"{name.split("|")[0]}"' for name in ["low", "high", *columns])
        rows = "\n".join(",".join(_cell(c[i]) for c in cells) for i in range(len(LOW)))
        path.write_text(f"{head}{names}\n{rows}\n", encoding="utf-8")
        return read_spectrum(path, SpectrumChoices(**(options or {})))

    return call


def _cell(value):
    return value if isinstance(value, str) else f"{value:.10g}"


def percent(shares, digits=4):
    return [f"{100 * share:.{digits}f}%" for share in shares]


@pytest.mark.parametrize("empty", ["0", "0.00", "-", "nan", ""])
def test_an_empty_bin_does_not_make_percent_absolute(read, empty):
    errors = [*percent(1 / ROOT[:-1]), empty]
    assert read({"count": [*N[:-1], 0], "stat": errors}).variances is None
    weighted = read({"count": [*WEIGHTED[:-1], 0], "stat": errors})
    assert weighted.variances == pytest.approx([*VARIANCE[:-1], 0], rel=1e-4)
    sides = {"stat +": errors, "stat -": [e if e in ("0", "-", "nan", "") else f"-{e}"
                                          for e in errors]}  # fmt: skip
    assert read({"count": [*N[:-1], 0], **sides}).variances is None


def test_percent_in_some_cells_is_refused(read):
    mixed = ["20.0", *percent(1 / ROOT[1:])]
    with pytest.raises(BadLayout, match=r"`stat` in one unit, got '.*%' as well as '20.0'"):
        read({"count": N, "stat": mixed})
    assert read({"count": N, "stat": mixed}, {"errors": "none"}).variances is None
    with pytest.raises(BadNumbers, match="in percent"):
        read({"count": ["10%"] * len(N)})


@pytest.mark.parametrize(
    "name",
    ["standard error", "abs_err", "symmetric error", "sym_err", "GetBinError", "my_error", "h_err",
     "measurement error", "counting error", "overall error", "uncorrelated uncertainty",
     "garwood error", "gaussian_error", "experimental uncertainty", "final error", "one_sigma",
     "error_all", "naive error", "Poisson error", "random error"],
)  # fmt: skip
def test_words_that_do_not_say_systematic_are_of_the_counts(read, name):
    assert read({"count": N, name: ROOT}).variances is None
    assert read({"count": WEIGHTED, name: ERROR}).variances == pytest.approx(VARIANCE)
    told = read({"count": MIXED, name: MIXED_ERROR}, {"errors": name})
    assert told.variances == pytest.approx(MIXED_VARIANCE)


@pytest.mark.parametrize("name", ["my_error", "foo uncertainty", "err_final", "quoted error"])
def test_words_that_are_not_understood_are_asked_about(read, name):
    with pytest.raises(BadLayout, match=rf"`{name}`.*is not understood.*--errors '{name}'"):
        read({"count": MIXED, name: MIXED_ERROR})
    assert read({"count": MIXED.round(), name: MIXED_ERROR}, {"errors": "none"}).variances is None


@pytest.mark.parametrize("name", ["sys", "syst. unc", "JES error", "lumi_err"])
def test_words_that_say_systematic_are_added_to_the_counts(read, name):
    assert read({"count": N, name: 0.1 * N}).variances == pytest.approx(N + 0.01 * N**2)


@pytest.mark.parametrize(
    "name",
    ["err_sq", "stat_unc_sq", "error^2", "err2", "errsq", "err**2", "squared error", "Error²",
     "sigma_squared", "unc.sq", "wsq", "sw2", "w^2", "weights2", "weights_squared", "sumw2",
     "sum_of_weights_squared", "sum(w^2)", "cov_diag", "covariance", "Var[N]", "w2sum"],
)  # fmt: skip
def test_squares_are_variances(read, name):
    found = read({"count": MIXED, name: MIXED_VARIANCE})
    assert found.variances == pytest.approx(MIXED_VARIANCE)
    assert read({"count": N, name: N}).variances is None


@pytest.mark.parametrize("name", ["sqrt(sumw2)", "sqrt(variance)", "root(sumw2)", "Sqrt(sum w^2)"])
def test_roots_of_squares_are_errors(read, name):
    assert read({"count": MIXED, name: MIXED_ERROR}).variances == pytest.approx(MIXED_VARIANCE)


@pytest.mark.parametrize(
    ("name", "scale"),
    [("error fraction", 1), ("error ratio", 1), ("err_over_count", 1), ("err / count", 1),
     ("err_in_per_cent", 100), ("err pc", 100), ("err_perc", 100), ("err per cent", 100),
     ("err [per mille]", 1000), ("err permille", 1000), ("err ppm", 1e6)],
)  # fmt: skip
def test_relative_errors(read, name, scale):
    found = read({"count": MIXED, name: scale * MIXED_ERROR / MIXED})
    assert found.variances == pytest.approx(MIXED_VARIANCE)
    assert read({"count": N, name: scale / ROOT}).variances is None


@pytest.mark.parametrize(
    "name", ["error (68% CL)", "68% error", "error_68", "err68", "1 sigma err"]
)
def test_one_standard_deviation_is_no_percent(read, name):
    assert read({"count": MIXED, name: MIXED_ERROR}).variances == pytest.approx(MIXED_VARIANCE)


@pytest.mark.parametrize(
    "name",
    ["error 95%", "error (90% CL)", "err95", "2 sigma error", "err_2sigma", "±2σ", "error/2",
     "2*error", "half error", "1/variance", "1/error", "inverse variance", "ivar", "variance [%]",
     "error [10^-3]"],
)  # fmt: skip
def test_errors_of_another_size_are_refused(read, name):
    for told in ({}, {"errors": name}):
        with pytest.raises(BadLayout, match="expected errors of one standard deviation each"):
            read({"count": N, name: 2 * ROOT}, told)
    assert read({"count": N, name: 2 * ROOT}, {"errors": "none"}).variances is None
    both = read({"count": MIXED, "error": MIXED_ERROR, name: 2 * MIXED_ERROR})
    assert both.variances == pytest.approx(MIXED_VARIANCE)


@pytest.mark.parametrize(
    ("up", "down"),
    [("err_p", "err_m"), ("err_u", "err_d"), ("err_top", "err_bottom"), ("stat +", "stat -"),
     ("err_above", "err_below"), ("stat +%", "stat -%"), ("+stat", "-stat"), ("err_hi", "err_lo"),
     ("error right", "error left"), ("err upwards", "err downwards")],
)  # fmt: skip
def test_two_sides_are_one_uncertainty(read, up, down):
    scale = 100 / MIXED if "%" in up else 1
    columns = {"count": MIXED, up: 1.1 * MIXED_ERROR * scale, down: -0.9 * MIXED_ERROR * scale}
    assert read(columns).variances == pytest.approx((1.1**2 + 0.9**2) / 2 * MIXED_VARIANCE)


def test_sides_that_are_none_are_refused(read):
    with pytest.raises(BadNumbers, match="one is 0 everywhere"):
        read({"count": MIXED, "err+": MIXED_ERROR, "err-": 0 * MIXED})
    bounds = {"err_up": MIXED + MIXED_ERROR, "err_down": MIXED - MIXED_ERROR}
    with pytest.raises(BadNumbers, match="ends of an interval"):
        read({"count": MIXED, **bounds})


@pytest.mark.parametrize(
    "total",
    ["stat+sys", "stat (+) sys", "stat⊕sys", "overall error", "stat and sys err", "total",
     "total error", "combined unc.", "stat_sys", "sys+stat", "quadrature error"],
)  # fmt: skip
def test_totals_are_not_added_to_their_parts(read, total):
    if total == "total":
        total = "total unc"
    columns = {"count": MIXED, "stat": MIXED_ERROR, "sys": 0.5 * MIXED_ERROR}
    found = read({**columns, total: np.sqrt(1.25) * MIXED_ERROR})
    assert found.variances == pytest.approx(1.25 * MIXED_VARIANCE)
    assert "(the total of all)" in found.roles[1]


@pytest.mark.parametrize(
    "name", ["sys,MC stat", "sys,2", "Luminosity", "Jet energy scale", "b-tagging", "sys,JES"]
)
def test_sources_of_hepdata_are_added_each_for_itself(read, name):
    columns = {"M": LOW, "Events": N, "stat +": ROOT, "stat -": -ROOT}
    both = {"sys,1 +": 0.1 * N, "sys,1 -": -0.1 * N, f"{name} +": 0.1 * N, f"{name} -": -0.1 * N}
    found = read(columns | both, head="#: name: Table 1\n")
    assert found.variances == pytest.approx(N + 0.02 * N**2)


def test_two_statistical_errors_are_refused(read):
    columns = {"count": MIXED, "stat": MIXED_ERROR, "stat up": MIXED_ERROR * 1.3}
    with pytest.raises(BadLayout, match="expected one set of errors"):
        read({**columns, "stat down": MIXED_ERROR * 0.7})


@pytest.mark.parametrize("name", ["y", "count", "value"])
def test_ends_of_intervals(tmp_path, name):
    def table(values, errors):
        path = tmp_path / "s.csv"
        rows = zip(LOW, LOW + 100, values, values - errors, values + errors, strict=True)
        lines = [",".join(_cell(c) for c in row) for row in rows]
        path.write_text("\n".join([f"xlow,xhigh,{name},{name}_low,{name}_high", *lines]), "utf-8")
        return read_spectrum(path)

    assert table(N, ROOT).variances is None
    assert table(WEIGHTED, ERROR).variances == pytest.approx(VARIANCE)
    with pytest.raises(BadLayout, match="of an unknown confidence level"):
        table(MIXED.round(), MIXED_ERROR)


@pytest.mark.parametrize(
    "name",
    ["weight", "w", "avg_weight", "n_eff", "ESS", "CV", "unweighted", "error of log", "mean error"],
)
def test_columns_that_may_say_weighted_are_asked_about(read, name):
    columns = {"count": WEIGHTED, name: 0.3 * np.arange(3, 13)}
    with pytest.raises(BadLayout, match=r"--errors"):
        read(columns)
    assert read(columns, {"errors": "none"}).variances is None


@pytest.mark.parametrize(
    "name", ["MC", "efficiency", "eff_err", "xerr", "theory_err", "pull", "n_jets", "chi2", "ratio"]
)
def test_columns_that_say_something_else_are_left_out(read, name):
    assert read({"count": N, name: 0.3 * np.arange(3, 13)}).variances is None
    assert read({"count": N, "deviation": np.arange(10) - 4.5}).variances is None
    ones = read({"count": N, "weight": np.ones(len(N))})
    assert ones.variances is None


def test_errors_of_another_column_are_no_doubt(read):
    columns = {"count": N, "ratio": 0.3 * np.arange(3, 13), "ratio err": 0.1 * np.arange(3, 13)}
    assert read(columns).variances is None


def test_repeated_names_without_order_are_asked_about(read):
    columns = {
        "Data": WEIGHTED,
        "Background": 1.02 * WEIGHTED,
        "error": ERROR,
        "error|2": ERROR / 3,
    }
    with pytest.raises(BadLayout, match="may be the errors of `Data` or `Background`"):
        read(columns)
    with pytest.raises(BadLayout, match="2 columns are called 'error'"):
        read(columns, {"errors": "error"})
    between = {"Data": MIXED, "error": MIXED_ERROR, "Background": MIXED, "error|2": MIXED_ERROR / 3}
    assert read(between).variances == pytest.approx(MIXED_VARIANCE)


def test_entries_beside_values_with_errors_are_no_counts(read):
    columns = {"val": WEIGHTED, "err": ERROR, "n": N}
    with pytest.raises(BadLayout, match=r"\['n', 'val'\]. Choose one with `column`"):
        read(columns)
    assert read(columns, {"column": "val"}).variances == pytest.approx(VARIANCE)
    assert read(columns, {"column": "n", "errors": "none"}).counts.tolist() == N.tolist()


def test_numbers_as_text_in_parquet(tmp_path):
    path = tmp_path / "s.parquet"
    cells = {"variance": [f"{v:g}" for v in MIXED_VARIANCE], "why": ["a"] * len(N)}
    pa.parquet.write_table(pa.table({"low": LOW, "high": LOW + 100, "count": MIXED, **cells}), path)
    found = read_spectrum(path)
    assert found.variances == pytest.approx(MIXED_VARIANCE)
    assert "`why` (no numbers)" in found.roles[-1]


def test_units_of_errors(read):
    density = MIXED / 100
    for name, size in (("err [1/TeV]", 1000.0), ("err [1/GeV]", 1.0), ("err", 1.0)):
        columns = {"N [1/GeV]": density, name: MIXED_ERROR / 100 * size}
        found = read(columns, {"per_width": True})
        assert found.variances == pytest.approx(MIXED_VARIANCE)
    section = {"sigma [pb]": MIXED / 139e3, "stat [fb]": MIXED_ERROR / 139}
    assert read(section, {"luminosity": 139}).variances == pytest.approx(MIXED_VARIANCE)
    for name in ("stat [pb/GeV]", "stat [1/GeV]"):
        with pytest.raises(BadLayout, match="in the unit of their values"):
            read({"sigma [pb]": MIXED / 139e3, name: MIXED_ERROR}, {"luminosity": 139})
    with pytest.raises(BadNumbers, match="those of the numbers of events"):
        read({"Events / GeV": N / 100, "count error": ROOT}, {"per_width": True})


def test_a_background_beside_a_density(read):
    data, told = N / 100, {"per_width": True, "column": "Background", "exact": True}
    counts = read({"Events / GeV": data, "Background": N * 1.013}, told)
    assert counts.counts == pytest.approx(N * 1.013)
    assert any("not divided by widths" in role for role in counts.roles)
    divided = read({"Events / GeV": data, "Background": data * 1.013}, told)
    assert divided.counts == pytest.approx(N * 1.013)
    with pytest.raises(BadValue, match="its sum is"):
        read({"Events / GeV": data, "Background": N * 50.3}, told)


def test_nothing_is_lost_by_any_of_these_names(read):
    """What is read has the right variances, or it is refused."""
    names = ["spread", "tolerance", "u(count)", "Fehler", "CI", "delta", "errp"]
    for name in names:
        try:
            found = read({"count": MIXED.round(), name: MIXED_ERROR})
        except DataError:
            continue
        assert found.variances == pytest.approx(MIXED_VARIANCE), name
