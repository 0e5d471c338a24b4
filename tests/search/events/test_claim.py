"""An excess whose checks failed is no claim; one elsewhere whose checks passed may be named."""

from dataclasses import replace

import numpy as np
import pytest
from fake_scans import fake_scan, with_toys

from anomalon.search.results.claim import claim, result_of
from anomalon.search.results.ledger import best_of, global_p, ledger
from anomalon.search.results.window import MassLeak

SETS = (("a", "b"), ("c",))


def rebuilt(scan, windows):
    trials = ledger(windows)
    found = global_p(trials, None)
    return replace(
        scan, windows=tuple(windows), ledger=trials, best=best_of(trials), p_global=found.p,
        z_global=found.z,
    )  # fmt: skip


def spoilt(scan, low, efficiency, features=None):
    """The fit of one cut does not describe its spectrum at all."""

    def cut_of(window, cut):
        here = window.window.low == low and features in (None, window.features)
        if not here or cut.efficiency != efficiency:
            return cut
        return replace(cut, fit=replace(cut.fit, deviance=1e5, p_value=0.0))

    return replace(
        scan,
        windows=tuple(
            replace(w, cuts=tuple(cut_of(w, cut) for cut in w.cuts)) for w in scan.windows
        ),
    )


@pytest.fixture(scope="module")
def scan():
    """An excess in the window 3300-3700, with both feature sets."""
    return fake_scan(failing=False, feature_sets=SETS)


def test_an_excess_whose_checks_pass_is_one(scan):
    found = claim(scan)
    assert found.status == "excess"
    assert found.failed == ()
    assert found.instead is None


def test_failed_checks_of_the_best_trial_undo_it(scan):
    best = scan.best
    found = claim(spoilt(scan, 3300, best.efficiency))
    assert found.status == "checks failed"
    assert [check.what for check in found.failed] == ["background fit"]


def test_where_nobody_knows_whether_features_tell_the_mass_nothing_is_claimed(scan):
    assert scan.best.efficiency < 1
    unknown = [replace(w, mass_leak=MassLeak.unknown()) for w in scan.windows]
    blind = replace(scan, windows=tuple(unknown))
    found = claim(blind)
    assert found.status == "checks failed"
    assert [check.verdict for check in found.failed] == ["not made"]
    summary = blind.summary()
    assert not summary.ok
    assert "not known whether the features tell the mass" in summary.headline
    # without an excess there is nothing to refuse
    calm = replace(blind, p_global=0.3).summary()
    assert (calm.status, calm.ok) == ("nothing", True)
    assert "not known" not in calm.headline
    assert "not made" in [check.verdict for check in calm.checks]


def test_failed_checks_of_others_do_not(scan):
    assert claim(spoilt(scan, 2800, 0.1)).status == "excess"
    assert claim(spoilt(scan, 3800, 1.0)).status == "excess"


def test_the_fit_before_the_cut_counts_with_relative_fits(scan):
    assert scan.best.efficiency < 1
    bad = spoilt(scan, 3300, 1.0)
    assert claim(bad).status == "checks failed"
    alone = replace(bad, settings=bad.settings | {"fit": {"relative": False}})
    assert claim(alone).status == "excess"


def test_without_an_excess_there_is_nothing_whatever_the_checks():
    scan = fake_scan(signal=0.0, failing=False)
    found = claim(spoilt(scan, float(scan.best.window.split("-")[0]), scan.best.efficiency))
    assert found.status == "nothing"
    assert len(found.failed) == 1


def test_no_trial_no_answer(scan):
    assert claim(replace(scan, best=None, p_global=None, z_global=None)).status == "no answer"


def test_an_excess_with_other_features_is_named_instead(scan):
    trials = [t for t in scan.ledger if t.window == "3300-3700" and t.efficiency < 1]
    strong = replace(scan.best, p_local=1e-12, z_local=7.0)
    other = next(t for t in trials if t.features != strong.features)
    second = replace(other, p_local=1e-9, z_local=5.9)
    kept = [t for t in scan.ledger if t not in (scan.best, other)]
    calm = [replace(t, p_local=0.5, z_local=0.0) for t in kept]
    scan = replace(scan, ledger=(strong, second, *calm), best=strong, p_global=1e-11)
    features = tuple(strong.features.split(", "))
    found = claim(spoilt(scan, 3300, strong.efficiency, features))
    assert found.status == "checks failed"
    assert found.instead == second
    # the same window and features are not asked again, however well the other cut looks
    same = replace(second, features=strong.features, efficiency=0.1)
    scan = replace(scan, ledger=(strong, same, *calm))
    assert claim(spoilt(scan, 3300, strong.efficiency, features)).instead is None
    weak = replace(second, p_local=1e-3, z_local=3.1)
    scan = replace(scan, ledger=(strong, weak, *calm))
    assert claim(spoilt(scan, 3300, strong.efficiency, features)).instead is None


def test_every_trial_has_its_place(scan):
    for trial in scan.ledger:
        _, cut = result_of(scan, trial)
        assert cut.efficiency == trial.efficiency
        assert np.isclose(cut.p_local, trial.p_local, equal_nan=True)
    assert result_of(scan, replace(scan.best, window="1-2")) is None


def test_pseudo_experiments_decide_what_is_an_excess(scan):
    few = with_toys(scan, 20)
    found = claim(replace(few, p_global=1 / 21))
    assert found.status == "nothing"
