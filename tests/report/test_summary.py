import json
from dataclasses import replace

import numpy as np
import pytest
from fake_scans import with_toys

from anomalon.report.summary import summary
from anomalon.stats import FIGURES_OF_MERIT


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
    assert "at most" in tree["headline"]


def test_says_when_nothing_is_found(make_scan):
    tree = summary(make_scan(signal=0.0))
    assert tree["status"] == "nothing"
    assert tree["headline"].startswith("Nothing found.")


def test_a_search_without_any_excess_does_not_call_a_deficit_one(scan):
    best = replace(scan.best, z_local=-0.5, p_local=0.69)
    tree = summary(replace(scan, best=best, p_global=0.999, z_global=-3.1))
    assert tree["headline"].startswith("Nothing found, not even a fluctuation upwards.")
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


def test_sculpting_is_judged_by_its_chi2(scan):
    # The upper 1 % point of chi2 with 10 degrees of freedom is 23.209 (tables).
    window = scan.windows[0]
    for chi2, passed in ((23.1, True), (23.3, False)):
        bent = replace(window.cuts[1], pass_chi2=chi2, pass_ndf=10)
        windows = (replace(window, cuts=(window.cuts[0], bent)),)
        checks = summary(replace(scan, windows=windows))["checks"]
        (check,) = [c for c in checks if c["what"] == "no sculpting of the mass"]
        assert check["passed"] is passed


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
