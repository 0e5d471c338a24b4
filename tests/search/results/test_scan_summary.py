"""What a search tells: its status and exit, every fact of its page, and few words of itself."""

from dataclasses import replace

import numpy as np
import pytest
from fake_scans import fake_scan, with_toys
from scipy.stats import binom

from anomalon.core.bibliography import BIBLIOGRAPHY
from anomalon.core.plain import to_plain
from anomalon.core.result import Result
from anomalon.report.figures import drawings
from anomalon.search.results.failed import failed_cut


@pytest.fixture(scope="module")
def scan():
    return fake_scan(failing=False)


def bent(scan):
    """The best trial has a cut that sculpts."""

    def changed(window):
        cuts = (
            replace(c, pass_fraction=replace(c.pass_fraction, chi2=4e5, ndf=10))
            if str(window.window) == scan.best.window and c.efficiency == scan.best.efficiency
            else c
            for c in window.cuts
        )
        return replace(window, cuts=tuple(cuts))

    return replace(scan, windows=tuple(changed(window) for window in scan.windows))


def all_parts(parts):
    for part in parts:
        yield part
        yield from all_parts(part.parts)


def rows(summary, title):
    (table,) = (t for p in all_parts(summary.parts) for t in p.tables if t.title == title)
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows], table


def test_an_excess_can_be_used_as_it_is(scan):
    told = scan.summary()
    assert isinstance(scan, Result)
    assert (scan.kind, told.kind, told.status, told.verdict) == (
        "search", "resonance search", "excess", "Excess",
    )  # fmt: skip
    assert told.ok
    assert told.problems == told.failed == ()
    assert told.headline.startswith("Excess in window 3300-3700 GeV")
    numbers = {n.name: n for n in told.numbers}
    assert numbers["best local significance"].value == scan.best.z_local
    assert numbers["global p-value"].value == scan.p_global
    assert str(numbers["global p-value"]).startswith("≤ ")
    assert str(numbers["trials with an answer"]) == str(numbers["trials"]) == "9"


def test_a_failed_check_of_the_best_trial_is_not_ok(scan):
    told = bent(scan).summary()
    assert (told.status, told.verdict, told.ok) == ("checks failed", "Checks failed", False)
    assert told.headline.startswith("Not a credible excess: window 3300-3700 GeV")
    (failed,) = told.failed
    assert failed.what == "no mass sculpting"
    assert failed.where.startswith("3300-3700 GeV (j1_mass")
    assert failed.size > 0.1
    assert failed.found in told.headline


def test_a_failed_check_elsewhere_is_shown_and_stays_ok(scan):
    window = scan.windows[0]
    poor = replace(window.cuts[1], fit=replace(window.cuts[1].fit, p_value=1e-9, deviance=90.0))
    window = replace(window, cuts=(window.cuts[0], poor, window.cuts[2]))
    told = replace(scan, windows=(window, *scan.windows[1:])).summary()
    assert told.ok
    assert [check.what for check in told.failed] == ["background fit"]


def test_nothing_is_told_in_the_words_of_the_field(scan):
    quiet = fake_scan(signal=0.0, failing=False)
    told = quiet.summary()
    assert (told.status, told.verdict, told.ok) == ("nothing", "No significant excess", True)
    assert told.headline.startswith("No significant excess. The largest is in window")
    best = replace(quiet.best, z_local=-0.5, p_local=0.69)
    low = replace(quiet, best=best, p_global=0.999, z_global=-3.1).summary()
    assert "no count above its expectation" in low.headline
    assert "at least" not in low.headline


def test_trials_without_an_answer_are_problems_with_their_reason():
    scan = fake_scan()
    told = scan.summary()
    assert not told.ok
    (problem,) = told.problems
    assert problem.startswith("3800-4200 GeV (j1_mass")
    assert problem.endswith(scan.windows[2].cuts[2].why)
    none = replace(scan, best=None, p_global=None, z_global=None).summary()
    assert (none.status, none.ok) == ("no answer", False)
    assert str(none.numbers[0]) == str(none.numbers[3]) == "none"


def test_deficits_that_nothing_makes_are_warnings(scan):
    window = scan.windows[0]
    deficit = replace(window.cuts[0], z_local=-12.0, p_local=1.0)
    told = replace(scan, windows=(replace(window, cuts=(deficit, *window.cuts[1:])),)).summary()
    (warning,) = told.warnings
    assert warning.startswith("Window 2800-3200 GeV: no cut: a deficit of −12.00")


def test_every_drawing_has_a_place_and_every_place_of_a_window_its_drawing(scan):
    repeated = with_toys(scan, 20)
    parts = list(all_parts(repeated.summary().parts))
    places = {(kind, part.name) for part in parts for kind in part.figures}
    drawn = {(d.kind, d.part) for d in drawings(repeated)}
    assert places == drawn


def test_windows_are_folded_but_the_best_and_hold_their_numbers(scan):
    told = scan.summary()
    (windows,) = (part for part in told.parts if part.title == "Windows")
    assert [part.folded for part in windows.parts] == [True, False, True]
    assert "(best trial)" in windows.parts[1].title
    cut = scan.windows[1].cuts[1]
    (counts,) = windows.parts[1].tables
    row = counts.rows[1]
    assert row[0] == "10\u202f%"
    assert row[3:9] == (
        cut.sigma.poisson, cut.sigma.fit, cut.sigma.function, cut.sigma.ensemble,
        cut.sigma.folds, cut.sigma.closure,
    )  # fmt: skip
    assert row[-2:] == (cut.z_local, cut.p_local)
    assert cut.sigma.total == pytest.approx(np.linalg.norm(row[3:9]))
    assert "In effective events" in counts.note


def test_the_ledger_and_the_checks_are_complete(scan):
    told = scan.summary()
    ledger, table = rows(told, "Ledger of trials")
    assert [row["local p-value"] for row in ledger] == [trial.p_local for trial in scan.ledger]
    assert [scan.ledger[i] for i in table.best] == [scan.best]
    assert len(told.checks) == 3 + 3 * 2 * 3
    assert [part.title for part in told.parts if part.checks] == ["Checks"]
    settings, _ = rows(told, "Data and settings")
    values = {row["key"]: row["value"] for row in settings}
    assert values["classifier.kind"] == "lightgbm"
    assert values["efficiencies"] == "[0.1, 0.02]"
    assert values["data.n_events"] == "43210"
    assert "data.injected_signal" not in values


def test_without_truth_nothing_is_told_of_it():
    titles = [p.title for p in all_parts(fake_scan(truth=False).summary().parts)]
    assert not [title for title in titles if "Truth" in title]


def test_a_cut_without_any_number_can_be_told(scan):
    window = scan.windows[0]
    empty = failed_cut(0.1, "dijet", "No template.")
    told = replace(scan, windows=(replace(window, cuts=(window.cuts[0], empty)),)).summary()
    assert told.problems[0].endswith("No template.")
    tables = [t for p in all_parts(told.parts) for t in p.tables]
    written = [
        column.written(cell)
        for table in tables
        for row in table.rows
        for column, cell in zip(table.columns, row, strict=True)
    ]
    assert "no answer: No template." in written
    assert "nan" not in " ".join(written)


def test_the_summary_is_plain_and_its_citations_are_known(scan):
    told = scan.summary()
    assert to_plain(told)["status"] == "excess"
    assert set(told.citations) <= set(BIBLIOGRAPHY)


@pytest.mark.parametrize("toys", [0, 100])
def test_short_forms_are_short_and_have_no_array(scan, toys):
    shown = with_toys(scan, toys) if toys else scan
    long = replace(shown, name="A name " * 40, data=replace(shown.data, source="a file " * 40))
    for value in (shown, long, shown.windows[0], shown.windows[0].cuts[1], shown.ledger[0]):
        assert len(repr(value)) <= 400
        assert "array" not in repr(value)
    assert "result: Excess" in repr(shown)
    assert "<b>" not in replace(shown, name="<b>")._repr_html_()
    assert repr(shown.windows[0].cuts[1].fit).splitlines()[:2] == [
        "SpectrumFit", "  function: dijet, 2 parameters",
    ]  # fmt: skip


def test_a_perfect_area_under_the_curve_is_a_limit(scan):
    roc = replace(scan.windows[0].roc, n_signal=150, n_background=4000)
    assert str(roc.area) == "0.770\u00a0± 0.020"
    good = replace(roc, auc=0.9969, auc_uncertainty=0.0009)
    assert str(good.area) == "0.9969\u00a0± 0.0009"
    # Were the area below the limit, 150 pairs would all be in order with less than 5 %.
    for area, sigma in ((1.0, 0.0), (1.0, 3e-4), (0.99999, 2e-3)):
        number = replace(roc, auc=area, auc_uncertainty=sigma).area
        assert str(number).startswith("≥ 0.9")
        assert number.value < 0.05 ** (1 / 150)
        assert 0.035 < binom.pmf(150, 150, number.value) <= 0.05
    many = replace(roc, auc=1.0, auc_uncertainty=0.0, n_signal=10**6, n_background=10**6).area
    assert str(many) == "≥ 0.999997"
