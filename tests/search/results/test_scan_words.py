"""What a search in events tells: the answer, what it stands on, and what failed."""

import json
from dataclasses import replace

import numpy as np
import pytest
from fake_scans import with_toys

from anomalon.core.plain import from_plain, to_plain
from anomalon.core.result import Summary
from anomalon.core.rounding import measured, p_value, plain, sigmas
from anomalon.search.results.ledger import place_of
from anomalon.search.results.scan_summary import settings_rows
from anomalon.stats.cuts import FIGURES_OF_MERIT


@pytest.fixture(scope="module")
def scan(make_scan):
    return make_scan()


def told(summary, name):
    """A number of the answer, as it is written."""
    (found,) = (str(row) for row in summary.numbers if row.name == name)
    return found


def part(parts, title):
    (found,) = (one for one in parts if one.title == title)
    return found


def windows(summary):
    return part(summary.parts, "Windows").parts


def test_is_json_without_nan(scan):
    tree = to_plain(scan.summary())
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree
    assert to_plain(from_plain(Summary, tree)) == tree


def test_leads_with_the_best_trial_and_the_bound(scan):
    summary = scan.summary()
    assert summary.status == "excess"
    assert "3300-3700 GeV" in summary.headline
    assert told(summary, "best local significance") == sigmas(scan.best.z_local)
    assert told(summary, "its local p-value") == p_value(scan.best.p_local)
    assert ["(best trial)" in window.title for window in windows(summary)] == [False, True, False]
    assert [window.folded for window in windows(summary)] == [True, False, True]
    assert told(summary, "trials") == "9"
    assert told(summary, "trials with an answer") == "8"
    assert told(summary, "windows") == "3"
    assert "after the 8 of 9 trials that have an answer" in summary.headline
    assert told(summary, "global p-value").startswith("≤ ")
    assert told(summary, "global significance").startswith("≥ ")


def test_every_trial_is_in_the_ledger_and_the_best_one_stands_out(scan):
    (table,) = part(scan.summary().parts, "Ledger of trials").tables
    assert [row[4] for row in table.rows] == pytest.approx(
        [trial.p_local for trial in scan.ledger], nan_ok=True
    )
    assert table.best == (scan.ledger.index(scan.best),)


def test_a_global_p_value_of_pseudo_experiments_is_no_bound(make_scan):
    scan = with_toys(make_scan(signal=0.0), 40)
    summary = scan.summary()
    assert scan.toys.n == 40
    assert scan.toys.k > 0
    assert "repeated in 40 pseudo-experiments without signal, training included" in summary.how
    assert f"{scan.toys.k} found a trial at least as significant" in summary.how
    assert told(summary, "pseudo-experiments") == "40"
    assert told(summary, "of them at least as significant") == str(scan.toys.k)
    assert "at most" not in summary.headline
    assert "bound" not in summary.how
    assert told(summary, "global p-value") == p_value((scan.toys.k + 1) / 41)
    assert json.loads(json.dumps(to_plain(summary), allow_nan=False)) == to_plain(summary)


def test_no_pseudo_experiment_as_significant_leaves_a_bound(make_scan):
    scan = with_toys(make_scan(signal=500.0), 100)
    assert scan.toys.k == 0
    assert scan.p_global_is_bound
    assert scan.p_global_source == "sidak"
    assert scan.toys.p_sidak > 0.05
    assert "at most" in scan.summary().headline
    assert "Šidák's 1 − (1 − p)^N" in scan.summary().how


def test_which_bound_is_used_and_why_is_said(make_scan):
    scan = with_toys(make_scan(signal=500.0), 100)
    refuted = replace(
        scan, p_global=1 / 101, p_global_source="number of pseudo-experiments",
        toys=replace(scan.toys, p_sidak=1e-4),
    )  # fmt: skip
    assert "do not contradict" in scan.summary().how
    assert "smaller than uniform ones would be" in refuted.summary().how
    few = with_toys(make_scan(signal=500.0), 40)
    assert few.p_global == 1 / 41
    assert "Fewer than 80 with an answer in every trial cannot tell" in few.summary().how


def test_without_pseudo_experiments_the_bound_is_explained(scan):
    assert scan.summary().how.startswith("The global p-value is Šidák's bound")
    assert "n_toys" in scan.summary().how


def test_says_when_nothing_is_found(make_scan):
    summary = make_scan(signal=0.0).summary()
    assert summary.status == "nothing"
    assert summary.headline.startswith("No significant excess. The largest is in")


def test_a_search_without_any_excess_does_not_call_a_deficit_one(scan):
    best = replace(scan.best, z_local=-0.5, p_local=0.69)
    headline = replace(scan, best=best, p_global=0.999, z_global=-3.1).summary().headline
    assert headline.startswith("No significant excess, and no count above its expectation.")
    assert "at least" not in headline


def test_a_huge_deficit_is_a_warning(scan):
    window = scan.windows[0]
    deficit = replace(window.cuts[0], z_local=-12.0, p_local=1.0)
    changed = (replace(window, cuts=(deficit, *window.cuts[1:])), *scan.windows[1:])
    summary = replace(scan, windows=changed).summary()
    (text,) = (text for text in summary.warnings if "2800-3200 GeV" in text)
    assert text.startswith("Window 2800-3200 GeV: no cut: a deficit of −12.00")


def test_says_when_there_is_no_answer(scan):
    summary = replace(scan, best=None, p_global=None, z_global=None).summary()
    assert summary.status == "no answer"
    assert not summary.ok
    assert summary.headline.startswith("No answer: none of the 9 trials")
    assert told(summary, "best local significance") == told(summary, "global p-value") == "none"


def test_failures_carry_their_reason(scan):
    summary = scan.summary()
    (problem,) = summary.problems
    assert problem.startswith("3800-4200 GeV (")
    assert f", {scan.windows[2].cuts[2].label}: TooFewEvents" in problem
    assert not summary.ok
    (counts,) = windows(summary)[2].tables
    failed = counts.rows[2]
    assert "no answer: TooFewEvents" in failed[2]
    assert failed[-2:] == (None, None)  # neither a significance nor a p-value
    assert to_plain(summary.table)["rows"][2][3] is None
    assert summary.table.columns[3].written(summary.table.rows[2][3]) == "none"


def test_one_reason_is_said_once(make_scan):
    scan = make_scan(centres=(3000.0,), efficiencies=(1.0, 0.04, 0.02))
    window = replace(scan.windows[0], warnings=("Another.",))
    summary = replace(scan, windows=(window,)).summary()
    (problem,) = summary.problems
    assert problem.endswith(scan.windows[0].cuts[2].why)
    assert all(cut.label in problem for cut in scan.windows[0].cuts[1:])
    assert told(summary, "trials with an answer") == "1"
    assert summary.warnings == ("Window 2800-3200 GeV: Another.",)


def test_one_warning_is_said_once_with_where_it_holds(make_scan):
    plain_window = make_scan(centres=(3000.0,)).windows[0]
    first = replace(plain_window, warnings=("Another.",), method="salad")
    other = replace(first, method="morph")
    scan = replace(make_scan(), windows=(first, other))
    names = [f"2800-3200 GeV ({one.selection_name})" for one in (first, other)]
    assert scan.summary().warnings == (f"Windows {', '.join(names)}: Another.",)
    scan = replace(make_scan(), windows=(first,) * 6)
    (warning,) = scan.summary().warnings
    assert warning == f"Windows {', '.join(['2800-3200 GeV'] * 4)} and 2 more: Another."


def test_the_uncertainties_stay_apart_and_add_in_quadrature(scan):
    (counts,) = windows(scan.summary())[0].tables
    heads = [column.name for column in counts.columns]
    row = dict(zip(heads, counts.rows[1], strict=True))
    names = ("Poisson", "fit", "function", "ensemble", "folds", "closure")
    parts = [row[f"± {name}"] for name in names]
    cut = scan.windows[0].cuts[1]
    assert row["expected ± all"] == measured(cut.expected, float(np.linalg.norm(parts)))
    assert len(set(parts)) == 6


def test_a_poor_fit_fails_its_check(scan):
    window = scan.windows[0]
    poor = replace(window.cuts[0], fit=replace(window.cuts[0].fit, p_value=1e-4, deviance=60))
    changed = (replace(window, cuts=(poor, *window.cuts[1:])), *scan.windows[1:])
    summary = replace(scan, windows=changed).summary()
    (failed,) = summary.failed
    assert (failed.what, failed.verdict) == ("background fit", "failed")
    assert failed.where.startswith("2800-3200 GeV")
    assert f"{len(summary.checks)} checks, 1 failed" in part(summary.parts, "Checks").text


def doubted(scan):
    """The scan with a failed check at its best trial."""

    best = place_of(scan.best, scan.windows)[0]

    def changed(window):
        if window is not scan.windows[best]:
            return window
        cuts = (
            replace(c, pass_fraction=replace(c.pass_fraction, chi2=4e5, ndf=10))
            if c.efficiency == scan.best.efficiency
            else c
            for c in window.cuts
        )
        return replace(window, cuts=tuple(cuts))

    return replace(scan, windows=tuple(changed(w) for w in scan.windows))


def test_an_excess_whose_checks_failed_is_no_claim(scan):
    summary = doubted(scan).summary()
    assert summary.status == "checks failed"
    assert summary.verdict == "Checks failed"
    assert not summary.ok
    headline = summary.headline
    assert headline.startswith("Not a credible excess: window 3300-3700 GeV")
    assert "Excess in" not in headline
    assert f"{scan.best.z_local:+.2f}" in headline
    assert "Its checks failed: no mass sculpting (χ²/ndf = 400" in headline
    assert len(summary.failed) == 1
    assert json.loads(json.dumps(to_plain(summary), allow_nan=False)) == to_plain(summary)


def test_nothing_stays_nothing_and_says_what_failed(make_scan):
    scan = make_scan(signal=-400.0, failing=False)
    assert "Its checks failed" not in scan.summary().headline
    summary = doubted(scan).summary()
    assert summary.status == "nothing"
    assert summary.headline.startswith("No significant excess")
    of_the_best = [c for c in summary.failed if str(scan.best.window) in c.where]
    assert ("Its checks failed" in summary.headline) == bool(of_the_best) != summary.ok


def test_an_excess_elsewhere_may_be_named(make_scan):
    scan = make_scan(feature_sets=(("a", "b"), ("c",)), failing=False)
    other = next(
        t for t in scan.ledger
        if t.window == scan.best.window and t.features not in (scan.best.features, "none")
    )  # fmt: skip
    strong = replace(other, p_local=1e-9, z_local=5.9)
    ledger = tuple(strong if t is other else t for t in scan.ledger)
    best = replace(scan.best, p_local=1e-12)
    ledger = tuple(best if t is scan.best else t for t in ledger)
    headline = doubted(replace(scan, ledger=ledger, best=best)).summary().headline
    assert headline.startswith("Not a credible excess")
    assert (
        "Among the trials whose checks passed there is an excess in window 3300-3700 GeV"
        in headline
    )
    assert "+5.90" in headline


def test_checks_say_what_they_found(scan):
    summary = doubted(scan).summary()
    (failed,) = (check for check in summary.checks if check.verdict == "failed")
    assert failed.passed is False
    assert failed.size > 0.1
    assert "of the expected count" in failed.found
    mass = [c for c in summary.checks if c.what == "features independent of the mass"]
    assert len(mass) == sum(c.ok and c.efficiency < 1 for w in scan.windows for c in w.cuts)
    assert all(c.found.startswith("distance 0.03") for c in mass)
    features = part(windows(summary)[0].parts, "Features")
    assert f"p = {p_value(0.08)}" in features.note


def test_settings_are_rows_of_dotted_keys(scan):
    rows = dict(settings_rows(scan.settings))
    assert rows["classifier.kind"] == "lightgbm"
    assert rows["efficiencies"] == [0.1, 0.02]
    (table,) = part(scan.summary().parts, "Data and settings").tables
    shown = dict(table.rows)
    assert shown["classifier.kind"] == "lightgbm"
    assert shown["efficiencies"] == "[0.1, 0.02]"
    assert shown["data.digest"] == scan.data.digest


def test_truth_is_told_apart(scan):
    truth = part(windows(scan.summary())[0].parts, "Truth labels (not used by the search)")
    (table,) = truth.tables
    cuts = scan.windows[0].cuts
    assert [row[1] for row in table.rows] == [cut.truth.signal for cut in cuts]
    roc = scan.windows[0].roc
    assert str(truth.numbers[0]) == measured(roc.auc, roc.auc_uncertainty)
    assert str(truth.numbers[1]) == measured(roc.max_sic, roc.max_sic_uncertainty)


def test_without_truth_nothing_is_said_of_it(make_scan):
    for window in windows(make_scan(truth=False).summary()):
        assert not [inner for inner in window.parts if "Truth" in inner.title]
        assert not [inner for inner in window.parts if "roc" in inner.figures]


def test_the_significance_improvement_says_what_it_is_good_for(scan):
    merit = FIGURES_OF_MERIT["s_over_root_b"]
    assert merit.purpose == "discovery"
    truth = part(windows(scan.summary())[0].parts, "Truth labels (not used by the search)")
    assert f"that of {merit.formula}, a figure of merit for a discovery" in truth.note
    s, b, efficiency, fpr = 30.0, 1000.0, 0.5, 0.01  # TPR/sqrt(FPR) is the gain in s/sqrt(b)
    gain = merit(efficiency * s, fpr * b) / merit(s, b)
    assert gain == pytest.approx(efficiency / np.sqrt(fpr))


def test_weighted_counts_are_told_in_effective_events(make_scan):
    scan = make_scan(failing=False)  # events weigh 1.1
    cuts = tuple(
        replace(c, n_effective=c.n, expected_effective=c.expected) for c in scan.windows[0].cuts
    )
    unweighted = replace(scan, windows=(replace(scan.windows[0], cuts=cuts),))
    words = "In effective events, which are Poisson, the counts are"
    for one, said in ((scan, True), (unweighted, False)):
        (counts,) = windows(one.summary())[0].tables
        assert (words in counts.note) == said
    (counts,) = windows(scan.summary())[0].tables
    assert plain(scan.windows[0].cuts[0].n_effective, 4) in counts.note
