import json
from dataclasses import replace

import numpy as np
import pytest
from anomalon.report.summary import summary
from fake_scans import with_toys

from anomalon.search.results.ledger import is_of
from anomalon.stats.cuts import FIGURES_OF_MERIT


def test_is_json_without_nan(scan):
    tree = summary(scan)
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree


def test_leads_with_the_best_trial_and_the_bound(scan):
    tree = summary(scan)
    assert tree["status"] == "excess"
    assert tree["best"]["window"] == "3300-3700"
    assert "3300-3700 GeV" in tree["headline"]
    assert [w["best"] for w in tree["windows"]] == [False, True, False]
    assert tree["n_trials"] == 9
    assert tree["n_with_answer"] == 8
    assert "after all 8 trials" in tree["headline"]


def test_a_global_p_value_of_pseudo_experiments_is_no_bound(make_scan):
    tree = summary(with_toys(make_scan(signal=0.0), 40))
    assert tree["toys"]["n"] == 40
    assert tree["toys"]["k"] > 0
    assert not tree["p_global_is_bound"]
    assert "at most" not in tree["headline"]
    assert tree["p_global"] == (tree["toys"]["k"] + 1) / 41
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree


def test_no_pseudo_experiment_as_significant_leaves_a_bound(make_scan):
    tree = summary(with_toys(make_scan(signal=500.0), 40))
    assert tree["toys"]["k"] == 0
    assert tree["p_global_is_bound"]
    assert tree["p_global_source"] == "sidak"
    assert tree["toys"]["p_sidak"] > 0.05
    assert "at most" in tree["headline"]


def test_says_when_nothing_is_found(make_scan):
    tree = summary(make_scan(signal=0.0))
    assert tree["status"] == "nothing"
    assert tree["headline"].startswith("No significant excess. The largest is in")


def test_a_search_without_any_excess_does_not_call_a_deficit_one(scan):
    best = replace(scan.best, z_local=-0.5, p_local=0.69)
    tree = summary(replace(scan, best=best, p_global=0.999, z_global=-3.1))
    assert tree["headline"].startswith("No significant excess, and no count above its expectation.")
    assert "at least" not in tree["headline"]


def test_a_huge_deficit_is_a_warning(scan):
    window = scan.windows[0]
    deficit = replace(window.cuts[0], z_local=-12.0, p_local=1.0)
    windows = (replace(window, cuts=(deficit, *window.cuts[1:])), *scan.windows[1:])
    tree = summary(replace(scan, windows=windows))
    texts = [row["text"] for row in tree["warnings"] if row["window"] == "2800-3200 GeV"]
    assert texts == [text for text in texts if text.startswith("no cut: a deficit of −12.00")]
    assert len(texts) == 1


def test_says_when_there_is_no_answer(scan):
    tree = summary(replace(scan, best=None, p_global=None, z_global=None))
    assert tree["status"] == "no answer"
    assert tree["headline"].startswith("No answer: none of the 9 trials")


def test_failures_carry_their_reason(scan):
    tree = summary(scan)
    (failure,) = tree["failures"]
    assert failure["window"] == "3800-4200 GeV"
    assert failure["efficiencies"] == [0.02]
    assert failure["why"].startswith("TooFewEvents")
    assert tree["n_failed"] == 1
    cut = tree["windows"][2]["cuts"][2]
    assert cut["z_local"] is None
    assert cut["ok"] is False


def test_one_reason_is_said_once(make_scan):
    scan = make_scan(centres=(3000.0,), efficiencies=(1.0, 0.04, 0.02))
    window = replace(scan.windows[0], warnings=("Another.",))
    tree = summary(replace(scan, windows=(window,)))
    (failure,) = tree["failures"]
    assert failure["efficiencies"] == [0.04, 0.02]
    assert failure["why"] == scan.windows[0].cuts[2].why
    assert tree["n_failed"] == 2
    assert [row["text"] for row in tree["warnings"]] == ["Another."]


def test_the_five_uncertainties_stay_apart_and_add_in_quadrature(scan):
    cut = summary(scan)["windows"][0]["cuts"][1]
    names = ("poisson", "fit", "ensemble", "folds", "closure")
    parts = [cut[f"sigma_{name}"] for name in names]
    assert cut["sigma"] == pytest.approx(np.sqrt(np.sum(np.square(parts))))
    assert len(set(parts)) == 5


def test_a_poor_fit_fails_its_check(scan):
    window = scan.windows[0]
    poor = replace(window.cuts[0], fit=replace(window.cuts[0].fit, p_value=1e-4, deviance=60))
    windows = (replace(window, cuts=(poor, *window.cuts[1:])), *scan.windows[1:])
    tree = summary(replace(scan, windows=windows))
    failed = [check for check in tree["checks"] if check["passed"] is False]
    assert [check["what"] for check in failed] == ["background fit"]
    assert tree["n_checks_failed"] == 1


def doubted(scan):
    """The scan with a failed check at its best trial."""

    def changed(window):
        if not is_of(scan.best, window):
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
    tree = summary(doubted(scan))
    assert tree["status"] == "checks failed"
    headline = tree["headline"]
    assert headline.startswith("Not a credible excess: window 3300-3700 GeV")
    assert "Excess in" not in headline
    assert f"{scan.best.z_local:+.2f}" in headline
    assert "Its checks failed: no mass sculpting (χ²/ndf = 400" in headline
    assert len(tree["doubts"]) == 1
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree


def test_nothing_stays_nothing_and_says_what_failed(make_scan):
    tree = summary(doubted(make_scan(signal=-400.0, failing=False)))
    assert tree["status"] == "nothing"
    assert tree["headline"].startswith("No significant excess")
    assert ("Its checks failed" in tree["headline"]) == bool(tree["doubts"])


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
    headline = summary(doubted(replace(scan, ledger=ledger, best=best)))["headline"]
    assert headline.startswith("Not a credible excess")
    assert (
        "Among the trials whose checks passed there is an excess in window 3300-3700 GeV"
        in headline
    )
    assert "+5.90" in headline


def test_checks_say_what_they_found(scan):
    tree = summary(doubted(scan))
    (failed,) = (c for c in tree["checks"] if c["verdict"] == "failed")
    assert failed["passed"] is False
    assert failed["size"] > 0.1
    assert "of the expected count" in failed["found"]
    mass = [c for c in tree["checks"] if c["what"] == "features independent of the mass"]
    assert len(mass) == sum(c.ok and c.efficiency < 1 for w in scan.windows for c in w.cuts)
    assert all(c["found"].startswith("distance 0.03") for c in mass)
    assert tree["windows"][0]["mass_leak"]["p_value"] == 0.08


def test_settings_are_rows_of_dotted_keys(scan):
    rows = {row["key"]: row["value"] for row in summary(scan)["settings"]}
    assert rows["classifier.kind"] == "lightgbm"
    assert rows["efficiencies"] == [0.1, 0.02]


def test_without_truth_nothing_is_said_of_it(make_scan):
    tree = summary(make_scan(truth=False))
    assert all(window["roc"] is None for window in tree["windows"])
    assert all(window["merit"] is None for window in tree["windows"])
    assert all(cut["true_signal"] is None for w in tree["windows"] for cut in w["cuts"])


def test_the_significance_improvement_says_what_it_is_good_for(scan):
    merit = summary(scan)["windows"][0]["merit"]
    assert merit["purpose"] == FIGURES_OF_MERIT["s_over_root_b"].purpose == "discovery"
    s, b, efficiency, fpr = 30.0, 1000.0, 0.5, 0.01  # TPR/sqrt(FPR) is the gain in s/sqrt(b)
    figure = FIGURES_OF_MERIT[merit["name"]]
    gain = figure(efficiency * s, fpr * b) / figure(s, b)
    assert gain == pytest.approx(efficiency / np.sqrt(fpr))
